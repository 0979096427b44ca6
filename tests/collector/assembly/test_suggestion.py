"""Home-made attributes: a table is proposed, and read it makes turns of them."""

import json

import pytest

from groundwire_collector.assembly import alias_table, attribute_index
from groundwire_collector.assembly.suggestion import suggest
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import assemble
from groundwire_collector.assembly.unanswered import NoTurnReason, unanswered
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
    "german": {"bot.frage": Q, "bot.antwort": A, "bot.kontext": [TEXT]},
    "bare": {"question": Q, "answer": A, "context": TEXT},
    "bare too": {"query": Q, "response": A, "documents": [TEXT]},
    "spanish": {"chat.pregunta": Q, "chat.respuesta": A, "chat.documentos": [TEXT]},
}
# Names that say nothing: the values do.
WITHOUT_NAMES = {
    "verbs": {"svc.customer_says": Q, "svc.we_say": A, "svc.lang": "en"},
    "letters": {"io.in": Q, "io.out": A},
    "in and out": {"input": Q, "output": A},
    "a completion": {"prompt": Q, "completion": A},
    "numbers beside": {"t1": Q, "t2": A, "ms": 12, "ok": True},
    "conversation": {
        "dialogue": json.dumps([{"who": "human", "says": Q}, {"who": "bot", "says": A}])
    },
    "ShareGPT": {"turns": json.dumps([{"from": "human", "value": Q}, {"from": "gpt", "value": A}])},
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


@pytest.mark.parametrize("name", WITHOUT_NAMES)
def test_a_question_and_what_follows_it_are_suggested_by_their_values(trace, own_families, name):
    trace.add("handle", WITHOUT_NAMES[name])
    assert assemble(trace.spans) == []
    own_families(suggest([trace.spans]))
    (turn,) = assemble(trace.spans)
    assert (turn.question, turn.answer) == (Q, A)


def test_steps_with_names_of_their_own_become_one_turn(trace, own_families):
    top = trace.add("rag.pipeline", {"pipeline.id": "p-1", "pipeline.user_msg": Q})
    hits = json.dumps([{"body": TEXT, "sim": 0.8}])
    trace.add("rag.fetch", {"fetch.hits_json": hits, "fetch.q": Q}, parent=top)
    model = {"gen.engine": "acme-3", "gen.tok_in": 33, "gen.tok_out": 8}
    prompt = f"Context:\n{TEXT}\n\nQuestion: {Q}"
    trace.add("rag.gen", {"gen.prompt_text": prompt, "gen.completion_text": A, **model}, parent=top)
    own_families(suggest([trace.spans]))
    (turn,) = assemble(trace.spans)
    assert (turn.question, turn.answer, [c.text for c in turn.chunks]) == (Q, A, [TEXT])
    assert (turn.response_model, turn.input_tokens, turn.output_tokens) == ("acme-3", 33, 8)
    assert turn.chunks[0].score == 0.8


def test_messages_and_responses_in_json_become_a_turn(trace, own_families):
    top = trace.add("POST /chat", {"http.route": "/chat", "app.session.id": "s-9"})
    sent = json.dumps([{"role": "user", "content": Q}])
    reply = json.dumps({"choices": [{"message": {"role": "assistant", "content": A}}]})
    call = {"app.llm.messages_json": sent, "app.llm.result_json": reply}
    trace.add("llm", {**call, "app.llm.model_name": "acme"}, parent=top)
    trace.add("vectorstore", {"app.vs.documents": [TEXT], "app.vs.query": Q}, parent=top)
    own_families(suggest([trace.spans]))
    (turn,) = assemble(trace.spans)
    assert (turn.question, turn.answer, [c.text for c in turn.chunks]) == (Q, A, [TEXT])
    assert (turn.session_id, turn.response_model) == ("s-9", "acme")


def test_a_trace_that_nobody_asks_in_is_not_of_a_language_model(trace):
    trace.add(
        "POST /orders", {"http.route": "/orders", "order.note": "Please ring the bell twice."}
    )
    assert suggest([trace.spans]) is None
    assert unanswered(Trace.of(trace.spans)).reason == NoTurnReason.NOT_LLM


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
