"""The shipped dashboards, adapted to a deployment's labels, data source and addresses."""

import json
from importlib.resources import files
from typing import Any

from groundwire_collector.alerting.promql import one_replica
from groundwire_collector.alerting.rules.settings import REPLICA_LABELS, RuleSettings

Board = dict[str, Any]
_BOARDS = "groundwire_collector.alerting.grafana", "boards"


def boards(settings: RuleSettings, datasource: str = "") -> dict[str, Board]:
    """Dashboards by file name without suffix, as Grafana's classic JSON.

    `datasource`: name of the Prometheus data source to choose first; empty: Grafana's default one.
    """
    shipped = files(_BOARDS[0]) / _BOARDS[1]
    texts = {
        file.name.removesuffix(".json"): file.read_text(encoding="utf-8")
        for file in shipped.iterdir()
        if file.name.endswith(".json")
    }
    return {
        name: _adapted(json.loads(_relabelled(text, settings)), settings, datasource)
        for name, text in sorted(texts.items())
    }


def _relabelled(text: str, settings: RuleSettings) -> str:
    """Deduplicate replicas by the labels of the settings."""
    shipped, wanted = (
        one_replica("", labels).removesuffix(" ()")
        for labels in (REPLICA_LABELS, settings.replica_labels)
    )
    return text.replace(f"{shipped} (", f"{wanted} (")


def _adapted(board: Board, settings: RuleSettings, datasource: str) -> Board:
    for variable in board["templating"]["list"]:
        if variable["name"] == "collector_url":
            variable["query"] = settings.collector_url
            variable["current"] = {
                "text": settings.collector_url,
                "value": settings.collector_url,
                "selected": True,
            }
        elif variable["type"] == "datasource" and datasource:
            variable["current"] = {"text": datasource, "value": datasource, "selected": True}
    return board
