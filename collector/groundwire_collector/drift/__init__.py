"""Drift monitor: signals against baselines, alarms, alarm budget."""
