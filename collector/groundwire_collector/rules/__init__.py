"""Prometheus rules as code: ratios recorded from the counters, and alerts on them."""
