"""Judge archived turns again: new scores beside the old ones."""

from collections.abc import Iterator

from sqlalchemy import Engine

from groundwire_collector.offline.rescoring import Rescoring
from groundwire_collector.storage.archive import rescoring
from groundwire_collector.storage.archive.exclusive import exclusive_writer
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.turns import JudgedTurn


def rescore_archive(
    engine: Engine,
    location: Location,
    run: Rescoring,
    service: str | None = None,
    since_ns: int | None = None,
    until_ns: int | None = None,
) -> Iterator[JudgedTurn]:
    """Add scores to archived hours that lack them; yields each turn as it is judged now, but
    for copies of stored turns that the run judged.

    A run that was killed goes on with the hour that it was at.
    """
    mark = f"{run.mark} of {service}" if service else run.mark
    for number, hour in rescoring.hours_without(location, mark, since_ns, until_ns):
        source = (
            item
            for item in rescoring.turns_of(location, hour)
            if service is None or item.turn.service == service
        )
        judged = [new for _, new in run.pairs(source)]
        with exclusive_writer(engine):
            rescoring.add_scores(location, number, hour, mark, judged)
        yield from (item for item in judged if item.turn.id not in run.stored)
