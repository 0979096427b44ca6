"""Context inside a prompt is told from instructions and question by marks and position."""

import time

import pytest

from groundwire_collector.assembly.prompt_parts import PromptParts, divided, earlier, split
from groundwire_collector.assembly.turns import assemble
from groundwire_collector.assembly.value_parsing import Message
from groundwire_evaluators.turn import Route

REFUNDS, CARDS = "Refunds are paid within 14 days.", "Gift cards cannot be refunded."
TEXT = f"{REFUNDS}\n\n{CARDS}"
Q = "How long do refunds take?"
DOCUMENTS = f"<document index='1'>{REFUNDS}</document><document index='2'>{CARDS}</document>"
RULE = "Answer from the context only. If you do not know, say so."
SHAPES = {
    "labels": f"Context:\n{TEXT}\n\nQuestion: {Q}",
    "labels in one line": f"Context: {TEXT} Question: {Q}",
    "question first": f"Question: {Q} \nContext: {TEXT} \nAnswer:",
    "no label of the context": (
        f"Use the following pieces of context to answer the question at the end.\n\n{TEXT}\n\n"
        f"Question: {Q}\nHelpful Answer:"
    ),
    "fences": (
        f"Context information is below.\n---------------------\n{TEXT}\n---------------------\n"
        f"Given the context information and not prior knowledge, answer the query.\nQuery: {Q}\n"
        "Answer: "
    ),
    "tags": f"{RULE}\n<context>\n{TEXT}\n</context>\n<question>{Q}</question>",
    "tags around each document": f"<documents>{DOCUMENTS}</documents>\n\n{Q}",
    "headings": f"# Instructions\n{RULE}\n\n## Context\n{TEXT}\n\n## Question\n{Q}",
    "bold labels": f"**Context:**\n{TEXT}\n\n**Question:** {Q}",
    "german": f"Kontext:\n{TEXT}\n\nFrage: {Q}",
    "french": f"Contexte :\n{TEXT}\n\nQuestion : {Q}".replace(" :", ":"),
    "a sentence that introduces": f"Answer using only the following documents:\n\n{TEXT}\n\n{Q}",
    "a code fence": f"Here is the context:\n```\n{TEXT}\n```\n{Q}",
    "triple quotes": f'Context: """\n{TEXT}\n"""\n\nQuestion: """{Q}"""',
    "question before the results": f"{Q}\n\nHere are the search results:\n\n{TEXT}",
    "instructions between": f"Context:\n{TEXT}\n\nInstructions: be brief.\n\nQuestion: {Q}",
}


@pytest.mark.parametrize("name", SHAPES)
def test_marked_context_is_told_from_the_question(name):
    assert split(SHAPES[name]) == PromptParts(Q, (REFUNDS, CARDS))


@pytest.mark.parametrize(
    "text",
    [
        Q,
        "Please explain the context of this law. What do you think?",
        "What is the context: is it law?",
        "Question: what does it mean if a context is missing?",
        "Write a note. Documents: none are needed.",
        "Summarise <context> handling in templates.",
        "",
    ],
)
def test_a_text_without_marked_context_is_not_divided(text):
    assert split(text) == PromptParts()


def test_questions_and_answers_inside_the_context_stay_in_it():
    pairs = "Question: Is there a warranty?\nAnswer: Yes, 36 months.\n\nNotes: batteries have 12."
    found = split(f"Context:\n{pairs}\n\nQuestion: {Q}\nAnswer:")
    assert found.question == Q
    assert "\n\n".join(found.context) == pairs


def test_context_in_the_instructions_leaves_the_last_message_as_the_question():
    prompt = [Message("system", f"{RULE}\n\nContext: {REFUNDS}"), Message("user", Q)]
    assert divided(prompt) == PromptParts(Q, (REFUNDS,))


def test_context_in_a_message_before_the_question_belongs_to_it():
    prompt = [Message("user", f"Documents:\n{TEXT}"), Message("user", Q)]
    assert divided(prompt) == PromptParts(Q, (REFUNDS, CARDS))


def test_context_of_an_answered_question_is_earlier_context():
    prompt = [
        Message("user", f"Context: {REFUNDS}\n\nQuestion: {Q}"),
        Message("assistant", "14 days."),
        Message("user", "Thanks. And gift cards?"),
    ]
    assert divided(prompt) == PromptParts("Thanks. And gift cards?", ())
    assert earlier(prompt) == (REFUNDS,)


@pytest.mark.parametrize(
    "piece",
    ["<context>", "Context: word\n", "## Sources\n", "</a><document>", "-", "\n", "(> ", "use "],
)
def test_dividing_is_linear(piece):
    def seconds(times: int) -> float:
        began = time.process_time()
        split(piece * times)
        return time.process_time() - began

    seconds(100)
    assert seconds(16_000) < 40 * seconds(2_000) + 0.05


def test_a_prompt_with_its_context_is_a_turn_with_chunks(trace):
    trace.chat(SHAPES["fences"], "14 days.")
    [turn] = assemble(trace.spans)
    assert (turn.question, turn.context_source, turn.route) == (
        Q,
        "prompt_context",
        Route.RETRIEVAL,
    )
    assert [chunk.text for chunk in turn.chunks] == [REFUNDS, CARDS]
    assert turn.not_evaluable_reason is None


def test_a_traced_retrieval_wins_over_what_the_prompt_marks(trace):
    trace.retrieval(Q, REFUNDS)
    trace.chat(f"Context: {REFUNDS} {CARDS}\n\nQuestion: {Q}", "14 days.")
    [turn] = assemble(trace.spans)
    assert (turn.context_source, [chunk.text for chunk in turn.chunks]) == ("documents", [REFUNDS])


def test_a_closed_book_call_has_no_context(trace):
    attributes = {"groundwire.closed_book": True}
    trace.chat(
        f"Context: none was retrieved, answer freely.\n\nQuestion: {Q}", "A.", attributes=attributes
    )
    assert assemble(trace.spans)[0].chunks == ()
