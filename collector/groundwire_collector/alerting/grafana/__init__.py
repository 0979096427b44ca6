"""Dashboards and provisioning files of Grafana."""
