"""Odd, hostile and endless texts are labelled like any other: nothing raises, nothing hangs."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from groundwire_evaluators.evaluation import State
from groundwire_evaluators.reliance import Override
from groundwire_evaluators.reliance.labelling import label
from groundwire_evaluators.reliance.outcome import ConflictCase
from groundwire_evaluators.reliance.values import find_values
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

TEXTS = st.text(max_size=200) | st.lists(
    st.sampled_from(
        ["not", "30 days", "Ankova", "or", "§", "¤", "1/2/2020", "the", "$5", "twenty", "thousand",
         "v3.2", ".", "\n", "<think>", "yes", "no", "1970s", "Answer:", "\ud800", "１２", "½"]
    )
).map(" ".join)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_any_text_gets_a_label(question: str, context: str, memory: str, response: str) -> None:
    conflict = ConflictCase(
        question=question, context_answer=context, parametric_answer=memory, response=response
    )
    assert label(conflict).rule


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
@example("", "0", "0°")
def test_any_turn_is_judged(question: str, chunk: str, answer: str) -> None:
    turn = Turn(question=question, chunks=(Chunk(text=chunk),), answer=answer)
    assert evaluate(Override(), [turn])[0].state is not State.FAILED


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_values_lie_in_their_text_and_apart(text: str) -> None:
    values = find_values(text)
    assert all(0 <= value.start < value.end <= len(text) for value in values)
    assert all(a.end <= b.start for a, b in pairwise(values))


ENDLESS = [
    "one ",
    "A ",
    "1 ",
    "not ",
    "a.b ",
    "Ankova ",
    "although ",
    "twenty-",
    "(",
    "1,000",
    "v1.",
]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("piece", ENDLESS)
def test_endless_repetition_ends(piece: str) -> None:
    conflict = ConflictCase(
        question="Where?", context_answer="Ankova", parametric_answer="one thousand",
        response=piece * 4000,
    )  # fmt: skip
    assert label(conflict).rule
