"""What the evaluator says of whole turns, as readable cases."""

import pickle
import sys
from collections.abc import Callable

import pytest

from groundwire_evaluators.evaluation import CitationOutcome, Evaluation, Evaluator, State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

FEE = "The fee is 20 euros. It is due on 1 May 2024 and covers the whole family."
BRIDGE = "The bridge was designed by Maria Lopez and opened in 1932. It was closed after the flood."


def judge(answer: str | None, *chunks: str) -> Evaluation:
    (evaluation,) = evaluate(
        Grounding(), [Turn(answer=answer, chunks=tuple(Chunk(text=text) for text in chunks))]
    )
    return evaluation


def test_it_satisfies_the_evaluator_protocol_and_travels_to_other_processes() -> None:
    evaluator = Grounding()
    assert isinstance(evaluator, Evaluator)
    copy = pickle.loads(pickle.dumps(evaluator))
    turns = [Turn(answer="The fee is 20 euros.", chunks=(Chunk(text=FEE),))]
    assert evaluate(copy, turns) == evaluate(evaluator, turns)


@pytest.mark.parametrize(
    ("answer", "chunks", "state"),
    [
        ("I don't know.", (FEE,), State.REFUSAL),
        ("The fee is 20 euros.", (), State.NO_CONTEXT),
        ("The fee is 20 euros.", ("  ",), State.NO_CONTEXT),
        ("", (FEE,), State.NO_CLAIMS),
        ("Sure! How can I help?", (FEE,), State.NO_CLAIMS),
        (None, (FEE,), State.NOT_EVALUABLE),
        ("料金は二十ユーロです。", (FEE,), State.NOT_EVALUABLE),
        ("The fee is 20 euros.", (FEE,), State.SCORED),
    ],
)
def test_every_answer_has_a_state(
    answer: str | None, chunks: tuple[str, ...], state: State
) -> None:
    evaluation = judge(answer, *chunks)
    assert evaluation.state is state
    assert (evaluation.value is not None) == (state is State.SCORED)
    assert ("p_unsupported" in evaluation.signals) == (state is State.SCORED)


def test_an_unsupported_language_is_stated_and_not_guessed() -> None:
    japanese = judge("料金は二十ユーロです。", FEE)
    assert japanese.reason == "language: the answer is in Japanese, which is not judged"
    german = "Die Gebühr beträgt 20 Euro und ist am 1. Mai für die ganze Familie fällig."
    mixed = judge(german, FEE)
    assert mixed.reason == "language: the answer is in German, the chunks are in English"
    assert judge(german, german).state is State.SCORED


@pytest.mark.parametrize(
    ("answer", "chunk", "verdict"),
    [
        ("The fee is 20 euros.", FEE, Verdict.SUPPORTED),
        ("The fee is due on 2024-05-01.", FEE, Verdict.SUPPORTED),
        ("The fee is 30 euros.", FEE, Verdict.CONTRADICTED),
        ("The bridge was opened in 1932.", BRIDGE, Verdict.SUPPORTED),
        ("Maria Lopez designed the bridge.", BRIDGE, Verdict.SUPPORTED),
        (
            "Dolphins migrate in frozen volcanic tunnels beneath Antarctica, says Peter Novak.",
            BRIDGE,
            Verdict.UNSUPPORTED,
        ),
    ],
)
def test_a_claim_gets_its_verdict(answer: str, chunk: str, verdict: Verdict) -> None:
    (claim,) = judge(answer, chunk).claims
    assert claim.verdict is verdict


def test_a_flagged_answer_names_the_words_and_the_chunk() -> None:
    evaluation = judge("The fee is 30 euros.", "Bananas are yellow and sweet.", FEE)
    (claim,) = evaluation.claims
    assert claim.chunk == 1
    assert [claim.text[span.start : span.end] for span in claim.spans] == ["30 euros"]
    assert evaluation.reason is not None
    assert "“30 euros” against “20 euros” in chunk 2" in evaluation.reason


def test_claims_carry_exact_ranges_and_asides_are_no_claims() -> None:
    answer = "Sure!\n# Fees\n- The fee is 20 euros.\n1. It is due on 1 May 2024.\n\nAnything else?"
    evaluation = judge(answer, FEE)
    assert all(answer[claim.start : claim.end] == claim.text for claim in evaluation.claims)
    assert [(c.text, c.verdict is Verdict.NOT_A_CLAIM) for c in evaluation.claims] == [
        ("Sure!", True),
        ("Fees", True),
        ("The fee is 20 euros.", False),
        ("It is due on 1 May 2024.", False),
        ("Anything else?", True),
    ]
    assert evaluation.value == 1.0


def test_unsupported_words_raise_p_unsupported() -> None:
    good = judge("The fee is 20 euros.", FEE).signals["p_unsupported"]
    bad = judge("The fee is 20 euros, paid in Madrid by Peter Novak.", FEE).signals
    assert bad["p_unsupported"] > good
    assert bad["novel_names"] == 2


@pytest.mark.parametrize(
    ("answer", "chunk", "message", "shown"),
    [
        (
            "New balances carry a warranty of 24 months.",
            "New balances carry a warranty of 36 months from the date of invoice.",
            "24 months",
            "36 months",
        ),
        (
            "Badges are valid for three years and are then exchanged.",
            "Badges are valid for four years and are then exchanged.",
            "three years",
            "four years",
        ),
        (
            "The head of calibration is Margit Olsen.",
            "A calibration takes a day. The head of calibration is Kaspar Leitner.",
            "Margit Olsen",
            "Kaspar Leitner",
        ),
        (
            "Payments are made every Friday.",
            "Payments are made every Tuesday.",
            "Friday",
            "Tuesday",
        ),
        (
            "The finance team returns comments within ten working days.",
            "Ten people work here. The finance team returns comments within eight working days.",
            "ten working days",
            "eight working days",
        ),
    ],
)
def test_another_value_between_the_same_words_is_contradicted_and_flagged(
    answer: str, chunk: str, message: str, shown: str
) -> None:
    evaluation = judge(answer, chunk)
    assert evaluation.claims[0].verdict is Verdict.CONTRADICTED
    assert evaluation.flagged
    assert f"“{message}” against “{shown}” in chunk 1" in (evaluation.reason or "")


@pytest.mark.parametrize(
    ("answer", "chunk"),
    [
        ("Badges are valid for 4 years and then exchanged.", "Badges are valid for four years."),
        ("The US flag is burnt in private.", "The American flag is burnt in private."),
        ("Press the Volume Down key at once.", "Press the Volum Down key at once."),
        ("The fee rises to 20 euros on Monday.", "On Monday the fee rises to 20 euros."),
        ("Refunds arrive within ten days.", "Refunds arrive within ten days, cards within six."),
    ],
)
def test_another_spelling_or_order_of_a_value_is_no_contradiction(answer: str, chunk: str) -> None:
    assert judge(answer, chunk).claims[0].verdict is Verdict.SUPPORTED


def test_what_the_question_brings_up_needs_no_support() -> None:
    chunk = "Remove the two screws, then lift the panel off the door."
    answer = "To take the panel off the door of a 2006 Chevrolet, remove the two screws."
    requested = Turn(
        question="How do I take the panel off the door of a 2006 Chevrolet?",
        answer=answer,
        chunks=(Chunk(text=chunk),),
    )
    (with_question,) = evaluate(Grounding(), [requested])
    without = judge(answer, chunk)
    assert with_question.signals["p_unsupported"] < without.signals["p_unsupported"]
    assert with_question.signals["novel_names"] == with_question.signals["novel_quantities"] == 0
    assert without.signals["novel_names"] == without.signals["novel_quantities"] == 1


def test_what_the_metadata_of_a_chunk_say_is_given() -> None:
    metadata = {"title": "Travel guide", "author": "Ines Vogt", "edited": "2026-05-03", "score": 7}
    chunk = Chunk(text=FEE, metadata=metadata)
    for answer in ("Ines Vogt wrote the travel guide.", "It was edited on 3 May 2026."):
        assert Grounding().judge(Turn(answer=answer, chunks=(chunk,))).value == 1.0
    wrong = Turn(answer="It was edited on 4 May 2026.", chunks=(chunk,))
    assert Grounding().judge(wrong).value == 0.0


def test_citations_are_resolved_to_chunks() -> None:
    answer = "The fee is 20 euros [1]. The bridge opened in 1932 [1]. It shut after the flood [7]."
    evaluation = judge(answer + " Maria Lopez designed it.", FEE, BRIDGE)
    assert [citation.outcome for citation in evaluation.citations] == [
        CitationOutcome.VALID,
        CitationOutcome.WRONG_CHUNK,
        CitationOutcome.NOT_RETRIEVED,
        CitationOutcome.MISSING,
    ]


def test_a_citation_may_be_an_id_or_a_url() -> None:
    chunk = Chunk(text=FEE, id="fees-12", metadata={"url": "https://example.org/fees"})
    answer = "The fee is 20 euros [fees-12] (https://example.org/fees)."
    (evaluation,) = evaluate(Grounding(), [Turn(answer=answer, chunks=(chunk,))])
    assert [citation.outcome for citation in evaluation.citations] == [CitationOutcome.VALID] * 2


def test_one_turn_that_breaks_does_not_stop_the_others() -> None:
    broken = Turn(answer="The fee is 20 euros.", chunks=(Chunk(text=None),))  # type: ignore[arg-type]
    good = Turn(answer="The fee is 20 euros.", chunks=(Chunk(text=FEE),))
    states = [evaluation.state for evaluation in evaluate(Grounding(), [broken, good])]
    assert states == [State.FAILED, State.SCORED]


def test_the_revision_names_code_and_weights() -> None:
    assert Grounding().revision.count("-") >= 1


HOSTILE: dict[str, Callable[[int], str]] = {
    "no spaces": lambda n: "a" * (40 * n),
    "many sentences": lambda n: "It is so. " * (4 * n),
    "one long sentence": lambda n: "word and " * (4 * n),
    "control characters": lambda n: "a\x00b\x07 \x1b[0m " * (4 * n),
    "mixed scripts": lambda n: "fee Мост 水は café " * (2 * n),
    "brackets": lambda n: "[(" * (20 * n),
    "markers": lambda n: "[1,2,3,4] " * (4 * n),
    "numbers": lambda n: "1,2.3,4 10 am " * (3 * n),
    "negations": lambda n: "not the passage does not " * (2 * n),
    "apostrophes": lambda n: "a'" * (20 * n),
    "names": lambda n: "Ann B of C " * (4 * n),
    "pipes": lambda n: "| a | b |\n" * (4 * n),
    "surrogates": lambda n: "fee \ud800 " * (5 * n),
}


def _steps(answer: str, chunk: str) -> int:
    """Lines of our code and calls that judging takes: work counted, not time."""
    counted = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal counted
        counted += 1

    evaluator = Grounding()
    sys.setprofile(count)
    try:
        evaluate(evaluator, [Turn(answer=answer, chunks=(Chunk(text=chunk),))])
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_judged_in_time_linear_in_its_length(kind: str) -> None:
    make = HOSTILE[kind]
    judge(make(10), make(10))  # caches are filled
    small, large = _steps(make(50), make(50)), _steps(make(200), make(200))
    assert large <= 4 * 1.3 * small + 500


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_of_a_large_size_is_judged(kind: str) -> None:
    answer = HOSTILE[kind](600)
    evaluation = judge(answer, FEE)
    assert evaluation.state is not State.FAILED, evaluation.reason
    assert judge("The fee is 20 euros.", answer).state is not State.FAILED


def test_an_answer_of_a_megabyte_is_judged() -> None:
    assert judge("The fee is 20 euros and covers the family. " * 25_000, FEE).state is State.SCORED


def test_a_comment_has_no_verdict_but_raises_the_score_of_its_answer() -> None:
    claim = "The fee is 20 euros."
    comment = "It is important to note that some people might find other ways to pay less money."
    alone, with_comment = judge(claim, FEE), judge(f"{claim} {comment}", FEE)
    assert with_comment.claims[1].verdict is Verdict.NOT_A_CLAIM
    assert with_comment.claims[1].reason == "comments"
    assert with_comment.value == 1.0
    assert not with_comment.flagged
    assert with_comment.signals["p_unsupported"] > alone.signals["p_unsupported"]


def test_a_finding_counts_whole_in_a_lone_claim_and_to_the_threshold_among_others() -> None:
    model = Grounding().model
    threshold = model.threshold("answers")
    above = threshold + 2.5
    assert model.answer_score(-5.0, above, "answers") == threshold
    assert model.answer_score(above, above, "answers") == above
    assert model.answer_score(-3.0, -5.0, "answers") == -5.0
    only_claim = judge("The fee is 30 euros.", FEE)
    among = judge("It covers the whole family. The fee is 30 euros.", FEE)
    assert only_claim.flagged
    assert among.flagged
    assert only_claim.signals["p_unsupported"] > among.signals["p_unsupported"]


def test_a_sentence_in_the_chunks_language_is_judged_whatever_frames_it() -> None:
    chunk = Chunk(
        text="Die Schulung dauert 45 Minuten und findet im großen Saal statt. Wer neu ist, meldet "
        "sich vorher bei der Leitung an."
    )
    question = "Wie lange dauert die Schulung?"
    framed = "Glad you asked. Die Schulung dauert {} Minuten. Have a bright day."
    right, wrong = (
        Grounding().judge(Turn(question=question, chunks=(chunk,), answer=framed.format(minutes)))
        for minutes in (45, 90)
    )
    assert right.state is State.SCORED
    assert wrong.flagged
    english = Turn(
        question=question,
        chunks=(chunk,),
        answer="The training takes 45 minutes, and it is held in the hall.",
    )
    assert Grounding().judge(english).state is State.NOT_EVALUABLE


def test_a_sentence_of_the_chunks_own_words_is_in_their_language_whatever_its_letters() -> None:
    chunk = Chunk(
        text="Die Küche leitet Frau Yıldız, und sie ist von Montag bis Freitag geöffnet. Wer "
        "Hunger hat, meldet sich dort an."
    )
    turn = Turn(
        question="Wer leitet die Küche?", chunks=(chunk,), answer="Die Küche leitet Frau Yıldız."
    )
    evaluation = Grounding().judge(turn)
    assert (evaluation.state, evaluation.flagged) == (State.SCORED, False)
