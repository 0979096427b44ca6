"""Drawn turns are judged once, behind the worker, whatever the endpoint does; all is counted."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import time_ns
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.model_server import SLOW, ChatServer, Response, chat
from tests.model_server import judging as judging_reply

from groundwire_collector import metric_definitions
from groundwire_collector.evaluation.sampling import TurnSampler
from groundwire_collector.judges.budget import JudgeBudget
from groundwire_collector.judges.job import LEASE_NS, PATIENCE_NS, JudgeJob
from groundwire_collector.judges.queue import await_judges
from groundwire_collector.judges.registry import groups, judges
from groundwire_collector.settings import Settings
from groundwire_collector.storage import counters, judging, labels, turns
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Chunk, Turn

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
PRICES = 'currency = "EUR"\n[models."acme-*"]\ninput = 2.0\noutput = 10.0\n'
TURN = Turn(
    id="t0", trace_id="0" * 32, service="bot", model_version="v1", question="When?",
    answer="The library opens at nine. Fines are high.",
    chunks=(Chunk(text="The library opens at nine."),), started_at=datetime.now(UTC),
)  # fmt: skip


@dataclass
class Clock:
    now_ns: int = field(default_factory=time_ns)
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> int:
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.toml"
    path.write_text(PRICES)
    return path


@pytest.fixture
def queue(engine: Engine, clock: Clock) -> Any:
    """Stores turns and lets them wait, as the worker does."""

    def wait(*found: Turn, probability: float = 1.0, again: bool = False) -> None:
        judged = [JudgedTurn(turn, ()) for turn in found]
        increments = Increments()
        with engine.begin() as connection:
            turns.save(connection, judged)
            draw = TurnSampler({"llm_judge": probability})
            await_judges(connection, None if again else increments, draw, judged, clock.now_ns)
            counters.add(connection, increments, clock.now_ns)

    return wait


@pytest.fixture
def rounds(
    engine: Engine, server: ChatServer, clock: Clock, settings: Settings, prices: Path
) -> Iterator[Any]:
    """The rounds of the LLM judge at the stand-in; keywords are settings."""
    closing = []

    def make(**more: Any) -> JudgeJob:
        wanted: dict[str, Any] = {
            "judges": "llm_judge",
            "judge_endpoint": server.url,
            "judge_model": "acme-1",
            "judge_timeout_seconds": 0.3,
            "judge_per_minute": 1e9,
            "prices": prices,
        }
        made = settings.model_copy(update={**wanted, **more})
        [one] = judges(made, clock.sleep)
        closing.append(one.evaluator.model.endpoint)  # type: ignore[attr-defined]
        return JudgeJob(
            engine=engine,
            key=one.key,
            evaluator=one.evaluator,
            budget=one.budget,
            price=one.price,
            currency=one.currency,
            clock_ns=clock,
        )

    yield make
    for endpoint in closing:
        endpoint.close()


def counted(
    engine: Engine, metric: metric_definitions.MetricDefinition, label: str
) -> Counter[str]:
    with engine.connect() as connection:
        found = counters.counters(connection)
    reported: Counter[str] = Counter()
    for (name, text), counter in found.items():
        if name == metric.name:
            reported[json.loads(text)[label]] += round(counter.value, 9)  # type: ignore[assignment]
    return reported


def score_of(engine: Engine, turn_id: str = "t0") -> Evaluation | None:
    with engine.connect() as connection:
        judged = turns.get(connection, turn_id)
    assert judged is not None
    return next(iter(judged.evaluations), None)


def finish(rounds: JudgeJob, most: int = 50) -> None:
    """Step until there is nothing to do."""
    for _ in range(most):
        if not rounds.step():
            return
    raise AssertionError("it does not come to an end")


def test_a_drawn_turn_gets_its_score_later_with_its_probability_and_cost(
    engine: Engine, server: ChatServer, queue: Any, rounds: Any
) -> None:
    server.plays(judging_reply)
    queue(TURN, probability=0.999999999999)
    finish(rounds())
    found = score_of(engine)
    assert found is not None
    assert (found.state, found.value, found.flagged) == (State.SCORED, 0.5, True)
    assert found.probability == 0.999999999999
    assert [claim.chunk for claim in found.claims] == [0, None]
    assert len(server.requested) == 1
    assert counted(engine, metric_definitions.JUDGE_CALLS, "result") == {"answered": 1}
    assert counted(engine, metric_definitions.JUDGE_TOKENS, "kind") == {
        "input": 1000,
        "output": 100,
    }
    assert counted(engine, metric_definitions.JUDGE_COST, "currency") == {"EUR": 0.003}
    assert counted(engine, metric_definitions.EVALUATIONS, "state") == {"scored": 1}
    assert counted(engine, metric_definitions.CLAIMS, "verdict") == {
        "supported": 1,
        "unsupported": 1,
    }
    assert counted(engine, metric_definitions.TURNS, "service") == {}
    with engine.connect() as connection:
        assert judging.spent(connection, "llm_judge", time_ns()).judgements == 1
        assert judging.revisions(connection, 9)[0][0] == "llm_judge"


def test_the_request_asks_for_json_of_the_schema_and_says_nothing_of_the_key(
    server: ChatServer, queue: Any, rounds: Any
) -> None:
    server.plays(judging_reply)
    queue(TURN)
    made = rounds(judge_api_key=Settings(judge_api_key="sk-secret").judge_api_key)
    finish(made)
    [body] = server.requested
    assert body["model"] == "acme-1"
    assert body["temperature"] == 0
    assert body["response_format"]["json_schema"]["strict"] is True
    assert server.headers[0]["authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in repr(made)
    assert "sk-secret" not in made.evaluator.revision


def test_a_server_that_takes_no_schema_is_asked_without_one(
    engine: Engine, server: ChatServer, queue: Any, rounds: Any
) -> None:
    server.plays(judging_reply)
    queue(TURN)
    made = rounds(judge_extra={"response_format": None, "seed": None, "max_tokens": 50})
    finish(made)
    [body] = server.requested
    assert "response_format" not in body
    assert "seed" not in body
    assert body["max_tokens"] == 50
    assert "-x" in made.evaluator.revision
    found = score_of(engine)
    assert found is not None
    assert found.value == 0.5


def refusal(body: dict[str, Any]) -> Response:
    return 200, chat(None, refusal="I can't help with that."), {}


def cut(body: dict[str, Any]) -> Response:
    return 200, chat('{"verdicts": [{"claim": "c-', finish="length"), {}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("response", "kind", "calls"),
    [
        ((SLOW, chat("late"), {}), "timeout", 3),
        ((429, b"{}", {"retry-after": "7"}), "rate_limited", 9),
        ((500, b"oops", {}), "server_error", 9),
        ((401, b"{}", {}), "refused", 1),
        ((200, b"<html>", {}), "nonsense", 2),
        ((200, chat("no json at all"), {}), "nonsense", 2),
        ((200, chat('{"verdicts": [{"claim": 7}]}'), {}), "nonsense", 2),
        ((200, chat("  "), {}), "empty", 1),
        (refusal, "declined", 1),
        (cut, "truncated", 1),
    ],
)
def test_an_endpoint_that_misbehaves_is_counted_by_kind_and_never_a_zero(
    engine: Engine, server: ChatServer, queue: Any, rounds: Any, clock: Clock,
    response: Any, kind: str, calls: int,
) -> None:  # fmt: skip
    server.plays(response)
    queue(TURN)
    made = rounds()
    for _ in range(6):
        finish(made)
        clock.now_ns += 6 * MINUTE
    found = score_of(engine)
    assert found is not None
    assert (found.state, found.value, found.flagged, found.claims) == (State.FAILED, None, None, ())
    assert (found.reason or "").startswith(kind)
    assert counted(engine, metric_definitions.JUDGE_CALLS, "result") == {kind: calls}
    assert len(server.requested) == calls
    assert counted(engine, metric_definitions.EVALUATIONS, "state") == {"failed": 1}
    assert counted(engine, metric_definitions.JUDGE_SCORE, "evaluator") == {}
    with engine.connect() as connection:
        assert judging.waiting(connection) == []


def test_what_the_endpoint_asks_to_wait_is_waited(
    engine: Engine, server: ChatServer, queue: Any, rounds: Any, clock: Clock
) -> None:
    server.plays((429, b"{}", {"retry-after": "7"}), (500, b"", {}), judging_reply)
    queue(TURN)
    finish(rounds())
    assert clock.slept == [7.0, 2.0]
    assert counted(engine, metric_definitions.JUDGE_CALLS, "result") == {
        "rate_limited": 1, "server_error": 1, "answered": 1,
    }  # fmt: skip
    assert score_of(engine) is not None


def test_an_endpoint_that_is_away_is_left_alone_and_tried_again_later(
    engine: Engine, server: ChatServer, queue: Any, rounds: Any, clock: Clock
) -> None:
    server.plays((401, b"{}", {}))
    queue(*(replace(TURN, id=f"t{n}") for n in range(12)))
    made = rounds()
    finish(made)
    assert len(server.requested) == 5
    assert counted(engine, metric_definitions.JUDGE_PAUSES, "evaluator") == {"llm_judge": 1}
    clock.now_ns += 31 * SECOND
    finish(made)
    assert len(server.requested) == 6
    server.plays(judging_reply)
    clock.now_ns += 61 * SECOND
    finish(made)
    assert len(server.requested) == 12
    assert counted(engine, metric_definitions.EVALUATIONS, "state") == {"failed": 6, "scored": 6}


@pytest.mark.parametrize(
    ("limits", "reason"),
    [({"judge_per_day": 2}, "budget"), ({"judge_cost_per_day": 0.005}, "cost")],
)
def test_the_budget_of_the_day_holds_over_restarts_and_what_it_does_not_reach_is_reported(
    engine: Engine, server: ChatServer, queue: Any, rounds: Any, clock: Clock,
    limits: dict[str, Any], reason: str,
) -> None:  # fmt: skip
    clock.now_ns = clock.now_ns // judging.DAY_NS * judging.DAY_NS
    server.plays(judging_reply)
    queue(*(replace(TURN, id=f"t{n}") for n in range(4)))
    finish(rounds(**limits))
    finish(rounds(**limits))
    assert len(server.requested) == 2
    clock.now_ns += PATIENCE_NS + 1
    finish(rounds(**limits))
    assert len(server.requested) == 2
    assert counted(engine, metric_definitions.JUDGE_NOT_SAMPLED, "reason") == {reason: 2}
    assert counted(engine, metric_definitions.EVALUATIONS, "state") == {
        "scored": 2,
        "not_sampled": 2,
    }
    found = score_of(engine, "t3")
    assert found is not None
    assert (found.state, found.reason, found.value) == (State.NOT_SAMPLED, reason, None)
    clock.now_ns += judging.DAY_NS
    queue(replace(TURN, id="t9"))
    finish(rounds(**limits))
    assert len(server.requested) == 3


def test_so_many_judgements_a_minute_and_the_rest_waits(
    engine: Engine, server: ChatServer, queue: Any, rounds: Any
) -> None:
    server.plays(judging_reply)
    queue(TURN, replace(TURN, id="t1"))
    made = rounds(judge_per_minute=1)
    assert [made.step(), made.step()] == [True, False]
    assert len(server.requested) == 1
    with engine.connect() as connection:
        assert [(w.judge, w.length) for w in judging.waiting(connection)] == [("llm_judge", 1)]


def test_several_at_once_judge_each_turn_once(
    engine: Engine, server: ChatServer, queue: Any, rounds: Any
) -> None:
    server.plays(judging_reply)
    queue(*(replace(TURN, id=f"t{n}") for n in range(12)))
    made = rounds()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: finish(made), range(4)))
    assert len(server.requested) == 12
    assert counted(engine, metric_definitions.EVALUATIONS, "state") == {"scored": 12}


def test_what_a_killed_process_was_at_is_judged_when_its_lease_is_over(
    engine: Engine, server: ChatServer, queue: Any, rounds: Any, clock: Clock
) -> None:
    server.plays(judging_reply)
    queue(TURN)
    with engine.begin() as connection:
        until_ns = clock.now_ns + LEASE_NS
        [task] = judging.take(connection, "llm_judge", "dead", clock.now_ns, until_ns, 1)
    made = rounds()
    finish(made)
    assert server.requested == []
    clock.now_ns = until_ns
    finish(made)
    assert len(server.requested) == 1
    assert counted(engine, metric_definitions.EVALUATIONS, "state") == {"scored": 1}
    with engine.begin() as connection:
        assert not judging.finish(connection, task, "dead")


def test_a_turn_that_grew_is_judged_as_it_is_now_and_counted_once(
    engine: Engine, server: ChatServer, queue: Any, rounds: Any
) -> None:
    server.plays(judging_reply)
    queue(TURN)
    made = rounds()
    finish(made)
    queue(replace(TURN, answer="The library opens at nine."), again=True)
    assert score_of(engine) is None
    finish(made)
    found = score_of(engine)
    assert found is not None
    assert found.value == 1.0
    assert counted(engine, metric_definitions.EVALUATIONS, "state") == {"scored": 1}
    assert counted(engine, metric_definitions.JUDGE_CALLS, "result") == {"answered": 2}


def test_a_judgement_of_what_a_turn_was_before_is_not_kept(
    engine: Engine, server: ChatServer, queue: Any, rounds: Any
) -> None:
    grown = replace(TURN, answer="The library opens at nine.")

    def meanwhile(body: dict[str, Any]) -> Response:
        queue(grown, again=True)
        return judging_reply(body)

    server.plays(meanwhile, judging_reply)
    queue(TURN)
    made = rounds()
    assert made.step()
    assert score_of(engine) is None
    finish(made)
    found = score_of(engine)
    assert found is not None
    assert found.value == 1.0
    assert counted(engine, metric_definitions.EVALUATIONS, "state") == {"scored": 1}


def test_turns_that_are_not_drawn_are_counted_and_wait_for_nobody(
    engine: Engine, server: ChatServer, queue: Any, rounds: Any
) -> None:
    queue(TURN, probability=0.0)
    finish(rounds())
    assert server.requested == []
    assert score_of(engine) is None
    assert counted(engine, metric_definitions.JUDGE_NOT_SAMPLED, "reason") == {"rate": 1}


def test_a_cost_cap_without_a_price_is_refused_in_words(rounds: Any) -> None:
    with pytest.raises(Exception, match=r"needs `prices`.*other-1"):
        rounds(judge_model="other-1", judge_cost_per_day=1.0)


def test_what_needs_a_reference_answer_sees_the_turns_that_got_one(
    engine: Engine, queue: Any, clock: Clock
) -> None:
    class Recall:
        name, revision = "ragas_context_recall", "1"

        def judge(self, turn: Turn) -> Evaluation:
            same = float(turn.reference == "At nine.")
            return Evaluation(
                evaluator=self.name, revision=self.revision, state=State.SCORED, value=same
            )

    queue(TURN, replace(TURN, id="t1"), probability=0.0)
    rounds = JudgeJob(
        engine=engine,
        key="ragas_context_recall",
        evaluator=Recall(),
        budget=JudgeBudget("ragas_context_recall", 100),
        referenced=True,
        clock_ns=clock,
    )
    finish(rounds)
    with engine.begin() as connection:
        reported = {"turn_id": "t0", "labeller": "ann"}
        labels.add(connection, [labels.Label(**reported, labelled_ns=1, reference="At ten.")])  # type: ignore[arg-type]
        labels.add(connection, [labels.Label(**reported, labelled_ns=2, reference="At nine.")])  # type: ignore[arg-type]
    clock.now_ns += MINUTE
    finish(rounds)
    found = score_of(engine)
    assert found is not None
    assert (found.value, found.probability) == (1.0, None)
    assert score_of(engine, "t1") is None
    clock.now_ns += MINUTE
    assert not rounds.step()


def test_judges_of_one_library_share_a_process() -> None:
    keys = ["llm_judge", "ragas_faithfulness", "mine:J", "hf:a/b", "ragas_answer_relevancy"]
    ragas = ["ragas_faithfulness", "ragas_answer_relevancy"]
    assert groups(keys) == [["llm_judge"], ["mine:J"], ragas, ["hf:a/b"]]
