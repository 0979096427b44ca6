"""Generator of the shipped pack from its sources (`python -m`).

A changed pack needs a new name: runs of the old one are no baseline for it.
"""

import json
from pathlib import Path

from groundwire_evaluators.reliance.probe.item import SHIPPED, ProbePack, ProbeStratum
from groundwire_evaluators.reliance.probe.report import pack_report
from groundwire_evaluators.reliance.probe.templates import read_templates
from groundwire_evaluators.reliance.probe.validators import ValidatedItems, validate

FOLDER = Path(__file__).parent
SOURCES = {"known.toml": ProbeStratum.KNOWN, "fresh.toml": ProbeStratum.FRESH}


def built() -> ValidatedItems:
    """The items of the sources, validated."""
    return validate(
        item for name, stratum in SOURCES.items() for item in read_templates(FOLDER / name, stratum)
    )


def freeze(folder: Path = FOLDER) -> ProbePack:
    """Write items and report into `folder`."""
    validated = built()
    pack = ProbePack(SHIPPED, validated.items)
    lines = (json.dumps(item.as_record(), ensure_ascii=False) for item in pack.items)
    (folder / f"{SHIPPED}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    report = pack_report(pack, validated.rejections)
    text = json.dumps(report, ensure_ascii=False, indent=2)
    (folder / f"{SHIPPED}.report.json").write_text(text + "\n", encoding="utf-8")
    return pack


if __name__ == "__main__":
    freeze()
