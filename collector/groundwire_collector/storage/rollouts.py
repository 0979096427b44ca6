"""Announced deployments."""

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select

from groundwire_collector.storage.tables.drift import ROLLOUT

ANNOUNCED_ONLY = ("adapter", "release")  # versions that turns carry and no monitor watches


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """New value of a dimension from `at_ns` on; `announced_by`: key id.

    `trained_ns`: of a model or adapter, the time up to which its training data knows the facts.
    """

    id: int | None = None
    service: str
    dimension: str
    value: str
    at_ns: int
    announced_ns: int
    announced_by: str
    note: str | None = None
    trained_ns: int | None = None


def announce(connection: Connection, rollout: Rollout) -> int:
    """Store an announcement; its id."""
    row = {name: value for name, value in asdict(rollout).items() if name != "id"}
    [identity] = connection.execute(insert(ROLLOUT).values(row)).inserted_primary_key or (0,)
    return int(identity)


def after(connection: Connection, rollout_id: int) -> list[Rollout]:
    """Rollouts announced after the one with this id, oldest first."""
    query = select(ROLLOUT).where(ROLLOUT.c.id > rollout_id).order_by(ROLLOUT.c.id)
    return [Rollout(**dict(row)) for row in connection.execute(query).mappings()]


def newest(
    connection: Connection, services: frozenset[str] | None = None, limit: int = 100
) -> list[Rollout]:
    """Rollouts, newest first; `services` restricts to the key's services."""
    query = select(ROLLOUT).order_by(ROLLOUT.c.at_ns.desc(), ROLLOUT.c.id.desc()).limit(limit)
    if services is not None:
        query = query.where(ROLLOUT.c.service.in_(services))
    return [Rollout(**dict(row)) for row in connection.execute(query).mappings()]


def trained(connection: Connection, service: str | None = None) -> dict[tuple[str, str], int]:
    """Time up to which each (service, model_version) was trained, as announced last."""
    c = ROLLOUT.c
    query = select(c.service, c.value, c.trained_ns).where(
        c.dimension == "model_version", c.trained_ns.is_not(None)
    )
    if service is not None:
        query = query.where(c.service == service)
    rows = connection.execute(query.order_by(c.id))
    return {(name, value): int(trained_ns) for name, value, trained_ns in rows}
