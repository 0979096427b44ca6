"""Closed hours as Parquet: written whole, read back, joined with the hot store, forgotten."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select
from tests.aged_store import DAY_NS, NOW, add_turn

from groundwire_collector.errors import StorageUnavailableError, UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import turns
from groundwire_collector.storage.archive import deletion, writer
from groundwire_collector.storage.archive.archive import Archive
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import HOUR_NS, all_hours, read_day
from groundwire_collector.storage.archive.reader import connect, tables_of
from groundwire_collector.storage.retention import expire
from groundwire_collector.storage.tables.labels import LABEL
from groundwire_collector.storage.tables.turns import TURN
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Claim, Evaluation, State, Verdict
from groundwire_evaluators.turn import Chunk, Turn


@pytest.fixture
def location(tmp_path: Path) -> Location:
    return Location.of(str(tmp_path / "archive"))


@pytest.fixture
def archive(engine: Engine, location: Location) -> Archive:
    return Archive(engine, location, HOUR_NS)


def rows(location: Location, engine: Engine | None, statement: str) -> list[tuple[object, ...]]:
    with connect(location, engine, tables_of(statement)) as connection:
        return connection.execute(statement).fetchall()


def judged(number: int, *, days_ago: float = 2.0, user: str = "ada") -> JudgedTurn:
    started = datetime.fromtimestamp((NOW - days_ago * DAY_NS) / 1e9, UTC)
    answer = "Refunds take 14 days. Bring the receipt."
    turn = Turn(
        id=f"{number:032x}-1",
        trace_id=f"{number:032x}",
        session_id=f"session {number % 2}",
        user_id=user,
        service="shop",
        model_version="v1",
        question="How long do refunds take?",
        answer=answer,
        chunks=(Chunk(text="Refunds take 14 days.", id="c1", rank=0, metadata={"page": 3}),),
        started_at=started,
        input_tokens=120,
    )
    claims = (
        Claim(start=0, end=21, text=answer[:21], verdict=Verdict.SUPPORTED, support=0.9, chunk=0),
    )
    evaluation = Evaluation(
        evaluator="grounding",
        revision="r1",
        state=State.SCORED,
        value=0.9,
        flagged=False,
        claims=claims,
        signals={"p_unsupported": 0.1},
    )
    return JudgedTurn(turn, (evaluation,))


def store(engine: Engine, *items: JudgedTurn) -> None:
    with engine.begin() as connection:
        turns.save(connection, items)


def test_an_hour_that_is_closed_is_archived_and_a_younger_one_is_not(
    engine: Engine, archive: Archive, location: Location
) -> None:
    store(engine, judged(1), judged(2, days_ago=0.01))
    assert archive.write_closed(NOW).turns == 1
    assert rows(location, None, "SELECT id FROM turns") == [(judged(1).turn.id,)]
    assert archive.write_closed(NOW).turns == 0


def test_archived_and_stored_turns_are_one_table_and_each_counts_once(
    engine: Engine, archive: Archive, location: Location
) -> None:
    store(engine, *(judged(number, days_ago=number / 4) for number in range(1, 9)))
    archive.write_closed(NOW - DAY_NS)
    statement = "SELECT count(*), count(DISTINCT id), min(started_at) FROM turns"
    ((number, different, first),) = rows(location, engine, statement)
    assert (number, different) == (8, 8)
    assert first == judged(8, days_ago=2).turn.started_at


def test_signals_chunks_and_claims_can_be_queried(
    engine: Engine, archive: Archive, location: Location
) -> None:
    store(engine, judged(1))
    archive.write_closed(NOW)
    statement = "SELECT service, signals['p_unsupported'] FROM scores"
    assert rows(location, None, statement) == [("shop", 0.1)]
    statement = "SELECT chunks[1].text, chunks[1].metadata->>'page', input_tokens FROM turns"
    assert rows(location, None, statement) == [("Refunds take 14 days.", "3", 120)]
    statement = 'SELECT verdict, "start", "end", revision FROM claims'
    assert rows(location, None, statement) == [("supported", 0, 21, "r1")]


def test_a_turn_comes_back_from_the_archive_as_it_was_judged(
    engine: Engine, archive: Archive, location: Location
) -> None:
    stored = judged(1)
    store(engine, stored)
    archive.write_closed(NOW)
    assert [turn for batch in archive.judged_turns() for turn in batch] == [stored]


def test_retention_deletes_turns_only_once_their_whole_hour_is_archived(
    engine: Engine, settings: Settings, archive: Archive, location: Location
) -> None:
    cutoff_ns = NOW - round(settings.retention_days * DAY_NS)
    hour_ns = cutoff_ns // HOUR_NS * HOUR_NS
    for trace, started_ns in ((1, hour_ns - 1), (2, hour_ns + 1), (3, cutoff_ns - 1)):
        add_turn(engine, trace, (NOW - started_ns) / DAY_NS)
    expire(engine, settings, NOW, archive.complete)
    with engine.connect() as connection:
        left = set(connection.scalars(select(TURN.c.trace_id)))
    assert {int(trace, 16) for trace in left} == {2, 3}
    assert rows(location, None, "SELECT count(*) FROM turns") == [(1,)]
    assert rows(location, engine, "SELECT count(*) FROM turns") == [(3,)]


def test_an_archive_that_cannot_be_written_keeps_the_turns(
    engine: Engine, settings: Settings, archive: Archive, location: Location
) -> None:
    add_turn(engine, 1, 40)
    Path(location.root).write_text("a file where the folder should be")
    with pytest.raises((FileExistsError, NotADirectoryError)):
        expire(engine, settings, NOW, archive.complete)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(TURN)) == 1


@pytest.mark.parametrize("table", ["turns", "scores", "claims"])
def test_an_hour_with_a_damaged_file_is_written_again_before_its_turns_go(
    engine: Engine, archive: Archive, location: Location, table: str
) -> None:
    store(engine, judged(1))
    archive.write_closed(NOW)
    before = rows(location, None, f"SELECT count(*) FROM {table}")
    (path,) = (path for path, _ in location.files(table))
    location.remove(path)
    archive.complete(NOW)
    assert rows(location, None, f"SELECT count(*) FROM {table}") == before


@pytest.mark.parametrize("table", ["turns", "scores"])
def test_reading_turns_names_the_damaged_file(
    engine: Engine, archive: Archive, location: Location, table: str
) -> None:
    store(engine, judged(1))
    archive.write_closed(NOW)
    (path,) = (path for path, _ in location.files(table))
    location.write(path, b"no Parquet")
    with pytest.raises(StorageUnavailableError, match=path):
        list(archive.judged_turns())
    location.remove(path)
    with pytest.raises(StorageUnavailableError, match=f"{path} is missing"):
        list(archive.judged_turns())


@pytest.mark.parametrize("late", ["score", "label"])
def test_what_was_judged_after_the_hour_was_archived_is_archived_before_it_goes(
    engine: Engine, settings: Settings, archive: Archive, location: Location, late: str
) -> None:
    item = judged(1, days_ago=40)
    store(engine, item)
    archive.write_closed(NOW)
    with engine.begin() as connection:
        if late == "score":
            turns.join(
                connection,
                item.turn,
                Evaluation(evaluator="llm_judge", revision="j1", state=State.SCORED, value=0.2),
            )
        else:
            label = {"turn_id": item.turn.id, "service": "shop", "labeller": "jo"}
            connection.execute(insert(LABEL).values(**label, labelled_ns=NOW, verdict="supported"))
    expire(engine, settings, NOW, archive.complete)
    statement = f"SELECT count(*) FROM {late}s"
    assert rows(location, None, statement) == [(2 if late == "score" else 1,)]


def test_a_late_turn_of_an_hour_that_is_gone_joins_what_is_archived(
    engine: Engine, settings: Settings, archive: Archive, location: Location
) -> None:
    store(engine, judged(1, days_ago=40))
    expire(engine, settings, NOW, archive.complete)
    store(engine, judged(2, days_ago=40))
    expire(engine, settings, NOW, archive.complete)
    found = rows(location, None, "SELECT id FROM turns ORDER BY id")
    assert found == [(judged(1).turn.id,), (judged(2).turn.id,)]
    assert rows(location, None, "SELECT count(*) FROM claims") == [(2,)]


def test_a_person_is_forgotten_in_every_table_and_the_others_stay(
    engine: Engine, archive: Archive, location: Location
) -> None:
    store(engine, judged(1), judged(2, user="bob"), judged(3, days_ago=3))
    archive.write_closed(NOW)
    files = {file.path for _, hour in all_hours(location) for file in hour.all_files}
    assert deletion.forget(location, user="ada") == 2
    for table, key in (("turns", "id"), ("scores", "turn_id"), ("claims", "turn_id")):
        assert rows(location, None, f"SELECT {key} FROM {table}") == [(judged(2).turn.id,)]
    assert not any(Path(location.full(path)).exists() for path in files)
    assert len(list(all_hours(location))) == 1


def test_a_damaged_hour_is_named_and_the_person_is_forgotten_in_all_others(
    engine: Engine, archive: Archive, location: Location
) -> None:
    store(engine, judged(1), judged(2, days_ago=3), judged(3, days_ago=4, user="bob"))
    archive.write_closed(NOW)
    first = next(iter(all_hours(location)))[1].files["turns"][0].path
    Path(location.full(first)).write_bytes(b"PAR1")
    with pytest.raises(StorageUnavailableError, match=f"deleted 2 turns.*{first}"):
        deletion.forget(location, user="ada")
    left = [file for _, hour in all_hours(location) for file in hour.files["turns"]]
    assert [file.path for file in left] == [first]


def test_a_person_without_turns_costs_no_file(
    engine: Engine, archive: Archive, location: Location
) -> None:
    store(engine, judged(1))
    archive.write_closed(NOW)
    before = sorted(location.files("turns"))
    assert deletion.forget(location, user="nobody", session="none", traces={"ff"}) == 0
    assert sorted(location.files("turns")) == before


def test_a_write_that_was_interrupted_leaves_the_archive_as_it_was(
    engine: Engine, archive: Archive, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(engine, judged(1))

    def power_cut(*_: object) -> None:
        raise OSError("no power")

    with monkeypatch.context() as patch:
        patch.setattr(writer, "replace_hour", power_cut)
        with pytest.raises(OSError, match="no power"):
            archive.write_closed(NOW)
    assert rows(location, None, "SELECT count(*) FROM turns") == [(0,)]
    assert archive.write_closed(NOW).turns == 1
    assert rows(location, None, "SELECT count(*) FROM turns") == [(1,)]


def test_files_of_an_interrupted_write_are_deleted_a_day_later(
    engine: Engine, archive: Archive, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(engine, judged(1))
    archive.write_closed(NOW)
    orphan = Path(location.full("scores/date=2024-10-04/00-dead.parquet"))
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"half")
    assert writer.sweep(location) == 0
    monkeypatch.setattr(writer, "ORPHAN_SECONDS", -1.0)
    assert writer.sweep(location) == 1
    assert not orphan.exists()
    assert rows(location, None, "SELECT count(*) FROM scores") == [(1,)]


def test_what_does_not_read_back_as_it_was_written_is_not_archived(
    engine: Engine, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(engine, judged(1))
    monkeypatch.setattr(Location, "digest", lambda *_: "0")
    with pytest.raises(StorageUnavailableError, match="read back"):
        archive.write_closed(NOW)
    assert list(all_hours(archive.location)) == []


def test_a_manifest_that_is_damaged_or_newer_is_named(location: Location) -> None:
    location.write("manifest/2024-10-04.json", b"{")
    with pytest.raises(StorageUnavailableError, match=r"2024-10-04\.json: damaged"):
        read_day(location, "2024-10-04")
    location.write("manifest/2024-10-04.json", json.dumps({"version": 99}).encode())
    with pytest.raises(StorageUnavailableError, match="newer release"):
        read_day(location, "2024-10-04")


def test_an_unknown_protocol_is_one_line() -> None:
    with pytest.raises(UsageError, match="archive_url"):
        Location.of("teapot://bucket/path")


def test_files_are_for_their_owner_alone(
    engine: Engine, archive: Archive, location: Location
) -> None:
    store(engine, judged(1))
    archive.write_closed(NOW)
    root = Path(location.root)
    files = [path for path in root.rglob("*") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o077 for path in (root, *files)} == {0}


def test_a_remote_file_system_holds_the_same(engine: Engine) -> None:
    location = Location.of(f"memory://archive-{engine.dialect.name}")
    store(engine, judged(1), judged(2, user="bob"), judged(3, days_ago=0.01))
    archive = Archive(engine, location, HOUR_NS)
    assert archive.write_closed(NOW).turns == 2
    assert rows(location, engine, "SELECT count(*) FROM turns") == [(3,)]
    assert deletion.forget(location, user="bob") == 1
    assert rows(location, None, "SELECT user_id FROM turns") == [("ada",)]
