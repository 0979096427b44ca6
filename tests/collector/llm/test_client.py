"""Whatever the other side does, a call ends in an answer or in a counted failure."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from groundwire_collector.errors import UsageError
from groundwire_collector.llm.client import CallFailure, ChatEndpoint, ChatReply, FunctionTarget

MESSAGES = [{"role": "user", "content": "Who?"}]


@contextmanager
def endpoint(server: Any, **settings: Any) -> Iterator[ChatEndpoint]:
    made = ChatEndpoint(server.url, "m", sleep=lambda seconds: None, **settings)
    yield made
    made.close()


def ask(server: Any, **settings: Any) -> ChatReply:
    with endpoint(server, **settings) as made:
        return made.ask(MESSAGES)


def test_an_answer_comes_with_its_tokens_and_model(server: Any) -> None:
    server.says("Ines Oduya", usage={"prompt_tokens": 12, "completion_tokens": 3})
    reply = ask(server, api_key="k")
    assert (reply.text, reply.failure, reply.model) == ("Ines Oduya", None, "m")
    assert (reply.input_tokens, reply.output_tokens) == (12, 3)
    assert server.requested[0]["temperature"] == 0
    assert server.headers[0]["authorization"] == "Bearer k"


def test_an_answer_in_another_language_is_an_answer(server: Any) -> None:
    server.says("イネス・オドゥヤ")
    assert ask(server).text == "イネス・オドゥヤ"


@pytest.mark.parametrize(
    ("status", "content", "failure"),
    [
        (429, b"slow down", CallFailure.RATE_LIMITED),
        (500, b"oops", CallFailure.SERVER_ERROR),
        (503, b"", CallFailure.SERVER_ERROR),
        (401, b"{}", CallFailure.REFUSED),
        (404, b"{}", CallFailure.REFUSED),
        (200, b"<html>", CallFailure.NONSENSE),
        (200, b"[]", CallFailure.NONSENSE),
        (200, b"{}", CallFailure.NONSENSE),
        (200, b'{"choices": []}', CallFailure.NONSENSE),
        (200, b'{"choices": [{"message": {"content": 5}}]}', CallFailure.NONSENSE),
        (200, b"\xff\xfe\x00", CallFailure.NONSENSE),
        (200, b'{"choices": [{"message": {"content": ""}}]}', CallFailure.EMPTY),
        (200, b'{"choices": [{"message": {"content": null}}]}', CallFailure.EMPTY),
        (200, b'{"choices": [{"message": {"content": " \\n"}}], "usage": 5}', CallFailure.EMPTY),
    ],
)
def test_a_bad_response_is_a_failure_of_its_kind(
    server: Any, status: int, content: bytes, failure: CallFailure
) -> None:
    server.answer = lambda path, body: (status, content, {})
    reply = ask(server)
    assert (reply.text, reply.failure) == (None, failure)


def test_a_slow_endpoint_is_a_timeout(server: Any) -> None:
    server.answer = lambda path, body: (0, b"{}", {})
    assert ask(server, timeout=0.2).failure is CallFailure.TIMEOUT
    assert len(server.requested) == 1


def test_an_endpoint_that_is_not_there_is_unreachable() -> None:
    reply = ChatEndpoint("http://127.0.0.1:1/v1", "m", sleep=lambda seconds: None).ask(MESSAGES)
    assert reply.failure is CallFailure.UNREACHABLE


def test_a_rate_limit_is_waited_for_as_long_as_it_says(server: Any) -> None:
    waited: list[float] = []
    replies = iter([(429, b"", {"retry-after": "7"}), (500, b"", {})])
    fine = {"choices": [{"message": {"content": "yes"}}]}

    def answer(path: str, body: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
        return next(replies, (200, json.dumps(fine).encode(), {}))

    server.answer = answer
    made = ChatEndpoint(server.url, "m", sleep=waited.append)
    assert made.ask(MESSAGES).text == "yes"
    made.close()
    assert waited == [7.0, 2.0]


def test_a_rate_limit_of_an_hour_is_not_waited_for(server: Any) -> None:
    server.answer = lambda path, body: (429, b"", {"retry-after": "3600"})
    assert ask(server).failure is CallFailure.RATE_LIMITED
    assert len(server.requested) == 1


def test_an_address_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="not an http"):
        ChatEndpoint("localhost:8000", "m")


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ("Oslo", None),
        ("", CallFailure.EMPTY),
        (5, CallFailure.NONSENSE),
        (None, CallFailure.NONSENSE),
    ],
)
def test_a_function_s_answer_is_taken_as_it_is(answer: object, failure: CallFailure | None) -> None:
    reply = FunctionTarget(lambda question, chunks: answer).ask(MESSAGES, "Who?", ["a"])
    assert reply.failure is failure
    assert (reply.text is None) is (failure is not None)


def test_a_function_that_raises_is_counted() -> None:
    def breaks(question: str, chunks: list[str]) -> str:
        raise RuntimeError("no model")

    reply = FunctionTarget(breaks).ask(MESSAGES, "Who?", [])
    assert reply.failure is CallFailure.RAISED
    assert "no model" in reply.detail


def test_a_function_is_found_by_either_way_of_naming_it() -> None:
    assert FunctionTarget.named("json:dumps").call is FunctionTarget.named("json.dumps").call


@pytest.mark.parametrize("name", ["nothing.here:f", "json:nothing", "json:decoder", "json", ""])
def test_a_name_that_is_no_function_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        FunctionTarget.named(name)
