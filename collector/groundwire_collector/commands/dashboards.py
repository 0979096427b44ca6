"""`groundwire dashboards`: dashboards and provisioning files of Grafana for this deployment."""

from pathlib import Path
from typing import Annotated

import typer

from groundwire_collector.alerting.grafana.provisioning import GrafanaOptions, write
from groundwire_collector.alerting.rules.settings import RuleSettings


def dashboards(
    out: Annotated[Path, typer.Option(help="Output folder.")],
    config: Annotated[
        Path | None, typer.Option(help="TOML file of limits, as for `groundwire rules`.")
    ] = None,
    targets: Annotated[
        Path | None, typer.Option(help="YAML file of SLO targets (allowed flagged share).")
    ] = None,
    datasource: Annotated[
        str, typer.Option(help="Name and uid of the Prometheus data source.")
    ] = "prometheus",
    prometheus_url: Annotated[
        str, typer.Option(help="Prometheus to provision as data source; empty: it exists.")
    ] = "",
    dashboards_path: Annotated[
        str, typer.Option(help="Folder in which Grafana finds the dashboards; empty: --out.")
    ] = "",
    managed_alerts: Annotated[
        bool, typer.Option(help="Let Grafana evaluate the alerts, instead of Prometheus.")
    ] = False,
    notify: Annotated[
        str, typer.Option(help="Email address or webhook URL, for --managed-alerts.")
    ] = "",
) -> None:
    """Write the Grafana dashboards and their provisioning files."""
    settings = RuleSettings.load(config, targets)
    options = GrafanaOptions(datasource, prometheus_url, dashboards_path, managed_alerts, notify)
    for path in write(settings, options, out):
        typer.echo(path)
