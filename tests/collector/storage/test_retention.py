import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.aged_store import CHUNK, NOW, a_span, add_at, add_turn, counts, readable

from groundwire_collector.settings import Settings
from groundwire_collector.storage import short_transactions
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.retention import Removed, expire, used_bytes
from groundwire_collector.storage.short_transactions import Portions
from groundwire_collector.storage.spans import arrivals, spans_of


def noise(seed: int) -> str:
    return random.Random(seed).randbytes(300).hex()


def test_what_is_older_than_the_retention_goes_with_all_that_hangs_on_it(
    engine: Engine, settings: Settings
) -> None:
    for trace, days in ((1, 40), (2, 31), (3, 29), (4, 0)):
        add_at(engine, days, a_span(trace, text=f"{trace} {CHUNK}"))
        add_turn(engine, trace, days)
    removed = expire(engine, settings, NOW)
    assert (removed.spans, removed.turns) == (2, 2)
    assert [readable(engine, trace) for trace in (1, 2, 3, 4)] == [False, False, True, True]
    assert counts(engine) == {"span": 2, "content": 4, "turn": 2, "score": 2, "claim": 2}
    with engine.connect() as connection:
        assert [a.trace_id[-1] for a in arrivals(connection, 0, 9)] == ["3", "4"]
    assert expire(engine, settings, NOW) == Removed()


def test_a_text_lives_as_long_as_the_last_day_that_used_it(
    engine: Engine, settings: Settings
) -> None:
    for trace, days in ((1, 31), (2, 1)):
        add_at(engine, days, a_span(trace, text=CHUNK))
    expire(engine, settings, NOW)
    with engine.connect() as connection:
        (span,) = spans_of(connection, [f"{2:032x}"])[f"{2:032x}"]
    assert span.attributes["text"] == CHUNK


def test_positions_in_the_stream_are_never_used_again(engine: Engine, settings: Settings) -> None:
    add_at(engine, 40, a_span(1), a_span(2))
    with engine.connect() as connection:
        position = arrivals(connection, 0, 9)[-1].seq
    expire(engine, settings, NOW)
    add_at(engine, 0, a_span(3))
    with engine.connect() as connection:
        assert [a.trace_id[-1] for a in arrivals(connection, position, 9)] == ["3"]


def test_what_came_while_the_clock_was_ahead_hides_nothing_that_is_old(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LEAST", "MOST"):
        monkeypatch.setattr(f"groundwire_collector.storage.short_transactions.{name}", 2)
    for trace, days_ago in enumerate((-2000, -2000, -2000, 40, 31, 29, 0), start=1):
        add_at(engine, days_ago, a_span(trace, text=f"{trace} {CHUNK}"))
    expire(engine, settings, NOW)
    retained = [trace for trace in range(1, 8) if readable(engine, trace)]
    assert retained == [1, 2, 3, 6, 7]


def test_nothing_is_too_old_for_a_clock_that_is_not_believed(
    engine: Engine, settings: Settings
) -> None:
    add_at(engine, 40, a_span(1))
    assert expire(engine, settings, None) == Removed()
    assert readable(engine, 1)


def test_too_much_is_cut_from_the_old_end_and_the_file_shrinks(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    engine = open_engine(settings)
    make_schema(engine)
    for start in range(0, 6000, 1000):
        spans = [a_span(start + i + 1, text=noise(start + i)) for i in range(1000)]
        add_at(engine, 6 - start / 1000, *spans)
    limit = (used_bytes(engine) or 0) // 3
    removed = expire(engine, settings.model_copy(update={"retention_bytes": limit}), NOW)
    assert (used_bytes(engine) or 0) <= limit
    assert settings.sqlite_path.stat().st_size <= limit
    assert 0 < removed.spans < 6000
    assert readable(engine, 6000)
    assert not readable(engine, 1)
    engine.dispose()


def test_of_the_day_that_is_cut_only_the_texts_go_that_no_younger_span_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundwire_collector.storage.unused_texts.PAGE", 50)
    monkeypatch.setattr("groundwire_collector.storage.unused_texts.ROWS", 30)
    monkeypatch.setattr("groundwire_collector.storage.retention.LEAST_STEP", 30)
    settings = Settings(data_dir=tmp_path)
    engine = open_engine(settings)
    make_schema(engine)
    spans = {n: a_span(n, text=noise(n), shared=noise(1000 + n % 3)) for n in range(1, 301)}
    for first in range(1, 251, 10):
        add_at(engine, 0.9 - first / 10_000, *(spans[n] for n in range(first, first + 10)))
    limited = settings.model_copy(update={"retention_bytes": used_bytes(engine)})
    add_at(engine, 0.8, *(spans[n] for n in range(251, 301)))
    removed = expire(engine, limited, NOW)
    left = [trace for trace in spans if readable(engine, trace)]
    assert 0 < removed.spans == 300 - len(left) < 250
    assert left == list(range(left[0], 301))
    origin, shared = 1, 3
    assert counts(engine)["content"] == len(left) + shared + origin
    engine.dispose()


def test_no_write_lock_is_held_for_long_while_much_is_deleted(tmp_path: Path) -> None:
    """Transactions are counted: SQLite frees one page a statement where it is asked wrongly."""
    settings = Settings(data_dir=tmp_path)
    engine = open_engine(settings)
    make_schema(engine)
    for start in range(0, 4000, 1000):
        add_at(engine, 40, *(a_span(start + i + 1, text=noise(start + i)) for i in range(1000)))
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    commits = 0

    def count(*_: object) -> None:
        nonlocal commits
        commits += 1

    with pytest.MonkeyPatch.context() as patch:
        took = Portions.took
        patch.setattr(Portions, "took", lambda self, seconds: (count(), took(self, seconds)))
        expire(engine, settings, NOW)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA freelist_count").scalar_one() == 0
        left = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    assert pages - left > 500
    assert commits < (pages - left) / 5
    engine.dispose()


def test_others_write_while_much_is_deleted_and_handed_back(tmp_path: Path) -> None:
    """SQLite's lock is not fair: who takes it again at once keeps all others out."""
    settings = Settings(data_dir=tmp_path)
    engine = open_engine(settings)
    make_schema(engine)
    for start in range(0, 4000, 1000):
        add_at(engine, 40, *(a_span(start + i + 1, text=noise(start + i)) for i in range(1000)))
    written = 0
    with ThreadPoolExecutor(1) as pool:
        expiry = pool.submit(expire, engine, settings, NOW)
        while not expiry.done():
            add_at(engine, 1, a_span(10_000 + written))
            written += 1
        assert expiry.result().spans == 4000
    assert written > 20
    assert counts(engine)["span"] == written
    engine.dispose()


def test_a_portion_shrinks_until_its_lock_is_short(engine: Engine) -> None:
    portions = Portions(engine, 1000)
    portions.took(0.2)
    assert portions.size == 250
    portions.took(0.01)
    assert portions.size == 500


def test_a_transaction_ends_when_it_has_lasted_as_long_as_it_should(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_transactions, "TARGET_SECONDS", 0.0)
    for trace in range(1, 101):
        add_turn(engine, trace, days_ago=40)
    portions = Portions(engine, 100)
    with portions.transaction():
        done = [row for part in portions.parts(range(100)) for row in part]
    assert done == list(range(short_transactions.PART))
    assert expire(engine, Settings(), NOW).turns == 100
    assert counts(engine)["turn"] == 0


def test_the_rest_of_a_stream_is_deleted_though_transactions_end_early(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_transactions, "TARGET_SECONDS", 0.0)
    add_at(engine, 40, *(a_span(number, text=noise(number)) for number in range(1, 101)))
    add_at(engine, 1, a_span(101, text=CHUNK))
    removed = expire(engine, Settings(), NOW)
    assert (removed.spans, removed.texts) == (100, 101)  # one resource beside the texts
    assert readable(engine, 101)
