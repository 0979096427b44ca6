"""Drift of answers' behaviour, under a budget of its own."""
