"""Drift detection on batches of judged turns: alarms raised and resolved."""

import logging

from sqlalchemy import Connection, Engine

from groundwire_collector.drift import checkpoint
from groundwire_collector.drift.labelled_turns import LabelledBlocks
from groundwire_collector.drift.rebaseline import carry_out
from groundwire_collector.evaluation.batch import JudgedBatch
from groundwire_collector.settings import Settings
from groundwire_collector.storage import drift, rollouts
from groundwire_collector.storage.drift import Alarm

log = logging.getLogger(__name__)


class DriftDetection:
    """Feeds the monitor; stores its alarms and state with the batch."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings, self._engine = settings, engine
        self._labelled = LabelledBlocks(settings.label_rate)
        self.restore()

    def restore(self) -> None:
        """Go back to the state that was committed last, after a batch was rolled back."""
        with self._engine.connect() as connection:
            self._monitor = checkpoint.recall(connection, self._settings)

    def take(self, batch: JudgedBatch, connection: Connection) -> None:
        self._monitor.announce(rollouts.after(connection, self._monitor.announced))
        carry_out(connection, self._monitor, batch.now_ns)
        for alarm in self._monitor.observe(batch.new, batch.now_ns, batch.first_scored):
            self._record(connection, alarm)
        for reading in self._labelled.readings(connection, self._monitor, batch.now_ns):
            for alarm in self._monitor.take(reading):
                self._record(connection, alarm)
        checkpoint.keep(connection, self._monitor, batch.now_ns)

    def _record(self, connection: Connection, alarm: Alarm) -> None:
        if alarm.accepted_ns is not None and alarm.id is not None:
            why = alarm.accepted_why or ""
            by = alarm.accepted_by or ""
            drift.accept_alarm(connection, alarm.id, by, why, alarm.accepted_ns)
            log.warning("accepted: %s of %s, %s", alarm.signal, alarm.service, why)
            return
        if alarm.resolved_ns is not None and alarm.id is not None:
            drift.resolve_alarm(connection, alarm.id, alarm.resolved_ns)
            log.warning("resolved: %s of %s has recovered", alarm.signal, alarm.service)
            return
        self._monitor.identify(alarm, drift.raise_alarm(connection, alarm))
        log.warning(
            "alarm: %s of %s got worse by %.3f (%s %s)",
            *(alarm.signal, alarm.service, alarm.change.size, *alarm.change.segment),
        )
