"""Turns from the spans of a trace."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

from groundwire import attributes
from groundwire_collector.assembly.alias_table import SpanKind
from groundwire_collector.assembly.answers import RETRIEVING, AnswerSpan, answers
from groundwire_collector.assembly.context import (
    LEAST_PROMPT_WORDS,
    context,
    marked_context,
    retrievals,
    tool_messages,
    tool_results,
    with_history,
)
from groundwire_collector.assembly.integrity import LengthLimit, reason
from groundwire_collector.assembly.lazy_property import lazy_property
from groundwire_collector.assembly.linking import joined
from groundwire_collector.assembly.prompt_parts import divided, split
from groundwire_collector.assembly.provider_citations import cited
from groundwire_collector.assembly.redaction_marks import mark
from groundwire_collector.assembly.span_assignment import scopes
from groundwire_collector.assembly.span_view import SPEAKING, SpanView
from groundwire_collector.assembly.token_usage import busy_seconds, retrieval_seconds, tokens
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.value_parsing import parse_question
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.trust import Writer, writer_of
from groundwire_evaluators.turn import Route, Turn

LONGEST_QUESTION = 2_000  # characters of a message that is taken for a question before a query
QUESTION_VARIABLES = ("question", "query", "input", "user_question", "user_input")
_PROVIDER_FIRST = re.compile(r"litellm|gcp\.vertex\.agent")
EPOCH = datetime.fromtimestamp(0, UTC)


def assemble(spans: Sequence[Span], known: Collection[str] = ()) -> list[Turn]:
    """Turns of one trace by start time; [] for one without an answer.

    Spans come in any order, and a span may come more than once. A turn's id is made of its trace's
    and of its answering span's. Where spans came late, several of them may say the answer: `known`
    are the ids that turns of this trace have already, and a turn keeps its own.
    """
    return [turn for turn, _ in turns_of(Trace.of(spans), known)]


def assemble_all(traces: Mapping[str, Sequence[Span]], known: Collection[str] = ()) -> list[Turn]:
    """Turns of several traces by id, linking fragments of one request."""
    requests = assemble_requests([Trace.of(spans) for spans in traces.values()], known)
    return [turn for request in requests for turn, _ in request.turns]


@dataclass(frozen=True, slots=True)
class AssembledRequest:
    """Linked traces of one request, and its turns with their spans."""

    trace: Trace
    turns: Sequence[tuple[Turn, frozenset[str]]]


def assemble_requests(
    traces: Iterable[Trace], known: Collection[str] = ()
) -> list[AssembledRequest]:
    """Traces by the requests that they are pieces of; `known` as for `assemble`."""
    return [AssembledRequest(trace, turns_of(trace, known)) for trace in joined(list(traces))]


def turns_of(trace: Trace, known: Collection[str] = ()) -> list[tuple[Turn, frozenset[str]]]:
    """Turns of a trace, each with the ids of its spans.

    A turn is made of spans whose keys share a service with the key of its answer.
    """
    writers = trace.writers
    if all(writer.trusts(other) for writer, other in combinations(writers, 2)):
        return [(turn, ids) for turn, ids, _ in _turns(trace, known)]
    return [
        (turn, ids)
        for writer in writers
        for turn, ids, answering in _turns(trace.seen_by(writer), known)
        if answering == writer
    ]


def _turns(trace: Trace, known: Collection[str]) -> Iterator[tuple[Turn, frozenset[str], Writer]]:
    """The turns of a trace of one trust domain, and who wrote the answer of each."""
    found = answers(trace)
    limit = LengthLimit(trace)
    for answer, scope in zip(found, scopes(trace, found), strict=True):
        turn = turn_of(ServedAnswer(trace, answer, scope), limit, known)
        ids = frozenset(reading.span.span_id for reading in scope)
        yield turn, ids, writer_of(answer.top.span)


@dataclass(frozen=True)
class ServedAnswer:
    """An answer with the spans that served it."""

    trace: Trace
    answer: AnswerSpan
    scope: Sequence[SpanView]

    @lazy_property
    def nearest(self) -> list[SpanView]:
        """The answering span, what encloses it, the generation, then the rest of the scope."""
        top, calls = self.answer.top, self.answer.calls
        found = (top, *self.trace.ancestors(top), *calls, *self.scope)
        return list({id(reading): reading for reading in found}.values())

    def text(self, fact: str) -> str | None:
        for reading in self.nearest:
            if text := reading.text(fact):
                return text
        return None

    def of_call(self, fact: str) -> str | None:
        top = [self.answer.top] if self.answer.top.kind != SpanKind.GENERATION else []
        return next((t for r in (*self.answer.calls, *top) if (t := r.text(fact))), None)

    def model(self, fact: str) -> str | None:
        """A model's name; LiteLLM puts the provider before it."""
        name = self.of_call(fact)
        prefixed = any(_PROVIDER_FIRST.search(call.span.scope) for call in self.answer.calls)
        return name.split("/", 1)[1] if name and prefixed and "/" in name else name

    def flag(self, fact: str) -> bool:
        return any(reading.flag(fact) for reading in self.nearest)


def turn_of(served: ServedAnswer, limit: LengthLimit, known: Collection[str] = ()) -> Turn:
    """The turn of one answer; `known` as for `assemble`."""
    trace, answer, scope = served.trace, served.answer, served.scope
    top = answer.top.span
    named = _name(served, known)
    found = retrievals(trace, scope)
    received = context(trace, found, answer)
    route = Route.RETRIEVAL if found or received.rung else _implied_route(served)
    route = _named_route(served) or route
    if route in (Route.TOOL, Route.PARAMETRIC) and received.rung is None:
        results = tool_results(trace, scope)
        received = results if results.chunks else tool_messages(answer) or results
        route = Route.TOOL if received.chunks and _named_route(served) is None else route
    sent = _question(served)
    if received.rung is None and not found and not served.flag("closed_book"):
        marked = marked_context(answer, question=sent)
        route = Route.RETRIEVAL if marked and _named_route(served) is None else route
        received = marked or received
    question = (split(sent).question or sent) if sent else None
    withheld = reason(answer, question, found, received, limit)
    received = with_history(received, answer.prompt)
    return Turn(
        id=f"{named.trace_id}-{named.span_id}",
        question=question,
        chunks=received.chunks,
        answer=answer.text,
        not_evaluable_reason=withheld,
        context_source=received.rung,
        route=route,
        trace_id=named.trace_id,
        span_id=named.span_id,
        session_id=served.text("session"),
        user_id=served.text("user"),
        service=top.service,
        started_at=_time(top.start_ns),
        ended_at=_time(top.end_ns) if top.end_ns else None,
        retrieval_seconds=retrieval_seconds(scope, found),
        generation_seconds=busy_seconds(answer.calls),
        first_token_seconds=_first_token(served),
        model=served.model("model"),
        response_model=served.model("response_model"),
        response_id=served.of_call("response_id"),
        model_version=served.text("model_version"),
        prompt_version=served.text("prompt_version"),
        index_version=served.text("index_version"),
        adapter=served.text("adapter"),
        release=served.text("release"),
        tenant=served.text("tenant"),
        input_tokens=tokens(trace, scope, "input_tokens"),
        output_tokens=tokens(trace, scope, "output_tokens"),
        cached_tokens=tokens(trace, scope, "cached_tokens"),
        cache_write_tokens=tokens(trace, scope, "cache_write_tokens"),
        reasoning_tokens=tokens(trace, scope, "reasoning_tokens"),
        answer_logprob_mean=_number(served.nearest, "logprob_mean"),
        closed_book=served.flag("closed_book"),
        closed_book_of=served.text("closed_book_of"),
        sampling_probability=_number(served.nearest, "sampling_probability"),
        probe=served.flag("probe"),
        cited=cited(answer),
        error=next(filter(None, (reading.error for reading in scope)), None),
    )


def _question(served: ServedAnswer) -> str | None:
    """Question of the turn as it was sent, perhaps with its context; the prompt if opaque."""
    answer = served.answer
    enclosing = [answer.top, *served.trace.ancestors(answer.top)]
    questions = [r.question or r.query for r in enclosing if r.kind in (*SPEAKING, *RETRIEVING)]
    named = [parse_question(answer.variables.get(name)) for name in QUESTION_VARIABLES]
    queries = [r.query for r in served.scope if r.kind in RETRIEVING]
    marked = divided(answer.prompt).question if answer.prompt else None
    spoken = [m.text for m in reversed(answer.prompt) if m.role == "user"]
    spoken = [marked, *spoken] if marked else spoken
    redacted = any(query and mark(query) for query in queries)
    if spoken and not redacted and _is_plain(served, spoken[0]):  # a query may be a rewritten one
        queries = [*spoken[:1], *queries]
    lone = answer.top.only_question if not answer.calls else None
    candidates = (*questions[:1], *named, *questions[1:], *queries, *spoken, lone)
    return next((text for text in candidates if text and text.strip()), None)


def _is_plain(served: ServedAnswer, text: str) -> bool:
    """Whether the last message of a person is a question without retrieved text in it."""
    if any(call.written is not None for call in served.answer.calls):
        return True  # the prompt is made of the messages themselves
    retrieved = [
        chunk.text.strip()
        for reading in served.scope
        if reading.kind in RETRIEVING and reading.documents
        for chunk in reading.documents[1]
    ]
    if retrieved and all(retrieved):
        return len(text) <= LONGEST_QUESTION and not any(each in text for each in retrieved)
    lines = text.strip().splitlines()  # of a prompt that holds context, the question is the last
    short = len(lines) == 1 and len(text.split()) < LEAST_PROMPT_WORDS
    return not retrieved and short and lines[0].rstrip().endswith("?")


def _name(served: ServedAnswer, known: Collection[str]) -> Span:
    """Span that identifies the turn; a known one is preferred."""
    answer = served.answer
    for reading in (answer.top, *answer.calls):
        if f"{reading.span.trace_id}-{reading.span.span_id}" in known:
            return reading.span
    parent = answer.span.parent_span_id
    if answer.span.scope == attributes.SCOPE and parent and parent not in served.trace.readings:
        return replace(answer.span, span_id=parent)  # our own turn's span, still to come
    return answer.span


def _named_route(served: ServedAnswer) -> Route | None:
    named = served.text("route")
    return Route(named) if named in set(Route) else None


def _implied_route(served: ServedAnswer) -> Route:
    if served.flag("cache_hit"):
        return Route.CACHE
    kinds = {reading.kind for reading in served.scope if not reading.failed}
    if kinds & RETRIEVING:
        return Route.RETRIEVAL
    return Route.TOOL if SpanKind.TOOL in kinds else Route.PARAMETRIC


def _first_token(served: ServedAnswer) -> float | None:
    servers = [r for r in served.scope if r.kind == SpanKind.SERVER]
    for reading in (*served.answer.calls, *servers):
        if (seconds := reading.number("first_token_seconds")) is not None:
            return seconds
        for time in reading.values("first_token_time"):
            if (seconds := _since_start(reading, time)) is not None:
                return seconds
    return None


def _since_start(reading: SpanView, time: object) -> float | None:
    """`time` as an event's or an ISO 8601 text; the time from the start of the span."""
    if isinstance(time, list):
        first = time[0] if time and isinstance(time[0], dict) else {}
        first_token_ns = first.get("time_ns")
        return (
            max(0, first_token_ns - reading.span.start_ns) / 1e9
            if isinstance(first_token_ns, int)
            else None
        )
    try:
        at = datetime.fromisoformat(str(time).strip('"'))
    except ValueError:
        return None
    return max(0.0, (at.astimezone(UTC) - _time(reading.span.start_ns)).total_seconds())


def _number(readings: Iterable[SpanView], fact: str) -> float | None:
    return next((n for r in readings if (n := r.number(fact)) is not None), None)


def _time(nanoseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=nanoseconds // 1000)
