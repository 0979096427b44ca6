"""Plain pages for people without Grafana, and for the way from an alert to an answer."""
