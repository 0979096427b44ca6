"""`groundwire keys` and `groundwire retention` on a database of their own."""

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from groundwire_collector.commands.keys import keys
from groundwire_collector.commands.retention import retention
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys as store
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.keys import Access, Scope, digest, first_key
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import SpanStore


def new_store(folder: Path) -> None:
    engine = open_engine(Settings(data_dir=folder))
    make_schema(engine)
    engine.dispose()


def run(app: Typer, folder: Path, *arguments: str) -> str:
    answer = CliRunner().invoke(app, [*arguments, "--data-dir", str(folder)])
    if answer.exception is not None:
        raise answer.exception
    return answer.output.strip()


def opened(folder: Path) -> dict[str, Access]:
    engine = open_engine(Settings(data_dir=folder))
    with engine.connect() as connection:
        found = store.accesses(connection)
    engine.dispose()
    return found


def test_a_key_is_made_rotated_and_revoked(tmp_path: Path) -> None:
    new_store(tmp_path)
    key = run(keys, tmp_path, "add", "bot", "--scope", "ingest", "--service", "shop")
    access = opened(tmp_path)[digest(key)]
    assert (access.scopes, access.services) == ({Scope.INGEST}, {"shop"})
    newer = run(keys, tmp_path, "rotate", access.key_id)
    assert set(opened(tmp_path)) == {digest(key), digest(newer)}
    run(keys, tmp_path, "revoke", access.key_id)
    assert list(opened(tmp_path)) == [digest(newer)]
    listed = json.loads(run(keys, tmp_path, "list"))
    assert [(each["name"], each["scopes"], each["services"]) for each in listed] == [
        ("bot", ["ingest"], ["shop"])
    ] * 2
    assert [each["revoked"] is None for each in listed].count(True) == 1
    with pytest.raises(UsageError):
        run(keys, tmp_path, "revoke", access.key_id)


@pytest.mark.parametrize("arguments", [("list",), ("add", "bot"), ("revoke", "k1")])
def test_keys_never_create_a_database(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    folder = tmp_path / "elsewhere"
    with pytest.raises(UsageError, match=r"no database in .*: start `groundwire up`"):
        run(keys, folder, *arguments)
    assert not folder.exists()


def test_a_key_can_be_made_before_the_first_start_where_that_is_wanted(tmp_path: Path) -> None:
    key = run(keys, tmp_path / "new", "add", "prometheus", "--scope", "read", "--create")
    assert key.startswith("gw_")
    assert '"prometheus"' in run(keys, tmp_path / "new", "list", "--json")


def test_the_key_itself_is_nowhere_in_the_database(tmp_path: Path) -> None:
    new_store(tmp_path)
    key = run(keys, tmp_path, "add", "bot")
    for file in tmp_path.glob("groundwire.db*"):
        assert key.encode() not in file.read_bytes()


def test_the_first_key_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    engine = open_engine(settings)
    make_schema(engine)
    key = first_key(settings, engine)
    assert key is not None
    assert first_key(settings, engine) is None
    file = tmp_path / "api-key"
    assert file.read_text().strip() == key
    assert file.stat().st_mode & 0o777 == 0o600
    engine.dispose()


def test_another_key_of_the_environment_replaces_the_former(tmp_path: Path) -> None:
    engine = open_engine(Settings(data_dir=tmp_path))
    make_schema(engine)
    for key in ("gw_one", "gw_two", "gw_two"):
        first_key(Settings(data_dir=tmp_path, api_key=key), engine)
    assert list(opened(tmp_path)) == [digest("gw_two")]
    engine.dispose()


def test_a_user_is_forgotten_and_old_spans_go_from_the_shell(tmp_path: Path) -> None:
    engine = open_engine(Settings(data_dir=tmp_path))
    make_schema(engine)
    for number, user in enumerate(("ada", "bob"), 1):
        span = Span(trace_id=f"{number:032x}", span_id="1" * 16, attributes={"user.id": user})
        SpanStore(engine).add([span])
    engine.dispose()
    assert run(retention, tmp_path, "forget", "--user", "ada") == "deleted: 1 traces"
    assert run(retention, tmp_path, "apply", "--days", "1").startswith("deleted: 0 spans")
    with pytest.raises(UsageError):
        run(retention, tmp_path, "forget")
