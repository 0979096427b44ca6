"""From labels and judgements to estimates: what counts, what does not, and what the gauges show."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, delete

from groundwire_collector.estimates.agreement import of_evaluators, of_labellers
from groundwire_collector.estimates.calibration import CALIBRATION
from groundwire_collector.estimates.faithfulness import FaithfulnessEstimate, faithfulness, outcomes
from groundwire_collector.estimates.labels import draw
from groundwire_collector.estimates.refresh import FAITHFULNESS, EstimateRefresher
from groundwire_collector.evaluation.sampling import preference
from groundwire_collector.metrics.exposition import Exposition
from groundwire_collector.settings import Settings
from groundwire_collector.storage import estimates, judging, labels, turns
from groundwire_collector.storage.estimates import EstimateFilter
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.tables.judging import JUDGE_TASK
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Claim, Evaluation, State, Verdict
from groundwire_evaluators.statistics import EstimationMethod
from groundwire_evaluators.turn import Chunk, Turn

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW_NS = int((NOON + timedelta(days=1)).timestamp()) * 10**9
ANSWER = "It may weigh 30 kg. It is red."
RATE = 0.5


def scored(number: int, p_unsupported: float, *more: Evaluation, **facts: Any) -> JudgedTurn:
    turn: dict[str, Any] = {
        "id": f"{number:032x}-{number:016x}",
        "trace_id": f"{number:032x}",
        "service": "shop",
        "model_version": "v1",
        "index_version": "i1",
        "question": "How heavy may it be?",
        "answer": ANSWER,
        "chunks": tuple(Chunk(id=f"c{at}", text="…", rank=at) for at in range(4)),
        "started_at": NOON + timedelta(seconds=number),
    }
    cheap = Evaluation(
        evaluator="grounding",
        revision="1",
        state=State.SCORED,
        value=0.5,
        flagged=p_unsupported >= 0.5,
        claims=(
            Claim(start=0, end=19, text="", verdict=Verdict.SUPPORTED),
            Claim(start=20, end=30, text="", verdict=Verdict.UNSUPPORTED),
        ),
        signals={"p_unsupported": p_unsupported},
    )
    return JudgedTurn(Turn(**turn | facts), (cheap, *more))


def judged(
    flagged: bool | None, probability: float, name: str = "llm_judge", revision: str = "1"
) -> Evaluation:
    state = State.FAILED if flagged is None else State.SCORED
    value = None if flagged is None else float(not flagged)
    return Evaluation(
        evaluator=name,
        revision=revision,
        state=state,
        value=value,
        flagged=flagged,
        probability=probability,
    )


def traffic(engine: Engine, total: int = 1500, seed: int = 1) -> tuple[list[Turn], np.ndarray]:
    """Turns whose answers are faithful in 8 of 10 cases, with a cheap score that can tell."""
    generator = np.random.default_rng(seed)
    faithful = generator.random(total) < 0.8
    doubts = np.clip(np.where(faithful, 0.2, 0.75) + generator.normal(0, 0.12, total), 0.01, 0.99)
    made = [scored(number, float(p)) for number, p in enumerate(doubts, start=1)]
    with engine.begin() as connection:
        turns.save(connection, made)
    return [item.turn for item in made], faithful


def say(engine: Engine, turn_id: str, verdict: str, who: str = "anna", **more: Any) -> None:
    label = Label(turn_id=turn_id, labeller=who, labelled_ns=1000, verdict=verdict, **more)
    with engine.begin() as connection:
        labels.add(connection, [label])


def label_all(engine: Engine, found: Sequence[Turn], faithful: np.ndarray, rate: float) -> int:
    with engine.begin() as connection:
        message = [
            Label(
                turn_id=turn.id,
                labeller="anna",
                labelled_ns=1000,
                verdict="supported" if good else "unsupported",
            )
            for turn, good in zip(found, faithful, strict=True)
            if draw(turn.trace_id or "") < rate
        ]
        labels.add(connection, message)
    return len(message)


def estimate(engine: Engine, rate: float = RATE, **part: Any) -> list[FaithfulnessEstimate]:
    with engine.connect() as connection:
        return faithfulness(connection, EstimateFilter(**part), "model_version", rate)


def test_labels_of_drawn_turns_correct_the_cheap_score(engine: Engine) -> None:
    found, faithful = traffic(engine)
    n = label_all(engine, found, faithful, 0.2)
    [reported] = estimate(engine, 0.2)
    assert (reported.service, reported.value, reported.reference) == ("shop", "v1", "human")
    assert (reported.rate.n, reported.drawn, reported.chosen, reported.rate.total) == (
        n,
        n,
        0,
        1500,
    )
    assert reported.rate.method in {EstimationMethod.POWERED, EstimationMethod.STRATIFIED}
    low, high = reported.rate.interval
    assert low < faithful.mean() < high
    assert reported.rate.effective > 1.3 * n
    assert reported.rate.cheap == pytest.approx(0.69, abs=0.02)
    assert reported.statement.startswith(f"uncorrected 68%, corrected by {n} human labels: ")


def test_turns_that_people_chose_are_left_out_and_reported(engine: Engine) -> None:
    found, _ = traffic(engine, 100)
    chosen = [turn for turn in found if draw(turn.trace_id or "") >= 0.1][:7]
    for turn in chosen:
        say(engine, turn.id, "unsupported")
    [reported] = estimate(engine, 0.1)
    assert (reported.rate.n, reported.chosen, reported.rate.value) == (0, 7, None)
    assert "7 labels of turns that were not sampled" in reported.statement
    say(engine, chosen[0].id, "unsupported", probability=0.3)  # drawn by the labeller
    [reported] = estimate(engine, 0.1)
    assert (reported.rate.n, reported.chosen) == (1, 6)


def test_a_judge_corrects_toward_itself_and_what_it_could_not_say_is_no_number(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        turns.save(
            connection,
            [
                scored(number, 0.3, judged([False, True, None][number % 3], 0.5))
                for number in range(1, 91)
            ]
            + [scored(number, 0.3) for number in range(91, 200)],
        )
    [reported] = estimate(engine)
    assert (reported.reference, reported.evaluator, reported.revision) == (
        "judge",
        "llm_judge",
        "1",
    )
    assert (reported.drawn, reported.rate.n, reported.rate.total) == (90, 60, 199)
    assert reported.rate.value == pytest.approx(0.5)
    assert "corrected toward a judge by 60 judgements of llm_judge" in reported.statement


def test_only_the_newest_revision_of_a_judge_counts(engine: Engine) -> None:
    with engine.begin() as connection:
        turns.save(
            connection,
            [scored(n, 0.3, judged(True, 0.5)) for n in range(1, 40)]
            + [scored(n, 0.3, judged(False, 0.5, revision="2")) for n in range(40, 60)],
        )
    [reported] = estimate(engine)
    assert (reported.revision, reported.rate.n, reported.rate.value) == ("2", 20, 1.0)
    assert reported.rate.total == 20  # nor does it tell of the turns before it


def test_an_evaluator_that_decides_nothing_of_answers_is_no_reference(engine: Engine) -> None:
    precision = Evaluation(
        evaluator="precision", revision="1", state=State.SCORED, value=0.4, probability=0.5
    )
    with engine.begin() as connection:
        turns.save(connection, [scored(1, 0.3, precision)])
    assert estimate(engine) == []


def test_diagnostics_and_other_services_stay_out(engine: Engine) -> None:
    with engine.begin() as connection:
        turns.save(
            connection,
            [
                scored(1, 0.3, judged(False, 0.5)),
                scored(2, 0.3, judged(False, 0.5), closed_book=True),
                scored(3, 0.3, judged(False, 0.5), probe=True),
                scored(4, 0.3, judged(False, 0.5), service="bank"),
            ],
        )
    [reported] = estimate(engine, services=frozenset({"shop"}))
    assert (reported.service, reported.rate.total) == ("shop", 1)
    assert [one.service for one in estimate(engine)] == ["bank", "shop"]


def a(verdict: str | None, who: str = "anna", start: int | None = None) -> Label:
    end = None if start is None else start + 10
    return Label(turn_id="t", labeller=who, labelled_ns=1, verdict=verdict, start=start, end=end)


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ([a("supported")], True),
        ([a("not_a_claim")], True),
        ([a("contradicted")], False),
        ([a("undecided")], None),
        ([a("supported", "anna"), a("unsupported", "ben")], None),  # a tie
        ([a("supported", "anna"), a("unsupported", "ben"), a("supported", "eve")], True),
        ([a("supported", start=0), a("supported", start=10)], True),
        ([a("supported", start=0), a("unsupported", start=10)], False),
        ([a("supported", start=0), a("undecided", start=10)], None),
        ([a("unsupported"), a("supported", start=0), a("supported", start=10)], False),
    ],
)
def test_what_the_labels_of_an_answer_come_to(message: list[Label], outcome: bool | None) -> None:
    assert outcomes(message, {"t": {(0, 10), (10, 20)}}) == {"t": outcome}


def test_some_of_its_claims_do_not_decide_an_answer() -> None:
    """Whether a labeller goes on after the first bad claim must not decide what is counted."""
    claims = {"t": {(0, 10), (10, 20)}}
    assert outcomes([a("unsupported", start=0)], claims) == {}
    assert outcomes([a("supported", start=0)], claims) == {}
    assert outcomes([Label(turn_id="t", labeller="x", labelled_ns=1, reference="r")], claims) == {}


def settings_of(settings: Settings, rate: float = RATE) -> Settings:
    return settings.model_copy(update={"label_rate": rate})


def retained(engine: Engine, kind: str = FAITHFULNESS) -> list[estimates.StoredEstimate]:
    with engine.connect() as connection:
        return estimates.newest(connection, kind)


def test_the_worker_keeps_estimates_and_metrics_show_them(
    engine: Engine, settings: Settings
) -> None:
    found, faithful = traffic(engine)
    label_all(engine, found, faithful, 0.2)
    with engine.begin() as connection:
        drawn = next(turn for turn in found if draw(turn.trace_id or "") < 0.2)
        message = [("c0", True), ("c1", False), ("c2", True), ("c3", False), ("elsewhere", True)]
        common = {"turn_id": drawn.id, "labeller": "anna", "labelled_ns": 1}
        labels.add(
            connection, [Label(**common, chunk_id=name, relevant=yes) for name, yes in message]
        )
    estimating = EstimateRefresher(settings_of(settings, 0.2), engine)
    assert estimating.step(NOW_NS)
    assert not estimating.step(NOW_NS + 10**9)
    text = Exposition(engine).render()[0].decode()
    values = {}
    for line in text.splitlines():
        if line.startswith("groundwire_faithfulness_") and "{" in line:
            name, _, rest = line.partition("{")
            inside, _, value = rest.partition("} ")
            pairs = dict(part.split("=") for part in inside.split(","))
            assert pairs["service"] == '"shop"'
            values[name, pairs.get("bound", "")] = float(value)
    lower, mean, upper = (
        values["groundwire_faithfulness_estimate", f'"{bound}"']
        for bound in ("lower", "mean", "upper")
    )
    assert lower < mean < upper
    assert lower < faithful.mean() < upper
    wide = [
        values["groundwire_faithfulness_since_baseline", f'"{bound}"']
        for bound in ("lower", "upper")
    ]
    assert wide[0] < faithful.mean() < wide[1]
    assert values["groundwire_faithfulness_effective_labels", ""] > 300
    assert (
        'groundwire_retrieval_precision{index_version="i1",k="3",service="shop"} 0.6666666666666666'
        in text
    )
    assert (
        'groundwire_retrieval_recall{index_version="i1",k="1",service="shop"} 0.3333333333333333'
        in text
    )
    assert (
        'groundwire_retrieval_labelled_turns{index_version="i1",k="1",service="shop"} 1.0' in text
    )


def test_the_sequence_waits_for_the_first_drawn_turn_without_a_label(
    engine: Engine, settings: Settings
) -> None:
    found, faithful = traffic(engine, 400)
    drawn = [turn for turn in found if draw(turn.trace_id or "") < RATE]
    missing = drawn[len(drawn) // 2]
    others = [turn for turn in found if turn is not missing]
    good = np.array([faithful[found.index(turn)] for turn in others])
    label_all(engine, others, good, RATE)
    estimating = EstimateRefresher(settings_of(settings), engine)
    estimating.step(NOW_NS)
    [before] = retained(engine)
    assert before.estimate["anytime"]["turns"] == found.index(missing)
    say(engine, missing.id, "undecided")
    estimating.step(NOW_NS + 10**12)
    [after] = retained(engine)
    assert after.estimate["anytime"]["turns"] == 400
    assert after.estimate["anytime"]["unknown"] == 1
    low, high = after.estimate["anytime"]["interval"]
    assert low < faithful.mean() < high


def test_the_sequence_continues_and_restarts_with_another_rate(
    engine: Engine, settings: Settings
) -> None:
    found, faithful = traffic(engine, 300)
    label_all(engine, found, faithful, RATE)
    EstimateRefresher(settings_of(settings), engine).step(NOW_NS)
    [first] = retained(engine)
    EstimateRefresher(settings_of(settings), engine).step(NOW_NS)  # another process; nothing twice
    [second] = retained(engine)
    assert second.sequence == first.sequence
    EstimateRefresher(settings_of(settings, 0.3), engine).step(NOW_NS)
    [third] = retained(engine)
    assert third.sequence["origin"] != first.sequence["origin"]
    assert third.estimate["anytime"]["labels"] < first.estimate["anytime"]["labels"]


def test_turns_that_a_judge_owes_and_the_latest_ones_are_not_taken_in(
    engine: Engine, settings: Settings
) -> None:
    made = [scored(n, 0.3, judged(n % 9 == 0, 0.5)) for n in range(1, 50)]
    owed = judging.JudgeTask(made[30].turn.id, "llm", "shop", 0.5, sampled_ns=1, due_ns=1)
    with engine.begin() as connection:
        turns.save(connection, made)
        judging.enqueue(connection, [owed])
    EstimateRefresher(settings, engine).step(int((NOON + timedelta(minutes=5)).timestamp()) * 10**9)
    assert retained(engine)[0].estimate["anytime"] is None
    EstimateRefresher(settings, engine).step(NOW_NS)
    assert retained(engine)[0].estimate["anytime"]["turns"] == 29  # behind the first one it saw
    with engine.begin() as connection:
        connection.execute(delete(JUDGE_TASK))
    EstimateRefresher(settings, engine).step(NOW_NS)
    assert retained(engine)[0].estimate["anytime"]["turns"] == 48


def test_a_sequence_begins_behind_the_time_in_which_nothing_was_drawn(
    engine: Engine, settings: Settings
) -> None:
    """A judge that was not there, or of another revision, drew nothing: its turns do not count."""
    on = [scored(n, 0.3, *([judged(True, 0.5)] if n % 2 else [])) for n in range(101, 201)]
    off = [scored(n, 0.3) for n in (*range(1, 101), *range(201, 301))]
    again = [scored(n, 0.3, *([judged(False, 0.5)] if n % 2 else [])) for n in range(301, 401)]
    with engine.begin() as connection:
        turns.save(connection, [*on, *off[:100]])
    EstimateRefresher(settings, engine).step(NOW_NS)
    assert retained(engine)[0].estimate["anytime"]["turns"] == 99
    with engine.begin() as connection:
        turns.save(connection, off[100:])
    EstimateRefresher(settings, engine).step(NOW_NS)
    assert retained(engine)[0].estimate["anytime"] is None
    with engine.begin() as connection:
        turns.save(connection, again)
    EstimateRefresher(settings, engine).step(NOW_NS)
    reported = retained(engine)[0].estimate["anytime"]
    assert (reported["turns"], reported["labels"]) == (99, 49)
    assert reported["value"] > 0.95  # of the time after the gap alone
    with engine.begin() as connection:
        newer = [scored(n, 0.3, judged(True, 0.5, revision="2")) for n in range(401, 421)]
        turns.save(connection, newer)
    EstimateRefresher(settings, engine).step(NOW_NS)
    reported = retained(engine)[0].estimate["anytime"]
    assert (reported["turns"], reported["labels"], reported["unknown"]) == (19, 19, 0)


def test_a_judge_that_prefers_doubtful_turns_is_bounded_by_the_one_it_likes_least(
    engine: Engine, settings: Settings
) -> None:
    """Turns that were not drawn may be likelier or less likely than those that were."""
    rate, eager = 0.02, 4.0
    settings = settings.model_copy(update={"judge_uncertainty_boost": eager})
    doubts = (0.5, 0.3, 0.1)
    made = [
        scored(n, p, judged(False, rate * preference(p, eager)))
        for n, p in enumerate((doubts * 10)[:25], start=1)
    ]
    with engine.begin() as connection:
        turns.save(connection, made)
    EstimateRefresher(settings, engine).step(NOW_NS)
    [before] = retained(engine)
    with engine.begin() as connection:
        surest = scored(99, 0.001, judged(True, rate * preference(0.001, eager)))
        turns.save(connection, [surest])
    EstimateRefresher(settings, engine).step(NOW_NS)
    [after] = retained(engine)
    assert after.sequence["origin"] == before.sequence["origin"]  # it goes on
    assert after.sequence["origin"]["least_probability"] == pytest.approx(rate, rel=1e-4)
    assert after.estimate["anytime"]["labels"] == 25


def test_evaluators_are_compared_with_people_and_people_with_each_other(engine: Engine) -> None:
    found, faithful = traffic(engine, 300)
    label_all(engine, found, faithful, RATE)
    drawn = [turn for turn in found if draw(turn.trace_id or "") < RATE]
    for turn in drawn[:30]:
        good = faithful[found.index(turn)]
        say(engine, turn.id, "supported" if good else "contradicted", "ben")
    with engine.connect() as connection:
        [reported] = of_evaluators(connection, EstimateFilter(), RATE)
        [pair] = of_labellers(connection, EstimateFilter())
    assert (reported.evaluator, reported.turns) == ("grounding", len(drawn))
    assert reported.agreement.sensitivity.value > 0.9
    assert reported.agreement.specificity.value > 0.9
    assert reported.calibration is not None
    assert (
        reported.calibration.error > reported.calibration.error_of_chance
    )  # 0.2 is said, 0.0 is true
    assert (pair.labellers, pair.kappa.n) == (("anna", "ben"), 30)
    assert pair.kappa.value == pytest.approx(1.0)


def test_what_nothing_renews_is_dropped_after_a_day(engine: Engine, settings: Settings) -> None:
    found, faithful = traffic(engine, 50)
    label_all(engine, found, faithful, RATE)
    EstimateRefresher(settings_of(settings), engine).step(NOW_NS)
    with engine.begin() as connection:
        for label in labels.find(connection, labels.LabelQuery()):
            labels.remove(connection, label.id)
    EstimateRefresher(settings_of(settings), engine).step(NOW_NS + 2 * 86_400 * 10**9)
    assert retained(engine) == []


def test_the_shift_of_a_service_is_fitted_from_its_drawn_labels_and_shown(
    engine: Engine, settings: Settings
) -> None:
    found, faithful = traffic(engine)
    label_all(engine, found, faithful, 0.2)
    assert EstimateRefresher(settings_of(settings, 0.2), engine).step(NOW_NS)
    [stored] = retained(engine, CALIBRATION)
    assert (stored.service, stored.evaluator, stored.value) == ("shop", "grounding", "1")
    assert stored.estimate["labels"] > 30
    text = Exposition(engine).render()[0].decode()
    labels_of = 'evaluator="grounding",service="shop"'
    assert f"groundwire_calibration_labels{{{labels_of}}} {stored.estimate['labels']:.1f}" in text
    assert 'of="shifted",service="shop"' in text


def test_a_shift_mends_scores_that_are_all_too_high(engine: Engine, settings: Settings) -> None:
    high = [scored(number, 0.6 + 0.001 * (number % 100)) for number in range(400)]
    with engine.begin() as connection:
        turns.save(connection, high)
    label_all(engine, [item.turn for item in high], np.arange(400) % 10 > 0, 0.5)
    assert EstimateRefresher(settings_of(settings, 0.5), engine).step(NOW_NS)
    [stored] = retained(engine, CALIBRATION)
    assert stored.estimate["shift"] < -1.5
    assert stored.estimate["error_after"] < 0.1 < 0.4 < stored.estimate["error_before"]


def test_few_labels_fit_no_shift(engine: Engine, settings: Settings) -> None:
    found, faithful = traffic(engine, 60)
    label_all(engine, found, faithful, 0.2)
    assert EstimateRefresher(settings_of(settings, 0.2), engine).step(NOW_NS)
    assert retained(engine, CALIBRATION) == []
