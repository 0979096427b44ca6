"""What the passive override signal says of a turn, and what it must not say."""

import pytest

from groundwire_evaluators.evaluation import Evaluation, Evaluator, State
from groundwire_evaluators.reliance import Override
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

POLICY = (
    "Refunds are accepted within 30 days of purchase. Shipping costs $4.99 per order.",
    "The Pro plan includes 25 seats and costs $49 per month. "
    "Version 3.2.1 was released on 5 September 2024 by Maria Lopez.",
)


def judge(question: str | None, answer: str | None, chunks: tuple[str, ...] = POLICY) -> Evaluation:
    turn = Turn(question=question, chunks=tuple(Chunk(text=text) for text in chunks), answer=answer)
    return evaluate(Override(), [turn])[0]


@pytest.mark.parametrize(
    ("question", "answer", "reported"),
    [
        ("What is the refund window?", "You can get a refund within 14 days.", "30 days"),
        ("How long can I return things?", "Refunds are accepted within two weeks.", "30 days"),
        ("How much is Pro?", "The Pro plan costs $59 per month and includes 25 seats.", "$49"),
        ("How much is shipping?", "Shipping costs 5.99 USD.", "$4.99"),
        ("How many seats has Pro?", "The Pro plan includes 50 seats.", "25 seats"),
        ("When was version 3.2.1 released?", "It was released in 2023.", "5 September 2024"),
        ("When was version 3.2.1 released?", "On 6 September 2024.", "5 September 2024"),
        ("Who released version 3.2.1?", "It was released by John Smith.", "Maria Lopez"),
        ("Who released version 3.2.1?", "Version 3.2.1 was released by John Smith.", "Maria Lopez"),
        ("Which version did Maria Lopez release?", "Maria Lopez released version 3.1.", "3.2.1"),
    ],
)
def test_a_value_given_instead_of_the_context_s_is_an_override(
    question: str, answer: str, reported: str
) -> None:
    judged = judge(question, answer)
    assert (judged.state, judged.value) == (State.SCORED, 1.0)
    assert reported in (judged.reason or "")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the refund window?", "You can get a refund within 30 days [1]."),
        ("What is the refund window?", "Within thirty days of purchase."),
        ("How much is Pro a year?", "It costs $49 a month, which makes $588 a year."),
        ("Pro and shipping together?", "Together they cost $53.99."),
        ("When was 3.2.1 released?", "In September 2024."),
        ("Who released version 3.2.1?", "Lopez released version 3.2.1."),
        ("I bought it 45 days ago. Refund?", "No: 45 days is more than the 30 days allowed."),
        ("How much is Pro?", "1. The Pro plan costs $49.\n2. It includes 25 seats."),
        ("How much is shipping?", "Shipping costs about $5.0 per order, exactly $4.99."),
    ],
)
def test_values_of_the_context_the_question_or_made_of_them_are_no_override(
    question: str, answer: str
) -> None:
    judged = judge(question, answer)
    assert (judged.state, judged.value) == (State.SCORED, 0.0), judged.reason


def test_an_addition_that_no_chunk_has_a_rival_for_is_novel_but_no_override() -> None:
    judged = judge("What is the refund window?", "30 days. The head office stands 12 km away.")
    assert judged.value == 0.0
    counted = {name: judged.signals[name] for name in ("checkable", "novel", "overrides")}
    assert counted == {"checkable": 2, "novel": 1, "overrides": 0}
    assert judged.signals["novel_ratio"] == 0.5


@pytest.mark.parametrize(
    ("answer", "chunks", "state"),
    [
        ("Refunds are possible.", POLICY, State.NO_CLAIMS),
        ("The context does not say how much it costs.", POLICY, State.REFUSAL),
        ("It costs $5.", (), State.NO_CONTEXT),
        ("It costs $5.", ("  ",), State.NO_CONTEXT),
        (None, POLICY, State.NOT_EVALUABLE),
    ],
)
def test_what_cannot_be_scored_has_a_state_and_no_value(
    answer: str | None, chunks: tuple[str, ...], state: State
) -> None:
    judged = judge("How much is it?", answer, chunks)
    assert (judged.state, judged.value) == (state, None)


def test_a_refusal_that_still_gives_a_number_is_scored() -> None:
    judged = judge("What is the refund window?", "The text does not say; usually it is 14 days.")
    assert judged.value == 1.0


def test_a_turn_that_cannot_be_judged_says_why() -> None:
    turn = Turn(answer="$5", chunks=(Chunk(text="x"),), not_evaluable_reason="answer cut")
    assert evaluate(Override(), [turn])[0].reason == "answer cut"


def test_it_is_an_evaluator_and_keeps_the_order_of_the_batch() -> None:
    assert isinstance(Override(), Evaluator)
    turns = [
        Turn(question="Refund window?", chunks=(Chunk(text=POLICY[0]),), answer=answer)
        for answer in ("Refund within 14 days.", "Refund within 30 days.", "No.")
    ]
    assert [each.value for each in evaluate(Override(), turns)] == [1.0, 0.0, None]


def test_a_share_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="frame_share"):
        Override(frame_share=0)


@pytest.mark.parametrize(
    ("chunk", "answer", "overrides"),
    [
        ("Die Garantie gilt zweihundertfünfzig Tage.", "Die Garantie gilt 250 Tage.", 0.0),
        ("Die Garantie gilt 8 Monate ab Kauf.", "Die Garantie gilt neun Monate.", 1.0),
        ("Les cours ont lieu le mardi à 16h30.", "Les cours ont lieu le jeudi.", 1.0),
    ],
)
def test_values_are_read_in_the_language_of_the_chunks(
    chunk: str, answer: str, overrides: float
) -> None:
    assert judge("?", answer, (chunk,)).value == overrides
