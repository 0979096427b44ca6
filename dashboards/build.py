"""Generator of dashboards, default rules and their reference (`python -m dashboards.build`).

python -m dashboards.build          regenerates the files of this repository
python -m dashboards.build FOLDER   writes rules and dashboards there instead

For a deployment's own labels and addresses: `groundwire rules`, `groundwire dashboards`.
"""

import json
import sys
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.behaviour import behaviour
from dashboards.drift import drift
from dashboards.faithfulness import faithfulness
from dashboards.finetune import finetune
from dashboards.health import health
from dashboards.overview import overview
from dashboards.reference import page
from dashboards.reliance import reliance
from groundwire_collector.alerting.rules.rendering import write
from groundwire_collector.alerting.rules.settings import RuleSettings

BOARDS = {
    "overview": overview,
    "faithfulness": faithfulness,
    "reliance": reliance,
    "behaviour": behaviour,
    "drift": drift,
    "finetune": finetune,
    "health": health,
}
ROOT = Path(__file__).parents[1]
RULES = ROOT / "dashboards" / "generated" / "prometheus"
SHIPPED = ROOT / "collector" / "groundwire_collector" / "alerting" / "grafana" / "boards"
REFERENCE = ROOT / "docs" / "reference" / "metrics.md"


def build(rules: Path, dashboards: Path) -> None:
    """Write the default rules and the dashboards; raises OSError."""
    write(RuleSettings.load(None), rules)
    dashboards.mkdir(parents=True, exist_ok=True)
    for name, board in BOARDS.items():
        text = json.dumps(document(board()), indent=2, sort_keys=True, ensure_ascii=False)
        (dashboards / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def document(board: Dashboard) -> dict[str, Any]:
    """A dashboard as Grafana's classic JSON."""
    made: dict[str, Any] = json.loads(JSONEncoder(sort_keys=True).encode(board.build()))
    _drop_unknown(made["templating"]["list"])
    _number([each for panel in made["panels"] for each in (panel, *panel.get("panels", ()))])
    for panel in _drawn(made["panels"]):
        _only_data_links(panel)
    for annotation in made["annotations"]["list"]:
        annotation["target"]["refId"] = "Anno"
    return made


def _drop_unknown(variables: list[dict[str, Any]]) -> None:
    """Remove keys that the builder adds but Grafana's schema lacks."""
    for variable in variables:
        for name in ("auto", "auto_count", "auto_min"):
            variable.pop(name, None)


def _drawn(panels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every panel that is not a row, also those of collapsed rows."""
    every = [each for panel in panels for each in (panel, *(panel.get("panels") or ()))]
    return [panel for panel in every if panel["type"] != "row"]


def _only_data_links(panel: dict[str, Any]) -> None:
    """Remove keys of dashboard links from data links."""
    defaults = panel["fieldConfig"]["defaults"]
    names = ("title", "url", "targetBlank")
    if links := defaults.get("links"):
        defaults["links"] = [{name: link[name] for name in names} for link in links]


def _number(panels: list[dict[str, Any]]) -> None:
    """Assign stable ids to panels and queries."""
    for panel_id, panel in enumerate(panels, start=1):
        panel["id"] = panel_id
        for letter, target in zip("ABCDEFGHIJ", panel.get("targets", ()), strict=False):
            target["refId"] = letter


def main(arguments: list[str]) -> None:
    if arguments:
        build(Path(arguments[0]) / "prometheus", Path(arguments[0]) / "grafana")
    else:
        build(RULES, SHIPPED)
        REFERENCE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
