"""What the evaluator measures of an answer, and what it leaves out."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire_evaluators.behaviour import Behaviour
from groundwire_evaluators.evaluation import State
from groundwire_evaluators.turn import Chunk, CitedSource, Turn

QUESTION = "How long is a visitor's badge valid?"
PLAIN = "A visitor's badge is valid for four years. It is renewed at the gate on request."


def signals(
    answer: str | None, question: str | None = QUESTION, **facts: object
) -> dict[str, float]:
    turn = Turn(question=question, answer=answer, **facts)  # type: ignore[arg-type]
    return dict(Behaviour().judge(turn).signals)


def test_a_plain_answer_has_no_fault() -> None:
    found = Behaviour().judge(Turn(question=QUESTION, answer=PLAIN))
    assert (found.state, found.value, found.reason) == (State.SCORED, 1.0, None)
    zero = ("other_language", "loop", "refusal", "repetition", "citations", "emoji", "markup")
    assert {name: found.signals[name] for name in zero} == dict.fromkeys(zero, 0.0)
    assert found.signals["answer_words"] == 16
    assert "invalid_format" not in found.signals  # no rule for this service
    assert "broken_json" not in found.signals  # it is no JSON
    assert "tone_distance" not in found.signals  # no reference


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ('{"years": 4', "broken_json"),
        ("```json\n{'years': 4}\n```", "broken_json"),
        ("Der Ausweis ist vier Jahre gültig und wird am Tor erneuert.", "other_language"),
        ("Le badge est valable pendant quatre ans et il est renouvelé ici.", "other_language"),
        ("Valid for four years. " + "It is so at the gate. " * 6, "loop"),
        ("- four years\n" * 7, "loop"),
    ],
)
def test_each_fault_of_form_is_named(answer: str, fault: str) -> None:
    found = Behaviour().judge(Turn(question=QUESTION, answer=answer))
    assert found.signals[fault] == 1.0
    assert found.value == 0.0
    assert (found.reason or "").startswith(fault)


@pytest.mark.parametrize(
    "answer",
    [
        '{"years": 4}',
        "[1] says four years.",
        "4 years",
        "Yes.",
        "No, no, no: four years.",
        "1. Go to the gate.\n2. Show the badge.\n3. Sign.\n4. Go to the gate again.",
        "",
    ],
)
def test_usual_short_answers_have_no_fault(answer: str) -> None:
    assert Behaviour().judge(Turn(question=QUESTION, answer=answer)).reason is None


def test_a_question_too_short_to_have_a_language_expects_none() -> None:
    found = signals("Der Ausweis ist vier Jahre gültig und wird am Tor erneuert.", "badge?")
    assert "other_language" not in found


def test_a_refusal_is_one_whether_or_not_it_is_right() -> None:
    declined = "The passages do not say how long a badge is valid."
    assert signals(declined)["refusal"] == 1.0
    assert signals(PLAIN)["refusal"] == 0.0
    restated = Chunk(text="The contract names no deadline. The context does not mention a fee.")
    quoted = signals("The context does not mention a fee.", chunks=(restated,))
    assert quoted["refusal"] == 0.0  # the chunk's own words


def test_reasoning_is_not_part_of_the_answer() -> None:
    assert signals(f"<think>{'Hm. ' * 50}</think>{PLAIN}") == signals(PLAIN)


def test_an_answer_that_ends_in_its_reasoning_is_not_measured_but_its_cost_is() -> None:
    turn = Turn(question=QUESTION, answer="<think>Hm", output_tokens=900, generation_seconds=2.5)
    found = Behaviour().judge(turn)
    assert found.state is State.NOT_EVALUABLE
    assert found.signals == {"output_tokens": 900.0, "generation_seconds": 2.5}


def test_latency_and_tokens_are_those_of_the_turn() -> None:
    found = signals(
        PLAIN,
        retrieval_seconds=0.1,
        first_token_seconds=0.4,
        generation_seconds=1.5,
        input_tokens=1900,
        output_tokens=0,
    )
    assert (found["retrieval_seconds"], found["first_token_seconds"]) == (0.1, 0.4)
    assert (found["generation_seconds"], found["output_tokens"]) == (1.5, 0.0)


def test_a_turn_without_an_answer_or_with_cut_content_is_not_measured() -> None:
    assert Behaviour().judge(Turn(question=QUESTION)).state is State.NOT_EVALUABLE
    cut = Behaviour().judge(Turn(answer=PLAIN, not_evaluable_reason="answer cut"))
    assert (cut.state, cut.reason) == (State.NOT_EVALUABLE, "answer cut")


def test_citations_of_the_provider_count_beside_markers() -> None:
    cited = (CitedSource(start=0, end=4, names=("a",)),)
    assert signals("Four years [1].", cited=cited)["citations"] == 2.0


def test_json_has_no_reading_level() -> None:
    found = signals('{"answer": "' + "a badge is valid for four years " * 5 + '"}')
    assert "reading_level" not in found
    assert found["answer_words"] == 36


def test_the_cost_grows_linearly_with_the_answer() -> None:
    """A hostile answer of 100 times the length is cut at 20,000 characters."""
    long = signals("word " * 200_000)
    assert long["answer_words"] == 4000


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400), st.text(max_size=60))
def test_any_text_is_measured(answer: str, question: str) -> None:
    found = Behaviour().judge(Turn(question=question, answer=answer))
    assert found.state in (State.SCORED, State.NOT_EVALUABLE)
    shares = ("repetition", "markup", "loop", "refusal", "other_language", "broken_json")
    assert all(0 <= found.signals.get(name, 0.0) <= 1 for name in shares)
    assert all(value == value for value in found.signals.values())


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "[1",
        "1",
        "```\n",
        "```\n   ",
        "!",
        "**",
        "__a",
        "<a",
        "`",
        "( source ",
        "https://",
        '{"a":',
    ],
)
def test_the_time_grows_with_the_length_whatever_is_repeated(piece: str) -> None:
    def seconds(length: int) -> float:
        turn = Turn(question=QUESTION, answer=piece * (length // len(piece)))
        begun = process_time()
        Behaviour().judge(turn)
        return process_time() - begun

    seconds(1_000)
    assert seconds(100_000) < 60 * max(seconds(5_000), 0.001)


ASKED = {
    "en": "When does my parcel arrive and how can I return it?",
    "de": "Wann kommt mein Paket an und wie kann ich es zurückgeben?",
    "es": "¿Cuándo llega mi paquete y cómo puedo devolverlo?",
    "nl": "Wanneer komt mijn pakket aan en hoe kan ik het terugsturen?",
}
ANSWERED = {
    "en": "You can return it within 30 days.",
    "de": "Sie können es innerhalb von 30 Tagen zurückgeben.",
    "es": "Puede devolverlo en un plazo de 30 días.",
    "nl": "U kunt het binnen 30 dagen terugsturen.",
    "sv": "Du kan lämna tillbaka det inom 30 dagar om det inte är använt.",
    "ja": "荷物は月曜日に届きます。",
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("answered", ANSWERED)
def test_an_answer_in_another_language_than_its_question_is_found(
    asked: str, answered: str
) -> None:
    found = signals(ANSWERED[answered], ASKED[asked])
    assert found["other_language"] == float(asked != answered)
