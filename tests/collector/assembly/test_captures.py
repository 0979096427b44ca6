"""Recorded exports of real emitters against what was asked, retrieved and answered."""

import pytest

from groundwire_collector.assembly.turns import assemble
from groundwire_evaluators.turn import Route

# Folder: turns, and what its emitter withholds: of all turns, and beyond that of a streamed one.
FOLDERS = {
    "openinference-langchain": (2, {"response_id"}, {"input_tokens", "output_tokens"}),
    "otel-genai-langchain": (
        2,
        {"session_id", "user_id", "prompt_version", "metadata"},
        {"input_tokens", "output_tokens", "response_id"},
    ),
    "traceloop-langchain": (
        2,
        {"prompt_version", "chunk_ids"},
        {
            "input_tokens",
            "output_tokens",
            "response_id",
            "response_model",
            "session_id",
            "user_id",
        },
    ),
    "langfuse-sdk": (3, {"model", "response_id", "session_id", "user_id", "prompt_version"}, set()),
    "otel-genai-openai-latest-event": (2, {"prompt_version"}, set()),
    "js-otlp-json-gzip": (1, {"model", "response_id", "prompt_version"}, set()),
}
FACTS = {
    "model": "request_model",
    "response_model": "response_model",
    "response_id": "response_id",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "session_id": "session_id",
    "user_id": "user_id",
    "prompt_version": "prompt_version",
}


@pytest.fixture(params=FOLDERS)
def recorded(request, capture, ground_truth):
    turns = [turn for spans in capture(request.param).values() for turn in assemble(spans)]
    return turns, ground_truth(request.param), FOLDERS[request.param]


def test_each_answered_request_is_one_turn_and_a_failed_call_is_none(recorded):
    turns, _, (count, _, _) = recorded
    assert len(turns) == count


def test_a_turn_has_question_answer_and_every_chunk(recorded):
    turns, truth, (_, withheld, _) = recorded
    for turn in turns:
        assert turn.question == truth["question"]
        assert turn.answer == truth["answer"]
        assert [c.text for c in turn.chunks] == [c["text"] for c in truth["chunks"]]
        assert [c.score for c in turn.chunks] == [c["score"] for c in truth["chunks"]]
        assert [c.rank for c in turn.chunks] == [0, 1, 2]
        if "chunk_ids" not in withheld:
            assert [c.id for c in turn.chunks] == [c["id"] for c in truth["chunks"]]
        if "metadata" not in withheld:
            found = [dict(c.metadata) | c_truth["metadata"] for c, c_truth in _pairs(turn, truth)]
            assert found == [dict(c.metadata) for c in turn.chunks]
        assert turn.route == Route.RETRIEVAL
        assert turn.not_evaluable_reason is None


def test_models_tokens_session_and_versions_are_read_once_where_they_are_sent(recorded):
    turns, truth, (_, withheld, streamed) = recorded
    for turn in turns:
        for name, truth_name in FACTS.items():
            value = getattr(turn, name)
            allowed = {truth[truth_name]} | ({None} if name in withheld | streamed else set())
            if name == "response_model" and name in streamed:
                allowed |= {truth["request_model"]}
            assert value in allowed, f"{name}: {value!r}"
        assert turn.model_version == "1.4.2"
    for name in set(FACTS) - withheld - streamed:
        assert all(getattr(turn, name) == truth[FACTS[name]] for turn in turns)
    for name in streamed:  # sent where the answer is not streamed
        assert any(getattr(turn, name) == truth[FACTS[name]] for turn in turns)


def test_chunks_lost_to_an_attribute_limit_make_a_turn_not_evaluable(capture):
    (spans,) = capture("openinference-attribute-limit-80-docs").values()
    (turn,) = assemble(spans)
    assert turn.not_evaluable_reason == "37 attributes of a retrieval were dropped by its emitter"
    assert [c.rank for c in turn.chunks] == list(range(17, 80))
    assert turn.chunks[0].text == "Passage number 17."


@pytest.mark.parametrize(
    ("folder", "rung"),
    [
        ("openinference-langchain", "flattened_documents"),
        ("otel-genai-langchain", "prompt_variable"),
        ("traceloop-langchain", "retriever_output"),
        ("langfuse-sdk", "retriever_output"),
        ("otel-genai-openai-latest-event", "documents"),
        ("js-otlp-json-gzip", "flattened_documents"),
    ],
)
def test_the_rung_that_gave_the_chunks_is_recorded(capture, folder, rung):
    turns = [turn for spans in capture(folder).values() for turn in assemble(spans)]
    assert {turn.context_source for turn in turns} == {rung}


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_order_in_which_spans_came_changes_nothing(capture, folder):
    for spans in capture(folder).values():
        assert assemble(spans[::-1]) == assemble(spans)
        assert assemble([*spans, *spans]) == assemble(spans)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_turn_keeps_its_id_whichever_spans_came_first(capture, folder):
    for spans in capture(folder).values():
        whole = assemble(spans)
        roots = [span for span in spans if span.parent_span_id is None]
        early = assemble([span for span in spans if span not in roots])
        assert [turn.id for turn in early] == [turn.id for turn in whole]


def _pairs(turn, truth):
    return list(zip(turn.chunks, truth["chunks"], strict=True))
