"""`groundwire rescore`: a new yardstick is laid against the turns of the old one."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from groundwire_collector.commands.rescore import rescore
from groundwire_collector.drift import checkpoint
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.rebaseline import carry_out
from groundwire_collector.settings import Settings
from groundwire_collector.storage import baseline_actions, turns
from groundwire_collector.storage.tables.counters import COUNTER
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.turn import Chunk, Turn

START = datetime(2026, 11, 1, tzinfo=UTC)
BASELINE = 60
OTHERS = Evaluation(evaluator="judge", revision="9", state=State.SCORED, value=0.5)

app = typer.Typer()
app.command()(rescore)


def judged(number: int, revision: str, p_unsupported: float = 0.3) -> JudgedTurn:
    at = START + timedelta(minutes=number)
    turn = Turn(
        id=f"t{number}",
        trace_id=f"{number:032x}",
        service="bot",
        question=f"How heavy may parcel {number} be?",
        answer=f"It weighs up to {number} kg.",
        chunks=(Chunk(text=f"A parcel of kind {number} weighs up to {number} kg."),),
        started_at=at,
        ended_at=at + timedelta(seconds=2),
    )
    signals = {"p_unsupported": p_unsupported}
    own = Evaluation(
        evaluator="grounding", revision=revision, state=State.SCORED, value=0.1, signals=signals
    )
    return JudgedTurn(turn, (own, OTHERS))


def feed(engine: Engine, settings: Settings, found: list[JudgedTurn]) -> Monitor:
    with engine.begin() as connection:
        monitor = checkpoint.recall(connection, settings)
        turns.save(connection, found)
        carry_out(connection, monitor, int(START.timestamp() + 10**7) * 10**9)
        monitor.observe(found)
        checkpoint.keep(connection, monitor)
    return monitor


def test_a_new_revision_gets_its_baseline_of_the_turns_of_the_old_one(engine, settings, tmp_path):
    provided = settings.model_copy(update={"baseline_turns": BASELINE, "baseline_days": 0})
    feed(engine, provided, [judged(n, "old") for n in range(1, BASELINE + 40)])
    place = ["--data-dir", str(settings.data_dir)]
    if settings.database_url:
        place += ["--database-url", settings.database_url]
    result = CliRunner().invoke(app, ["--service", "bot", *place])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["judged_again"] == 99
    now = Grounding().revision
    with engine.connect() as connection:
        [found] = turns.find(connection, TurnQuery(limit=1))
        waiting = [
            act for act in baseline_actions.waiting(connection) if act.signal == "p_unsupported"
        ]
        assert connection.execute(select(COUNTER)).all() == []  # nothing is counted twice
    by_name = {each.evaluator: each for each in found.evaluations}
    assert by_name["grounding"].revision == now
    assert by_name["grounding"].signals["p_unsupported"] < 0.3
    assert found.p_unsupported == by_name["grounding"].signals["p_unsupported"]
    assert by_name["judge"] == OTHERS  # what others said is kept
    [act] = waiting
    assert (act.kind, act.revision, act.by) == ("rescored", now, "groundwire rescore")
    monitor = feed(engine, provided, [judged(200, now, 0.1)])
    watch = monitor.signal_monitors["bot", "p_unsupported", now]
    assert watch.pinned is not None
    assert watch.pinned.n == BASELINE
    again = CliRunner().invoke(app, place)
    assert "to be made anew" not in again.stdout.replace("override", "")


def test_a_bad_option_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--since", "soon", "--data-dir", str(tmp_path)])
    assert "--since" in str(result.exception)
    result = CliRunner().invoke(app, ["--evaluator", "nobody", "--data-dir", str(tmp_path)])
    assert "nobody" in str(result.exception)
