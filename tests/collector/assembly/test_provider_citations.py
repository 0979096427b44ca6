"""Citations that stand beside the answer, as each provider gives them, resolved to chunks."""

import json

import pytest

from groundwire_collector.assembly.turns import assemble
from groundwire_evaluators.evaluation import CitationOutcome
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.runner import evaluate

FIRST, SECOND = "The phone costs 200 euros.", "It is sold in Berlin."
ANSWER = f"{FIRST} {SECOND}"
TEXTS = ["Price list: the phone costs 200 euros.", "The phone is sold in Berlin."]
URLS = ["https://shop.example/prices", "https://shop.example/places"]


def url_citation(start, end, url):
    return {"type": "url_citation", "start_index": start, "end_index": end, "url": url}


def completion():
    nested = [
        {
            "type": "url_citation",
            "url_citation": {"start_index": 0, "end_index": 26, "url": URLS[0]},
        },
        {"type": "url_citation", "url_citation": {"start_index": 27, "end_index": 48, "url": "x"}},
    ]
    message = {"role": "assistant", "content": ANSWER, "annotations": nested}
    return {"output.value": json.dumps({"choices": [{"message": message}]})}


def responses():
    annotations = [url_citation(0, 26, URLS[0]), url_citation(27, 48, "x")]
    content = [{"type": "output_text", "text": ANSWER, "annotations": annotations}]
    return {"output.value": json.dumps({"output": [{"type": "message", "content": content}]})}


def anthropic():
    def block(text, position, quote):
        found = {"type": "char_location", "document_index": position, "cited_text": quote}
        return {"type": "text", "text": text, "citations": [found]}

    blocks = [block(FIRST, 0, TEXTS[0]), block(" " + SECOND, 7, "nowhere")]
    return {"output.value": json.dumps({"role": "assistant", "content": blocks})}


def openinference_anthropic():
    found = {"llm.output_messages.0.message.role": "assistant"}
    for number, text in enumerate((FIRST, SECOND)):
        start = f"llm.output_messages.0.message.contents.{number}.message_content"
        found |= {f"{start}.type": "text", f"{start}.text": text}
    citations = {"0": [{"document_title": URLS[0]}], "1": [{"document_title": "x"}]}
    return {**found, "metadata": json.dumps({"citations": citations})}


def google():
    chunks = [{"web": {"uri": URLS[0], "title": "prices"}}, {"web": {"uri": "x"}}]
    supports = [
        {"segment": {"startIndex": 0, "text": FIRST}, "groundingChunkIndices": [0]},
        {"segment": {"startIndex": 99, "text": SECOND}, "groundingChunkIndices": [1, 9]},
    ]
    candidate = {
        "content": {"parts": [{"text": ANSWER}], "role": "model"},
        "groundingMetadata": {"groundingChunks": chunks, "groundingSupports": supports},
    }
    return {
        "llm.output_messages.0.message.content": ANSWER,
        "output.value": json.dumps({"candidates": [candidate]}),
    }


@pytest.mark.parametrize(
    "form", [completion, responses, anthropic, openinference_anthropic, google]
)
def test_a_provider_s_citations_are_judged_like_markers(trace, form):
    found = {"openinference.span.kind": "RETRIEVER", "input.value": "What does it cost?"}
    for number, (text, url) in enumerate(zip(TEXTS, URLS, strict=True)):
        found[f"retrieval.documents.{number}.document.content"] = text
        found[f"retrieval.documents.{number}.document.id"] = url
    trace.add("retrieve", found)
    trace.add("llm", {"openinference.span.kind": "LLM", **form()})
    (turn,) = assemble(trace.spans)
    assert " ".join(turn.answer.split()) == ANSWER
    (evaluation,) = evaluate(Grounding(), [turn])
    outcomes = [(c.outcome, c.chunk) for c in evaluation.citations]
    assert outcomes == [(CitationOutcome.VALID, 0), (CitationOutcome.NOT_RETRIEVED, None)]
    assert turn.answer[evaluation.citations[0].start : evaluation.citations[0].end] == FIRST


def test_citations_of_any_shape_do_no_harm(trace):
    odd = {
        "content": "An answer to it.",
        "annotations": [
            {"type": "url_citation", "start_index": -5, "end_index": 10**30, "url": "u"}
        ],
        "citations": [{"document_index": "x"}, None, 3],
        "groundingMetadata": {"groundingSupports": [{"segment": 3, "groundingChunkIndices": "x"}]},
    }
    trace.add("llm", {"openinference.span.kind": "LLM", "output.value": json.dumps(odd)})
    (turn,) = assemble(trace.spans)
    assert all(0 <= c.start <= c.end <= len(turn.answer) for c in turn.cited)
