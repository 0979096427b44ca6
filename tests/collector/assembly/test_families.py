"""The alias tables as data: well formed, true to our own contract, and harmless to any value."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire import attributes
from groundwire_collector.assembly.family import families
from groundwire_collector.assembly.turns import assemble
from groundwire_collector.span import Span, SpanEvent

NAMES = ["own", "otel_genai", "openinference", "langfuse", "traceloop", "langsmith", "logfire"]
KEYS = sorted(
    {source.key.replace("{i}", "0") for f in families() for s in f.facts.values() for source in s}
    | {rule.key for family in families() for rule in family.kinds}
)
KINDS = sorted({(rule.key, value) for f in families() for rule in f.kinds for value in rule.values})
EVENTS = sorted(
    {
        name
        for family in families()
        for name in (
            *family.overlays,
            *(n for sources in family.facts.values() for s in sources for n in s.events),
        )
    }
)


def test_families_are_asked_in_the_order_of_their_rank():
    found = [family.name for family in families()]
    assert [name for name in found if name in NAMES] == NAMES


def test_every_place_of_a_fact_is_named_once_in_a_table():
    for family in families():
        for fact, sources in family.facts.items():
            places = [(s.key, s.path, s.kinds, str(s.events)) for s in sources]
            assert len(places) == len(set(places)), (family.name, fact)


def test_our_own_table_names_what_our_sdk_writes():
    ours = {value for value in vars(attributes).values() if str(value).startswith("groundwire.")}
    own = families()[0]
    named = {s.key for sources in own.facts.values() for s in sources if "groundwire." in s.key}
    assert named <= ours


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["__REDACTED__", "[{", '{"a": ', '["x"]', "[[[[", '{"messages": [[{}]]}']),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "role",
                    "content",
                    "parts",
                    "message",
                    "text",
                    "id",
                    "score",
                    "args",
                    "documents",
                    "kwargs",
                    "type",
                    "data",
                    "ids",
                    "rank",
                    "metadata",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(st.sampled_from(KEYS), VALUES | VALUES.map(json.dumps), max_size=8)


@st.composite
def any_span(draw, number):
    found = draw(ATTRIBUTES)
    for key, value in draw(st.lists(st.sampled_from(KINDS), max_size=2)):
        found[key] = value
    names = draw(st.lists(st.sampled_from(EVENTS), max_size=2))
    return Span(
        trace_id="a" * 32,
        span_id=f"{number:016x}",
        parent_span_id=draw(st.sampled_from([None, *(f"{i:016x}" for i in range(5))])),
        start_ns=draw(st.integers(0, 10**9)),
        end_ns=draw(st.integers(0, 10**9)),
        status=draw(st.integers(0, 2)),
        scope=draw(st.sampled_from(["", "groundwire", "logfire", "x"])),
        attributes=found,
        events=tuple(
            SpanEvent(name=n, time_ns=1, attributes=draw(ATTRIBUTES), body=draw(VALUES))
            for n in names
        ),
    )


@settings(max_examples=80, deadline=None)
@given(st.tuples(*(any_span(number) for number in range(4))))
def test_no_span_whatever_it_holds_stops_the_others(spans):
    for turn in assemble(spans):
        assert turn.id.startswith("a" * 32)
        assert turn.answer is not None or turn.not_evaluable_reason


def test_values_nested_without_end_do_no_harm():
    deep = "[" * 5000 + "]" * 5000
    nested = [[]]
    for _ in range(900):
        nested = [nested]
    for value in (deep, nested, json.dumps(nested[0])):
        span = Span(
            trace_id="a" * 32,
            span_id="b" * 16,
            attributes={
                "gen_ai.operation.name": "chat",
                "gen_ai.output.messages": value,
                "gen_ai.input.messages": value,
                "gen_ai.retrieval.documents": value,
            },
        )
        assert len(assemble([span])) <= 1
