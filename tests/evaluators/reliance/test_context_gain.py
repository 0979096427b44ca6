"""The share of an answer's surprisal that its passages take away, and turns that have none."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from groundwire_evaluators.evaluation import State
from groundwire_evaluators.reliance.context_gain import AnswerScore, ContextGain, utilization
from groundwire_evaluators.turn import Chunk, Turn

TURN = Turn(
    question="How long?", answer="30 days.", chunks=(Chunk(text="It takes 30 days."),), model="bot"
)


class Scorer:
    """Finds words likely that its messages hold."""

    identity = "words"

    def __init__(self) -> None:
        self.models: list[str] = []

    def score(self, messages: Sequence[Mapping[str, str]], answer: str, model: str) -> AnswerScore:
        self.models.append(model)
        text = " ".join(message["content"] for message in messages)
        words = answer.split()
        return AnswerScore(
            logprob=sum(-0.5 if word in text else -2.0 for word in words) / len(words)
        )


def test_an_answer_that_stands_in_the_passages_gains_by_them() -> None:
    found = ContextGain(Scorer()).judge(TURN)
    assert found.value == pytest.approx(0.75)
    assert found.signals == pytest.approx(
        {"context_gain": 1.5, "logprob": -0.5, "logprob_closed_book": -2.0}
    )
    assert found.flagged is None


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"answer": "I don't know."}, State.REFUSAL),
        ({"answer": " "}, State.NO_CLAIMS),
        ({"chunks": ()}, State.NO_CONTEXT),
        ({"question": None}, State.NOT_EVALUABLE),
        ({"model": None}, State.NOT_EVALUABLE),
        ({"answer": None}, State.NOT_EVALUABLE),
    ],
)
def test_a_turn_without_what_it_takes_is_a_state_and_costs_no_call(
    change: dict[str, Any], state: State
) -> None:
    scorer = Scorer()
    found = ContextGain(scorer).judge(replace(TURN, **change))
    assert (found.state, found.value, scorer.models) == (state, None, [])


def test_the_model_that_served_is_asked_unless_another_is_set() -> None:
    scorer = Scorer()
    ContextGain(scorer).judge(replace(TURN, response_model="bot-2026"))
    ContextGain(scorer, model="tuned").judge(TURN)
    assert scorer.models == ["bot-2026", "bot-2026", "tuned", "tuned"]


@pytest.mark.parametrize(
    ("with_context", "without", "expected"),
    [(-1.0, -4.0, 0.75), (-4.0, -4.0, 0.0), (-5.0, -4.0, 0.0), (0.0, -4.0, 1.0), (0.0, 0.0, 0.0)],
)
def test_utilization_lies_between_nothing_and_all(
    with_context: float, without: float, expected: float
) -> None:
    assert utilization(with_context, without) == expected


def test_another_prompt_is_another_revision() -> None:
    mine = ContextGain(Scorer())
    prompting = replace(mine.prompting, system="Read.")
    assert replace(mine, prompting=prompting).revision != mine.revision
