"""Which turns judges see: always the same, with a known probability, more of the uncertain ones."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.sampling import TurnSampler, factors_of
from groundwire_collector.judges.queue import draw_of
from groundwire_collector.judges.registry import check
from groundwire_collector.settings import Settings
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.statistics import hajek
from groundwire_evaluators.turn import Turn


def judged(number: int, p: float | None = None, **more: object) -> JudgedTurn:
    turn = Turn(id=f"t{number}", trace_id=f"{number:032x}", service="bot", answer="Yes.")
    signals = {} if p is None else {"p_unsupported": p}
    evaluation = Evaluation(evaluator="g", revision="1", state=State.SCORED, signals=signals)
    return JudgedTurn(replace(turn, **more), (evaluation,))  # type: ignore[arg-type]


def test_the_same_turns_are_drawn_again_at_the_rate() -> None:
    draw = TurnSampler({"llm_judge": 0.1})
    drawn = [n for n in range(8_000) if draw.drawn(judged(n))]
    assert drawn == [n for n in range(8_000) if draw.drawn(judged(n))]
    assert abs(len(drawn) - 800) < 4 * math.sqrt(8_000 * 0.1 * 0.9)


def test_what_a_rarer_judge_sees_the_others_see_too() -> None:
    draw = TurnSampler({"often": 0.2, "rare": 0.05})
    for number in range(5_000):
        drawn = draw.drawn(judged(number))
        assert "rare" not in drawn or "often" in drawn
    assert draw.probability("rare", judged(1)) == 0.05


@pytest.mark.parametrize(
    ("p", "chance"), [(0.0, 0.1), (1.0, 0.1), (None, 0.1), (0.5, 0.4), (0.1, 0.28)]
)
def test_uncertain_turns_are_likelier_and_none_is_less_likely_than_the_rate(
    p: float | None, chance: float
) -> None:
    draw = TurnSampler({"llm_judge": 0.1}, eager=4.0)
    assert draw.probability("llm_judge", judged(1, p)) == pytest.approx(chance)


def test_weighted_by_its_probability_the_sample_says_what_all_turns_would() -> None:
    draw = TurnSampler({"llm_judge": 0.05}, eager=8.0)
    everyone = [(judged(n, p := (n % 97) / 97), n % 89 / 89 < p) for n in range(12_000)]
    truth = sum(bad for _, bad in everyone) / len(everyone)
    drawn = [(draw.drawn(item), bad) for item, bad in everyone]
    seen = [(chances["llm_judge"], bad) for chances, bad in drawn if chances]
    estimate = hajek([float(bad) for _, bad in seen], [1.0] * len(seen), [c for c, _ in seen])
    low, high = estimate.interval
    assert low <= truth <= high
    assert estimate.value is not None
    assert abs(estimate.value - truth) < 0.05


def test_a_segment_may_be_seen_more_or_not_at_all() -> None:
    draw = TurnSampler({"j": 0.01}, factors=factors_of("bot=2, bot/ft-2 = 10, quiet=0,"))
    chances = {
        version: draw.probability("j", judged(1, model_version=version))
        for version in ("a", "ft-2")
    }
    assert chances == {"a": 0.02, "ft-2": 0.1}
    assert draw.probability("j", judged(1, service="quiet")) == 0.0
    assert draw.probability("j", judged(1, service="else")) == 0.01


@pytest.mark.parametrize("mark", [{"closed_book": True}, {"probe": True}, {"answer": None}])
def test_only_production_turns_with_an_answer_are_drawn(mark: dict[str, object]) -> None:
    assert TurnSampler({"j": 1.0}).drawn(judged(1, **mark)) == {}


@pytest.mark.parametrize("text", ["bot", "bot=x", "=2", "bot=-1", "bot=nan", "bot=inf"])
def test_a_factor_that_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="is not service=factor"):
        factors_of(text)


def test_judges_may_have_rates_of_their_own() -> None:
    settings = Settings(judges="llm_judge, mine:Judge = 0.5", judge_rate=0.02)
    draw = draw_of(settings)
    assert draw is not None
    assert draw.rates == {"llm_judge": 0.02, "mine:Judge": 0.5}
    assert draw_of(Settings()) is None
    with pytest.raises(UsageError, match="rate of llm_judge"):
        draw_of(Settings(judges="llm_judge=2"))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"judges": "llm_judge"}, "judge llm_judge: judge_endpoint and judge_model are required"),
        ({"judges": "nosuch"}, "judge nosuch: unknown; known: "),
        ({"judges": "llm_judge=x"}, "judges: the rate of llm_judge"),
        ({"judges": "mine:J", "judge_rate_overrides": "x"}, "judge_rate_overrides: 'x'"),
        ({"judges": "mine:J", "judge_golden": Path("none.jsonl")}, "none.jsonl: cannot be read"),
        ({"judges": "mine:J", "judge_cost_per_day": 1.0}, "judge_cost_per_day needs `prices`"),
    ],
)
def test_what_no_judge_could_start_with_is_reported_at_the_start(
    settings: dict[str, object], says: str
) -> None:
    with pytest.raises(UsageError) as raised:
        check(Settings(**settings))  # type: ignore[arg-type]
    assert str(raised.value).startswith(says)


def test_what_can_start_is_not_loaded_by_the_check() -> None:
    check(Settings(judges="mine:J, llm_judge", judge_endpoint="http://x/v1", judge_model="m"))
