"""Rules of the gate: direction, margin and weight of each measure."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

OTHER_MARGIN = 0.05  # of a measure without a rule of its own


class Better(StrEnum):
    """Direction in which a measure is better."""

    HIGHER = "higher"
    LOWER = "lower"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """Direction, margin and weight of a measure (fields of the margins file).

    Raises:
        ValueError: a number is out of its range.
    """

    better: Better = Better.HIGHER
    margin: float = OTHER_MARGIN
    relative: bool = False
    decides: bool = True
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.margin) and self.margin > 0):
            raise ValueError(f"a margin must be a number above 0, not {self.margin}")
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise ValueError(f"a weight must be a number above 0, not {self.weight}")


@dataclass(frozen=True)
class Rules:
    """All rules of a gate, with its alpha and confidence level."""

    alpha: float = 0.01
    level: float = 0.95
    measures: Mapping[str, MeasureRule] = field(default_factory=dict)

    def of(self, measure: str) -> MeasureRule:
        """Rule of a measure; one without a rule is shown, and decides nothing."""
        found = self.measures.get(measure)
        return found or MeasureRule(better=Better.SAME, decides=False)

    def with_rule(self, measure: str, rule: MeasureRule) -> "Rules":
        """The same with another rule for a measure."""
        return replace(self, measures={**self.measures, measure: rule})

    def with_share_margin(self, margin: float) -> "Rules":
        """The same with one margin for every deciding measure that is not relative."""
        changed = {
            name: replace(rule, margin=margin) if rule.decides and not rule.relative else rule
            for name, rule in self.measures.items()
        }
        return replace(self, measures=changed)


def default_text() -> str:
    """The shipped margins file, with its comments."""
    return (files(__package__ or "") / "margins.toml").read_text(encoding="utf-8")


def load_rules(path: Path | None = None) -> Rules:
    """The shipped rules, with those of a file laid over them.

    Raises:
        ValueError: the file cannot be read or holds something else than rules; says where.
    """
    shipped = _rules(tomllib.loads(default_text()), Rules())
    if path is None:
        return shipped
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: cannot be read: {error}") from error
    try:
        return _rules(read, shipped)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _rules(read: Mapping[str, Any], under: Rules) -> Rules:
    if unknown := sorted(read.keys() - {"alpha", "level", "measures"}):
        raise ValueError(f"unknown: {', '.join(unknown)}; known: alpha, level, measures")
    alpha, level = (_number(read, name, getattr(under, name)) for name in ("alpha", "level"))
    if not 0 < alpha < 0.5 or not 0.5 < level < 1:
        raise ValueError("alpha must be in (0, 0.5), level in (0.5, 1)")
    tables = read.get("measures", {})
    if not isinstance(tables, Mapping):
        raise ValueError("measures must be tables: [measures.NAME]")
    measures = dict(under.measures)
    for name, table in tables.items():
        measures[name] = _rule(name, table, measures.get(name, MeasureRule()))
    return Rules(alpha, level, measures)


def _rule(name: str, table: Any, under: MeasureRule) -> MeasureRule:
    known = {each.name for each in fields(MeasureRule)}
    if not isinstance(table, Mapping) or (unknown := sorted(table.keys() - known)):
        extra = f"unknown: {', '.join(unknown)}; " if isinstance(table, Mapping) else ""
        raise ValueError(f"measures.{name}: {extra}known: {', '.join(sorted(known))}")
    values = dict(table)
    try:
        if "better" in values:
            values["better"] = Better(values["better"])
        for flag in ("relative", "decides"):
            if not isinstance(values.get(flag, False), bool):
                raise ValueError(f"{flag} must be true or false")
        for number in ("margin", "weight"):
            if number in values:
                values[number] = _number(values, number, 0.0)
        return replace(under, **values)
    except ValueError as error:
        raise ValueError(f"measures.{name}: {error}") from error


def _number(table: Mapping[str, Any], name: str, default: float) -> float:
    value = table.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number, not {value!r:.40}")
    return float(value)
