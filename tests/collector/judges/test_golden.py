"""A judge that changes although its revision has not is noticed by the golden set."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import time_ns
from typing import Any

import pytest
from sqlalchemy import Engine

from groundwire_collector.errors import UsageError
from groundwire_collector.judges.budget import JudgeBudget
from groundwire_collector.judges.golden import GoldenSet
from groundwire_collector.judges.golden_job import CHECK_INTERVAL_NS, GoldenJob
from groundwire_collector.llm.circuit_breaker import CircuitBreaker
from groundwire_collector.metrics.exposition import Exposition
from groundwire_collector.storage import golden, judging
from groundwire_evaluators.evaluation import Evaluation, State, Usage
from groundwire_evaluators.turn import Turn

DAY_NS = judging.DAY_NS
LINES = [
    {"id": name, "question": "?", "contexts": ["It opens."], "answer": answer, "unsupported": truth}
    for name, answer, truth in (
        ("a", "It opens.", 0),
        ("b", "It shuts.", 1),
        ("c", "It burns.", 1),
        ("d", "I don't know.", 0),
    )
]


@dataclass
class Judge:
    """Flags the answers it is told to, and fails at those it is told to."""

    flags: set[str] = field(default_factory=lambda: {"It shuts.", "It burns."})
    fails: set[str] = field(default_factory=set)
    requested: list[str] = field(default_factory=list)
    name: str = "llm_judge"
    revision: str = "1"

    def judge(self, turn: Turn) -> Evaluation:
        answer = turn.answer or ""
        self.requested.append(turn.id)
        reported: dict[str, Any] = {"evaluator": self.name, "revision": self.revision}
        reported["usage"] = Usage(calls={"answered": 1}, input_tokens=10)
        if answer in self.fails:
            return Evaluation(**reported, state=State.FAILED, reason="timeout: late")
        if answer.startswith("I don't"):
            return Evaluation(**reported, state=State.REFUSAL)
        bad = answer in self.flags
        return Evaluation(**reported, state=State.SCORED, value=float(not bad), flagged=bad)


def write(folder: Path, lines: Sequence[object]) -> Path:
    path = folder / "golden.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@dataclass
class Clock:
    now_ns: int = field(default_factory=lambda: time_ns() // DAY_NS * DAY_NS)

    def __call__(self) -> int:
        return self.now_ns


def rounds(engine: Engine, judge: Judge, path: Path, clock: Clock, **more: Any) -> GoldenJob:
    return GoldenJob(
        engine=engine,
        key="llm_judge",
        evaluator=judge,
        golden=GoldenSet.load(path),
        interval_seconds=more.pop("interval", 86_400),
        budget=more.pop("budget", JudgeBudget("llm_judge", 1000)),
        breaker=CircuitBreaker(),
        clock_ns=clock,
        **more,
    )


def replay(made: GoldenJob) -> int:
    """Steps until nothing is due; how many there were."""
    return next(n for n in range(100) if not made.step())


def gauges(engine: Engine) -> dict[str, float]:
    """Every line of the golden set in `/metrics`."""
    text = Exposition(engine).render()[0].decode()
    lines = [
        line.rpartition(" ") for line in text.splitlines() if "_golden" in line or "agree" in line
    ]
    return {name: float(value) for name, _, value in lines if not name.startswith("#")}


def test_each_replay_gives_agreement_with_bounds_and_what_turned(
    engine: Engine, tmp_path: Path
) -> None:
    clock, judge = Clock(), Judge()
    made = rounds(engine, judge, write(tmp_path, LINES), clock)
    replay(made)
    assert judge.requested == ["a", "b", "c", "d"]
    first = found(engine)
    assert first["agreement", "mean"] == 1.0
    assert 0 < first["agreement", "lower"] < 1
    assert first["flips", "wrong"] == 0

    clock.now_ns += DAY_NS // 2
    assert replay(made) == 0
    judge.flags = {"It shuts.", "It opens."}
    clock.now_ns += DAY_NS // 2
    replay(made)
    second = found(engine)
    assert second["agreement", "mean"] == 0.5
    assert second["sensitivity", "mean"] == 0.5
    assert second["flips", "wrong"] == 2
    assert second["flips", "right"] == 0


def found(engine: Engine) -> dict[tuple[str, str], float]:
    reported = {}
    for line, value in gauges(engine).items():
        labels = dict(part.split("=") for part in line.partition("{")[2].rstrip("}").split(","))
        plain = {name: text.strip('"') for name, text in labels.items()}
        name = plain.get("measure") or line.partition("{")[0].rpartition("_")[2]
        reported[name, plain.get("bound") or plain.get("direction") or plain.get("state", "")] = (
            value
        )
    return reported


def test_a_judge_that_fails_disagrees_with_nobody(engine: Engine, tmp_path: Path) -> None:
    judge = Judge(fails={"It shuts."})
    replay(rounds(engine, judge, write(tmp_path, LINES), Clock()))
    reported = found(engine)
    assert reported["agreement", "mean"] == 1.0
    assert (
        reported["turns", "failed"],
        reported["turns", "scored"],
        reported["turns", "refusal"],
    ) == (1, 2, 1)


def test_a_new_revision_is_a_new_beginning(engine: Engine, tmp_path: Path) -> None:
    clock, path = Clock(), write(tmp_path, LINES)
    replay(rounds(engine, Judge(), path, clock))
    clock.now_ns += CHECK_INTERVAL_NS
    judge = Judge(flags=set(), revision="2")
    replay(rounds(engine, judge, path, clock))
    assert len(judge.requested) == 4
    with engine.connect() as connection:
        [run] = golden.newest(connection)
    assert run.revision == "2"
    assert (run.summary or {})["flips"] == {"right": 0, "wrong": 0}


def test_a_restart_goes_on_and_the_budget_of_the_day_holds(engine: Engine, tmp_path: Path) -> None:
    clock, path, judge = Clock(), write(tmp_path, LINES), Judge()
    budget = JudgeBudget("llm_judge", 2)
    replay(rounds(engine, judge, path, clock, budget=budget))
    assert judge.requested == ["a", "b"]
    clock.now_ns += DAY_NS
    replay(rounds(engine, judge, path, clock, interval=2 * 86_400))
    assert judge.requested == ["a", "b", "c", "d"]
    assert found(engine)["agreement", "mean"] == 1.0


def test_exported_labels_are_a_golden_set(tmp_path: Path) -> None:
    claim = {"claim": {"start": 0, "end": 3}}
    texts = {"contexts": ["It opens."], "answer": "It shuts."}
    lines = [
        {"turn_id": "t1", "id": "t1", **texts, "verdict": "unsupported"},
        {"turn_id": "t1", "id": "t1", **texts, "verdict": "supported", **claim},
        {"turn_id": "t1", "id": "t1", **texts, "chunk_id": "c", "relevant": True},
        {"turn_id": "t2", "id": "t2", **texts, "verdict": "undecided"},
        {"turn_id": "t3", "id": "t3", **texts, "verdict": "supported"},
    ]  # fmt: skip
    found = GoldenSet.load(write(tmp_path, lines))
    assert [(each.turn.id, each.unsupported) for each in found.turns] == [
        ("t1", True),
        ("t3", False),
    ]


@pytest.mark.parametrize(
    "lines", [[], [{"answer": "x", "unsupported": 1}], [{**LINES[0], "contexts": [1]}]]
)
def test_a_set_that_is_none_is_refused_in_words(tmp_path: Path, lines: list[object]) -> None:
    with pytest.raises(UsageError, match=r"golden\.jsonl"):
        GoldenSet.load(write(tmp_path, lines))


def test_what_is_old_goes_but_the_first_replay(engine: Engine, tmp_path: Path) -> None:
    clock, judge = Clock(), Judge()
    made = rounds(engine, judge, write(tmp_path, LINES), clock)
    for _ in range(3):
        replay(made)
        clock.now_ns += DAY_NS
    with engine.begin() as connection:
        golden.expire(connection, clock.now_ns - DAY_NS - 1)
        run = golden.GoldenRun("llm_judge", "llm_judge", "1", made.golden.digest, 0)
        first, last = golden.first(connection, run), golden.last(connection, run)
    assert first is not None
    assert last is not None
    assert last.started_ns - first.started_ns == 2 * DAY_NS
