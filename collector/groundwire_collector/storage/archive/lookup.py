"""Find one archived turn, and archived labels."""

from groundwire_collector.storage.archive.judged import judged_turns
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import HOUR_NS, day_of, read_day
from groundwire_collector.storage.archive.reader import connect
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.turns import JudgedTurn

_LABELS = """
SELECT *, epoch_us(labelled_at) * 1000 AS labelled_ns FROM labels
WHERE $service IS NULL OR service = $service ORDER BY id
"""
_FIELDS = set(Label.__dataclass_fields__)


def find_turn(location: Location, turn_id: str) -> JudgedTurn | None:
    """An archived turn with its evaluations; reads the ids of the whole archive."""
    with connect(location, None, ["turns"]) as connection:
        query = connection.execute("SELECT started_ns FROM turns WHERE id = ? LIMIT 1", [turn_id])
        row = query.fetchone()
    if row is None:
        return None
    hour = row[0] // HOUR_NS
    archived = read_day(location, day_of(hour)).get(hour)
    batches = judged_turns(location, archived, turn_id) if archived else ()
    return next((item for batch in batches for item in batch), None)


def find_labels(location: Location, service: str | None = None) -> list[Label]:
    """Archived labels, oldest first."""
    with connect(location, None, ["labels"]) as connection:
        query = connection.execute(_LABELS, {"service": service})
        names = [column[0] for column in query.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in query.fetchall()]
    return [Label(**{name: row[name] for name in row.keys() & _FIELDS}) for row in found]
