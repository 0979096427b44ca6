"""Probe items and the frozen, versioned pack."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any


class ProbeStratum(StrEnum):
    """Prior knowledge of an item by the model: the stratum of analysis."""

    KNOWN = "known"  # a fact that every model knows
    FINE_TUNE = "fine_tune"  # a fact of the fine-tune's training file
    STALE = "stale"  # a fact to which the training file, or the last edition, gives another value
    FRESH = "fresh"  # a fact that it cannot know: the negative control


class AnswerType(StrEnum):
    """Type of an answer value."""

    PERSON = "person"
    PLACE = "place"
    ORGANISATION = "organisation"
    NAME = "name"
    NUMBER = "number"
    QUANTITY = "quantity"  # a number with a unit
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    WEEKDAY = "weekday"
    VERSION = "version"
    CODE = "code"
    ENUMERATION = "enumeration"
    BOOLEAN = "boolean"


class Edit(StrEnum):
    """Kind of edit of the context: swapped value or rewritten text."""

    SWAP = "swap"
    COHERENT = "coherent"


class AnswerPosition(StrEnum):
    """Position of the answer's sentence in its context."""

    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeItem:
    """A question with its original answer and its substitute.

    `clean` supports `original`, `conflict` supports `substitute` and nowhere `original`; `support`
    is a second, short chunk for the mixed arm that supports `original`. Texts are frozen: items are
    compared with themselves over time, so one that changes is a new item.
    """

    id: str
    stratum: ProbeStratum
    relation: str
    type: AnswerType
    subject: str
    question: str
    original: str
    substitute: str
    clean: str
    conflict: str
    support: str
    original_aliases: tuple[str, ...] = ()
    substitute_aliases: tuple[str, ...] = ()
    edit: Edit = Edit.SWAP
    place: AnswerPosition = AnswerPosition.MIDDLE
    source: str | None = None  # the turn or document it was built from

    @property
    def original_spellings(self) -> tuple[str, ...]:
        return (self.original, *self.original_aliases)

    @property
    def substitute_spellings(self) -> tuple[str, ...]:
        return (self.substitute, *self.substitute_aliases)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "ProbeItem":
        """Parse a JSON object; raises `ValueError` if invalid."""
        try:
            known = dict(record)
            for name, kind in (
                ("stratum", ProbeStratum),
                ("type", AnswerType),
                ("edit", Edit),
                ("place", AnswerPosition),
            ):
                if name in known:
                    known[name] = kind(known[name])
            for name in ("original_aliases", "substitute_aliases"):
                known[name] = tuple(known.get(name) or ())
            return cls(**known)
        except TypeError as error:
            raise ValueError(f"item {record.get('id')!r}: {error}") from error

    def as_record(self) -> dict[str, Any]:
        """As a JSON object."""
        return {**asdict(self), **{name: list(getattr(self, name)) for name in _LISTS}}


_LISTS = ("original_aliases", "substitute_aliases")


@dataclass(frozen=True)
class ProbePack:
    """Items under a name and version; comparable only by equal digest."""

    name: str
    items: tuple[ProbeItem, ...]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        ids = [item.id for item in self.items]
        if len(set(ids)) != len(ids):
            raise ValueError(f"pack {self.name}: duplicate id")
        lines = json.dumps([item.as_record() for item in self.items], sort_keys=True)
        object.__setattr__(self, "digest", hashlib.sha256(lines.encode()).hexdigest()[:16])

    def __len__(self) -> int:
        return len(self.items)

    def only(self, ids: Iterable[str]) -> "ProbePack":
        """Pack with only these items, such as half of a rotated pack."""
        wanted = set(ids)
        return ProbePack(self.name, tuple(item for item in self.items if item.id in wanted))


SHIPPED = "groundwire-1"


def load_pack(path: Path | None = None) -> ProbePack:
    """Load a pack from a JSON Lines file; default: the shipped one.

    Raises `ValueError` for what is no pack, `OSError` for what cannot be read.
    """
    if path is None:
        shipped = files("groundwire_evaluators.reliance.probe.pack") / f"{SHIPPED}.jsonl"
        return _read_pack(SHIPPED, shipped.read_text(encoding="utf-8"))
    return _read_pack(path.stem, path.read_text(encoding="utf-8"))


def _read_pack(name: str, text: str) -> ProbePack:
    items = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            items.append(ProbeItem.from_record(json.loads(line)))
        except (ValueError, AttributeError) as error:
            raise ValueError(f"pack {name}, line {number}: {error}") from error
    if not items:
        raise ValueError(f"pack {name} holds no items")
    return ProbePack(name, tuple(items))
