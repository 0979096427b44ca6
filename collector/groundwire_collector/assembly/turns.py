"""A trace's spans to its turns."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from groundwire import attributes
from groundwire_collector.assembly.alias_table import SpanKind
from groundwire_collector.assembly.answers import RETRIEVING, AnswerSpan, answers
from groundwire_collector.assembly.context import context, retrievals, tool_results
from groundwire_collector.assembly.integrity import LengthLimit, reason
from groundwire_collector.assembly.lazy import lazy
from groundwire_collector.assembly.linking import joined
from groundwire_collector.assembly.provider_citations import cited
from groundwire_collector.assembly.scope import scopes
from groundwire_collector.assembly.span_view import SPEAKING, SpanView
from groundwire_collector.assembly.token_usage import busy_seconds, retrieval_seconds, tokens
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.value_parsing import asked
from groundwire_collector.storage.span import Span
from groundwire_evaluators.turn import Route, Turn

QUESTION_VARIABLES = ("question", "query", "input", "user_question", "user_input")
EPOCH = datetime.fromtimestamp(0, UTC)


def assemble(spans: Sequence[Span], known: Collection[str] = ()) -> list[Turn]:
    """The turns of one trace, by their start; [] for one without an answer.

    Spans come in any order, and a span may come more than once. A turn's id is made of its trace's
    and of its answering span's. Where spans came late, several of them may say the answer: `known`
    are the ids that turns of this trace have already, and a turn keeps its own.
    """
    return [turn for turn, _ in turns_of(Trace.of(spans), known)]


def assemble_all(traces: Mapping[str, Sequence[Span]], known: Collection[str] = ()) -> list[Turn]:
    """The turns of several traces by id; those that are pieces of one request are taken as one."""
    requests = assemble_requests([Trace.of(spans) for spans in traces.values()], known)
    return [turn for request in requests for turn, _ in request.turns]


@dataclass(frozen=True, slots=True)
class AssembledRequest:
    """Traces that are pieces of one request, as one, and its turns with the spans they took."""

    trace: Trace
    turns: Sequence[tuple[Turn, frozenset[str]]]

    def holds(self, turn: Turn) -> bool:
        """Whether the span that answered `turn` is among the spans of this request."""
        reading = self.trace.readings.get(turn.span_id or "")
        return reading is not None and reading.span.trace_id == turn.trace_id


def assemble_requests(
    traces: Iterable[Trace], known: Collection[str] = ()
) -> list[AssembledRequest]:
    """Traces by the requests that they are pieces of; `known` as for `assemble`."""
    return [AssembledRequest(trace, turns_of(trace, known)) for trace in joined(list(traces))]


def turns_of(trace: Trace, known: Collection[str] = ()) -> list[tuple[Turn, frozenset[str]]]:
    """The turns of a trace, each with the ids of the spans that served it."""
    found = answers(trace)
    limit = LengthLimit(trace)
    return [
        (
            _turn(_Part(trace, answer, scope), limit, known),
            frozenset(reading.span.span_id for reading in scope),
        )
        for answer, scope in zip(found, scopes(trace, found), strict=True)
    ]


@dataclass(frozen=True)
class _Part:
    """An answer with the spans that served it."""

    trace: Trace
    answer: AnswerSpan
    scope: Sequence[SpanView]

    @lazy
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
        prefixed = any("litellm" in call.span.scope for call in self.answer.calls)
        return name.split("/", 1)[1] if name and prefixed and "/" in name else name

    def flag(self, fact: str) -> bool:
        return any(reading.flag(fact) for reading in self.nearest)


def _turn(part: _Part, limit: LengthLimit, known: Collection[str]) -> Turn:
    trace, answer, scope = part.trace, part.answer, part.scope
    top = answer.top.span
    named = _name(part, known)
    found = retrievals(trace, scope)
    given = context(trace, found, answer)
    route = Route.RETRIEVAL if found or given.rung else _untold_route(part)
    route = _named_route(part) or route
    if route == Route.TOOL and given.rung is None:
        given = tool_results(trace, scope)
    question = _question(part)
    return Turn(
        id=f"{named.trace_id}-{named.span_id}",
        question=question,
        chunks=given.chunks,
        answer=answer.text,
        not_evaluable_reason=reason(answer, question, found, given, limit),
        context_source=given.rung,
        route=route,
        trace_id=named.trace_id,
        span_id=named.span_id,
        session_id=part.text("session"),
        user_id=part.text("user"),
        service=top.service,
        started_at=_time(top.start_ns),
        ended_at=_time(top.end_ns) if top.end_ns else None,
        retrieval_seconds=retrieval_seconds(scope, found),
        generation_seconds=busy_seconds(answer.calls),
        first_token_seconds=_first_token(part),
        model=part.model("model"),
        response_model=part.model("response_model"),
        response_id=part.of_call("response_id"),
        model_version=part.text("model_version"),
        prompt_version=part.text("prompt_version"),
        index_version=part.text("index_version"),
        tenant=part.text("tenant"),
        input_tokens=tokens(trace, scope, "input_tokens"),
        output_tokens=tokens(trace, scope, "output_tokens"),
        cached_tokens=tokens(trace, scope, "cached_tokens"),
        reasoning_tokens=tokens(trace, scope, "reasoning_tokens"),
        answer_logprob_mean=_number(part.nearest, "logprob_mean"),
        closed_book=part.flag("closed_book"),
        closed_book_of=part.text("closed_book_of"),
        sampling_probability=_number(part.nearest, "sampling_probability"),
        probe=part.flag("probe"),
        cited=cited(answer),
    )


def _question(part: _Part) -> str | None:
    """What the turn was asked; of an opaque prompt, the prompt."""
    answer = part.answer
    enclosing = [answer.top, *part.trace.ancestors(answer.top)]
    asked_of = [r.question or r.query for r in enclosing if r.kind in (*SPEAKING, *RETRIEVING)]
    named = [asked(answer.variables.get(name)) for name in QUESTION_VARIABLES]
    queries = [r.query for r in part.scope if r.kind in RETRIEVING]
    spoken = [m.text for m in reversed(answer.prompt) if m.role == "user"]
    candidates = (*asked_of[:1], *named, *asked_of[1:], *queries, *spoken)
    return next((text for text in candidates if text and text.strip()), None)


def _name(part: _Part, known: Collection[str]) -> Span:
    """The span that names the turn; of several that say the answer, the known one."""
    answer = part.answer
    for reading in (answer.top, *answer.calls):
        if f"{reading.span.trace_id}-{reading.span.span_id}" in known:
            return reading.span
    parent = answer.span.parent_span_id
    if answer.span.scope == attributes.SCOPE and parent and parent not in part.trace.readings:
        return replace(answer.span, span_id=parent)  # our own turn's span, still to come
    return answer.span


def _named_route(part: _Part) -> Route | None:
    named = part.text("route")
    return Route(named) if named in set(Route) else None


def _untold_route(part: _Part) -> Route:
    if part.flag("cache_hit"):
        return Route.CACHE
    kinds = {reading.kind for reading in part.scope if not reading.failed}
    if kinds & RETRIEVING:
        return Route.RETRIEVAL
    return Route.TOOL if SpanKind.TOOL in kinds else Route.PARAMETRIC


def _first_token(part: _Part) -> float | None:
    servers = [r for r in part.scope if r.kind == SpanKind.SERVER]
    for reading in (*part.answer.calls, *servers):
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
        told = first.get("time_ns")
        return max(0, told - reading.span.start_ns) / 1e9 if isinstance(told, int) else None
    try:
        at = datetime.fromisoformat(str(time).strip('"'))
    except ValueError:
        return None
    return max(0.0, (at.astimezone(UTC) - _time(reading.span.start_ns)).total_seconds())


def _number(readings: Iterable[SpanView], fact: str) -> float | None:
    return next((n for r in readings if (n := r.number(fact)) is not None), None)


def _time(nanoseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=nanoseconds // 1000)
