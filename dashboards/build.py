"""Generator of dashboards, default rules and their reference (`python -m dashboards.build`).

python -m dashboards.build                      regenerates the files of this repository
python -m dashboards.build FOLDER [RULES.toml]  dashboards and rules for your settings
"""

import json
import sys
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.drift import drift
from dashboards.faithfulness import faithfulness
from dashboards.finetune import finetune
from dashboards.health import health
from dashboards.overview import overview
from dashboards.reference import page
from dashboards.reliance import reliance
from groundwire_collector.alerting.promql import replicas
from groundwire_collector.alerting.rules.rendering import write
from groundwire_collector.alerting.rules.settings import RuleSettings

BOARDS = {
    "overview": overview,
    "faithfulness": faithfulness,
    "reliance": reliance,
    "drift": drift,
    "finetune": finetune,
    "health": health,
}
ROOT = Path(__file__).parents[1]
GENERATED = ROOT / "dashboards" / "generated"
REFERENCE = ROOT / "docs" / "reference" / "metrics.md"


def build(folder: Path, settings: RuleSettings) -> None:
    """Write the dashboards and rules of these settings into `folder`."""
    write(settings, folder / "prometheus")
    (folder / "grafana").mkdir(parents=True, exist_ok=True)
    with replicas(settings.replica_labels):
        for name, board in BOARDS.items():
            text = json.dumps(document(board()), indent=2, sort_keys=True, ensure_ascii=False)
            (folder / "grafana" / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def document(board: Dashboard) -> dict[str, Any]:
    """A dashboard as Grafana's classic JSON."""
    made: dict[str, Any] = json.loads(JSONEncoder(sort_keys=True).encode(board.build()))
    _drop_unknown(made["templating"]["list"])
    _number(made["panels"])
    for annotation in made["annotations"]["list"]:
        annotation["target"]["refId"] = "Anno"
    return made


def _drop_unknown(variables: list[dict[str, Any]]) -> None:
    """Remove keys that the builder adds but Grafana's schema lacks."""
    for variable in variables:
        for name in ("auto", "auto_count", "auto_min"):
            variable.pop(name, None)


def _number(panels: list[dict[str, Any]]) -> None:
    """Assign stable ids to panels and queries."""
    for panel_id, panel in enumerate(panels, start=1):
        panel["id"] = panel_id
        for letter, target in zip("ABCDEFGH", panel.get("targets", ()), strict=False):
            target["refId"] = letter


def main(arguments: list[str]) -> None:
    if arguments:
        settings = RuleSettings.load(Path(arguments[1]) if len(arguments) > 1 else None)
        build(Path(arguments[0]), settings)
    else:
        build(GENERATED, RuleSettings.load(None))
        REFERENCE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
