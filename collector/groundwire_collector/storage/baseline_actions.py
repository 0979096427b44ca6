"""Audit log of baseline actions: who re-pinned which reference, when and why."""

from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from groundwire_collector.storage.tables.drift import BASELINE_ACTION


class BaselineActionKind(StrEnum):
    """Kind of a requested baseline action."""

    ACCEPTED = "accepted"  # the level since an alarm's change is normal
    PINNED = "pinned"  # pin the baseline to a period
    RESCORED = "rescored"  # the reference of an evaluator's new revision, from stored turns


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineAction:
    """Request to pin a baseline to the turns of a period.

    For one signal (empty: all); the turns from `since_ns` on, up to `until_ns`, or until there are
    enough where `until_ns` is None.
    """

    id: int | None = None
    kind: str
    service: str
    signal: str = ""
    revision: str = ""
    since_ns: int
    until_ns: int | None = None
    by: str
    why: str
    at_ns: int
    alarm_id: int | None = None
    applied_ns: int | None = None


def record(connection: Connection, act: BaselineAction) -> int:
    """Store an act for the monitor to carry out; its id."""
    row = {name: value for name, value in asdict(act).items() if name != "id"}
    [identity] = connection.execute(insert(BASELINE_ACTION).values(row)).inserted_primary_key or (
        0,
    )
    return int(identity)


def waiting(connection: Connection) -> list[BaselineAction]:
    """Actions not yet carried out by the monitor, oldest first."""
    query = select(BASELINE_ACTION).where(BASELINE_ACTION.c.applied_ns.is_(None))
    rows = connection.execute(query.order_by(BASELINE_ACTION.c.id)).mappings()
    return [BaselineAction(**dict(row)) for row in rows]


def carried_out(connection: Connection, act_id: int, now_ns: int) -> None:
    connection.execute(
        update(BASELINE_ACTION).where(BASELINE_ACTION.c.id == act_id).values(applied_ns=now_ns)
    )


def newest(
    connection: Connection, services: frozenset[str] | None = None, limit: int = 100
) -> list[BaselineAction]:
    """Actions, newest first; `services` restricts to the key's services."""
    query = select(BASELINE_ACTION).order_by(BASELINE_ACTION.c.id.desc()).limit(limit)
    if services is not None:
        query = query.where(BASELINE_ACTION.c.service.in_(services))
    return [BaselineAction(**dict(row)) for row in connection.execute(query).mappings()]
