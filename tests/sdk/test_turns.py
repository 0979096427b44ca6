"""Turns, their tags and routes, what was really given to the model, threads, closed-book calls."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import groundwire as gw
from groundwire import observe
from groundwire.testing import CollectedSpans, collect

CHUNKS = [{"id": "1", "content": "Refunds take 14 days."}]


@observe.retrieval
def search(question: str) -> list[dict[str, Any]]:
    return CHUNKS


@observe.generation
def generate(question: str, chunks: Any = None) -> str:
    return "14 days."


@observe
def ask(question: str) -> dict[str, str]:
    return {"answer": generate(question, search(question))}


def test_a_turn_holds_its_retrieval_and_generation(spans: CollectedSpans) -> None:
    ask("why?")
    turn = spans.named("ask")
    assert turn.parent_id is None
    assert turn.attributes["gen_ai.operation.name"] == "invoke_workflow"
    assert turn.attributes["groundwire.answer_complete"] is True
    assert (turn.question, turn.answer) == ("why?", "14 days.")
    for name, operation in (("search", "retrieval"), ("generate", "chat")):
        span = spans.named(name)
        assert span.parent_id == turn.span_id
        assert span.attributes["gen_ai.operation.name"] == operation
        assert "groundwire.answer_complete" not in span.attributes
    assert spans.named("search").chunks == CHUNKS
    assert spans.named("generate").chunks == []


def test_ids_and_clock_of_collected_spans_are_fixed(spans: CollectedSpans) -> None:
    ask("why?")
    reported = [(s.name, s.trace_id, s.span_id, s.start, s.end) for s in spans.all]
    assert reported == [
        ("search", 1, 2, 2.0, 3.0),
        ("generate", 1, 3, 4.0, 5.0),
        ("ask", 1, 1, 1.0, 6.0),
    ]


# ---------------------------------------------------------------------- tags


def test_versions_are_set_by_init_then_decorator_then_annotate() -> None:
    tagged = observe(model_version="decorated", name="tagged")(lambda question: question)

    @observe
    def annotated(question: str) -> str:
        gw.annotate(model_version="annotated", session_id="s", user_id="u", tenant="t")
        return generate(question)

    with collect(model_version="init", prompt_version="p1", index_version="i1") as spans:
        ask("why?")
        tagged("why?")
        annotated("why?")
        versions = [s.attributes["groundwire.model_version"] for s in spans.all]
        assert versions == ["init", "init", "init", "decorated", "annotated", "annotated"]
        last = spans.all[-1].attributes
        assert last["gen_ai.prompt.version"] == "p1"
        assert last["groundwire.index_version"] == "i1"
        assert last["session.id"] == last["gen_ai.conversation.id"] == "s"
        assert (last["user.id"], last["groundwire.tenant"]) == ("u", "t")


def test_an_annotate_block_tags_the_turns_that_begin_inside(spans: CollectedSpans) -> None:
    with gw.annotate(session_id="outer", tenant="t"), gw.annotate(session_id="inner"):
        ask("why?")
    ask("again?")
    first, second = [s.attributes for s in spans.all if s.name == "ask"]
    assert (first["session.id"], first["groundwire.tenant"]) == ("inner", "t")
    assert "session.id" not in second


def test_a_generation_suggests_its_version_to_the_turn(spans: CollectedSpans) -> None:
    inner = observe.generation(model_version="ft-3", name="inner")(lambda question: "yes")
    plain = observe(name="plain")(lambda question: inner(question))

    @observe
    def message(question: str) -> str:
        gw.annotate(model_version="ft-4")
        return inner(question)

    plain("why?")
    message("why?")
    assert spans.named("plain").attributes["groundwire.model_version"] == "ft-3"
    assert spans.named("message").attributes["groundwire.model_version"] == "ft-4"


def test_annotate_outside_a_turn_does_no_harm(spans: CollectedSpans) -> None:
    gw.annotate(model_version="nobody")
    ask("why?")
    assert "groundwire.model_version" not in spans.named("ask").attributes


def test_an_unknown_route_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    gw.annotate(route="telepathy")
    assert "telepathy" in caplog.text


# ---------------------------------------------------------------------- routes


@observe(route="cache")
def cached(question: str) -> str | None:
    return "14 days." if "hit" in question else None


def routed(function: Any, question: str = "why?") -> Any:
    with collect() as spans:
        observe(name="turn")(function)(question)
        return spans.named("turn").attributes.get("groundwire.route")


def test_the_route_is_detected_from_what_ran() -> None:
    assert routed(lambda question: generate(question, search(question))) == "retrieval"
    assert routed(lambda question: generate(question)) == "parametric"
    assert routed(lambda question: generate(question, CHUNKS)) == "retrieval"
    assert routed(lambda question: "14 days.") is None


def test_a_cache_or_tool_step_gives_its_route_only_when_it_answers() -> None:
    def turn(question: str) -> str:
        return cached(question) or generate(question, search(question))

    assert routed(turn, "hit") == "cache"
    assert routed(turn, "miss") == "retrieval"


def test_the_route_can_be_set() -> None:
    def turn(question: str) -> str:
        gw.annotate(route="tool")
        return generate(question, search(question))

    assert routed(turn) == "tool"
    with collect() as spans:
        observe(route="cache", name="turn")(lambda question: "x")("why?")
        assert spans.named("turn").attributes["groundwire.route"] == "cache"


def test_a_step_inside_a_turn_is_timed_and_not_judged(spans: CollectedSpans) -> None:
    step = observe(name="step")(lambda text: text.upper())
    observe(name="turn")(lambda question: step(question))("why?")
    attributes = spans.named("step").attributes
    assert "gen_ai.operation.name" not in attributes
    assert "gen_ai.input.messages" not in attributes
    assert "gen_ai.output.messages" not in attributes
    assert spans.named("turn").answer == "WHY?"


# ---------------------------------------------------------------------- what the model saw


def test_reranked_chunks_given_to_the_model_are_recorded_there(spans: CollectedSpans) -> None:
    @observe.retrieval(name="many")
    def many(question: str) -> list[str]:
        return ["first", "second", "third"]

    observe(name="turn")(lambda question: generate(question, many(question)[1:2]))("why?")
    assert [chunk["content"] for chunk in spans.named("generate").chunks] == ["second"]


def test_a_generation_without_a_question_takes_the_turns(spans: CollectedSpans) -> None:
    complete = observe.generation(name="complete")(lambda context: "yes")
    observe(name="turn")(lambda question: complete(CHUNKS))("why?")
    assert spans.named("complete").question == "why?"


def test_an_answer_can_be_pointed_out(spans: CollectedSpans) -> None:
    @observe(question="text", answer=lambda result: result["deep"][0])
    def turn(other: int, text: str) -> Any:
        return {"deep": ["yes"]}

    @observe.generation(answer=lambda item: item.get("piece"))
    def stream(question: str) -> Iterator[dict[str, str]]:
        yield {"piece": "a"}
        yield {"other": "x"}
        yield {"piece": "b"}

    turn(1, "why?")
    assert len(list(stream("why?"))) == 3
    assert (spans.named("turn").question, spans.named("turn").answer) == ("why?", "yes")
    assert spans.named("stream").answer == "ab"


# ---------------------------------------------------------------------- threads


async def test_the_turn_follows_into_threads(spans: CollectedSpans) -> None:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(4) as executor:

        @observe
        async def turn(question: str) -> list[Any]:
            await asyncio.to_thread(search, "to_thread")
            await loop.run_in_executor(executor, gw.copy_context(search), "run_in_executor")
            executor.submit(gw.copy_context(search), "submit").result()
            list(executor.map(gw.copy_context(search), ["map 1", "map 2", "map 3"]))
            return ["done"]

        await turn("why?")
    root = spans.named("turn")
    children = [span for span in spans.all if span.name == "search"]
    assert len(children) == 6
    assert {span.parent_id for span in children} == {root.span_id}
    assert root.attributes["groundwire.route"] == "retrieval"


# ---------------------------------------------------------------------- closed-book calls


def comparison(call: Any, **options: Any) -> Any:
    closed_book = gw.ClosedBook(call=call, **{"rate": 1.0, **options})
    complete = observe.generation(name="complete", closed_book=closed_book)(
        lambda question, chunks: "14"
    )
    return observe(name="turn")(lambda question: complete(question, search(question)))


def test_a_closed_book_call_runs_in_its_own_linked_trace(spans: CollectedSpans) -> None:
    inner = observe.generation(name="closed_book")(lambda question: "30 days.")
    comparison(inner)("why?")
    root = spans.named("closed_book complete")
    generation = spans.named("complete")
    assert root.trace_id != generation.trace_id
    assert root.parent_id is None
    assert root.links == [(generation.trace_id, generation.span_id)]
    of = f"{generation.trace_id:032x}:{generation.span_id:016x}"
    assert root.attributes["groundwire.closed_book_of"] == of
    assert (root.question, root.answer) == ("why?", "30 days.")
    assert root.attributes["groundwire.sampling_probability"] == 1.0
    for span in spans.all:
        assert ("groundwire.closed_book" in span.attributes) == (span.trace_id == root.trace_id)
    assert gw.stats()["closed_book_calls"] == 1


def test_an_async_closed_book_call_works(spans: CollectedSpans) -> None:
    async def closed_book(question: str) -> str:
        await asyncio.sleep(0)
        return "30 days."

    comparison(closed_book)("why?")
    assert spans.named("closed_book complete").answer == "30 days."


def test_a_closed_book_call_that_raises_does_no_harm(spans: CollectedSpans) -> None:
    def closed_book(question: str) -> str:
        raise ValueError("no model")

    assert comparison(closed_book)("why?") == "14"
    assert spans.named("closed_book complete").status == "ERROR"
    assert spans.named("turn").status == "UNSET"


def test_closed_book_calls_keep_to_their_rate_and_budget() -> None:
    called: list[str] = []
    with collect():
        turn = comparison(called.append, rate=1.0, per_minute=3)
        for _ in range(10):
            turn("why?")
        gw.flush()
        assert len(called) == 3
        assert gw.stats()["closed_book_skipped"] == 7
    chosen = gw.ClosedBook(rate=0.25, call=called.append)
    ids = [(i * 0x9E3779B97F4A7C15) % (1 << 64) for i in range(4000)]
    assert 0.22 < sum(map(chosen.chosen, ids)) / len(ids) < 0.28


def test_a_closed_book_call_is_not_closed_booked_itself(spans: CollectedSpans) -> None:
    calls: list[str] = []
    closed_book = gw.ClosedBook(rate=1.0, call=lambda question: complete(question))

    @observe.generation(name="complete", closed_book=closed_book)
    def complete(question: str) -> str:
        calls.append(question)
        return "14"

    complete("why?")
    gw.flush()
    assert calls == ["why?", "why?"]
