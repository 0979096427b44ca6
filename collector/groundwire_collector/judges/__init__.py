"""Judges on a sample of turns: queue, budget, jobs, golden set."""
