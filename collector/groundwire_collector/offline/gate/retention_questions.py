"""Questions of a retention set as records to ask."""

import json
from importlib.resources import files
from pathlib import Path

from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import Record, read_records
from groundwire_evaluators import forgetting
from groundwire_evaluators.forgetting import RetentionItemError
from groundwire_evaluators.forgetting.items import SHIPPED
from groundwire_evaluators.gate.measured_answer import RETENTION

SHIPPED_NAME = "shipped"


def retention_questions(source: str) -> list[Record]:
    """Records of the shipped set ("shipped") or of a user's file; ids begin with "retention:".

    Raises:
        UsageError: a line is no retention item.
    """
    if source == SHIPPED_NAME:
        text = (files(forgetting) / SHIPPED).read_text(encoding="utf-8")
        return [_question(json.loads(line)) for line in text.splitlines() if line.strip()]
    path = Path(source)
    try:
        forgetting.read_items(path)
    except (OSError, UnicodeDecodeError, RetentionItemError) as error:
        raise UsageError(f"{path}: {error}") from error
    return [_question(record) for record in read_records(path)]


def _question(record: Record) -> Record:
    return {
        "id": f"{RETENTION}:{record['id']}",
        "question": record["prompt"],
        "rule": record["rule"],
        "stratum": RETENTION,
    }
