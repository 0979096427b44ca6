"""Coverage report per instrumentation: missing facts and how to send them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from groundwire_collector.assembly.alias_table import AliasTable, SpanKind
from groundwire_collector.assembly.answers import RETRIEVING, calls_tools
from groundwire_collector.assembly.redaction_marks import mark
from groundwire_collector.assembly.span_view import SPEAKING, SpanView
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import assemble_requests
from groundwire_collector.assembly.unanswered import (
    WORDS,
    NoTurnReason,
    family_of,
    unanswered,
)
from groundwire_collector.storage.span import Span
from groundwire_evaluators.turn import Turn

# Facts required for judging a turn; others only cost a dimension or a metric.
NEEDED = ("answer", "chunk text", "attributes kept", "content unredacted")
ADVICE = {
    "session": "set session.id (or gen_ai.conversation.id) on the request's span",
    "prompt version": "set gen_ai.prompt.version on the span of the model call",
    "tokens": "streamed answers: ask for usage (OpenAI: stream_options={'include_usage': True})",
    "attributes kept": "raise OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT (128): the oldest are dropped first",
    "content unredacted": "let the redactor leave typed masks ([EMAIL_1]), not remove a field",
}
NOT_SENT = "not sent by this emitter"
AT_ONCE = 256  # traces linked per batch


@dataclass
class FactCoverage:
    """Coverage of a fact: `found` of `expected` spans hold it."""

    found: int = 0
    expected: int = 0

    def note(self, found: object) -> None:
        self.expected += 1
        self.found += bool(found)


@dataclass
class Instrumentation:
    """Fact coverage of one instrumentation scope; `family` None: unknown."""

    scope: str
    version: str
    family: AliasTable | None
    spans: int = 0
    facts: dict[str, FactCoverage] = field(default_factory=dict)

    def note(self, fact: str, found: object) -> None:
        self.facts.setdefault(fact, FactCoverage()).note(found)

    @property
    def missing(self) -> dict[str, str]:
        """Facts that some spans lack, with what to do about it, the needed ones first."""
        lacking = [
            fact for fact, coverage in self.facts.items() if coverage.found < coverage.expected
        ]
        lacking.sort(key=lambda fact: fact not in NEEDED)
        return {fact: self._advice(fact) for fact in lacking}

    def _advice(self, fact: str) -> str:
        advice = self.family.advise(fact, self.scope) if self.family else None
        return advice or ADVICE.get(fact, NOT_SENT)


@dataclass
class Diagnosis:
    """Counts: `reasons` turns cannot be judged, `silent` traces without turns.

    `unread`: attributes with texts in those, that no table reads.
    """

    traces: int = 0
    turns: int = 0
    judged: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    silent: dict[str, int] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    rungs: dict[str, int] = field(default_factory=dict)
    instrumentations: list[Instrumentation] = field(default_factory=list)


def diagnose(traces: Iterable[Sequence[Span]]) -> Diagnosis:
    """Fact coverage of stored traces, by instrumentation scope and version."""
    diagnosis = Diagnosis()
    scopes: dict[tuple[str, str], Instrumentation] = {}
    waiting = iter(traces)
    while batch := [Trace.of(spans) for spans in islice(waiting, AT_ONCE)]:
        diagnosis.traces += len(batch)
        for request in assemble_requests(batch):
            for reading in request.trace.readings.values():
                _note(scopes, request.trace, reading)
            for turn, _ in request.turns:
                _note_turn(diagnosis, turn)
            if not request.turns:
                _note_unanswered(diagnosis, request.trace)
    diagnosis.instrumentations = sorted(scopes.values(), key=lambda i: (not i.facts, -i.spans))
    return diagnosis


def _note_unanswered(diagnosis: Diagnosis, trace: Trace) -> None:
    found = unanswered(trace)
    _count(diagnosis.silent, WORDS[found.reason])
    for key in found.unread if found.reason == NoTurnReason.UNKNOWN_ATTRIBUTES else ():
        _count(diagnosis.unread, key)


def _note_turn(diagnosis: Diagnosis, turn: Turn) -> None:
    diagnosis.turns += 1
    if turn.not_evaluable_reason is None:
        diagnosis.judged += 1
    else:
        _count(diagnosis.reasons, turn.not_evaluable_reason)
    _count(diagnosis.rungs, turn.context_source or str(turn.route))


def _count(counts: dict[str, int], what: str) -> None:
    counts[what] = counts.get(what, 0) + 1


def _note(scopes: dict[tuple[str, str], Instrumentation], trace: Trace, reading: SpanView) -> None:
    key = (reading.span.scope, reading.span.scope_version)
    if key not in scopes:
        scopes[key] = Instrumentation(*key, family_of(reading))
    found = scopes[key]
    found.spans += 1
    found.family = found.family or family_of(reading)
    if reading.failed:
        return
    if reading.kind == SpanKind.GENERATION:
        if not any(above.kind == SpanKind.GENERATION for above in trace.ancestors(reading)):
            traced = [r for r in trace.subtree(reading) if r.kind == SpanKind.GENERATION]
            above = [r for r in trace.ancestors(reading) if r.kind in SPEAKING]
            _note_call(found, traced, above)
    elif reading.kind in RETRIEVING and not any(
        above.kind in RETRIEVING for above in trace.ancestors(reading)
    ):
        _note_retrieval(found, reading)
    if reading.kind in SPEAKING and reading.span.parent_span_id is None:
        found.note("session", reading.text("session"))


def _note_call(
    found: Instrumentation, traced: Sequence[SpanView], above: Sequence[SpanView]
) -> None:
    """Record coverage of one model call over all spans that trace it.

    An attribute counts as sent if any of the spans has it. The answer may come from an enclosing
    span (`above`) alone: often that of a streamed one.

    Its answer may be told by what stands `above` it alone: often that of a streamed one.
    """

    def sent(fact: str) -> bool:
        return any(reading.text(fact) for reading in traced)

    answer_text = next(
        (reading.answer_text for reading in (*traced, *above) if reading.answer_text), None
    )
    found.note("answer", answer_text or any(calls_tools(reading) for reading in traced))
    found.note("prompt", any(reading.prompt for reading in traced))
    found.note("requested model", sent("model"))
    found.note("response model", sent("response_model"))
    found.note("tokens", any(reading.integer("output_tokens") is not None for reading in traced))
    found.note("prompt version", sent("prompt_version"))
    found.note("content unredacted", mark(answer_text) is None)


def _note_retrieval(found: Instrumentation, reading: SpanView) -> None:
    documents = reading.documents
    chunks = documents[1] if documents else []
    found.note("query", reading.query)
    found.note("chunk text", documents is not None and all(chunk.text for chunk in chunks))
    found.note("chunk id", documents is not None and all(chunk.id for chunk in chunks))
    found.note("chunk score", documents is not None and all(c.score is not None for c in chunks))
    found.note("attributes kept", not reading.span.dropped_attributes)


def as_record(diagnosis: Diagnosis) -> dict[str, Any]:
    """The diagnosis for programs."""
    return {
        "traces": diagnosis.traces,
        "turns": diagnosis.turns,
        "judged": diagnosis.judged,
        "not_judged": diagnosis.reasons,
        "without_turn": diagnosis.silent,
        "unread_attributes": diagnosis.unread,
        "chunks_from": diagnosis.rungs,
        "instrumentations": [_record_of(found) for found in diagnosis.instrumentations],
    }


def _record_of(found: Instrumentation) -> dict[str, Any]:
    return {
        "scope": found.scope,
        "version": found.version,
        "family": found.family.name if found.family else None,
        "spans": found.spans,
        "facts": {
            fact: {"found": coverage.found, "of": coverage.expected}
            for fact, coverage in found.facts.items()
        },
        "missing": found.missing,
        "keeps_from_judging": [fact for fact in found.missing if fact in NEEDED],
    }
