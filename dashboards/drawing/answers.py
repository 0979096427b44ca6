"""Answers of Prometheus to every query of a dashboard."""

import re
from collections.abc import Mapping
from typing import Any

from dashboards.drawing.tsdb import PrometheusServer, TimeSpan

STEP = 15  # seconds: the scrape interval, below which Grafana draws no finer
MINUTE = 60
ANNOTATION_STEP = 60
VALUES = re.compile(r"label_values\((.+),\s*(\w+)\)$", re.DOTALL)
RESULT = re.compile(r"query_result\((.+)\)$", re.DOTALL)
REFERENCE = re.compile(r"\$(\w+)|\$\{(\w+)\}")
ALL = "$__all"
Board = Mapping[str, Any]


def record(server: PrometheusServer, board: Board, span: TimeSpan) -> dict[str, Any]:
    """Everything that a page needs to draw a dashboard: variables, panels, annotations."""
    shown, values = variables(server, board, span)
    return {
        "from": span.start * 1000,
        "to": span.end * 1000,
        "variables": shown,
        "values": values,
        "panels": {
            panel["id"]: [
                _answer(server, target, values | _intervals(step), span, step)
                for target in panel["targets"]
            ]
            for panel in panels(board)
            for step in [_step(panel)]
        },
        "annotations": [
            {"name": mark["name"], "color": mark["iconColor"], "events": events}
            for mark in board["annotations"]["list"]
            if mark["enable"]
            for events in [_events(server, mark, values, span)]
        ],
    }


def panels(board: Board) -> list[dict[str, Any]]:
    """Every panel that queries, also those of collapsed rows."""
    found = []
    for panel in board["panels"]:
        found += panel.get("panels", []) if panel["type"] == "row" else [panel]
    return found


def variables(
    server: PrometheusServer, board: Board, span: TimeSpan
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Variables as Grafana shows and as it interpolates them."""
    shown: list[dict[str, Any]] = []
    values = {"__range": f"{span.end - span.start}s"}
    values |= {"__from": f"{span.start}", "__to": f"{span.end}"}
    for variable in board["templating"]["list"]:
        name, kind = variable["name"], variable["type"]
        if kind == "datasource":
            values[name] = "prometheus"
        elif kind in ("textbox", "constant"):
            values[name] = str(variable["query"])
        else:
            values[name], text = _chosen(server, variable, values, span)
            shown.append({"label": variable["label"] or name, "text": text})
    return shown, values


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """Replace $name and ${name}; unknown names stay."""
    return REFERENCE.sub(lambda m: values.get(m[1] or m[2], m[0]), text)


def _chosen(
    server: PrometheusServer, variable: Mapping[str, Any], values: Mapping[str, str], span: TimeSpan
) -> tuple[str, str]:
    current = (variable.get("current") or {}).get("value")
    if variable.get("includeAll") and current in (ALL, [ALL], None):
        return variable["allValue"], "All"
    found = options(server, variable, values, span)
    first = found[0] if found else ""
    value = current if current in found else first
    return value, value or "none"


def options(
    server: PrometheusServer, variable: Mapping[str, Any], values: Mapping[str, str], span: TimeSpan
) -> list[str]:
    """Values that a query variable offers, in its order."""
    query = variable["query"]
    text = interpolate(query if isinstance(query, str) else query["query"], values)
    if match := VALUES.match(text):
        found = server.values(match[1], match[2], span)
    elif match := RESULT.match(text):
        lines = [_line(series) for series in server.instant(match[1], span.end)]
        wanted = re.compile(variable["regex"].strip("/"))
        found = [m[1] for line in lines if (m := wanted.search(line))]
    else:
        raise ValueError(f"variable {variable['name']}: {text}")
    unique = list(dict.fromkeys(found))
    return (
        sorted(unique, reverse=variable.get("sort") in (2, 4)) if variable.get("sort") else unique
    )


def _line(series: Mapping[str, Any]) -> str:
    """One result as Grafana's query_result writes it."""
    labels = ",".join(f'{k}="{v}"' for k, v in series["metric"].items() if k != "__name__")
    moment, value = series["value"]
    return f"{series['metric'].get('__name__', '')}{{{labels}}} {value} {int(moment * 1000)}"


def _answer(
    server: PrometheusServer,
    target: Mapping[str, Any],
    values: Mapping[str, str],
    span: TimeSpan,
    step: int,
) -> dict[str, Any]:
    expression = interpolate(target["expr"], values)
    if target.get("instant"):
        result = server.instant(expression, span.end)
    else:
        result = server.range(expression, span, step)
    return {"refId": target["refId"], "step": step, "result": result}


def _step(panel: Mapping[str, Any]) -> int:
    """Seconds between points: the panel's minimum interval, or the scrape interval."""
    least = str(panel.get("interval") or f"{STEP}s")
    return int(least[:-1]) * (MINUTE if least.endswith("m") else 1)


def _intervals(step: int) -> dict[str, str]:
    """Interval variables of Grafana's Prometheus data source."""
    return {"__interval": f"{step}s", "__rate_interval": f"{max(step + STEP, 4 * STEP)}s"}


def _events(
    server: PrometheusServer, mark: Mapping[str, Any], values: Mapping[str, str], span: TimeSpan
) -> list[list[int]]:
    """Start and end of each event, in milliseconds."""
    expression = interpolate(mark["target"]["expr"], values)
    found: list[list[int]] = []
    for series in server.range(expression, span, ANNOTATION_STEP):
        samples = [(int(float(moment) * 1000), float(value)) for moment, value in series["values"]]
        if mark.get("useValueForTime"):
            found += [[int(value), int(value)] for value in dict.fromkeys(v for _, v in samples)]
            continue
        active = [moment for moment, value in samples if value > 0]
        for moment in active:
            if found and moment - found[-1][1] <= ANNOTATION_STEP * 1000:
                found[-1][1] = moment
            else:
                found.append([moment, moment])
    return found
