"""Home-made attributes: a table is proposed, and read it makes turns of them."""

import pytest

from groundwire_collector.assembly import alias_table, attribute_index
from groundwire_collector.assembly.suggestion import suggest
from groundwire_collector.assembly.turns import assemble
from groundwire_collector.errors import UsageError

Q, A, TEXT = "How long do refunds take?", "Refunds take 14 days.", "Refunds are paid in 14 days."
CACHES = (
    alias_table.families,
    attribute_index.overlays,
    attribute_index._tables,
    attribute_index._kind_rules,
    attribute_index._rule_keys,
    attribute_index._remembered_plan,
    attribute_index._remembered_places,
)
SHAPES = {
    "bot": {"bot.prompt": Q, "bot.reply_text": A, "bot.context": TEXT},
    "snake": {"user_question": Q, "generated_answer": A, "retrieved_chunks": [TEXT]},
    "camel": {"chatInput": Q, "chatResponse": A, "contextDocuments": [TEXT]},
    "rag": {"rag.query_text": Q, "rag.final_answer": A, "rag.chunks": [TEXT]},
    "acme": {"acme.llm.request_text": Q, "acme.llm.response_text": A, "acme.passages": [TEXT]},
    "short": {"llm_in_prompt": Q, "llm_out_completion": A, "llm_snippets": [TEXT]},
}


@pytest.fixture
def own_families(tmp_path, monkeypatch):
    path = tmp_path / "mine.toml"

    def use(text):
        path.write_text(text)
        monkeypatch.setenv(alias_table.OWN_FAMILIES, str(path))
        for cached in CACHES:
            cached.cache_clear()
        return alias_table.families()

    yield use
    monkeypatch.delenv(alias_table.OWN_FAMILIES, raising=False)
    for cached in CACHES:
        cached.cache_clear()


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_suggested_makes_turns_of_home_made_attributes(trace, own_families, name):
    trace.add("ask", SHAPES[name])
    assert assemble(trace.spans) == []
    own_families(suggest([trace.spans]))
    (turn,) = assemble(trace.spans)
    assert (turn.question, turn.answer) == (Q, A)
    assert [chunk.text for chunk in turn.chunks] == [TEXT]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[kind]]\nvalues = {}", "key is missing"),
        ('[[kind]]\nkey = "a"\nvalues = { "*" = "nosuch" }', "nosuch"),
        ("fact = 1", "unknown key fact"),
        ("name = ", "mine.toml"),
    ],
)
def test_a_wrong_table_is_one_line(own_families, text, message):
    with pytest.raises(UsageError) as raised:
        own_families(text)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_nothing_is_suggested_where_every_trace_is_read(trace):
    trace.chat(Q, A)
    assert suggest([trace.spans]) is None
