"""Filters of the list of turns, from the address of a page."""

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Annotated, Literal

from fastapi import Depends

from groundwire_collector.auth.access import Access
from groundwire_collector.storage.turns import TurnQuery
from groundwire_collector.web.cursor import read_cursor
from groundwire_collector.web.pages.time_range import TimeRange

TurnOrder = Literal["worst", "newest", "oldest"]
FACTS = ("session_id", "user_id", "route", "model")
NUMBERS = ("least_score", "most_score", "least_seconds")
RARELY = (*FACTS, *NUMBERS, "prompt_version", "index_version", "state", "error", "trace_id")


@dataclass(frozen=True, slots=True)
class TurnFilters:
    """Filters of the list of turns; "" for any."""

    service: str = ""
    model_version: str = ""
    prompt_version: str = ""
    index_version: str = ""
    session_id: str = ""
    user_id: str = ""
    route: str = ""
    model: str = ""
    state: str = ""
    verdict: str = ""
    error: str = ""
    least_score: str = ""
    most_score: str = ""
    least_seconds: str = ""
    trace_id: str = ""
    q: str = ""
    order: TurnOrder = "worst"

    @property
    def problem(self) -> str:
        """Why a number was not understood; "" where all were."""
        for name in NUMBERS:
            text = getattr(self, name)
            if text and _number(text) is None:
                return f"“{text[:40]}” is no number ({name.replace('_', ' ')})."
        return ""

    @property
    def narrowed(self) -> bool:
        """Whether one of the less usual fields restricts."""
        return any(getattr(self, name) for name in RARELY)

    @property
    def parameters(self) -> dict[str, str]:
        """Parameters of an address, without what does not restrict."""
        found = {name: value for name, value in asdict(self).items() if value}
        if self.order == "worst":
            del found["order"]
        return found

    def query(self, access: Access, span: TimeRange, limit: int, cursor: str = "") -> TurnQuery:
        """Query restricted to the services that the key may read.

        Raises HTTPException (400) for a cursor that is none.
        """
        return TurnQuery(
            service=self.service or None,
            model_version=self.model_version or None,
            prompt_version=self.prompt_version or None,
            index_version=self.index_version or None,
            state=self.state or None,
            verdict=self.verdict or None,
            services=access.services,
            since_ns=span.since_ns,
            until_ns=span.until_ns,
            trace_id=self.trace_id.lower() or None,
            facts=tuple((name, value) for name in FACTS if (value := getattr(self, name))),
            error={"true": True, "false": False}.get(self.error),
            words=self.q.strip() or None,
            order=self.order,
            limit=limit,
            cursor=read_cursor(cursor, self.order) if cursor else None,
            least_score=_number(self.least_score),
            most_score=_number(self.most_score),
            least_seconds=_number(self.least_seconds),
        )


Filters = Annotated[TurnFilters, Depends()]


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if isfinite(found) else None
