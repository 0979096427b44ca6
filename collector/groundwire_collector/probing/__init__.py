"""Scheduled model calls: counterfactual probes and closed-book calls."""
