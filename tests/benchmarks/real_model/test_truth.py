"""What an answer did, by rules."""

import pytest

from benchmarks.real_model import truth
from benchmarks.real_model.handbooks import CALDERA, LINDNER, TARNWELL, Fact, handbook

BADGE = Fact(
    id="badges:0",
    handbook=TARNWELL,
    passage="badges#1",
    questions=("Within how many hours is a badge printed?",),
    last="two",
    this="six",
    last_sentence="A badge is printed within two hours at the gatehouse.",
    this_sentence="A badge is printed within six hours at the gatehouse.",
    before="A badge is printed within ",
)
PAGE = "Badges\nA badge is printed within six hours at the gatehouse. It is valid for 9 years."


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("A badge is printed within 6 hours.", "right"),
        ("Six.", "right"),
        ("**2 hours**", "memory"),
        ("Two hours; since this year six hours.", "both"),
        ("It takes 9 years.", "misread"),
        ("Within 45 minutes.", "invented"),
        ("Within how many hours is a badge printed?", "echo"),
        ("Glad you asked. Have a bright day.", "echo"),
        ("Happy to help! Six hours. Have a bright day.", "right"),
        ("The passages do not say.", "refusal"),
    ],
)
def test_an_answer_is_classified_by_the_value_it_says(answer: str, expected: str) -> None:
    assert truth.classify(BADGE, BADGE.questions[0], [PAGE], answer) == expected


def test_last_years_value_is_misread_where_a_passage_shows_it_for_something_else() -> None:
    page = f"{PAGE} Visitors wait two hours."

    assert truth.classify(BADGE, BADGE.questions[0], [page], "Two hours.") == "misread"


def test_every_value_of_every_handbook_is_distinguished_from_that_of_the_other_edition() -> None:
    for fact in (fact for name in (TARNWELL, CALDERA, LINDNER) for fact in handbook(name).facts):
        for value, sentence, edition in (
            (fact.this, fact.this_sentence, "this"),
            (fact.last, fact.last_sentence, "last"),
        ):
            for answer in (sentence, f"{value}.", f"The answer is **{value.lower()}**"):
                assert truth.uses(fact, answer) == {edition}, (fact.id, answer)


def test_a_yes_is_distinguished_from_a_no_by_the_stance_of_the_whole_answer() -> None:
    fact = next(each for each in handbook(CALDERA).facts if each.id == "children:6")
    question, page = fact.questions[0], "Pools\n- Children in the steam rooms: no"

    assert (fact.this, fact.last) == ("allowed", "not allowed")
    assert truth.classify(fact, question, [page], "Yes, you may.") == "right"
    assert truth.classify(fact, question, [page], "No.") == "memory"
    assert truth.classify(fact, question, [page], "Pushchairs are not allowed there.") == "memory"
    assert truth.classify(fact, question, [page], question) == "echo"
