"""Prometheus metrics: committed counters, gauges and the receiver's own."""
