"""The recorded answers that the demo replays."""

import pytest

from groundwire_demo import recording
from groundwire_demo.recording import BASE, TUNED, RecordedAnswer
from groundwire_demo.standin.models import Prompt
from groundwire_demo.standin.replay import ReplayedModel, replayed_models
from groundwire_demo.standin.server import StandIn

QUESTION = "How long is leave?"


def answer(model: str, text: str, open_book: bool = True) -> RecordedAnswer:
    return RecordedAnswer(model, open_book, QUESTION, text, "right")


def test_each_question_has_an_answer_of_both_models_with_passages_and_without() -> None:
    answers = recording.read()
    keys = {(each.question, each.model, each.open_book) for each in answers}
    assert len(keys) == len(answers) == 4 * len(recording.questions(answers))


def test_memory_is_what_the_fine_tune_added() -> None:
    truths = recording.truths(recording.read())
    memory = {
        name: sum(model == name and found == "memory" for (model, *_), found in truths.items())
        for name in (BASE, TUNED)
    }
    assert memory[TUNED] > 10 * memory[BASE]


def test_a_packed_recording_is_the_same_bytes_in_any_order() -> None:
    answers = [answer(BASE, "One day."), answer(TUNED, "Two days.")]
    assert recording.pack(answers) == recording.pack(answers[::-1])


def test_an_answer_depends_on_whether_passages_are_shown() -> None:
    model = ReplayedModel(BASE, [answer(BASE, "Open."), answer(BASE, "Closed.", open_book=False)])
    passages = "Passages:\n\n[1] Leave (edited 2026-01-01)\nLeave is one day.\n\n"
    assert model.answer(Prompt.parse(f"{passages}Question: {QUESTION}")) == "Open."
    assert model.answer(Prompt.parse(f"Question: {QUESTION}")) == "Closed."


def test_a_question_that_was_never_recorded_is_refused_and_not_made_up() -> None:
    with pytest.raises(ValueError, match="not recorded"):
        ReplayedModel(BASE, []).answer(Prompt.parse("Question: Who won?"))


def test_the_server_speaks_for_every_recorded_question() -> None:
    server = StandIn(replayed_models())
    try:
        for model in (BASE, TUNED):
            for question in recording.questions(recording.read())[:3]:
                message = {"role": "user", "content": f"Question: {question}"}
                found = server.complete({"model": model, "messages": [message]})
                assert found["choices"][0]["message"]["content"].strip()
    finally:
        server.server_close()
