"""Time at which each evaluator's revision was first used."""

from sqlalchemy import Connection

from groundwire_collector.evaluation.batch import JudgedBatch
from groundwire_collector.storage import judging
from groundwire_collector.storage.label_sets import CAP
from groundwire_evaluators.evaluation import State


class RevisionTimes:
    """Notes each evaluator's revision at its first evaluation.

    What is noted already is read from the store, since a batch may be rolled back.
    """

    def __init__(self) -> None:
        self._noted: set[tuple[str, str]] = set()

    def take(self, batch: JudgedBatch, connection: Connection) -> None:
        """Note new revisions of a batch; one query where there is any."""
        seen = {
            (evaluation.evaluator, evaluation.revision)
            for item in batch.judged
            for evaluation in item.evaluations
            if evaluation.state is not State.NOT_SAMPLED
        }
        if seen <= self._noted:
            return
        self._noted = {(name, revision) for name, revision, _ in judging.revisions(connection, CAP)}
        if missing := seen - self._noted:
            judging.note_revisions(connection, sorted(missing), batch.now_ns)
