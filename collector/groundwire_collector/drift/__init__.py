"""Drift monitor: signals against their baselines, alarms, and the budget of false alarms."""
