"""A limit of time a turn that holds whatever the code does, and what follows goes on."""

import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from groundwire_collector.evaluation.isolation import (
    EvaluatorHost,
    EvaluatorReference,
    IsolatedEvaluator,
    Manner,
)
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Turn

# Neither looks at a signal or lets another thread run before it is done, which takes hours.
MODULE = r"""
import os, re
from groundwire_evaluators.evaluation import Evaluation, State

class Stubborn:
    name, revision = "stubborn", "1"
    def judge(self, turn):
        answer = turn.answer
        if answer == "regex":
            re.search(r"(?m:^\s*x)", "\n" * 2_000_000)
        if answer == "crash":
            os._exit(3)
        return Evaluation(evaluator=self.name, revision=self.revision, state=State.SCORED,
                          value=float(len(answer)))
"""
Make = Callable[[Manner], IsolatedEvaluator]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    (tmp_path / "stubbornly.py").write_text(MODULE)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    hosts = []

    def made(manner: Manner) -> IsolatedEvaluator:
        hosts.append(EvaluatorHost([EvaluatorReference("stubbornly:Stubborn")], 1.0, manner=manner))
        return IsolatedEvaluator(hosts[-1])

    yield made
    for host in hosts:
        host.close()


def turns(*answers: str) -> list[Turn]:
    return [Turn(id=answer, answer=answer) for answer in answers]


@pytest.mark.parametrize("manner", [Manner.TURNS, Manner.BATCH_THEN_TURNS])
def test_a_turn_that_runs_over_or_crashes_costs_its_own_judgement_alone(
    make: Make, manner: Manner
) -> None:
    found = evaluate(make(manner), turns("a", "regex", "bb", "crash", "ccc"))
    assert [evaluation.value for evaluation in found] == [1.0, None, 2.0, None, 3.0]
    assert [evaluation.state for evaluation in found].count(State.FAILED) == 2
    assert found[1].reason == "time limit: no answer within 1 s"
    assert "its process ended" in (found[3].reason or "")


def test_what_is_paid_by_the_call_is_asked_once(make: Make) -> None:
    found = evaluate(make(Manner.BATCH), turns("a", "crash"))
    assert [evaluation.state for evaluation in found] == [State.FAILED, State.FAILED]


def test_after_a_few_failures_the_rest_of_a_batch_of_somebody_elses_is_not_tried(
    make: Make,
) -> None:
    found = evaluate(make(Manner.BATCH_THEN_TURNS), turns("a", *["crash"] * 3, "b"))
    assert [evaluation.value for evaluation in found] == [1.0, None, None, None, None]
    assert found[4].reason == "not tried: 3 turns of its batch failed"


class Measured:
    """A pipe that notes how many bytes each message takes."""

    def __init__(self, pipe: Any) -> None:
        self.pipe = pipe
        self.bytes: list[int] = []

    def send(self, message: object) -> None:
        self.bytes.append(len(pickle.dumps(message)))
        self.pipe.send(message)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.pipe, name)


def test_turns_that_several_evaluators_judge_are_handed_over_once(make: Make) -> None:
    host = make(Manner.TURNS).host
    batch, other = turns("a" * 1000, "b" * 1000), turns("c" * 1000)
    host._pipe = pipe = Measured(host._pipe)  # type: ignore[assignment]
    for asked in (batch, list(batch), other, batch):
        values = [each.value for each in host.ask(0, asked) if isinstance(each, Evaluation)]
        assert values == [1000.0] * len(asked)
    assert [length > 1000 for length in pipe.bytes] == [True, False, True, True]


def test_a_process_whose_host_is_gone_ends_though_its_code_does_not(make: Make) -> None:
    evaluator = make(Manner.TURNS)
    process = psutil.Process(evaluator.host._process.pid)  # type: ignore[union-attr]
    evaluator.host._pipe.send((0, turns("regex"), True, 0.5))
    evaluator.host._pipe.close()
    assert process.wait(60) is not None
