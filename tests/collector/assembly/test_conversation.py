"""What earlier turns of a session retrieved counts where the prompt repeats it, and only there."""

import json
from datetime import UTC, datetime

import pytest

from groundwire_collector.assembly.conversation import with_earlier_context
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import assemble, assemble_requests
from groundwire_collector.storage import turns
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.turn import Chunk, Turn

PASSAGE = "Refunds are paid within 14 days of the return."
FOLLOW_UP = "And in the sale?"
SESSION = {"gen_ai.conversation.id": "s-1"}


def earlier(**fields) -> Turn:
    defaults = {
        "id": "e" * 32 + "-1",
        "trace_id": "e" * 32,
        "service": "bot",
        "session_id": "s-1",
        "question": "How long do refunds take?",
        "answer": "14 days.",
        "chunks": (
            Chunk(id="refunds", text=PASSAGE),
            Chunk(id="hats", text="Hats are blue today."),
        ),
        "started_at": datetime.fromtimestamp(0.5, UTC),
    }
    return Turn(**{**defaults, **fields})


def follow_up(trace, history=PASSAGE) -> None:
    prompt = [
        ("system", "Answer from the passages."),
        ("user", f"{history}\n\nHow long do refunds take?"),
        ("assistant", "14 days."),
        ("user", FOLLOW_UP),
    ]
    trace.chat(prompt, "Also 14 days.", attributes=SESSION)


def completed(engine, trace, *stored: Turn) -> Turn:
    with engine.begin() as connection:
        turns.save(connection, [JudgedTurn(turn, ()) for turn in stored])
        requests = assemble_requests([Trace.of(trace.spans)])
        [request] = with_earlier_context(connection, requests)
    [(turn, _)] = request.turns
    return turn


def test_a_passage_of_an_earlier_turn_counts_where_the_prompt_repeats_it(engine, trace):
    follow_up(trace)
    turn = completed(engine, trace, earlier())
    assert [(chunk.id, chunk.earlier) for chunk in turn.chunks] == [("refunds", True)]
    assert turn.context_source == "earlier_turns"
    assert turn.question == FOLLOW_UP
    assert turn.retrieved == ()


@pytest.mark.parametrize(
    "other",
    [{"session_id": "s-2"}, {"service": "shop"}, {"started_at": datetime(2027, 1, 1, tzinfo=UTC)}],
    ids=["another session", "another service", "a later turn"],
)
def test_passages_of_other_conversations_and_later_turns_do_not_count(engine, trace, other):
    follow_up(trace)
    assert completed(engine, trace, earlier(**other)).chunks == ()


def test_a_passage_that_the_prompt_lacks_was_not_given(engine, trace):
    follow_up(trace, history="(cut)")
    assert completed(engine, trace, earlier()).chunks == ()


def test_a_passage_that_this_turn_retrieved_too_counts_once_as_its_own(engine, trace):
    root = trace.add("ask", {"openinference.span.kind": "CHAIN", **SESSION})
    trace.retrieval(FOLLOW_UP, PASSAGE, parent=root)
    trace.chat(f"{PASSAGE} {FOLLOW_UP}", "14 days.", parent=root, attributes=SESSION)
    turn = completed(engine, trace, earlier())
    assert [(chunk.id, chunk.earlier) for chunk in turn.chunks] == [("d0", False)]


def test_turns_of_one_batch_know_their_predecessors(engine, trace, other):
    root = trace.add("ask", {"openinference.span.kind": "CHAIN", **SESSION})
    trace.retrieval("How long do refunds take?", PASSAGE, parent=root)
    trace.chat(f"{PASSAGE}\nHow long do refunds take?", "14 days.", parent=root, attributes=SESSION)
    for _ in range(4):
        other.add("GET", {"http.request.method": "GET"})
    follow_up(other)
    with engine.begin() as connection:
        requests = assemble_requests([Trace.of(trace.spans), Trace.of(other.spans)])
        found = with_earlier_context(connection, requests)
    second = max((t for r in found for t, _ in r.turns), key=lambda turn: turn.started_at)
    assert [(chunk.text, chunk.earlier) for chunk in second.chunks] == [(PASSAGE, True)]


def test_results_of_tools_above_the_last_question_are_context_of_earlier_turns(trace):
    def message(role: str, **part: str) -> dict:
        return {"role": role, "parts": [part]}

    row = json.dumps({"order": 17, "status": "shipped"})
    sent = [
        message("user", type="text", content="Where is order 17?"),
        message("tool", type="tool_call_response", response=row),
        message("assistant", type="text", content="It is shipped."),
        message("user", type="text", content="Since when?"),
    ]
    said = [message("assistant", type="text", content="Since Monday.")]
    trace.add(
        "chat",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.input.messages": json.dumps(sent),
            "gen_ai.output.messages": json.dumps(said),
        },
    )
    [turn] = assemble(trace.spans)
    assert [chunk.earlier for chunk in turn.chunks] == [True]
    assert "shipped" in turn.chunks[0].text
    assert turn.question == "Since when?"
