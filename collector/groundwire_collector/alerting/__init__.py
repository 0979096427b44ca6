"""Alerting: Prometheus rules, runbooks, and a webhook without Alertmanager."""
