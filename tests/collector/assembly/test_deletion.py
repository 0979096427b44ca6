"""A person's data goes whole: joined pieces, closed-book calls, and the bytes of the file."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect
from tests.aged_store import CHUNK, a_span, add_at, add_turn, counts, readable

from groundwire import attributes
from groundwire_collector.assembly.deletion import forget
from groundwire_collector.processes.pipeline import Pipeline
from groundwire_collector.settings import Settings
from groundwire_collector.storage import failed_traces, labels, turns
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.failed_traces import FailedTrace
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.span import Span, SpanEvent
from groundwire_collector.storage.spans import SpanStore, spans_of
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn


@pytest.mark.parametrize("which", [{"session": "s1"}, {"user": "u1"}])
def test_every_trace_of_a_session_or_user_is_deleted_on_request(
    engine: Engine, which: dict[str, str]
) -> None:
    own = {"session.id": "s1", "enduser.id": "u1", "text": f"mine {CHUNK}"}
    add_at(engine, 0, a_span(1, **own), a_span(2, **{"session.id": "s2", "text": CHUNK}))
    add_at(engine, 3, a_span(3, **own))
    for trace in (1, 2, 3):
        add_turn(engine, trace)
    assert len(forget(engine, **which)) == 2
    assert [readable(engine, trace) for trace in (1, 2, 3)] == [False, True, False]
    assert counts(engine) == {"span": 1, "content": 2, "turn": 1, "score": 1, "claim": 1}


def test_a_forgotten_text_is_not_in_the_file_any_more(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    engine = open_engine(settings)
    make_schema(engine)
    secret = "".join(chr(33 + i * 7 % 90) for i in range(150))
    add_at(engine, 0, a_span(1, **{"session.id": secret}), a_span(2))
    forget(engine, session=secret)
    engine.dispose()
    for file in tmp_path.glob("groundwire.db*"):
        assert secret[:40].encode() not in file.read_bytes()


def test_texts_that_a_killed_request_left_go_with_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(Settings(data_dir=tmp_path))
    make_schema(engine)
    add_at(engine, 0, a_span(1, **{"user.id": "ada", "text": f"secret {CHUNK}"}), a_span(2))

    def killed(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("groundwire_collector.storage.unused_texts.sweep_among", killed)
        with pytest.raises(KeyboardInterrupt):
            forget(engine, user="ada")
    assert counts(engine)["content"] == 2
    assert len(forget(engine, user="ada")) == 0
    assert counts(engine)["content"] == 1
    engine.dispose()


def test_a_writer_that_knew_a_forgotten_text_stores_it_again(engine: Engine) -> None:
    store = SpanStore(engine)
    store.add([a_span(1, **{"session.id": "s1", "text": CHUNK})])
    forget(engine, session="s1")
    store.add([a_span(2, text=CHUNK)])
    with engine.connect() as connection:
        assert spans_of(connection, [f"{2:032x}"])[f"{2:032x}"][0].attributes["text"] == CHUNK


SECOND = 10**9
START = 1_700_000_000 * SECOND
LATER = 4_000_000_000 * SECOND


def message(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def call(trace: int, **more: Any) -> Span:
    """A model call by itself, as a process without a tracer above it sends it."""
    content = {
        "gen_ai.operation.name": "chat",
        "session.id": "s1",
        "gen_ai.input.messages": message("user", "How long is the leave of Ada?"),
        "gen_ai.output.messages": message("assistant", "The leave is 20 days for all."),
    }
    return piece(trace, START, SECOND, content | more)


def retrieval(trace: int) -> Span:
    """Its retrieval, in a trace of its own that names no user."""
    content = {
        "gen_ai.operation.name": "retrieval",
        "session.id": "s1",
        "gen_ai.retrieval.query.text": "How long is the leave of Ada?",
        "gen_ai.retrieval.documents": json.dumps([{"id": "d1", "content": "Ada: 20 days"}]),
    }
    return piece(trace, START - SECOND // 10, SECOND // 20, content)


def piece(trace: int, start_ns: int, length_ns: int, content: dict[str, Any]) -> Span:
    return Span(
        trace_id=f"{trace:032x}",
        span_id=f"{trace:016x}",
        service="shop",
        start_ns=start_ns,
        end_ns=start_ns + length_ns,
        attributes=content,
    )


def work_off(engine: Engine, settings: Settings) -> None:
    pipeline = Pipeline(settings, engine, [])
    while pipeline.step(LATER):
        pass


def test_the_pieces_that_were_joined_to_a_turn_of_the_user_go_with_it(
    engine: Engine, settings: Settings
) -> None:
    SpanStore(engine).add([call(1, **{"user.id": "u1"}), retrieval(2)])
    SpanStore(engine).add([call(3, **{"user.id": "u2", "session.id": "s2"})])
    work_off(engine, settings)
    with engine.connect() as connection:
        found = turns.find(connection, TurnQuery())
    assert sorted(len(item.turn.chunks) for item in found) == [0, 1]
    assert len(forget(engine, user="u1")) == 2
    assert [readable(engine, trace) for trace in (1, 2, 3)] == [False, False, True]
    with engine.connect() as connection:
        [left] = turns.find(connection, TurnQuery())
    assert left.turn.trace_id == f"{3:032x}"


def test_closed_book_calls_that_asked_the_question_again_go_with_it(engine: Engine) -> None:
    again = {attributes.CLOSED_BOOK: True, attributes.CLOSED_BOOK_OF: f"{1:032x}:{1:016x}"}
    other = {attributes.CLOSED_BOOK: True, attributes.CLOSED_BOOK_OF: f"{3:032x}:{3:016x}"}
    SpanStore(engine).add([call(1, **{"user.id": "u1"}), call(2, **again), call(4, **other)])
    assert len(forget(engine, user="u1")) == 2
    assert [readable(engine, trace) for trace in (1, 2, 4)] == [False, False, True]


def test_what_is_forgotten_while_it_is_judged_is_not_stored_again(
    engine: Engine, settings: Settings
) -> None:
    class Forgetting:
        """Somebody deletes the data while it is being judged."""

        name, revision = "forgetting", "1"

        def judge(self, _turn: Turn) -> Evaluation:
            forget(engine, user="u1")
            return Evaluation(self.name, self.revision, State.SCORED, value=1.0)

    SpanStore(engine).add([call(1, **{"user.id": "u1"})])
    pipeline = Pipeline(settings, engine, [Forgetting()])
    while pipeline.step(LATER):
        pass
    with engine.connect() as connection:
        assert turns.find(connection, TurnQuery()) == []


def test_a_trace_whose_log_event_names_the_user_is_deleted(engine: Engine) -> None:
    event = SpanEvent(name="feedback", time_ns=1, attributes={"user.id": "u1"})
    add_at(engine, 0, replace(a_span(1, text=CHUNK), events=(event,)), a_span(2, text=CHUNK))
    assert len(forget(engine, user="u1")) == 1
    assert [readable(engine, trace) for trace in (1, 2)] == [False, True]


@pytest.mark.parametrize("which", [{"session": "s1"}, {"user": "u1"}])
def test_a_turn_whose_user_or_session_was_read_from_an_attribute_of_ones_own_is_deleted(
    engine: Engine, which: dict[str, str]
) -> None:
    """As families of one's own (GROUNDWIRE_FAMILIES) name them: no table here has the key."""
    for trace, session, user in ((1, "s1", "u1"), (2, "s2", "u2")):
        add_at(engine, 0, a_span(trace, **{"acme.session": session, "acme.user": user}))
        turn = Turn(
            id=f"{trace:032x}-1", trace_id=f"{trace:032x}", session_id=session, user_id=user
        )
        with engine.begin() as connection:
            turns.save(connection, [JudgedTurn(turn, ())])
    assert len(forget(engine, **which)) == 1
    assert [readable(engine, trace) for trace in (1, 2)] == [False, True]
    with engine.connect() as connection:
        assert [item.turn.session_id for item in turns.find(connection, TurnQuery())] == ["s2"]


@pytest.mark.parametrize("which", [{"session": "s1"}, {"user": "u1"}])
def test_no_table_holds_anything_of_what_was_forgotten(
    tmp_path: Path, which: dict[str, str]
) -> None:
    """Neither pieces, nor the queues of judges and closed-book calls, labels, index or scores."""
    settings = Settings(
        data_dir=tmp_path,
        judges="llm_judge=1",
        closed_book_rate=1.0,
        probe_endpoint="http://127.0.0.1:9/v1",
    )
    engine = open_engine(settings)
    make_schema(engine)
    again = {attributes.CLOSED_BOOK: True, attributes.CLOSED_BOOK_OF: f"{1:032x}:{1:016x}"}
    early = {attributes.CLOSED_BOOK: True, attributes.CLOSED_BOOK_OF: f"{2:032x}:{2:016x}"}
    SpanStore(engine).add([call(1, **{"user.id": "u1"}), retrieval(2), call(5, **again)])
    SpanStore(engine).add([call(6, **early)])
    work_off(engine, settings)
    label = Label(
        turn_id=f"{1:032x}-{1:016x}", labeller="eve", labelled_ns=1, reference="Ada: 20 days"
    )
    with engine.begin() as connection:
        labels.add(connection, [label])
        failed_traces.add(connection, FailedTrace(f"{2:032x}", 1, "it raises ValueError"))
    before = tables_with(engine, "Ada", *(f"{trace:032x}" for trace in (1, 2, 5)))
    assert {"turn", "judge_task", "label", "turn_search_content", "failed_trace"} <= before
    forget(engine, **which)
    marks = ("Ada", "s1", "u1", *(f"{trace:032x}" for trace in (1, 2, 5)))
    assert tables_with(engine, *marks) == set()
    engine.dispose()


def tables_with(engine: Engine, *words: str) -> set[str]:
    """The tables of a SQLite database in which a row holds any of these words."""
    raw = [*words, *(bytes.fromhex(word) for word in words if len(word) == 32)]
    found = set()
    with engine.connect() as connection:
        for name in inspect(engine).get_table_names():
            for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"'):
                if any(str(word) in str(value) for word in raw for value in row):
                    found.add(name)
    return found
