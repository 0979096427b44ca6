"""Dashboards drawn by Grafana's components over simulated metrics."""
