"""What each instrumentation sends of a turn, and what would make it send the rest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from groundwire_collector.assembly.answers import RETRIEVING
from groundwire_collector.assembly.family import Family, SpanKind, families
from groundwire_collector.assembly.marks import mark
from groundwire_collector.assembly.reading import SPEAKING, SpanReading
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import turns_of
from groundwire_collector.span import Span
from groundwire_evaluators.turn import Turn

# Facts whose lack keeps a turn from being judged; the others cost an axis or a number.
NEEDED = ("answer", "chunk text")
ADVICE = {
    "session": "set session.id (or gen_ai.conversation.id) on the request's span",
    "prompt version": "set gen_ai.prompt.version on the request's span",
    "tokens": "streamed answers: ask for usage (OpenAI: stream_options.include_usage)",
    "attributes kept": "raise OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT (128): the oldest are dropped first",
    "content unredacted": "let the redactor leave typed masks ([EMAIL_1]), not remove a field",
}
_ADVISED = {"answer": "answer", "chunk text": "documents", "query": "documents"}


@dataclass
class Coverage:
    """Of `asked` spans that should hold a fact, `found` do."""

    found: int = 0
    asked: int = 0

    def note(self, found: object) -> None:
        self.asked += 1
        self.found += bool(found)


@dataclass
class Instrumentation:
    """One instrumentation scope, and what its spans held; `family` None: no table knows it."""

    scope: str
    version: str
    family: Family | None
    spans: int = 0
    facts: dict[str, Coverage] = field(default_factory=dict)

    def note(self, fact: str, found: object) -> None:
        self.facts.setdefault(fact, Coverage()).note(found)

    @property
    def missing(self) -> dict[str, str]:
        """Facts that some spans lack, with what to do about it, the needed ones first."""
        lacking = [fact for fact, coverage in self.facts.items() if coverage.found < coverage.asked]
        lacking.sort(key=lambda fact: fact not in NEEDED)
        return {fact: self._advice(fact) for fact in lacking}

    def _advice(self, fact: str) -> str:
        table = self.family.advice if self.family else {}
        return table.get(_ADVISED.get(fact, fact)) or ADVICE.get(fact, "not sent by this emitter")


@dataclass
class Diagnosis:
    """`reasons` why turns cannot be judged, each with their number."""

    traces: int = 0
    turns: int = 0
    judged: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    rungs: dict[str, int] = field(default_factory=dict)
    instrumentations: list[Instrumentation] = field(default_factory=list)


def diagnose(traces: Iterable[Sequence[Span]]) -> Diagnosis:
    """Look at traces as they are stored; each instrumentation by its scope and version."""
    diagnosis = Diagnosis()
    scopes: dict[tuple[str, str], Instrumentation] = {}
    for spans in traces:
        diagnosis.traces += 1
        trace = Trace.of(spans)
        for reading in trace.readings.values():
            _note(scopes, trace, reading)
        for turn, _ in turns_of(trace):
            _note_turn(diagnosis, turn)
    diagnosis.instrumentations = sorted(scopes.values(), key=lambda i: (not i.facts, -i.spans))
    return diagnosis


def _note_turn(diagnosis: Diagnosis, turn: Turn) -> None:
    diagnosis.turns += 1
    if turn.not_evaluable_reason is None:
        diagnosis.judged += 1
    else:
        reason = turn.not_evaluable_reason
        diagnosis.reasons[reason] = diagnosis.reasons.get(reason, 0) + 1
    rung = turn.context_source or str(turn.route)
    diagnosis.rungs[rung] = diagnosis.rungs.get(rung, 0) + 1


def _note(
    scopes: dict[tuple[str, str], Instrumentation], trace: Trace, reading: SpanReading
) -> None:
    key = (reading.span.scope, reading.span.scope_version)
    if key not in scopes:
        scopes[key] = Instrumentation(*key, family_of(reading))
    found = scopes[key]
    found.spans += 1
    found.family = found.family or family_of(reading)
    if reading.failed:
        return
    if reading.kind == SpanKind.GENERATION:
        _note_generation(found, reading)
    elif reading.kind in RETRIEVING and not any(
        above.kind in RETRIEVING for above in trace.ancestors(reading)
    ):
        _note_retrieval(found, reading)
    if reading.kind in SPEAKING and reading.span.parent_span_id is None:
        found.note("session", reading.text("session"))


def _note_generation(found: Instrumentation, reading: SpanReading) -> None:
    calls_tools = any(reading.values("answer")) and reading.said is None
    found.note("answer", reading.said or calls_tools)
    found.note("prompt", reading.prompt)
    found.note("model asked", reading.text("model"))
    found.note("model served", reading.text("response_model"))
    found.note("tokens", reading.integer("output_tokens") is not None)
    found.note("prompt version", reading.text("prompt_version"))
    found.note("content unredacted", mark(reading.said) is None)


def _note_retrieval(found: Instrumentation, reading: SpanReading) -> None:
    told = reading.documents
    chunks = told[1] if told else []
    found.note("query", reading.query)
    found.note("chunk text", told is not None and all(chunk.text for chunk in chunks))
    found.note("chunk id", told is not None and all(chunk.id for chunk in chunks))
    found.note("chunk score", told is not None and all(c.score is not None for c in chunks))
    found.note("attributes kept", not reading.span.dropped_attributes)


def family_of(reading: SpanReading) -> Family | None:
    """Whose span it is: by its scope, the longest that matches, else by its attributes."""
    scoped = [
        (len(prefix), family)
        for family in families()
        for prefix in family.scopes
        if reading.span.scope.startswith(prefix)
    ]
    if scoped:
        return max(scoped, key=lambda pair: pair[0])[1]
    for family in families():
        if any(key.startswith(family.marks) for key in reading.span.attributes):
            return family
    return None
