"""The alias tables as data: well formed, true to our own contract, and harmless to any value."""

import json

from groundwire import attributes
from groundwire_collector.assembly.alias_table import families
from groundwire_collector.assembly.deletion import SESSION_KEYS, USER_KEYS
from groundwire_collector.assembly.turns import assemble
from groundwire_collector.storage.span import Span

NAMES = ["own", "otel_genai", "openinference", "langfuse", "traceloop", "langsmith", "logfire"]


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


def test_a_user_to_be_deleted_is_found_under_every_name_of_the_tables():
    for fact, keys in (("session", SESSION_KEYS), ("user", USER_KEYS)):
        named = {s.key for f in families() for s in f.facts.get(fact, ()) if not s.path}
        assert named <= keys, fact
