"""Screenshots of dashboard panels, drawn from live queries without Grafana."""
