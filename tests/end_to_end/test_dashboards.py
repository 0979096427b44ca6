"""Every query of every panel, run by a live Prometheus that scrapes a live collector."""

import json
import math
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dashboards.examples import EXAMPLES
from tests.end_to_end import everything

from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import open_engine

pytestmark = pytest.mark.needs("prometheus", "alertmanager")

ROOT = Path(__file__).parents[2]
BOARDS = sorted((ROOT / "collector/groundwire_collector/alerting/grafana/boards").glob("*.json"))
KEY = "gw_end_to_end"
# Windows of seconds instead of hours and days; the rules are those we ship.
LIMITS = {"interval": 1, "reference_interval": 1, "current_window": 10, "reference_window": 60}
VARIABLES = {
    **dict.fromkeys(("service", "model_version", "prompt_version", "index_version"), ".*"),
    **dict.fromkeys(("job", "instance"), ".*"),
    "evaluator": "grounding",
    "old": "ft-1",
    "new": "ft-2",
    "__rate_interval": "10s",
    "__range": "30s",
}
ALERTS = "ALERTS{"  # fires in test_prometheus.py
SECONDS = 90.0


class Shown(NamedTuple):
    """One query of a panel, and the unit in which its values are shown."""

    where: str
    expression: str
    unit: str


def test_every_panel_shows_something_in_its_unit(
    watched: Callable[..., Any], tmp_path: Path
) -> None:
    watch = watched({}, LIMITS)
    engine = open_engine(Settings(data_dir=tmp_path))
    with engine.begin() as connection:
        everything.show(connection)
    missing = {query: "" for query in shown() if ALERTS not in query.expression}
    assert len(missing) > 120
    deadline = time.monotonic() + SECONDS
    while missing and time.monotonic() < deadline:
        everything.count(engine)
        everything.send_span(watch.collector.url, KEY)
        answers = {query: watch.prometheus.query(query.expression) for query in missing}
        found = {query: complaint(query, answer) for query, answer in answers.items()}
        missing = {query: message for query, message in found.items() if message}
        time.sleep(0.5)
    engine.dispose()
    assert {query.where: (message, query.expression) for query, message in missing.items()} == {}


def complaint(query: Shown, result: list[dict[str, Any]]) -> str:
    """What is wrong with an answer; empty where nothing is."""
    if query.unit == "annotation":
        return ""  # an event: Prometheus has understood the query
    values = [float(series["value"][1]) for series in result]
    values = [value for value in values if not math.isnan(value)]
    if not values:
        return "no data"
    fits = {
        "percentunit": all(-1 <= value <= 1 for value in values),
        "s": "_seconds" in query.expression and all(value >= 0 for value in values),
        "bytes": "_bytes" in query.expression,
        "dateTimeAsIso": all(1.6e12 < value < 4e12 for value in values),
        "dateTimeFromNow": all(1.6e12 < value < 4e12 for value in values),
        "sci": "_statistic" in query.expression,
        "locale": all(value >= 0 for value in values),
        "le": all("le" in series["metric"] for series in result),
        "none": True,
        "short": all(value >= 0 for value in values),
    }
    if query.unit.startswith("suffix:"):
        rated = "rate(" in query.expression or not re.search("/(s|min|h)$", query.unit)
        return "" if rated else f"not a rate: {query.unit}"
    return "" if fits[query.unit] else f"not in {query.unit}: {values[:5]}"


def shown() -> Iterator[Shown]:
    for what, expression in EXAMPLES.items():
        yield Shown(what, expression, "none")
    for path in BOARDS:
        board = json.loads(path.read_text("utf-8"))
        inside = [inner for row in board["panels"] for inner in row.get("panels") or ()]
        for panel in (*board["panels"], *inside):
            for target in panel.get("targets") or ():
                where = f"{path.stem}: {panel['title']} {target['refId']}"
                yield Shown(where, without_variables(target["expr"]), unit(panel, target))
        for annotation in board["annotations"]["list"]:
            expression = without_variables(annotation["target"]["expr"])
            yield Shown(f"{path.stem}: {annotation['name']}", expression, "annotation")


def unit(panel: dict[str, Any], target: dict[str, Any]) -> str:
    if panel["type"] == "heatmap":
        return "le"
    name = f"Value #{target['refId']}"
    for override in panel["fieldConfig"]["overrides"]:
        matcher = override["matcher"]
        if matcher["id"] == "byRegexp" and re.fullmatch(matcher["options"], name):
            [found] = [p["value"] for p in override["properties"] if p["id"] == "unit"]
            return str(found)
    return str(panel["fieldConfig"]["defaults"]["unit"])


def without_variables(expression: str) -> str:
    for name, value in VARIABLES.items():
        expression = expression.replace(f"${name}", value)
    assert "$" not in expression.replace('"$1"', ""), expression  # a group of label_replace
    return expression
