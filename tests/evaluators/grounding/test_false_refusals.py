"""Refusals where a chunk answers, and sentences of a chunk that only sound like refusals."""

import pytest

from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.turn import Chunk, Turn

LEAVE = "Carried leave days lapse at the end of March. Leave is asked for in the calendar."
QUESTION = "When do carried leave days lapse?"


def judge(question: str, answer: str, *chunks: str) -> Evaluation:
    texts = tuple(Chunk(text=text) for text in chunks)
    return Grounding().judge(Turn(question=question, answer=answer, chunks=texts))


def test_a_refusal_though_a_chunk_answers_is_a_signal() -> None:
    found = judge(QUESTION, "The documents do not say.", "Dogs may come along.", LEAVE)
    assert found.state is State.REFUSAL
    assert found.signals["false_refusal"] == 1
    assert found.reason is not None
    assert "chunk 2" in found.reason


def test_a_refusal_where_no_chunk_answers_is_right() -> None:
    found = judge(QUESTION, "N/A", "Dogs may come along. The calendar is in the hall.")
    assert (found.state, found.signals["false_refusal"]) == (State.REFUSAL, 0)


@pytest.mark.parametrize("answer", ["I don't know.", "Keine Angabe."])
def test_a_refusal_has_no_score(answer: str) -> None:
    found = judge(QUESTION, answer, LEAVE)
    assert found.value is None
    assert "p_unsupported" not in found.signals


def test_a_sentence_of_a_chunk_is_a_claim_whatever_it_sounds_like() -> None:
    chunk = "The lease runs for two years. The document does not mention a notice period."
    found = judge(
        "Is there a notice period?", "The document does not mention a notice period.", chunk
    )
    assert found.state is State.SCORED
    assert found.value == 1.0
