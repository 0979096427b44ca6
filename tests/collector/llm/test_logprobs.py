"""Given answers are scored where the endpoint can, and a clear message comes where it cannot."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from groundwire_collector.commands.probe import probe
from groundwire_collector.llm.client import ChatEndpoint
from groundwire_collector.llm.logprobs import EndpointScorer, NoScoringError, trial_margin
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.reliance.context_gain import ContextGain
from groundwire_evaluators.reliance.probe import load_pack
from groundwire_evaluators.reliance.probe.arms import Arm, ProbePrompting, trials
from groundwire_evaluators.turn import Chunk, Turn

PACK = load_pack()
TRIAL = next(iter(trials(PACK, (Arm.CONFLICT,))))


def tokens(text: str) -> list[str]:
    """Words with the blank before them, as many tokenisers cut."""
    pieces = text.split(" ")
    return [pieces[0], *(f" {piece}" for piece in pieces[1:])]


def logprob(token: str, text: str) -> float:
    """This model likes what stands in its text already."""
    return -1.0 if text.count(token.strip()) > 1 else -5.0


def echo(path: str, body: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
    pieces = [*tokens(body["prompt"]), " and"]
    values = [None, *(logprob(piece, body["prompt"]) for piece in pieces[1:])]
    offsets = [sum(map(len, pieces[:i])) for i in range(len(pieces))]
    logprobs = {"tokens": pieces, "token_logprobs": values, "text_offset": offsets}
    return 200, json.dumps({"choices": [{"logprobs": logprobs}]}).encode(), {}


def prompt_logprobs(path: str, body: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
    """vLLM where echo is not allowed; the first entry stands for the start mark."""
    if body["echo"]:
        return 400, b'{"error": "echo is not supported"}', {}
    text = body["prompt"]
    reported = [
        {str(i): {"logprob": logprob(piece, text), "decoded_token": piece}}
        for i, piece in enumerate(tokens(text))
    ]
    return 200, json.dumps({"choices": [{"prompt_logprobs": [None, *reported]}]}).encode(), {}


@pytest.mark.parametrize("answer", [echo, prompt_logprobs])
def test_the_answer_in_the_context_has_the_margin(server: Any, answer: Any) -> None:
    server.answer = answer
    endpoint = ChatEndpoint(server.url, "m")
    assert trial_margin(endpoint, TRIAL, ProbePrompting()) == pytest.approx(4.0)
    endpoint.close()


def scored_chat(path: str, body: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
    """vLLM on a chat that ends with the answer: log-probabilities beside the choices."""
    if not path.endswith("chat/completions") or not body["continue_final_message"]:
        return 404, b"{}", {}
    *asked, said = body["messages"]
    text = " ".join(message["content"] for message in asked)
    pieces = ["<start>", *tokens(f"{text} assistant"), "<end>", *tokens(said["content"])]
    reported = [
        {str(i): {"logprob": -1.0 if piece.strip() in text else -5.0, "decoded_token": piece}}
        for i, piece in enumerate(pieces)
    ]
    choice = {"message": {"content": "."}}
    usage = {"prompt_tokens": len(pieces)}
    scored = {"choices": [choice], "usage": usage, "prompt_logprobs": [None, *reported]}
    return 200, json.dumps(scored).encode(), {}


def unscored_chat(path: str, body: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
    """A server that chats, ignores what it does not know, and scores completions alone."""
    if path.endswith("chat/completions"):
        return 200, json.dumps({"choices": [{"message": {"content": "Hm."}}]}).encode(), {}
    return echo(path, body)


def grammar_chat(path: str, body: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
    """llama.cpp: no log-probabilities of a prompt, but those of an answer that a grammar forces."""
    if not path.endswith("chat/completions"):
        return 200, b'{"choices": [{"text": "x", "logprobs": {"content": []}}]}', {}
    if "grammar" not in body:
        return 200, json.dumps({"choices": [{"message": {"content": "Hm."}}]}).encode(), {}
    answer = json.loads(body["grammar"].removeprefix("root ::= "))
    text = " ".join(message["content"] for message in body["messages"])
    pieces = [*tokens(answer), ""]  # the last one is the end mark
    content = [
        {"token": each, "logprob": -1.0 if each and each.strip() in text else -5.0}
        for each in pieces
    ]
    choice = {"message": {"content": answer}, "logprobs": {"content": content}}
    return 200, json.dumps({"choices": [choice], "usage": {"prompt_tokens": 40}}).encode(), {}


def gain(url: str, answer: str = "Tarsin of old.") -> Evaluation:
    endpoint = ChatEndpoint(url, "")
    chunk = Chunk(text="It is Tarsin of old.")
    turn = Turn(question="Which city?", chunks=(chunk,), answer=answer, model="bot")
    try:
        return ContextGain(EndpointScorer(endpoint)).judge(turn)
    finally:
        endpoint.close()


@pytest.mark.parametrize("scores", [scored_chat, grammar_chat, unscored_chat, prompt_logprobs])
def test_the_gain_is_what_the_passages_add_to_the_answer(server: Any, scores: Any) -> None:
    server.answer = scores if scores is not prompt_logprobs else chat_refused
    found = gain(server.url)
    assert found.state is State.SCORED
    assert found.signals["context_gain"] == pytest.approx(4.0)
    assert found.value == pytest.approx(0.8)
    assert {body["model"] for body in server.requested} == {"bot"}


def chat_refused(path: str, body: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
    if path.endswith("chat/completions"):
        return 400, b'{"error": "prompt_logprobs is not known"}', {}
    return prompt_logprobs(path, body)


def test_an_answer_that_would_have_come_anyway_gains_nothing(server: Any) -> None:
    server.answer = scored_chat
    found = gain(server.url, "Elsewhere entirely.")
    assert (found.value, found.signals["context_gain"]) == (0.0, 0.0)
    assert found.usage is not None
    assert found.usage.calls == {"answered": 2}
    assert found.usage.input_tokens > 20


@pytest.mark.parametrize(
    ("status", "kind"), [(404, "refused"), (503, "server_error"), (429, "rate_limited")]
)
def test_an_endpoint_that_cannot_score_is_a_failure_and_no_number(
    server: Any, status: int, kind: str
) -> None:
    server.answer = lambda path, body: (status, b"{}", {})
    found = gain(server.url)
    assert (found.state, found.failure, found.value) == (State.FAILED, kind, None)


def test_an_answer_of_quotes_and_lines_is_forced_as_it_is(server: Any) -> None:
    server.answer = grammar_chat
    found = gain(server.url, 'He said "Tarsin"\nof \\ old.')
    assert found.state is State.SCORED


def test_how_a_server_scores_is_tried_once(server: Any) -> None:
    server.answer = unscored_chat
    endpoint = ChatEndpoint(server.url, "")
    scorer = EndpointScorer(endpoint)
    for _ in range(3):
        assert scorer.score([{"role": "user", "content": "Who?"}], "Me.", "m").logprob is not None
    endpoint.close()
    assert sum("messages" in body for body in server.requested) == 2
    assert sum("prompt" in body for body in server.requested) == 3


@pytest.mark.parametrize(
    "response",
    [(404, b"{}"), (200, b'{"choices": [{"text": "x"}]}'), (200, b'{"choices": []}'), (500, b"")],
)
def test_an_endpoint_that_cannot_score_says_what_is_needed(
    server: Any, response: tuple[int, bytes]
) -> None:
    server.answer = lambda path, body: (*response, {})
    endpoint = ChatEndpoint(server.url, "m")
    with pytest.raises(NoScoringError, match="echo and logprobs"):
        trial_margin(endpoint, TRIAL, ProbePrompting())
    endpoint.close()


def test_an_arm_without_a_conflict_has_no_margin(server: Any) -> None:
    trial = next(iter(trials(PACK, (Arm.CLOSED_BOOK,))))
    with pytest.raises(ValueError, match="no conflict"):
        trial_margin(ChatEndpoint(server.url, "m"), trial, ProbePrompting())


def chat_and_echo(path: str, body: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
    """An endpoint that both chats and scores; what it says is beside the point here."""
    if path.endswith("chat/completions"):
        return 200, json.dumps({"choices": [{"message": {"content": "Hm."}}]}).encode(), {}
    return echo(path, body)


def run_line(url: str) -> list[str]:
    line = ["run", "--endpoint", url, "--model", "m", "--limit", "20", "--margins"]
    return [*line, "--arms", "clean,conflict", "--rate", "60000"]


def test_a_run_reports_the_mean_margin_of_a_stratum_where_the_endpoint_scores(server: Any) -> None:
    server.answer = chat_and_echo
    ended = CliRunner().invoke(probe, run_line(server.url))
    assert ended.exit_code == 0, ended.output
    reported = json.loads(ended.stdout)["summary"]["strata"]["known"]["margin"]
    assert (reported["n"], reported["clusters"]) == (20, 20)
    low, high = reported["interval"]
    assert 0 < low <= reported["value"] <= high


def test_a_run_with_margins_says_at_once_that_the_endpoint_only_chats(server: Any) -> None:
    server.answer = lambda path, body: (404, b"{}", {})
    ended = CliRunner().invoke(probe, run_line(server.url))
    assert isinstance(ended.exception, NoScoringError)
    assert "run without" in str(ended.exception)
    assert len(server.requested) == 2
