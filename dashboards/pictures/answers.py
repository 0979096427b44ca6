"""Prometheus range queries for a panel."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

POINTS = 240  # of a line

Labels = Mapping[str, str]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """One series with its legend; `query` is the target's letter."""

    name: str
    labels: Labels
    points: tuple[Point, ...]
    query: str = "A"

    @property
    def last(self) -> float | None:
        known = [value for _, value in self.points if value == value]
        return known[-1] if known else None


@dataclass(frozen=True)
class Answers:
    """Query client for one Prometheus and period, with dashboard `variables`."""

    url: str
    start: float
    end: float
    variables: Mapping[str, str]

    def of(self, panel: Mapping[str, Any]) -> list[Series]:
        """Every series of a panel, in the order of its queries."""
        return [series for target in panel["targets"] for series in self.target(target)]

    def target(self, target: Mapping[str, Any]) -> Iterator[Series]:
        expression = self._filled(target["expr"])
        if target.get("instant"):
            result = self._get("query", {"query": expression, "time": str(self.end)})
        else:
            step = max((self.end - self.start) / POINTS, 1.0)
            period = {"start": str(self.start), "end": str(self.end), "step": f"{step:.0f}"}
            result = self._get("query_range", {"query": expression, **period})
        for series in result:
            points = series.get("values") or [series["value"]]
            yield Series(
                _named(target.get("legendFormat") or "", series["metric"]),
                {key: value for key, value in series["metric"].items() if key != "__name__"},
                tuple((float(at), float(value)) for at, value in points),
                target["refId"],
            )

    def _filled(self, expression: str) -> str:
        for name, value in self.variables.items():
            expression = expression.replace(f"${name}", value)
        return expression

    def _get(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.url}/api/v1/{path}", params=query, timeout=60)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found


def _named(legend: str, labels: Labels) -> str:
    """A legend with its labels filled in; without one, the labels."""
    if not legend:
        return ", ".join(f"{key}={value}" for key, value in labels.items() if value)
    filled = re.sub(r"{{\s*(\w+)\s*}}", lambda match: labels.get(match[1], ""), legend)
    return re.sub(r"\s+", " ", filled).strip()
