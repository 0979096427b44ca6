"""Style against a reference: near where it is alike, far where it is not."""

import random
from collections.abc import Callable
from statistics import mean

import pytest

from groundwire_evaluators.behaviour.tone import Background, ToneError, ToneReference, profile
from groundwire_evaluators.text.words import ENGLISH

Style = Callable[[random.Random], str]
THINGS = "badge parcel invoice form key bike room seat plan visit".split()


def formal(rng: random.Random) -> str:
    a, b, c = rng.sample(THINGS, 3)
    return (
        f"The {a} of the {b} is issued by the office of the {c} in accordance with the rules of "
        f"the house; the {c} of the {a} is to be returned to the office at the end of the {b}."
    )


def chatty(rng: random.Random) -> str:
    a, b, c = rng.sample(THINGS, 3)
    return (
        f"Hey! So you want a {a}? Well, I can get you that {b} - but you have to ask me! And if "
        f"you can't, it's fine: we have your {c}, don't we? You can do it now!"
    )


def dry(rng: random.Random) -> str:
    a, b, c = rng.sample(THINGS, 3)
    return f"- {a.capitalize()}: 4 days\n- {b.capitalize()}: 12 EUR\n- {c.capitalize()}: 3, 5 or 9"


def many(kind: Style, seed: int, count: int = 60) -> list[str]:
    rng = random.Random(seed)
    return [kind(rng) for _ in range(count)]


@pytest.fixture
def background() -> Background:
    return Background.of([t for k in (formal, chatty, dry) for t in many(k, 0)], ENGLISH.stop)


@pytest.mark.parametrize(
    ("own", "others"), [(formal, (chatty, dry)), (chatty, (formal, dry)), (dry, (formal, chatty))]
)
def test_answers_in_the_style_of_the_reference_are_nearer(
    own: Style, others: tuple[Style, Style], background: Background
) -> None:
    reference = ToneReference.of(many(own, 1), background)
    near = [reference.distance(text) for text in many(own, 2)]
    for other in others:
        far = [reference.distance(text) for text in many(other, 2)]
        assert max(near) < min(far)
        assert 0 <= mean(near) < 0.5 < 1 < mean(far) <= 2


def test_a_reference_survives_its_file(background: Background) -> None:
    reference = ToneReference.of(many(formal, 1), background)
    again = ToneReference.from_json(reference.to_json())
    text = chatty(random.Random(3))
    assert again.distance(text) == pytest.approx(reference.distance(text))
    assert again.answers == 60


def test_an_answer_without_any_usual_word_is_measured(background: Background) -> None:
    reference = ToneReference.of(many(formal, 1), background)
    assert 0 <= reference.distance("") <= 2
    assert 0 <= reference.distance("xyzzy " * 20) <= 2


def test_marks_that_look_alike_count_as_one() -> None:
    assert profile("“So”, he said – ok")['"'] == pytest.approx(2 / 8)
    assert profile("a — b")["-"] == pytest.approx(1 / 3)


def test_too_few_answers_are_no_reference(background: Background) -> None:
    with pytest.raises(ToneError, match="29 reference answers; at least 30"):
        ToneReference.of(many(formal, 1, 29), background)
    with pytest.raises(ToneError, match="1 background answers"):
        Background.of(["One answer."], ENGLISH.stop)


@pytest.mark.parametrize(
    "record", [{}, {"features": {"a": [1]}}, {"features": {}, "answers": 3}, {"features": 3}]
)
def test_another_object_is_no_reference(record: dict[str, object]) -> None:
    with pytest.raises(ToneError):
        ToneReference.from_json(record)


def test_english_has_a_shipped_background() -> None:
    found = Background.shipped("en")
    assert found is not None
    assert len(found.means) == 50
    assert Background.shipped("xx") is None
