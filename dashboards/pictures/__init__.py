"""Pictures of the dashboards' panels, drawn from live queries: not rendered by Grafana."""
