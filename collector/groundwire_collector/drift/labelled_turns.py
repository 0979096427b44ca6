"""Labelled turns as losses of true faithfulness, for the monitor.

A label is known long after its turn, so blocks are fed when nothing in them waits for a label any
more. A drawn turn that nobody has labelled within a week counts against an alarm: as bad while the
baseline is collected, as good afterwards.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from sqlalchemy import Connection

from groundwire_collector.drift.dimensions import NANOSECONDS
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import UNFAITHFUL, MonitoredTurn, SignalLoss
from groundwire_collector.estimates.faithfulness import outcomes_of
from groundwire_collector.estimates.labels import draw
from groundwire_collector.storage import baselines, estimates, labels
from groundwire_collector.storage.estimates import ScoredTurn
from groundwire_collector.storage.labels import LabelQuery
from groundwire_evaluators.drift.labelled_loss import block_loss

PART = "labelled"  # of the monitor's state: the turn that was looked at last, by service
EVERY_NS = 60 * NANOSECONDS
LONGEST_WAIT_NS = 7 * 86_400 * NANOSECONDS  # for a label
ARRIVAL_NS = 900 * NANOSECONDS  # turns do not come in the order in which they started
DRAWN = 2.0  # turns of a block that are expected to be drawn
MOST_TURNS = 2000  # at once


@dataclass(slots=True)
class LabelledBlocks:
    """Reads labelled turns of each service, at most once a minute.

    `rate`: share of the turns that is drawn for labels. Price: a read of the labels, and of the
    turns since the last settled block, a minute and labelled service.
    """

    rate: float
    due_ns: int = 0

    def readings(
        self, connection: Connection, monitor: Monitor, now_ns: int
    ) -> Iterator[MonitoredTurn]:
        """One reading a settled block with a label; what was looked at is written down."""
        if not self.rate or now_ns < self.due_ns:
            return
        self.due_ns = now_ns + EVERY_NS
        services = sorted(labels.labelled(connection))
        if not services:
            return
        after: dict[str, Any] = baselines.parts(connection).get(PART, {})
        for service in services:
            last = after.get(service, [0, ""])
            turns = estimates.following_turns(connection, service, None, tuple(last), MOST_TURNS)
            outcomes = outcomes_of(connection, labels.find(connection, LabelQuery(service=service)))
            for block in self._settled(turns, outcomes, now_ns):
                key = (service, UNFAITHFUL, "")
                watched = monitor.signal_monitors.get(key)
                collecting = watched is None or watched.pinned is None or watched.provisional
                yield from _reading(block, self._known(block, outcomes, float(collecting)))
                after[service] = [block[-1].started_ns, block[-1].id]
        baselines.save_part(connection, PART, after)

    def _settled(
        self, turns: Sequence[ScoredTurn], outcomes: Mapping[str, bool | None], now_ns: int
    ) -> Iterator[Sequence[ScoredTurn]]:
        size = ceil(DRAWN / self.rate)
        for begin in range(0, len(turns) - size + 1, size):
            block = turns[begin : begin + size]
            if any(self._waits(turn, outcomes, now_ns) for turn in block):
                return
            yield block

    def _waits(self, turn: ScoredTurn, outcomes: Mapping[str, bool | None], now_ns: int) -> bool:
        age_ns = now_ns - turn.started_ns
        if age_ns < ARRIVAL_NS:
            return True
        return self._drew(turn) and turn.id not in outcomes and age_ns < LONGEST_WAIT_NS

    def _known(
        self, block: Sequence[ScoredTurn], outcomes: Mapping[str, bool | None], default: float
    ) -> dict[int, float]:
        """True losses of the drawn turns by position; none where nobody labelled any."""
        drawn = {at: outcomes.get(turn.id) for at, turn in enumerate(block) if self._drew(turn)}
        if all(faithful is None for faithful in drawn.values()):
            return {}
        return {
            at: default if faithful is None else float(not faithful)
            for at, faithful in drawn.items()
        }

    def _drew(self, turn: ScoredTurn) -> bool:
        return draw(turn.trace_id) < self.rate


def _reading(block: Sequence[ScoredTurn], known: Mapping[int, float]) -> Iterator[MonitoredTurn]:
    scores = [min(max(turn.p_unsupported, 0.0), 1.0) for turn in block]
    loss = block_loss(scores, known)
    if loss is None:
        return
    versions = {turn.value for turn in block}
    tags = {"model_version": block[0].value} if len(versions) == 1 and block[0].value else {}
    yield MonitoredTurn(
        service=block[0].service,
        at_ns=block[-1].started_ns,
        losses=[SignalLoss(UNFAITHFUL, "", loss)],
        tags=tags,
    )
