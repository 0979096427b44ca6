"""Closed-book calls are sampled, budgeted, counted, and never about what is no production turn."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from groundwire_collector.llm.client import FunctionTarget
from groundwire_collector.llm.rate_limiter import RateLimiter
from groundwire_collector.probing.closed_book import ClosedBookCaller
from groundwire_evaluators.reliance.closed_book import RelianceCell
from groundwire_evaluators.turn import Chunk, Turn

TURN = Turn(
    id="t", trace_id="0" * 32, question="What is the capital of Velmark?",
    chunks=(Chunk(text="The capital of Velmark is Tarsin."),), answer="It is Tarsin.",
)  # fmt: skip
BUDGET = 1e9


def caller(answer: object = "Oldenby", **settings: object) -> ClosedBookCaller:
    requested: list[Sequence[str]] = []

    def call(question: str, chunks: list[str]) -> object:
        requested.append(chunks)
        if isinstance(answer, Exception):
            raise answer
        return answer

    settings.setdefault("pace", RateLimiter(per_minute=BUDGET))
    made = ClosedBookCaller(FunctionTarget(call), **{"rate": 1.0, **settings})  # type: ignore[arg-type]
    made.requested = requested  # type: ignore[attr-defined]
    return made


def test_the_same_question_is_asked_without_the_chunks() -> None:
    made = caller()
    comparison = made.closed_book(TURN)
    assert comparison is not None
    assert (comparison.cell, comparison.diagnostic) == (RelianceCell.CONTEXT_DRIVEN, True)
    assert made.requested == [[]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "turn",
    [
        replace(TURN, closed_book=True),
        replace(TURN, probe=True),
        replace(TURN, question=None),
        replace(TURN, answer=None),
    ],
)
def test_what_is_no_production_turn_is_never_comparison(turn: Turn) -> None:
    assert caller().closed_book(turn) is None


def test_sampling_follows_the_trace_and_the_rate_is_kept() -> None:
    made = caller(rate=0.2)
    turns = [replace(TURN, trace_id=f"{i:032x}") for i in range(2000)]
    sampled = [made.closed_book(turn) is not None for turn in turns]
    assert sampled == [made.closed_book(turn) is not None for turn in turns]
    assert 0.17 < sum(sampled) / len(sampled) < 0.23


def test_turns_with_novel_values_are_sampled_more_and_carry_their_probability() -> None:
    made = caller(rate=0.1, eager=10)
    comparison = made.closed_book(TURN, novel=True)
    assert comparison is not None
    assert comparison.probability == 1.0
    assert made.probability(TURN) == 0.1


def test_the_budget_is_kept_and_what_it_cost_is_counted() -> None:
    made = caller(pace=RateLimiter(per_minute=1, per_day=5))
    assert made.closed_book(TURN) is not None
    assert made.closed_book(TURN) is None
    assert made.skipped == 1


@pytest.mark.parametrize(
    ("answer", "failure"), [(TimeoutError(), "raised"), ("", "empty"), (7, "nonsense")]
)
def test_failed_calls_stop_nothing_and_are_counted(answer: object, failure: str) -> None:
    made = caller(answer)
    assert made.closed_book(TURN) is None
    assert made.failures == {failure: 1}


def test_an_answer_in_another_language_is_a_memory_like_any_other() -> None:
    comparison = caller("Die Hauptstadt ist Oldenby.").closed_book(TURN)
    assert comparison is not None
    assert comparison.cell is RelianceCell.CONTEXT_DRIVEN


def test_repeated_draws_measure_the_strength_of_memory() -> None:
    comparison = caller(draws=3).closed_book(TURN)
    assert comparison is not None
    assert comparison.memory_strength == 1.0


@pytest.mark.parametrize("settings", [{"rate": 0.0}, {"rate": 1.5}, {"eager": 0.5}, {"draws": 0}])
def test_settings_outside_their_range_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="rate"):
        caller(**settings)
