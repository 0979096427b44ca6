"""Turns that cannot be judged, and why."""

import json

import pytest

from groundwire_collector.assembly.turns import assemble

ANSWER = "You have 30 days for it."


def reason(trace):
    (turn,) = assemble(trace.spans)
    return turn.not_evaluable_reason


@pytest.mark.parametrize(
    "mark",
    ["__REDACTED__", "[Scrubbed due to 'password']", "[REDACTED]", "<REDACTED>", "***", "<masked>"],
)
def test_a_foreign_mark_in_place_of_the_answer_is_not_judged(trace, mark):
    trace.retrieval("How long?", "Refunds within 30 days.")
    trace.chat("How long?", mark)
    assert reason(trace) == "the answer was redacted"


def test_a_mark_in_place_of_a_chunk_or_of_the_question_is_not_judged(trace):
    trace.retrieval("How long?", "Refunds within 30 days.", "__REDACTED__")
    trace.chat("How long?", ANSWER)
    assert reason(trace) == "the retrieved documents were redacted"
    other = type(trace)()
    other.retrieval("__REDACTED__", "Refunds within 30 days.")
    other.chat("How long?", ANSWER)
    assert reason(other) == "the question was redacted"


def test_what_was_redacted_from_the_retrieval_is_not_read_from_the_prompt(trace):
    attributes = {
        "langfuse.observation.type": "retriever",
        "langfuse.observation.output": "<REDACTED>",
    }
    trace.add("retriever", attributes)
    leaked = {"gen_ai.prompt.variable.context": "The secret."}
    trace.chat("How long?", ANSWER, attributes=leaked)
    (turn,) = assemble(trace.spans)
    assert turn.chunks == ()
    assert turn.not_evaluable_reason == "the retrieved documents were redacted"


@pytest.mark.parametrize(
    "text",
    [
        "Write to [EMAIL_1] or call [PHONE_2] within 30 days.",
        "The file was removed (see the note), filtered coffee costs 2 euros.",
        "Masks are required; hidden costs are truncated in the table.",
        "2 ** 3 *** is a footnote mark here.",
    ],
)
def test_typed_masks_and_ordinary_words_stay_evaluable(trace, text):
    trace.retrieval("How long?", text)
    trace.chat("How long?", text)
    assert reason(trace) is None


def test_an_answer_that_the_emitter_says_it_cut_is_not_judged(trace):
    cut = json.dumps({"gen_ai.output.messages": {"original_length": 9000, "sha256": "0"}})
    trace.chat("How long?", ANSWER, attributes={"groundwire.truncated": cut})
    assert reason(trace) == "the answer was cut on its way"


def test_a_cut_of_something_else_does_no_harm(trace):
    cut = json.dumps({"http.request.body": {"original_length": 9000, "sha256": "0"}})
    trace.chat("How long?", ANSWER, attributes={"groundwire.truncated": cut})
    assert reason(trace) is None


def test_a_numbered_chunk_that_the_receiver_cut_is_not_judged(trace):
    cut = {"retrieval.documents.0.document.content": {"original_length": 9000, "sha256": "0"}}
    trace.add(
        "r",
        {
            "openinference.span.kind": "RETRIEVER",
            "retrieval.documents.0.document.content": "Refunds within",
            "groundwire.truncated": json.dumps(cut),
        },
    )
    trace.chat("How long?", ANSWER)
    assert reason(trace) == "the retrieved documents were cut on their way"


def test_json_that_ends_in_the_middle_was_cut(trace):
    documents = json.dumps([{"id": "a", "content": "Refunds within 30 days."}])[:-20]
    trace.add("r", {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.documents": documents})
    trace.chat("How long?", ANSWER)
    assert reason(trace) == "the retrieved documents were cut on their way"


def test_texts_that_all_end_at_one_round_length_were_cut(trace):
    trace.retrieval("How long?", "Refunds within 30 days.")
    trace.add(
        "chat",
        {
            "openinference.span.kind": "LLM",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": ("a question " * 20)[:128],
            "llm.output_messages.0.message.content": ("an answer " * 20)[:128],
        },
    )
    assert reason(trace) == "the answer was cut at 128 characters, the limit of its emitter"


def test_an_answer_of_a_round_length_is_judged_where_longer_texts_came_whole(trace):
    trace.retrieval("How long?", "Refunds within 30 days. " * 10)
    trace.chat("How long?" * 40, ("an answer " * 20)[:128])
    assert reason(trace) is None


def test_attributes_lost_beside_one_whole_attribute_of_documents_do_no_harm(trace):
    trace.retrieval("How long?", "Refunds within 30 days.", dropped_attributes=3)
    trace.chat("How long?", ANSWER)
    assert reason(trace) is None


def test_attributes_lost_from_the_answering_span_make_it_unjudgeable(trace):
    trace.chat("How long?", ANSWER, dropped_attributes=2)
    assert reason(trace) == "2 attributes of the answering span were dropped by its emitter"


def test_a_scrubbed_session_is_no_session(trace):
    scrubbed = {"session.id": "[Scrubbed due to 'session']"}
    trace.chat("How long?", ANSWER, attributes=scrubbed)
    (turn,) = assemble(trace.spans)
    assert turn.session_id is None
