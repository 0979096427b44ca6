from datetime import UTC, datetime

import pytest

from groundwire_evaluators.evaluation import Evaluation, Evaluator, State
from groundwire_evaluators.retrieval import Retrieval
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

DENTAL = "Dental care is covered up to 1,200 euros a year for every full-time employee."
PARKING = "Visitors leave their cars on the second deck of the garage and show their badge."


def judged(question: str | None, *texts: str, **facts: object) -> Evaluation:
    chunks = tuple(Chunk(text=text) for text in texts)
    turn = Turn(question=question, chunks=chunks, answer="Yes.", **facts)  # type: ignore[arg-type]
    return evaluate(Retrieval(), [turn])[0]


def test_it_is_an_evaluator() -> None:
    assert isinstance(Retrieval(), Evaluator)


def test_a_chunk_about_the_question_is_relevant_and_another_is_not() -> None:
    requested = "Are dental costs covered for part-time employees?"
    about, other = judged(requested, DENTAL), judged(requested, PARKING)
    assert about.state is other.state is State.SCORED
    assert about.value > 0.5  # type: ignore[operator]
    assert other.value == 0.0


def test_the_best_chunk_counts_and_its_place_is_reported() -> None:
    found = judged("Is dental care covered?", PARKING, DENTAL)
    assert found.value == 1.0
    assert found.signals["relevance_rank"] == 1
    assert found.signals["relevance_mean"] == 0.5


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    requested = "Which year did the orthodontist open?"
    rare, common = judged(requested, "The orthodontist."), judged(requested, "An open year.")
    assert rare.value > common.value  # type: ignore[operator]


def test_redundancy_is_the_text_that_an_earlier_chunk_held() -> None:
    assert judged("Dental?", DENTAL, PARKING).signals["redundancy"] == 0.0
    assert judged("Dental?", DENTAL, DENTAL).signals["redundancy"] == 0.5
    assert judged("Dental?", DENTAL, DENTAL, DENTAL).signals["redundancy"] == pytest.approx(2 / 3)


def test_states_say_why_nothing_is_scored() -> None:
    assert judged("Dental?").state is State.NO_CONTEXT
    assert judged("Dental?", " ").state is State.NO_CONTEXT
    assert judged(None, DENTAL).state is State.NOT_EVALUABLE
    assert judged("What is it?", DENTAL).reason == "no question"
    opaque = judged("Dental?", f"{DENTAL} Question: Dental?", context_source="prompt")
    assert opaque.state is State.NOT_EVALUABLE
    cut = judged("Dental?", DENTAL, not_evaluable_reason="answer cut")
    assert (cut.state, cut.reason) == (State.NOT_EVALUABLE, "answer cut")


def test_ages_are_reported_of_turns_that_cannot_be_scored_too() -> None:
    chunk = Chunk(text=DENTAL, metadata={"updated_at": "2026-11-24"})
    turn = Turn(chunks=(chunk,), answer="Yes.", started_at=datetime(2026, 11, 25, tzinfo=UTC))
    assert evaluate(Retrieval(), [turn])[0].signals["chunk_age_seconds"] == 86400


def test_it_reads_other_languages() -> None:
    german = "Zahnbehandlungen werden bis zu 1200 Euro im Jahr für alle Angestellten bezahlt."
    assert judged("Wird eine Zahnbehandlung für Angestellte bezahlt?", german).value == 1.0


def test_hostile_texts_fail_no_turn() -> None:
    for text in ("\ud800" * 50, "a" * 200_000, "\0", "🙂" * 1000, "word " * 50_000):
        assert judged("Where is the word?", text).state is not State.FAILED


def test_near_copies_of_an_earlier_chunk_are_counted() -> None:
    text = "The fee for a lost badge is 20 euros and is paid at the front desk of the building."
    copy = text.replace("20", "25")
    other = "Trips are booked by the travel office at least ten days before they begin."
    chunks = tuple(Chunk(text=each) for each in (text, other, copy))
    found = Retrieval().judge(Turn(question="What is the fee for a lost badge?", chunks=chunks))
    assert found.signals["duplicates"] == pytest.approx(1 / 3)
    assert found.signals["redundancy"] > 0.2
