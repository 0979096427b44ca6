"""Scheduled probe runs, checkpointed so that a restart resumes without double counting."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from groundwire_collector.storage.tables.reliance import PROBE_RESULT, PROBE_RUN
from groundwire_collector.storage.upsert import upsert
from groundwire_evaluators.reliance.probe.run import ProbeResult, ProbeRun, RunIdentity


class RunState(StrEnum):
    """State of a scheduled probe run."""

    RUNNING = "running"
    FINISHED = "finished"
    ABANDONED = "abandoned"  # call after call failed


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledProbeRun:
    """Run of a pack and prompt against a model, for a service."""

    id: int = 0
    service: str
    model: str
    model_version: str
    prompt_version: str = ""
    pack: str
    digest: str
    prompt: str
    state: RunState = RunState.RUNNING
    started_ns: int
    ended_ns: int | None = None

    @property
    def identity(self) -> RunIdentity:
        started = datetime.fromtimestamp(self.started_ns / 1e9, UTC)
        return RunIdentity(
            pack=self.pack,
            digest=self.digest,
            prompt=self.prompt,
            model=self.model,
            model_version=self.model_version,
            prompt_version=self.prompt_version,
            started_at=started.isoformat(timespec="seconds"),
        )


_COMPARED_COLUMNS = ("service", "model", "model_version", "prompt_version", "digest", "prompt")


def last(connection: Connection, like: ScheduledProbeRun) -> ScheduledProbeRun | None:
    """Newest run with the same identity as `like`."""
    query = select(PROBE_RUN).where(
        *(PROBE_RUN.c[name] == getattr(like, name) for name in _COMPARED_COLUMNS)
    )
    found = _runs(connection, query.order_by(PROBE_RUN.c.started_ns.desc()).limit(1))
    return found[0] if found else None


def begin(connection: Connection, run: ScheduledProbeRun) -> int:
    """Store a new run; its id."""
    row = {f.name: getattr(run, f.name) for f in fields(run) if f.name != "id"}
    [identity] = connection.execute(insert(PROBE_RUN).values(row)).inserted_primary_key or (0,)
    return int(identity)


def save(connection: Connection, run_id: int, results: Iterable[ProbeResult]) -> None:
    """Keep results; one of the same trial is replaced."""
    rows = [{"run_id": run_id, "key": r.key, "record": r.as_record()} for r in results]
    upsert(connection, PROBE_RESULT, rows)


def end(connection: Connection, run_id: int, state: RunState, ended_ns: int) -> None:
    ended = update(PROBE_RUN).where(PROBE_RUN.c.id == run_id)
    connection.execute(ended.values(state=state.value, ended_ns=ended_ns))


def results(connection: Connection, run: ScheduledProbeRun) -> ProbeRun:
    """A run with its results so far."""
    query = select(PROBE_RESULT.c.record).where(PROBE_RESULT.c.run_id == run.id)
    records = connection.scalars(query.order_by(PROBE_RESULT.c.key))
    return ProbeRun(run.identity, tuple(ProbeResult.from_record(record) for record in records))


def finished(
    connection: Connection,
    services: frozenset[str] | None = None,
    service: str | None = None,
    model_version: str | None = None,
) -> list[ScheduledProbeRun]:
    """Finished runs, newest first; `services`: those of the key."""
    c = PROBE_RUN.c
    query = select(PROBE_RUN).where(c.state == RunState.FINISHED.value)
    if services is not None:
        query = query.where(c.service.in_(services))
    if service is not None:
        query = query.where(c.service == service)
    if model_version is not None:
        query = query.where(c.model_version == model_version)
    return _runs(connection, query.order_by(c.started_ns.desc(), c.id.desc()))


def expire(connection: Connection, cutoff_ns: int) -> int:
    """Delete old runs but the first finished one of each service, pack and prompt, the baseline."""
    c = PROBE_RUN.c
    groups = (c.service, c.digest, c.prompt)
    first = select(func.min(c.id)).where(c.state == RunState.FINISHED.value).group_by(*groups)
    baselines = set(connection.scalars(first))
    old = set(connection.scalars(select(c.id).where(c.started_ns < cutoff_ns))) - baselines
    for table, column in ((PROBE_RESULT, PROBE_RESULT.c.run_id), (PROBE_RUN, c.id)):
        connection.execute(delete(table).where(column.in_(old)))
    return len(old)


def _runs(connection: Connection, query: Select[Any]) -> list[ScheduledProbeRun]:
    rows = connection.execute(query).mappings()
    return [ScheduledProbeRun(**{**row, "state": RunState(row["state"])}) for row in rows]
