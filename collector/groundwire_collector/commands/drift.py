"""`groundwire drift`: offline drift detection (replay) and power simulation."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import isnan
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from groundwire_collector.commands.drift_simulate import simulate
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.dimensions import DIMENSIONS
from groundwire_collector.drift.observation import SIGNALS, MonitoredTurn, SignalLoss, short_hash
from groundwire_collector.drift.replay import DriftReplay
from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import (
    Record,
    read_records,
    record_sink,
    tracked,
    write_record,
)
from groundwire_collector.storage.drift import Alarm
from groundwire_evaluators.drift.budget import AlarmBudget

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DRIFT = 2  # exit code
REPLAY = "replay"


class Direction(StrEnum):
    """Direction in which a signal gets worse."""

    DOWN = "down"
    UP = "up"


class FileOrCommand(TyperGroup):
    """Command group where `drift FILE` means `drift replay FILE`.

    A file named like a subcommand is written `./simulate`.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [REPLAY, *args]
        return list(super().parse_args(ctx, args))


drift = typer.Typer(
    cls=FileOrCommand,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Detect drift offline. `groundwire drift FILE --signal NAME --baseline "
    "UNTIL` replays a history (options: `groundwire drift replay --help`).",
)


@drift.command(REPLAY)
def replay(
    file: Annotated[Path, typer.Argument(help="JSON Lines file; .gz is decompressed.")],
    signal: Annotated[str, typer.Option(help="Field with the values in [0, 1].")],
    baseline: Annotated[
        str,
        typer.Option(
            metavar="UNTIL", help="End of the baseline: lines before it are known to be good."
        ),
    ],
    alarm_budget: Annotated[str, typer.Option(help="Budget of false alarms.")] = "1 per 30d",
    min_effect: Annotated[float, typer.Option(help="Smallest relevant change of the mean.")] = 0.03,
    worse: Annotated[
        Direction | None,
        typer.Option(
            help="Direction of worse values; default: up for signals of Groundwire that are losses."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Output file. [standard output]")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Plot file, .svg or .png (extra [plots]).")
    ] = None,
) -> None:
    """Replay values through the monitor, and print an alarm where their mean got worse.

    A line in: timestamp (RFC 3339), the signal (in [0, 1]; null or NaN: a turn without a score),
    and optionally service, model_version, prompt_version, index_version, route, tenant, session_id,
    question. A line out is an alarm. Exit code 0: no drift, 2: drift, 1: error.
    """
    config = MonitorConfig(_budget(alarm_budget), _effect(min_effect), dimensions=DIMENSIONS)
    history = DriftReplay(signal, config, _ns(baseline, "--baseline"))
    readings = _readings(file, signal, worse or _usual_direction(signal))
    picture = _picture(plot, history, readings) if plot else None
    alarms = 0
    with record_sink(out) as sink:
        for reading, changed in history.steps(readings):
            if picture is not None:
                picture.note(reading, changed)
            for alarm in changed:
                if alarm.resolved_ns is None:
                    write_record(sink, _line(alarm))
                    alarms += 1
    for remark in history.remarks:
        typer.echo(remark, err=True)
    if not history.signal_monitors:
        raise UsageError(f"{file}: no baseline, too few values of {signal!r} before {baseline}")
    if picture is not None and plot is not None:
        picture.draw(plot)
    if alarms:
        raise typer.Exit(DRIFT)


drift.command("simulate")(simulate)


def _picture(plot: Path, history: DriftReplay, readings: Sequence[MonitoredTurn]) -> Any:
    if plot.suffix not in {".svg", ".png"}:
        raise UsageError(f"--plot: {plot.name} must end in .svg or .png")
    try:
        from groundwire_collector.commands.drift_plot import DriftPlot
    except ModuleNotFoundError as error:
        raise UsageError("--plot needs an extra: pip install 'groundwire[plots]'") from error
    return DriftPlot(history, readings)


def _usual_direction(signal: str) -> Direction:
    """Up for signals made by Groundwire, which are losses."""
    return Direction.UP if signal in {each.name for each in SIGNALS} else Direction.DOWN


def _readings(file: Path, signal: str, worse: Direction) -> Sequence[MonitoredTurn]:
    records = tracked(read_records(file), "reading")
    readings = [_reading(record, signal, worse, number) for number, record in enumerate(records, 1)]
    if not any(reading.losses for reading in readings):
        raise UsageError(f"{file}: no line has a value of {signal!r}")
    return readings


def _budget(text: str) -> AlarmBudget:
    try:
        return AlarmBudget.parse(text)
    except ValueError as error:
        raise UsageError(f"--alarm-budget: {error}") from error


def _effect(effect: float) -> float:
    if not 0 < effect < 1:
        raise UsageError(f"--min-effect: {effect} is not between 0 and 1")
    return effect


def _reading(record: Record, signal: str, worse: Direction, number: int) -> MonitoredTurn:
    where = f"record {number}"
    loss = _loss(record.get(signal), worse, f"{where}: {signal}")
    return MonitoredTurn(
        service=str(record.get("service") or "unknown"),
        at_ns=_ns(record.get("timestamp"), f"{where}: timestamp"),
        losses=[] if loss is None else [SignalLoss(signal, "", loss)],
        tags={
            dimension: str(record[dimension])
            for dimension in DIMENSIONS
            if record.get(dimension) is not None
        },
        route=str(record.get("route") or ""),
        session=short_hash(str(record.get("session_id") or "")),
        question=short_hash(str(record.get("question") or "")),
    )


def _loss(value: Any, worse: Direction, where: str) -> float | None:
    """Loss (1 is worst); None for values that are no score: null, NaN."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UsageError(f"{where}: {value!r} is not a number in [0, 1]")
    return float(value) if worse is Direction.UP else 1 - float(value)


def _ns(text: Any, where: str) -> int:
    """RFC 3339 to nanoseconds; without an offset, UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where}: {text!r} is not a time like 2026-11-21T12:00:00Z") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000


def _time(at_ns: int) -> str:
    moment = EPOCH + timedelta(microseconds=at_ns // 1000)
    return moment.isoformat().replace("+00:00", "Z")


def _line(alarm: Alarm) -> Record:
    return {
        "timestamp": _time(alarm.raised_ns),
        "changed_at": _time(alarm.change.since),
        "changed_interval": [_time(alarm.change.interval[0]), _time(alarm.change.interval[1])],
        "signal": alarm.signal,
        "axis": alarm.change.dimension or None,
        "value": alarm.change.value or None,
        "service": alarm.service,
        "size": alarm.change.size,
        "size_interval": [alarm.change.size_interval[0], alarm.change.size_interval[1]],
        "cause": alarm.cause,
        "guaranteed": _guaranteed(alarm.details.get("guaranteed")),
    }


def _guaranteed(found: Record | None) -> Record | None:
    """Intervals that hold at the alarm's stopped time."""
    if found is None:
        return None
    return {
        "changed_interval": [_time(at_ns) for at_ns in found["since"]],
        "size_interval": found["size"],
        "level": found["level"],
    }
