"""Ragas metrics as judges: the extra [ragas] (imports in ten seconds).

https://docs.ragas.io/en/stable/concepts/metrics/ (the modern `ragas.metrics.collections`)
"""

import os

os.environ.setdefault("RAGAS_DO_NOT_TRACK", "true")

import asyncio
import hashlib
import json
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import openai
import ragas
from ragas.embeddings import OpenAIEmbeddings
from ragas.llms import llm_factory
from ragas.llms.base import InstructorBaseRagasLLM
from ragas.metrics import collections

from groundwire_evaluators.evaluation import Claim, Evaluation, State, Verdict
from groundwire_evaluators.judges.quotes import locate
from groundwire_evaluators.judges.ragas_calls import RecordedCalls, kind_of
from groundwire_evaluators.preconditions import not_judged
from groundwire_evaluators.turn import Turn

REVISION = "2"  # of the code: what is made of what ragas says
RETRIES = 2  # of a call, by the client, which heeds Retry-After
MAX_TOKENS = 4096
_MARGIN = 1e-6  # ragas rounds


@dataclass(frozen=True, slots=True)
class RagasEndpoint:
    """OpenAI-compatible endpoint and its models for ragas.

    `extra` is merged into every chat request, over what ragas and we set; None removes a field.
    """

    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    embedding_model: str = ""
    temperature: float = 0.0
    timeout_seconds: float = 60.0
    extra: Mapping[str, Any] = field(default_factory=dict)


class _Recording(InstructorBaseRagasLLM):  # type: ignore[misc,unused-ignore]
    """Wraps a metric's LLM: requests JSON by its schema, records its answers."""

    def __init__(self, llm: Any, answers: list[Any], extra: Mapping[str, Any]) -> None:
        self._llm, self._answers, self._extra = llm, answers, extra

    def generate(self, prompt: str, response_model: Any) -> Any:  # noqa: ARG002
        raise TypeError("asynchronous only")

    async def agenerate(self, prompt: str, response_model: Any) -> Any:
        fields = {**_by_schema(response_model), **self._extra}
        removed = {name for name, value in fields.items() if value is None}
        arguments = {k: v for k, v in self._llm.model_args.items() if k not in removed}
        body = {k: v for k, v in fields.items() if k not in removed}
        # Read before the first await, so that concurrent calls cannot see each other's.
        self._llm.model_args = {**arguments, "extra_body": body}
        answer = await self._llm.agenerate(prompt, response_model)
        self._answers.append(answer)
        return answer


def _by_schema(response_model: Any) -> dict[str, Any]:
    """Request fields that constrain a reply; ragas itself asks only for some JSON."""
    shape = {"name": response_model.__name__, "schema": response_model.model_json_schema()}
    return {"response_format": {"type": "json_schema", "json_schema": shape}}


class _OddError(Exception):
    """Well-formed reply with impossible content."""


Ask = Callable[[Any, Turn], Awaitable[Any]]
ReplyCheck = Callable[[Turn, Sequence[Any]], Evaluation | None]


@dataclass(frozen=True)
class RagasMetric:
    """Definition of a ragas metric: inputs, construction, reply check.

    `check` gets what the model said; it may give an evaluation in place of ragas' number (a state,
    claims), and raises `_OddError` where the number rests on what cannot be.
    """

    make: Callable[..., Any]
    ask: Ask
    check: ReplyCheck
    reference: bool = False
    embeddings: bool = False


@dataclass(frozen=True)
class Ragas:
    """One ragas metric as evaluator; a batch runs concurrently.

    `value` is what ragas calls the score. NaN, an answer that ragas holds for noncommittal, no
    statements, no reference answer are states; a model that gives verdicts that cannot be (other
    than 0 or 1, more of them than statements) is `failed`.

    Price, in calls a turn: faithfulness 2, context precision and utilization one a chunk, context
    recall 1, answer relevancy 3 and 2 for embeddings.
    """

    name: str
    metric: RagasMetric
    address: RagasEndpoint

    @property
    def revision(self) -> str:
        embedding = f"-{self.address.embedding_model}" if self.metric.embeddings else ""
        prompts = hashlib.sha256(repr(_prompts(self.metric)).encode()).hexdigest()[:8]
        questions = f"{self.address.model}-t{self.address.temperature:g}{self._extra_digest}"
        return f"{REVISION}-ragas{ragas.__version__}-{questions}{embedding}-p{prompts}"

    @property
    def _extra_digest(self) -> str:
        extra = json.dumps(dict(self.address.extra), sort_keys=True)
        return f"-x{hashlib.sha256(extra.encode()).hexdigest()[:6]}" if self.address.extra else ""

    def judge(self, turn: Turn) -> Evaluation:
        """The metric of one turn."""
        return self.evaluate_batch([turn])[0]

    def evaluate_batch(self, turns: Sequence[Turn]) -> list[Evaluation]:
        """One evaluation per turn, in order."""
        return asyncio.run(self._all(turns))

    async def _all(self, turns: Sequence[Turn]) -> list[Evaluation]:
        return list(await asyncio.gather(*(self._judge(turn) for turn in turns)))

    async def _judge(self, turn: Turn) -> Evaluation:
        known = not_judged(turn)
        if known is None and not (turn.answer or "").strip():
            known = State.NO_CLAIMS, "the answer is empty"
        if known is None and not (turn.question or "").strip():
            known = State.NOT_EVALUABLE, "no question"
        if known is None and self.metric.reference and not turn.reference:
            known = State.NOT_EVALUABLE, "no reference answer"
        if known is not None:
            return self._without(*known)
        recorded, began = RecordedCalls(), time.monotonic()
        try:
            found = await self._score(turn, recorded)
            kind = None
        except Exception as error:  # ragas and what is below it raise whatever they like
            kind, detail = kind_of(error)
            found = replace(self._without(State.FAILED, f"{kind}: {detail}"), failure=kind)
        return replace(found, usage=recorded.usage(kind, time.monotonic() - began))

    async def _score(self, turn: Turn, recorded: RecordedCalls) -> Evaluation:
        value = await self._value(turn, recorded)
        looked = self.metric.check(turn, recorded.answers)
        if looked is not None and looked.state is not State.SCORED:
            return self._without(looked.state, looked.reason or "")
        if math.isnan(value):
            return self._without(State.NO_CLAIMS, "ragas found nothing to score (NaN)")
        if not -_MARGIN <= value <= 1 + _MARGIN:
            raise _OddError(f"a score of {value:g}")
        scored = looked or _state(State.SCORED, None)
        return replace(
            scored,
            evaluator=self.name,
            revision=self.revision,
            value=min(1.0, max(0.0, value)),
        )

    async def _value(self, turn: Turn, recorded: RecordedCalls) -> float:
        """Name of the score in ragas."""
        address = self.address
        async with (
            httpx.AsyncClient(event_hooks=recorded.hooks, timeout=address.timeout_seconds) as http,
            openai.AsyncOpenAI(
                base_url=address.url,
                api_key=address.api_key or "none",
                timeout=address.timeout_seconds,
                max_retries=RETRIES,
                http_client=http,
            ) as client,
        ):
            metric = self.metric.make(**self._parts(client, recorded))
            return float((await self.metric.ask(metric, turn)).value)

    def _parts(self, client: openai.AsyncOpenAI, recorded: RecordedCalls) -> dict[str, Any]:
        address = self.address
        llm = llm_factory(
            address.model,
            client=client,
            temperature=address.temperature,
            max_tokens=MAX_TOKENS,
        )
        parts: dict[str, Any] = {"llm": _Recording(llm, recorded.answers, address.extra)}
        if self.metric.embeddings:
            parts["embeddings"] = OpenAIEmbeddings(client, address.embedding_model)
        return parts

    def _without(self, state: State, reason: str) -> Evaluation:
        return Evaluation(evaluator=self.name, revision=self.revision, state=state, reason=reason)


def _statements(turn: Turn, replies: Sequence[Any]) -> Evaluation | None:
    """Faithfulness with a verdict of 0 or 1 per statement.

    Statements are located in the answer; those that ragas reworded have no place, and become no
    claims.
    """
    statements = list(replies[0].statements) if replies else []
    if not statements:
        return _state(State.NO_CLAIMS, "ragas found no statement in the answer")
    verdicts = replies[-1].statements
    if len(replies) != 2 or len(verdicts) != len(statements):
        raise _OddError(f"{len(verdicts)} verdicts on {len(statements)} statements")
    _binary(verdict.verdict for verdict in verdicts)
    refuted = [verdict for verdict in verdicts if not verdict.verdict]
    return Evaluation(
        evaluator="",
        revision="",
        state=State.SCORED,
        reason=refuted[0].reason[:300] if refuted else None,
        flagged=bool(refuted),
        claims=tuple(_claims(turn.answer or "", verdicts)),
    )


def _claims(answer: str, verdicts: Sequence[Any]) -> Iterator[Claim]:
    for verdict in verdicts:
        place = locate(verdict.statement, answer)
        if place is not None:
            yield Claim(
                start=place.start,
                end=place.end,
                text=answer[place.start : place.end],
                verdict=Verdict.SUPPORTED if verdict.verdict else Verdict.UNSUPPORTED,
                reason=verdict.reason[:300] or None,
            )


def _chunks(turn: Turn, replies: Sequence[Any]) -> Evaluation | None:  # noqa: ARG001
    _binary(answer.verdict for answer in replies)
    return None


def _recalled(turn: Turn, replies: Sequence[Any]) -> Evaluation | None:  # noqa: ARG001
    _binary(each.attributed for answer in replies for each in answer.classifications)
    return None


def _questions(turn: Turn, replies: Sequence[Any]) -> Evaluation | None:  # noqa: ARG001
    """Answer relevancy, which ragas makes 0 where no question came or all are noncommittal."""
    questions = [answer for answer in replies if answer.question]
    _binary(answer.noncommittal for answer in questions)
    if not questions:
        raise _OddError("no question came back")
    if all(answer.noncommittal for answer in questions):
        return _state(State.REFUSAL, "ragas holds the answer for noncommittal")
    return None


def _state(state: State, reason: str | None) -> Evaluation:
    return Evaluation(evaluator="", revision="", state=state, reason=reason)


def _binary(verdicts: Iterator[int]) -> None:
    for verdict in verdicts:
        if verdict not in (0, 1):
            raise _OddError(f"{verdict} as a verdict")


def _contexts(turn: Turn) -> list[str]:
    return [chunk.text for chunk in turn.chunks if chunk.text.strip()]


def _asking(*fields: str) -> Ask:
    """Calls ragas with its named arguments."""
    values: dict[str, Callable[[Turn], Any]] = {
        "user_input": lambda turn: turn.question,
        "response": lambda turn: turn.answer,
        "retrieved_contexts": _contexts,
        "reference": lambda turn: turn.reference,
    }

    def ask(metric: Any, turn: Turn) -> Awaitable[Any]:
        scored: Awaitable[Any] = metric.ascore(**{name: values[name](turn) for name in fields})
        return scored

    return ask


METRICS: Mapping[str, RagasMetric] = {
    "ragas_faithfulness": RagasMetric(
        collections.Faithfulness,
        _asking("user_input", "response", "retrieved_contexts"),
        _statements,
    ),
    "ragas_context_utilization": RagasMetric(
        collections.ContextUtilization,
        _asking("user_input", "response", "retrieved_contexts"),
        _chunks,
    ),
    "ragas_context_precision": RagasMetric(
        collections.ContextPrecision,
        _asking("user_input", "reference", "retrieved_contexts"),
        _chunks,
        reference=True,
    ),
    "ragas_context_recall": RagasMetric(
        collections.ContextRecall,
        _asking("user_input", "reference", "retrieved_contexts"),
        _recalled,
        reference=True,
    ),
    "ragas_answer_relevancy": RagasMetric(
        collections.AnswerRelevancy, _asking("user_input", "response"), _questions, embeddings=True
    ),
}


def _made(name: str, **address: Any) -> Ragas:
    metric = METRICS[name]
    if not address.get("url") or not address.get("model"):
        raise ValueError("requires an endpoint and a model; configure it in the setting `judges`")
    if metric.embeddings and not address.get("embedding_model"):
        raise ValueError("requires an embedding model")
    return Ragas(name, metric, RagasEndpoint(**address))


def faithfulness(**address: Any) -> Ragas:
    """`ragas_faithfulness`; the parameters are those of `RagasEndpoint`."""
    return _made("ragas_faithfulness", **address)


def context_utilization(**address: Any) -> Ragas:
    """`ragas_context_utilization`; the parameters are those of `RagasEndpoint`."""
    return _made("ragas_context_utilization", **address)


def context_precision(**address: Any) -> Ragas:
    """`ragas_context_precision`; the parameters are those of `RagasEndpoint`."""
    return _made("ragas_context_precision", **address)


def context_recall(**address: Any) -> Ragas:
    """`ragas_context_recall`; the parameters are those of `RagasEndpoint`."""
    return _made("ragas_context_recall", **address)


def answer_relevancy(**address: Any) -> Ragas:
    """`ragas_answer_relevancy`; the parameters are those of `RagasEndpoint`."""
    return _made("ragas_answer_relevancy", **address)


def _prompts(metric: RagasMetric) -> list[tuple[str, Any]]:
    """Prompts of a metric: instructions and examples of its class."""
    module = metric.make.__module__.rpartition(".")[0] + ".util"
    found = vars(__import__(module, fromlist=["util"]))
    prompts = {
        name: (getattr(kind, "instruction", None), getattr(kind, "examples", None))
        for name, kind in found.items()
        if isinstance(kind, type)
    }
    return [(name, text) for name, text in sorted(prompts.items()) if isinstance(text[0], str)]
