"""Dashboards drawn by Grafana's components over synthetic metrics, and checks of what is drawn."""
