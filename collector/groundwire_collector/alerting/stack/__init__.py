"""Containers of the collector with Prometheus, Alertmanager and Grafana."""
