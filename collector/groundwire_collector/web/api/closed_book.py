"""Context reliance from closed-book calls, for API and pages."""

from pydantic import BaseModel
from sqlalchemy import Connection

from groundwire_collector.storage import closed_book_turns
from groundwire_collector.web.api.faithfulness import RatioOut
from groundwire_evaluators.reliance.memorization import (
    FEWEST_DIAGNOSTIC,
    ClosedBookComparison,
    ClosedBookEstimate,
    estimate_memorization,
)
from groundwire_evaluators.reliance.outcome import Outcome

SelectedVersion = tuple[frozenset[str] | None, str | None, str | None]
"""Readable services (None: all), service, model_version."""
TOO_FEW = "too few diagnostic turns"


class ClosedBookOut(BaseModel):
    """Closed-book calls per model_version: `n` comparisons, of which `diagnostic_n` decide.

    `memorization_ratio` is null where `too_few`, and `statement` says so; its interval and n stand
    in `measured` all the same. `p_s` and `p_o` are shares of the turns asked closed-book.
    `redundant_share`
    is over the turns that were answered both times: fine today, at risk when the source changes.
    """

    service: str
    model_version: str | None
    n: int
    diagnostic_n: int
    too_few: bool
    statement: str
    memorization_ratio: float | None
    measured: RatioOut
    redundant_share: RatioOut
    p_s: float
    p_o: float
    cells: dict[str, int]

    @classmethod
    def of(
        cls, service: str, version: str | None, found: list[ClosedBookComparison]
    ) -> "ClosedBookOut":
        estimate = estimate_memorization(found)
        return cls(
            service=service,
            model_version=version,
            n=estimate.n,
            diagnostic_n=estimate.ratio.n,
            too_few=estimate.too_few,
            statement=_statement(estimate),
            memorization_ratio=None if estimate.too_few else estimate.ratio.value,
            measured=RatioOut.of(estimate.ratio),
            redundant_share=RatioOut.of(estimate.redundant),
            p_s=_weighted_share(found, Outcome.CONTEXT),
            p_o=_weighted_share(found, Outcome.PARAMETRIC),
            cells={cell.value: count for cell, count in estimate.cells.items()},
        )


def closed_book_of(
    connection: Connection, which: SelectedVersion, since_ns: int | None
) -> list[ClosedBookOut]:
    """Context reliance from closed-book calls, by service and model_version."""
    answered = closed_book_turns.answered(connection, *which, since_ns)
    by_version = closed_book_turns.by_version(answered)
    return [ClosedBookOut.of(*version, found) for version, found in by_version.items()]


def _statement(estimate: ClosedBookEstimate) -> str:
    if estimate.too_few:
        return f"{TOO_FEW} ({estimate.ratio.n} of at least {FEWEST_DIAGNOSTIC})"
    low, high = estimate.ratio.interval
    return f"{estimate.ratio.value:.2f} ({low:.2f} to {high:.2f}) on {estimate.ratio.n} turns"


def _weighted_share(found: list[ClosedBookComparison], outcome: Outcome) -> float:
    total = sum(1 / each.probability for each in found)
    return sum(1 / each.probability for each in found if each.outcome is outcome) / total
