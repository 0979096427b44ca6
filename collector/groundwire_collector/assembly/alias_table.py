"""Alias tables: attribute names per instrumentation family, data in `families/`.

A table says, fact by fact, where a span of this family may hold it: an attribute, a group of
attributes (`{i}` in the key stands for numbers, `*` for names), or events. Families are merged
field by field in the order of their rank; the first that has a fact gives it. Adding a family is
adding a table and a test.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from groundwire_collector.errors import UsageError

OWN_FAMILIES = "GROUNDWIRE_FAMILIES"  # files of the user's own tables, comma-separated
OWN_RANK = 5
_KEYS = frozenset(
    "name title rank source scopes marks kind facts overlays withholds run advice".split()
)


class SpanKind(StrEnum):
    """Role of a span in a turn."""

    TURN = "turn"  # marked as a turn by its emitter
    CHAIN = "chain"  # a composite step: workflow, function
    AGENT = "agent"
    GENERATION = "generation"
    RETRIEVAL = "retrieval"
    RERANK = "rerank"
    EMBEDDING = "embedding"
    TOOL = "tool"
    PROMPT = "prompt"
    JUDGE = "judge"  # an evaluator or guardrail: its output is not an answer
    SERVER = "server"  # the model server's own span: latency only
    PLACEHOLDER = "placeholder"  # placeholder of a later span: dropped
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class AttributeSource:
    """One source of a fact: an attribute, a group, or events.

    `key` is an attribute, of the resource too; with `{i}` a numbered group of attributes. `events`
    instead names events (to the role of the message each holds, where it does). `path` leads into
    a JSON value; the numbers beside it whose name begins with `plus` are added to it. `json`: the
    emitter writes every value as JSON, a text too. `kinds` limits the source to spans of these
    kinds, `scopes` to instrumentation scopes that begin so, `outside` to all others. A number is
    multiplied by `scale` (0.001: from milliseconds to seconds).
    """

    key: str = ""
    path: tuple[str, ...] = ()
    plus: str = ""
    json: bool = False
    scale: float = 1.0
    kinds: frozenset[SpanKind] = frozenset()
    scopes: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    events: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""  # prefix of an attribute group, before the number or name
    numbered: bool = False

    @classmethod
    def parse(cls, entry: str | dict[str, Any]) -> "AttributeSource":
        table: dict[str, Any] = {"key": entry} if isinstance(entry, str) else entry
        key = table.get("key", "")
        return cls(
            key=key,
            path=tuple(table["path"].split(".")) if "path" in table else (),
            plus=table.get("plus", ""),
            json=table.get("json", False),
            scale=table.get("scale", 1.0),
            kinds=frozenset(SpanKind(kind) for kind in table.get("kinds", ())),
            scopes=tuple(table.get("scopes", ())),
            outside=tuple(table.get("outside", ())),
            events=table.get("events", {}),
            prefix=_prefix(key),
            numbered="{i}" in key,
        )


def _prefix(key: str) -> str:
    return next((key.split(mark)[0] for mark in ("{i}", "*") if mark in key), "")


@dataclass(frozen=True, slots=True)
class KindRule:
    """Rule from an attribute's value to a span kind; `*` matches any.

    `scope`: only where it begins so; `names`: only of spans that are called so.
    """

    key: str
    values: Mapping[str, SpanKind]
    scope: str = ""
    names: frozenset[str] = frozenset()
    first: bool = False  # evaluated before rules of higher families
    folded: Mapping[str, SpanKind] = field(default_factory=dict)  # by value in lower case

    def kind_of(self, value: str) -> SpanKind | None:
        """Kind of a value, in upper or lower case."""
        return self.values.get(value) or self.folded.get(value.lower()) or self.values.get("*")

    @classmethod
    def parse(cls, entry: dict[str, Any]) -> "KindRule":
        values = {value: SpanKind(kind) for value, kind in entry["values"].items()}
        names = frozenset(entry.get("names", ()))
        first = entry.get("first", False)
        folded = {value.lower(): kind for value, kind in values.items()}
        return cls(entry["key"], values, entry.get("scope", ""), names, first, folded)


@dataclass(frozen=True, slots=True)
class AliasTable:
    """Parsed alias table of one instrumentation family."""

    name: str
    title: str
    rank: int  # lower is tried first
    source: str  # where the convention is written down
    scopes: tuple[str, ...]  # prefixes of instrumentation scopes that use it
    marks: tuple[str, ...]  # prefixes of attributes that only this family writes
    kinds: tuple[KindRule, ...]
    facts: Mapping[str, tuple[AttributeSource, ...]]
    overlays: tuple[str, ...] = ()  # events whose attributes are read as the span's own
    withholds: tuple[str, ...] = ()  # what its emitters do not send, for the documentation
    run: str = ""  # where its names come from, if no recording of `make test-matrix` has them
    # Missing fact to advice; or scope prefix to a nested table.
    advice: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, table: dict[str, Any]) -> "AliasTable":
        return cls(
            name=table["name"],
            title=table["title"],
            rank=table["rank"],
            source=table["source"],
            scopes=tuple(table.get("scopes", ())),
            marks=tuple(table.get("marks", ())),
            kinds=tuple(KindRule.parse(entry) for entry in table.get("kind", ())),
            facts={
                fact: tuple(AttributeSource.parse(entry) for entry in entries)
                for fact, entries in table.get("facts", {}).items()
            },
            overlays=tuple(table.get("overlays", ())),
            withholds=tuple(table.get("withholds", ())),
            run=table.get("run", ""),
            advice=table.get("advice", {}),
        )

    def advise(self, fact: str, scope: str) -> str | None:
        """Advice for a missing field, for the instrumentation of this scope."""
        own = [
            (len(prefix), table[fact])
            for prefix, table in self.advice.items()
            if isinstance(table, Mapping) and fact in table and scope.startswith(prefix)
        ]
        advice = max(own)[1] if own else self.advice.get(fact)
        return advice if isinstance(advice, str) else None


@cache
def families() -> tuple[AliasTable, ...]:
    """Every table of the folder and of `GROUNDWIRE_FAMILIES`, by rank.

    Raises UsageError, in one line, for a file of the user's that is not such a table.
    """
    folder = files("groundwire_collector.assembly").joinpath("families")
    tables = [path.read_text(encoding="utf-8") for path in folder.iterdir()]
    parsed = [AliasTable.parse(tomllib.loads(table)) for table in tables]
    paths = os.environ.get(OWN_FAMILIES, "").split(",")
    parsed += [_own_table(Path(path.strip())) for path in paths if path.strip()]
    return tuple(sorted(parsed, key=lambda family: family.rank))


def _own_table(path: Path) -> AliasTable:
    """A table of the user's: `name` is the file's unless given, and it is tried first."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        defaults = {"name": path.stem, "title": path.stem, "rank": OWN_RANK, "source": path.name}
        unknown = table.keys() - _KEYS
        if unknown:
            raise UsageError(f"{path}: unknown key {', '.join(sorted(unknown))}")
        return AliasTable.parse({**defaults, **table})
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    except KeyError as error:
        raise UsageError(f"{path}: {error.args[0]} is missing") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"{path}: {error}") from None
