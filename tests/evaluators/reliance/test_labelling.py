"""Every case of outcome_cases.txt is labelled right; what has no answer to compare has no label."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from groundwire_evaluators.reliance.labelling import Labeller, label
from groundwire_evaluators.reliance.outcome import ConflictCase, Outcome, Tally

CASES = Path(__file__).parent / "outcome_cases.txt"


def cases() -> Iterator[tuple[str, ConflictCase]]:
    question, answers = "", [("",), ("",)]
    for line in CASES.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.count(" | ") == 2:
            question, *provided = line.split(" | ")
            answers = [tuple(part.strip() for part in each.split(" = ")) for each in provided]
            continue
        outcome, response = line.split(maxsplit=1)
        yield (
            outcome,
            ConflictCase(
                question=question,
                context_answer=answers[0][0],
                context_answer_aliases=answers[0][1:],
                parametric_answer=answers[1][0],
                parametric_answer_aliases=answers[1][1:],
                response=response.replace("\\n", "\n"),
            ),
        )


@pytest.mark.parametrize(
    ("outcome", "conflict"),
    [
        pytest.param(outcome, conflict, id=f"{conflict.response}→{outcome}")
        for outcome, conflict in cases()
    ],
)
def test_a_response_is_labelled_by_what_it_asserts(outcome: str, conflict: ConflictCase) -> None:
    labelled = label(conflict)
    assert labelled.followed == outcome, labelled.rule
    assert labelled.rule


def test_there_are_at_least_150_cases_of_every_outcome() -> None:
    found = [outcome for outcome, _ in cases()]
    assert len(found) >= 150
    assert set(found) == set(Outcome) - {Outcome.STALE}  # which only a probe can tell


def test_no_response_and_no_answers_have_no_label() -> None:
    assert label(ConflictCase(response=None, context_answer="a")).followed is None
    assert label(ConflictCase(response="a")).followed is None


def test_one_known_answer_is_enough() -> None:
    assert label(ConflictCase(response="It is Oslo.", context_answer="Oslo")).followed == "context"
    assert label(ConflictCase(response="Oslo", parametric_answer="Oslo")).followed == "parametric"
    assert label(ConflictCase(response="Rome", parametric_answer="Oslo")).followed == "neither"


def test_equal_answers_show_nothing() -> None:
    conflict = ConflictCase(response="Oslo", context_answer="Oslo", parametric_answer="oslo.")
    assert label(conflict).followed == "neither"


def test_a_response_that_overrules_its_context_is_marked() -> None:
    conflict = ConflictCase(
        context_answer="Tarsin",
        parametric_answer="Oldenby",
        response="The passage says Tarsin, but this is wrong: it is Oldenby.",
    )
    assert label(conflict).corrects_context


def test_an_entailment_model_is_asked_where_the_rules_find_neither() -> None:
    requested = []

    def entailment(premise: str, hypothesis: str) -> float:
        requested.append(premise)
        return 0.9 if "forty" in premise and "42" in hypothesis else 0.1

    conflict = ConflictCase(
        question="How many?",
        context_answer="42 %",
        parametric_answer="9 %",
        response="a little over forty in a hundred",
    )
    labelled = Labeller(entailment=entailment).label(conflict)
    assert (labelled.followed, labelled.rule) == ("context", "entailment")
    assert label(conflict).followed == "neither"
    requested.clear()
    Labeller(entailment=entailment).label(ConflictCase(response="42 %", context_answer="42 %"))
    assert not requested


def test_a_judge_decides_last() -> None:
    labeller = Labeller(judge=lambda conflict: Outcome.PARAMETRIC)
    labelled = labeller.label(ConflictCase(response="hm", context_answer="Oslo"))
    assert (labelled.followed, labelled.rule) == ("parametric", "judge")


def test_a_tally_without_deciding_answers_has_no_ratio() -> None:
    tally = Tally.of([Outcome.REFUSAL, Outcome.BOTH])
    assert tally.memorization_ratio is None
    assert tally.p_s == 0
    assert Tally().p_o is None


def test_a_tally_counts_each_outcome_and_its_ratio() -> None:
    tally = Tally.of([Outcome.CONTEXT] * 3 + [Outcome.PARAMETRIC] + [Outcome.NEITHER])
    assert (tally.memorization_ratio, tally.p_s, tally.deciding) == (0.25, 0.6, 4)
