"""Grafana dashboards as code; what they generate is kept beside them."""
