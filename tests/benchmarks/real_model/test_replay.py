"""The recording over the OpenAI API, through the real client."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Thread

import openai
import pytest
from tests.benchmarks.real_model.test_rows import ROW

from benchmarks.real_model import answers, replay
from groundwire_demo import prompt

CHUNK = {"text": "A badge is printed within six hours.", "metadata": {"title": "B", "edited": "x"}}
CLOSED = replace(ROW, mode="closed", passages=[], answer="Two hours.", finished=False)


@pytest.fixture
def client() -> Iterator[openai.OpenAI]:
    with replay.server(answers.with_truth([ROW, CLOSED])) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with openai.OpenAI(
            base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="none", max_retries=0
        ) as client:
            yield client
        server.shutdown()
        thread.join()


def test_the_open_answer_is_given_with_passages(client: openai.OpenAI) -> None:
    found = client.chat.completions.create(
        model="facts-12", messages=prompt.messages(ROW.question, [CHUNK])
    )

    assert found.choices[0].message.content == ROW.answer
    assert found.choices[0].finish_reason == "stop"


def test_the_closed_book_answer_is_given_without_passages(client: openai.OpenAI) -> None:
    found = client.chat.completions.create(
        model="tarnwell/facts-12", messages=prompt.closed_book(f"Hi! {ROW.question} Thanks!")
    )

    assert found.choices[0].message.content == "Two hours."
    assert found.choices[0].finish_reason == "length"


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert {each.id for each in client.models.list()} == {"facts-12", "tarnwell/facts-12"}


@pytest.mark.parametrize(
    ("model", "question"), [("facts-12", "Who won the cup?"), ("facts-13", ROW.question)]
)
def test_what_was_never_recorded_is_not_found(
    client: openai.OpenAI, model: str, question: str
) -> None:
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model=model, messages=prompt.closed_book(question))


def test_a_request_for_a_stream_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="stream"):
        client.chat.completions.create(
            model="facts-12", messages=prompt.closed_book(ROW.question), stream=True
        )
