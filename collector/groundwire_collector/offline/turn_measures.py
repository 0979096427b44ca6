"""Measures of a stored turn, by name: shares, scores, seconds, tokens, cost."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from groundwire_collector.metrics.prices import PriceList
from groundwire_collector.storage.version_turns import VersionScore, VersionTurn
from groundwire_evaluators.evaluation import State

HEADLINE = "grounding"
ANSWERS = {State.SCORED.value: 1.0, State.NO_CLAIMS.value: 1.0, State.REFUSAL.value: 0.0}
SECONDS = ("first_token_seconds", "generation_seconds", "retrieval_seconds")
TOKENS = ("input_tokens", "output_tokens")
OF_TURN = ("_seconds", "_tokens")  # signals that repeat what the turn itself says
CELLS = {"context_driven": 1.0, "parametric_override": 0.0}  # of diagnostic closed-book calls
SHARES = {"faithful", "answered", "follows", "false_refusal"}
_RENAMED = {"retrieval": "relevance"}  # evaluators whose value has a name of its own
_OF_OTHERS = {HEADLINE, "override"}  # evaluators whose values have measures above


def turn_measures(turn: VersionTurn, prices: PriceList | None = None) -> dict[str, float]:
    """Every number of a turn that versions are compared by; missing ones are left out.

    Signals of evaluators beside grounding are named "evaluator.signal", the value of an evaluator
    by its name alone.
    """
    found: dict[str, float] = {}
    for score in turn.scores:
        found |= _of_score(score)
    if turn.closed_book_cell in CELLS:
        found["closed_book_reliance"] = CELLS[turn.closed_book_cell]
    found |= _plain(turn.facts)
    whole = seconds(turn)
    found |= {} if whole is None else {"seconds": whole}
    cost = None if prices is None else _cost(turn.facts, prices)
    return found if cost is None else found | {"cost": cost}


def _of_score(score: VersionScore) -> dict[str, float]:
    found: dict[str, float] = {}
    scored = score.state == State.SCORED.value
    if score.evaluator == HEADLINE:
        found |= _of_grounding(score, scored)
    elif score.evaluator == "override":
        found |= {"follows": 1.0 - score.value} if scored and score.value is not None else {}
    if score.evaluator not in _OF_OTHERS and scored:
        if score.value is not None:
            found[_RENAMED.get(score.evaluator, score.evaluator)] = float(score.value)
        found |= {
            f"{score.evaluator}.{name}": float(value)
            for name, value in score.signals.items()
            if not name.endswith(OF_TURN)
        }
    return found


def _of_grounding(score: VersionScore, scored: bool) -> dict[str, float]:
    found: dict[str, float] = {}
    if score.state in ANSWERS:
        found["answered"] = ANSWERS[score.state]
        found["false_refusal"] = float(score.signals.get("false_refusal", 0.0))
    if scored and score.flagged is not None:
        found["faithful"] = float(not score.flagged)
    if scored and "p_unsupported" in score.signals:
        found["p_unsupported"] = float(score.signals["p_unsupported"])
    return found


def _plain(facts: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(facts[name])
        for name in (*SECONDS, *TOKENS)
        if isinstance(facts.get(name), int | float)
    }


def seconds(turn: VersionTurn) -> float | None:
    """Seconds from the start of a turn to its end; None where that is unknown."""
    ended = turn.facts.get("ended_at")
    if not ended or not turn.started_ns:
        return None
    return max(datetime.fromisoformat(ended).timestamp() - turn.started_ns / 1e9, 0.0)


def _cost(facts: Mapping[str, Any], prices: PriceList) -> float | None:
    price = prices.of(facts.get("response_model")) or prices.of(facts.get("model"))
    tokens = [facts.get(name) for name in TOKENS]
    if price is None or tokens == [None, None]:
        return None
    return price.of(
        tokens[0] or 0,
        tokens[1] or 0,
        facts.get("cached_tokens") or 0,
        facts.get("cache_write_tokens") or 0,
    )
