"""What the collector makes of what the SDK sends."""

from collections.abc import Callable, Iterator
from typing import Any

import groundwire as gw
from groundwire import observe
from groundwire.testing import CollectedSpan, collect
from groundwire_collector.assembly.turns import assemble
from groundwire_collector.storage.span import Span
from groundwire_evaluators.turn import Turn

TEXTS = ["Refunds take 14 days.", "Parcels leave on Mondays."]


@observe.retrieval
def search(question: str) -> list[dict[str, Any]]:
    return [{"id": str(i), "content": text, "score": 0.9} for i, text in enumerate(TEXTS)]


@observe.generation
def generate(question: str, chunks: Any = None) -> Iterator[str]:
    yield "14 "
    yield "days."


@observe(route="cache")
def cached(question: str) -> str:
    return "14 days."


def received(span: CollectedSpan) -> Span:
    return Span(
        trace_id=f"{span.trace_id:032x}",
        span_id=f"{span.span_id:016x}",
        parent_span_id=f"{span.parent_id:016x}" if span.parent_id else None,
        name=span.name,
        service="bot",
        start_ns=int(span.start * 1e9),
        end_ns=int(span.end * 1e9),
        attributes=dict(span.raw.attributes or {}),
        scope=span.scope,
    )


def turn(function: Callable[[str], str], **settings: Any) -> Turn:
    with collect(**settings) as spans:
        observe(name="ask")(function)("How long?")
        (assembled,) = assemble([received(span) for span in spans.all])
    return assembled


def test_a_turn_arrives_whole() -> None:
    def ask(question: str) -> str:
        gw.annotate(model_version="ft-2", session_id="s")
        return "".join(generate(question, search(question)))

    reported = turn(ask, prompt_version="p", index_version="i")
    assert (reported.question, reported.answer) == ("How long?", "14 days.")
    assert [(c.id, c.text, c.score) for c in reported.chunks] == [
        ("0", TEXTS[0], 0.9),
        ("1", TEXTS[1], 0.9),
    ]
    assert (reported.model_version, reported.prompt_version, reported.index_version) == (
        "ft-2",
        "p",
        "i",
    )
    assert (reported.session_id, reported.route) == ("s", "retrieval")
    assert reported.not_evaluable_reason is None


def test_the_chunks_given_to_the_model_are_the_turns() -> None:
    reported = turn(lambda question: "".join(generate(question, search(question)[1:])))
    assert [chunk.text for chunk in reported.chunks] == TEXTS[1:]


def test_routes_arrive() -> None:
    assert turn(lambda question: "".join(generate(question))).route == "parametric"
    assert turn(lambda question: cached(question)).route == "cache"


def test_an_empty_retrieval_arrives_as_one() -> None:
    empty = observe.retrieval(name="empty")(lambda question: [])
    reported = turn(lambda question: "".join(generate(question, empty(question))))
    assert (reported.chunks, reported.route) == ((), "retrieval")


def test_what_was_hashed_or_cut_is_not_evaluable() -> None:
    def ask(question: str) -> str:
        return "".join(generate(question, search(question)))

    assert "redacted" in (turn(ask, content="hash", hash_key="k").not_evaluable_reason or "")
    assert "cut" in (turn(ask, max_text=10).not_evaluable_reason or "")


def test_masks_leave_a_turn_evaluable() -> None:
    shown = observe.retrieval(name="shown")(lambda question: ["Write to bob@example.org."])
    reported = turn(lambda question: str(shown(question)[0]))
    assert reported.answer == reported.chunks[0].text == "Write to [EMAIL_1]."
    assert reported.not_evaluable_reason is None
