"""Alerting: Prometheus rules, runbooks, and the webhook for people without Alertmanager."""
