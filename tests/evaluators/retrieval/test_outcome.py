"""What became of the right chunk: through the evaluators, as a turn is judged."""

from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.reliance import Override
from groundwire_evaluators.retrieval.outcome import ANSWERING_CHUNK, ChunkOutcome, chunk_outcome
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

LEAVE = "Carried leave days lapse at the end of March. Leave is asked for in the calendar."
DOGS = "Dogs may come along on Fridays if nobody in the office objects."
QUESTION = "When do carried leave days lapse?"


def outcome(
    answer: str, *chunks: str, question: str = QUESTION, source: str = "span"
) -> ChunkOutcome | None:
    texts = tuple(Chunk(text=text) for text in chunks)
    turn = Turn(question=question, answer=answer, chunks=texts, context_source=source)
    return chunk_outcome([evaluate(each, [turn])[0] for each in (Grounding(), Override())])


def test_an_answer_from_the_chunk_uses_it() -> None:
    assert outcome("They lapse at the end of March.", DOGS, LEAVE) is ChunkOutcome.USED


def test_an_answer_that_contradicts_the_chunk_or_declines_ignores_it() -> None:
    assert outcome("They lapse at the end of June.", DOGS, LEAVE) is ChunkOutcome.IGNORED
    assert outcome("The documents do not say.", DOGS, LEAVE) is ChunkOutcome.IGNORED


def test_without_a_chunk_that_answers_it_is_missing_where_the_answer_has_no_support() -> None:
    assert outcome("Carried leave days lapse in 12 weeks.", DOGS) is ChunkOutcome.MISSING
    assert outcome("I don't know.", DOGS) is ChunkOutcome.MISSING


def test_a_supported_answer_to_a_question_in_other_words_is_no_miss() -> None:
    question = "How long is my unused vacation good for?"
    answer = "Carried leave days lapse at the end of March."
    assert outcome(answer, LEAVE, question=question) is ChunkOutcome.USED


def test_summaries_and_chunks_that_hold_the_question_have_no_outcome() -> None:
    assert outcome("Leave lapses in June.", LEAVE, question="Summarize the text.") is None
    assert outcome("They lapse in June.", f"{LEAVE} {QUESTION}", source="prompt") is None
    assert outcome("They lapse in June.", LEAVE, question="What is it?") is None


def test_the_signal_is_of_grounding() -> None:
    turn = Turn(question=QUESTION, answer="At the end of March.", chunks=(Chunk(text=LEAVE),))
    assert Grounding().judge(turn).signals[ANSWERING_CHUNK] == 1
