"""Cells of turns asked closed-book, and the memorization ratio they estimate."""

import pytest

from groundwire_evaluators.reliance.closed_book import compare_closed_book
from groundwire_evaluators.reliance.equivalence import asserted_in, equivalent
from groundwire_evaluators.reliance.memorization import (
    ClosedBookComparison,
    RelianceCell,
    estimate_memorization,
)
from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.turn import Chunk, Turn

CONTEXT = "The capital of Velmark is Tarsin, which has 40,000 inhabitants."


def compared(answer: str, *closed_book: str | None, context: str = CONTEXT) -> ClosedBookComparison:
    turn = Turn(
        question="What is the capital of Velmark?", answer=answer, chunks=(Chunk(text=context),)
    )
    return compare_closed_book(turn, closed_book)


@pytest.mark.parametrize(
    ("answer", "closed_book", "cell", "diagnostic"),
    [
        ("The capital is Tarsin.", "It is Oldenby.", RelianceCell.CONTEXT_DRIVEN, True),
        ("The capital is Oldenby.", "It is Oldenby.", RelianceCell.PARAMETRIC_OVERRIDE, True),
        ("The capital is Tarsin.", "I believe it is Tarsin.", RelianceCell.REDUNDANT, False),
        ("It is Kestrel.", "It is Oldenby.", RelianceCell.UNSUPPORTED_OTHER, True),
        ("I don't know.", "It is Oldenby.", RelianceCell.REFUSAL, False),
        ("The capital is Tarsin.", "I don't know.", RelianceCell.ABSTAINED, False),
        ("The capital is Tarsin.", None, RelianceCell.ABSTAINED, False),
        ("The capital is Tarsin.", "", RelianceCell.ABSTAINED, False),
    ],
)
def test_a_turn_falls_into_its_cell(
    answer: str, closed_book: str | None, cell: RelianceCell, diagnostic: bool
) -> None:
    comparisons = compared(answer, closed_book)
    assert (comparisons.cell, comparisons.diagnostic) == (cell, diagnostic)


def test_a_context_that_does_not_speak_of_the_question_is_not_diagnostic() -> None:
    comparisons = compared("It is Oldenby.", "Oldenby", context="Opening hours are nine to five.")
    assert (comparisons.cell, comparisons.diagnostic) == (RelianceCell.PARAMETRIC_OVERRIDE, False)
    assert comparisons.outcome is Outcome.NEITHER


def test_repeated_draws_give_the_strength_of_memory() -> None:
    stable = compared("It is Tarsin.", "Oldenby", "It is Oldenby.", "Oldenby!")
    unstable = compared("It is Tarsin.", "Oldenby", "Kestrel", "Marrow")
    assert stable.memory_strength == 1.0
    assert (unstable.cell, unstable.memory_strength) == (
        RelianceCell.ABSTAINED,
        pytest.approx(1 / 3),
    )


def test_outcomes_make_the_ratio_of_the_recording_rule() -> None:
    assert compared("It is Tarsin.", "Oldenby").outcome is Outcome.CONTEXT
    assert compared("It is Oldenby.", "Oldenby").outcome is Outcome.PARAMETRIC
    assert compared("It is Tarsin.", "Tarsin").outcome is Outcome.BOTH
    assert compared("I don't know.", "Tarsin").outcome is Outcome.REFUSAL


@pytest.mark.parametrize(
    ("one", "other", "question", "same"),
    [
        ("30 days", "You have thirty days to return it.", "How long?", True),
        ("30 days", "You have 14 days.", "How long?", False),
        ("Yes, it is.", "It is open on Mondays.", "Is it open on Mondays?", True),
        ("No.", "Yes.", "Is it open on Mondays?", False),
        ("blue", "The door is blue.", "What colour is the door?", True),
        ("blue", "The door is green.", "What colour is the door?", False),
        ("Ines Oduya designed it", "By Oduya.", "Who designed it?", True),
    ],
)
def test_answers_are_equivalent_by_what_they_say(
    one: str, other: str, question: str, same: bool
) -> None:
    assert equivalent(one, other, question) is same
    assert equivalent(other, one, question) is same


def test_an_answer_stands_in_a_text_that_holds_its_values() -> None:
    assert asserted_in("forty thousand", CONTEXT, "How many inhabitants?")
    assert not asserted_in("50,000", CONTEXT, "How many inhabitants?")
    assert not asserted_in("Tarsin", "", "What is the capital?")


def draw(
    cell: RelianceCell, *, diagnostic: bool = True, probability: float = 1.0
) -> ClosedBookComparison:
    return ClosedBookComparison(
        cell=cell, diagnostic=diagnostic, memory_strength=1.0, probability=probability
    )


def test_the_estimate_is_published_with_what_it_is_made_of() -> None:
    comparisons = (
        [draw(RelianceCell.PARAMETRIC_OVERRIDE)] * 6
        + [draw(RelianceCell.CONTEXT_DRIVEN)] * 54
        + [draw(RelianceCell.REDUNDANT, diagnostic=False)] * 60
        + [draw(RelianceCell.REFUSAL, diagnostic=False)] * 30
    )
    estimate = estimate_memorization(comparisons)
    assert (estimate.n, estimate.ratio.n, estimate.too_few) == (150, 60, False)
    assert estimate.ratio.value == pytest.approx(0.1)
    assert estimate.redundant.value == pytest.approx(0.5)
    assert estimate.cells[RelianceCell.REFUSAL] == 30


def test_too_few_diagnostic_turns_are_reported_to_be_too_few() -> None:
    estimate = estimate_memorization([draw(RelianceCell.REDUNDANT, diagnostic=False)] * 500)
    assert estimate.too_few
    assert estimate.ratio.value is None
    assert estimate.redundant.value == 1.0


def test_adaptive_sampling_is_undone_by_its_probabilities() -> None:
    comparisons = [draw(RelianceCell.PARAMETRIC_OVERRIDE, probability=0.5)] * 50
    comparisons += [draw(RelianceCell.CONTEXT_DRIVEN, probability=0.1)] * 90
    assert estimate_memorization(comparisons).ratio.value == pytest.approx(0.1)


def test_agreement_on_what_the_model_answers_to_anything_is_no_memory() -> None:
    turn = Turn(
        question="For how many days is a quote valid?",
        answer="10.",
        chunks=(Chunk(text="A quote is valid for 45 days."),),
    )
    answers = [f"{number}." for number in range(20, 60)]
    rare = compare_closed_book(turn, ["10."], supported=False, others=answers)
    stock = compare_closed_book(turn, ["10."], supported=False, others=[*answers, *["10."] * 8])
    assert (rare.cell, rare.diagnostic) == (RelianceCell.PARAMETRIC_OVERRIDE, True)
    assert (stock.cell, stock.diagnostic) == (RelianceCell.PARAMETRIC_OVERRIDE, False)
    assert stock.outcome is Outcome.NEITHER


def test_a_few_other_answers_do_not_show_a_stock_answer() -> None:
    few = compare_closed_book(
        Turn(
            question="What is the capital of Velmark?",
            answer="It is Oldenby.",
            chunks=(Chunk(text=CONTEXT),),
        ),
        ["Oldenby"],
        others=["Oldenby."] * 10,
    )
    assert few.diagnostic


@pytest.mark.parametrize(
    ("question", "chunk", "answer"),
    [
        ("How long do refunds take?", "Refunds are paid within 14 days.", "30 days"),
        ("How long is the warranty?", "All scales carry a warranty of 36 months.", "24 months"),
    ],
)
def test_a_question_in_the_users_own_words_is_diagnostic_where_the_page_has_a_rival_value(
    question: str, chunk: str, answer: str
) -> None:
    turn = Turn(question=question, answer=answer, chunks=(Chunk(text=chunk),))
    elsewhere = Turn(
        question=question, answer=answer, chunks=(Chunk(text="Parking costs €4 an hour."),)
    )
    found = compare_closed_book(turn, [answer], supported=False)
    assert (found.cell, found.diagnostic) == (RelianceCell.PARAMETRIC_OVERRIDE, True)
    assert not compare_closed_book(elsewhere, [answer], supported=False).diagnostic
