"""Card of a reader: labels, lengths, languages, weights.

A card is `card.json` beside `model.onnx` and `tokenizer.json`; docs/reference/grounding.md lists
its fields.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

LABELS = ("supported", "not_there", "contradicted")


class ReaderError(ValueError):
    """Reader that cannot be loaded; the message names the file."""


@dataclass(frozen=True, slots=True)
class ReaderWeights:
    """Weights of a reader's answers in a claim's score.

    A score gains `not_there` × log(1 + odds that the claim is not there) + `intercept`; answers
    without a question (summaries) have weights of their own. From a probability `contradicted` on,
    a claim scores at least `above` over the threshold.
    """

    not_there: float = 0.5
    intercept: float = -0.5
    summary_not_there: float = 0.0
    summary_intercept: float = 0.0
    contradicted: float = 0.9
    summary_contradicted: float = 0.95
    above: float = 0.5

    def __post_init__(self) -> None:
        if self.not_there < 0 or self.summary_not_there < 0 or self.above < 0:
            raise ReaderError("a reader's weights are at least 0")


@dataclass(frozen=True, slots=True)
class Card:
    """What a reader is and how it is used.

    `labels` names its output columns; one column is the logit of `supported`. `claim_first`: the
    claim stands before the evidence. `longest` and `longest_claim` are in tokens, special ones
    included; evidence that does not fit is read in up to `most_windows` windows. `languages` are
    those it may be asked in.
    """

    name: str
    labels: tuple[str, ...] = LABELS
    claim_first: bool = True
    longest: int = 128
    longest_claim: int = 64
    most_windows: int = 1
    evidence_words: int = 88
    languages: frozenset[str] = frozenset({"en"})
    weights: ReaderWeights = field(default_factory=ReaderWeights)

    def __post_init__(self) -> None:
        strange = set(self.labels) - {*LABELS, "unsupported"}
        if strange or "supported" not in self.labels:
            raise ReaderError(f"labels are some of {', '.join(LABELS)}, unsupported: {self.labels}")
        if not 16 <= self.longest_claim < self.longest - 16:
            raise ReaderError("longest_claim leaves no room for evidence")


def read_card(path: Path) -> Card:
    """The card in a file.

    Raises:
        ReaderError: it cannot be read, or holds what a card does not have.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return _card(values)
    except (OSError, ValueError, TypeError) as error:
        raise ReaderError(f"{path}: {error}") from error


def _card(values: Mapping[str, Any]) -> Card:
    known = {each.name for each in fields(Card)}
    chosen = {name: value for name, value in values.items() if name in known}
    chosen["weights"] = ReaderWeights(**values.get("weights", {}))
    for name, of in (("labels", tuple), ("languages", frozenset)):
        if name in chosen:
            chosen[name] = of(chosen[name])
    return Card(**chosen)
