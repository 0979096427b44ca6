"""Real ragas, over the real openai client, against an endpoint that misbehaves as it is told.

ragas takes ten seconds to import: every test asks the same process.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.model_server import SLOW, ChatServer, Response, chat, serving

from groundwire_collector.evaluation.isolation import (
    EvaluatorHost,
    EvaluatorReference,
    IsolatedEvaluator,
)
from groundwire_evaluators.evaluation import Evaluation, State, Verdict
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

pytestmark = pytest.mark.needs("ragas")

NAMES = (
    "ragas_faithfulness",
    "ragas_context_utilization",
    "ragas_context_precision",
    "ragas_context_recall",
    "ragas_answer_relevancy",
)
TURN = Turn(
    id="t1", question="When does it open?", reference="The library opens at nine.",
    answer="The library opens at nine. Fines are twenty cents.",
    chunks=(Chunk(text="Tools are lent."), Chunk(text="The library opens at nine.")),
)  # fmt: skip
USAGE = {"prompt_tokens": 500, "completion_tokens": 50, "total_tokens": 550}


def statement(text: str, verdict: int) -> dict[str, Any]:
    return {"statement": text, "reason": "because", "verdict": verdict}


# What the model says, by the schema it was asked for.
GOOD: dict[str, Any] = {
    "StatementGeneratorOutput": {
        "statements": ["The library opens at nine.", "The fines amount to 20 cents."]
    },
    "NLIStatementOutput": {
        "statements": [
            statement("The library opens at nine.", 1),
            statement("The fines amount to 20 cents.", 0),
        ]
    },
    "ContextPrecisionOutput": {"reason": "because", "verdict": 1},
    "ContextRecallOutput": {
        "classifications": [
            {"statement": "The library opens at nine.", "reason": "said", "attributed": 1}
        ]
    },
    "AnswerRelevanceOutput": {"question": "When does it open?", "noncommittal": 0},
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ChatServer]:
    with serving() as reported:
        yield reported


@pytest.fixture(scope="module")
def host(endpoint: ChatServer) -> Iterator[EvaluatorHost]:
    address = {
        "url": endpoint.url,
        "model": "acme-1",
        "embedding_model": "acme-embed",
        "timeout_seconds": 0.5,
    }
    made = EvaluatorHost([EvaluatorReference(name, address) for name in NAMES], 60.0, 120.0)
    yield made
    made.close()


@pytest.fixture
def ask(host: EvaluatorHost, endpoint: ChatServer) -> Callable[..., Evaluation]:
    """Judges a turn by a metric; keywords say what the model answers to a schema instead."""

    def judged(name: str, turn: Turn = TURN, **instead: Any) -> Evaluation:
        endpoint.requested.clear()
        endpoint.answer = lambda path, body: message(path, body, {**GOOD, **instead})
        [evaluation] = evaluate(IsolatedEvaluator(host, NAMES.index(name)), [turn])
        assert (evaluation.evaluator, evaluation.revision) == host.identities[NAMES.index(name)]
        return evaluation

    return judged


def message(path: str, body: dict[str, Any], answers: dict[str, Any]) -> Response:
    if path.endswith("/embeddings"):
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        rows = [
            {"object": "embedding", "index": n, "embedding": [1.0, 1.0]} for n in range(len(texts))
        ]
        usage = {"prompt_tokens": 10, "total_tokens": 10}
        found = {"object": "list", "data": rows, "model": "acme-embed", "usage": usage}
        return 200, json.dumps(found).encode(), {}
    requested = json.dumps(body["messages"][0])
    [schema] = [name for name in answers if f'\\"title\\": \\"{name}\\"' in requested]
    answer = answers[schema]
    if isinstance(answer, tuple):
        return answer
    return 200, chat(json.dumps(answer), usage=USAGE), {}


def test_faithfulness_gives_its_statements_with_their_place_where_they_have_one(
    ask: Callable[..., Evaluation],
) -> None:
    found = ask("ragas_faithfulness")
    assert (found.state, found.value, found.flagged) == (State.SCORED, 0.5, True)
    [claim] = found.claims  # the other one ragas worded anew
    assert (claim.text, claim.verdict) == ("The library opens at nine.", Verdict.SUPPORTED)
    assert (TURN.answer or "")[claim.start : claim.end] == claim.text
    assert found.usage is not None
    assert found.usage.calls == {"answered": 2}
    assert (found.usage.input_tokens, found.usage.output_tokens) == (1000, 100)


@pytest.mark.parametrize(
    ("name", "value", "calls"),
    [
        ("ragas_context_utilization", 1.0, 2),
        ("ragas_context_precision", 1.0, 2),
        ("ragas_context_recall", 1.0, 1),
        ("ragas_answer_relevancy", 1.0, 5),
    ],
)
def test_each_metric_is_scored_and_its_calls_are_counted(
    ask: Callable[..., Evaluation], name: str, value: float, calls: int
) -> None:
    found = ask(name)
    assert (found.state, found.value) == (State.SCORED, pytest.approx(value))
    assert found.usage is not None
    assert found.usage.calls == {"answered": calls}


def test_a_real_zero_is_a_zero(ask: Callable[..., Evaluation]) -> None:
    found = ask("ragas_context_utilization", ContextPrecisionOutput={"reason": "", "verdict": 0})
    assert (found.state, found.value) == (State.SCORED, 0.0)


@pytest.mark.parametrize(
    ("name", "instead", "state"),
    [
        ("ragas_faithfulness", {"StatementGeneratorOutput": {"statements": []}}, State.NO_CLAIMS),
        ("ragas_context_recall", {"ContextRecallOutput": {"classifications": []}}, State.NO_CLAIMS),
        (
            "ragas_answer_relevancy",
            {"AnswerRelevanceOutput": {"question": "When?", "noncommittal": 1}},
            State.REFUSAL,
        ),
        ("ragas_faithfulness", {"NLIStatementOutput": {"statements": []}}, State.FAILED),
        (
            "ragas_faithfulness",
            {"NLIStatementOutput": {"statements": [statement("Made up.", 0)] * 3}},
            State.FAILED,
        ),
        (
            "ragas_faithfulness",
            {"NLIStatementOutput": {"statements": [statement("a", 2), statement("b", 1)]}},
            State.FAILED,
        ),
        (
            "ragas_context_utilization",
            {"ContextPrecisionOutput": {"reason": "", "verdict": -1}},
            State.FAILED,
        ),
        (
            "ragas_answer_relevancy",
            {"AnswerRelevanceOutput": {"question": "", "noncommittal": 0}},
            State.FAILED,
        ),
    ],
)  # fmt: skip
def test_nan_and_what_ragas_makes_a_zero_or_a_number_of_are_states(
    ask: Callable[..., Evaluation], name: str, instead: dict[str, Any], state: State
) -> None:
    found = ask(name, **instead)
    assert (found.state, found.value) == (state, None)
    assert found.reason


@pytest.mark.parametrize(
    ("name", "change", "state"),
    [
        ("ragas_faithfulness", {"answer": "I don't know."}, State.REFUSAL),
        ("ragas_faithfulness", {"chunks": ()}, State.NO_CONTEXT),
        ("ragas_faithfulness", {"question": None}, State.NOT_EVALUABLE),
        ("ragas_context_precision", {"reference": None}, State.NOT_EVALUABLE),
        ("ragas_context_recall", {"reference": None}, State.NOT_EVALUABLE),
    ],
)
def test_what_a_metric_cannot_judge_costs_no_call(
    ask: Callable[..., Evaluation], endpoint: ChatServer, name: str, change: Any, state: State
) -> None:
    found = ask(name, replace(TURN, **change))
    assert (found.state, found.value, endpoint.requested) == (state, None, [])


REFUSED = (200, chat("I'm sorry, I can't help with that."), {})
CUT = (200, chat('{"statements": ["The libr', finish="length"), {})


@pytest.mark.parametrize(
    ("response", "kind", "most"),
    [
        ((SLOW, chat("{}"), {}), "timeout", 3),
        ((429, b"{}", {"retry-after": "0.1"}), "rate_limited", 3),
        ((500, b"oops", {}), "server_error", 3),
        ((401, b"{}", {}), "refused", 1),
        ((200, chat("no json"), {}), "nonsense", 4),
        ((200, chat('{"statements": 7}'), {}), "nonsense", 4),
        (REFUSED, "nonsense", 4),
        (CUT, "truncated", 4),
    ],
)
def test_an_endpoint_that_misbehaves_is_failed_by_kind_with_bounded_calls(
    ask: Callable[..., Evaluation], endpoint: ChatServer, response: Response, kind: str, most: int
) -> None:
    found = ask("ragas_faithfulness", StatementGeneratorOutput=response)
    assert (found.state, found.value) == (State.FAILED, None)
    assert (found.reason or "").startswith(f"{kind}: ")
    assert 1 <= len(endpoint.requested) <= most
    assert found.usage is not None
    assert found.usage.calls == {kind: len(endpoint.requested)}


def test_a_reply_is_requested_by_its_schema(
    ask: Callable[..., Evaluation], endpoint: ChatServer
) -> None:
    ask("ragas_faithfulness")
    formats = [body["response_format"] for body in endpoint.requested]
    assert [each["type"] for each in formats] == ["json_schema", "json_schema"]
    [first, second] = [each["json_schema"]["schema"]["title"] for each in formats]
    assert (first, second) == ("StatementGeneratorOutput", "NLIStatementOutput")


def test_the_revision_names_ragas_the_model_and_the_prompts(host: EvaluatorHost) -> None:
    revisions = dict(host.identities)
    assert revisions["ragas_faithfulness"].startswith("2-ragas0.4.3-acme-1-t0-p")
    assert "-acme-embed-" in revisions["ragas_answer_relevancy"]
    assert len(set(revisions.values())) >= 4


def test_the_openai_client_reads_what_the_stand_in_sends(endpoint: ChatServer) -> None:
    openai = pytest.importorskip("openai")
    endpoint.says("Yes.", usage=USAGE)
    with openai.OpenAI(base_url=endpoint.url, api_key="none", max_retries=0) as client:
        reported = client.chat.completions.create(
            model="acme-1", messages=[{"role": "user", "content": "Hm?"}]
        )
    assert reported.choices[0].message.content == "Yes."
    assert reported.usage is not None
    assert reported.usage.total_tokens == 550
