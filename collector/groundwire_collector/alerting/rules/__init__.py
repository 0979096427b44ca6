"""Prometheus recording and alerting rules as code."""
