"""Drift of answers' behaviour: many cheap signals under a budget of their own."""
