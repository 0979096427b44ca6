"""Which baselines are to be made of turns that were judged anew."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from groundwire_collector.drift.baseline import FEWEST
from groundwire_collector.drift.observation import MonitoredTurn
from groundwire_collector.drift.packing import unpacked
from groundwire_collector.storage.baseline_actions import BaselineAction, BaselineActionKind
from groundwire_collector.storage.baselines import WatchKey
from groundwire_collector.storage.drift import StoredBaseline

SLACK_NS = 600 * 10**9  # turns are stored by their start and watched by their end


@dataclass(slots=True)
class RevisionHistory:
    """The revisions that turns were judged by, and how many of them."""

    judged: dict[WatchKey, int] = field(default_factory=dict)

    def note(self, reading: MonitoredTurn) -> None:
        for loss in reading.losses:
            key = (reading.service, loss.signal, loss.revision)
            self.judged[key] = self.judged.get(key, 0) + 1

    def acts(self, stored: Iterable[StoredBaseline], now_ns: int) -> Iterator[BaselineAction]:
        """For each revision without a baseline, one of the turns of the baseline before it."""
        pinned = {
            (row.service, row.signal, row.revision): row
            for row in stored
            if row.pinned_ns is not None
        }
        for key, number in sorted(self.judged.items()):
            before = [row for other, row in pinned.items() if other[:2] == key[:2]]
            if key in pinned or not before or number < FEWEST:
                continue
            last = max(before, key=lambda row: row.pinned_ns or 0)
            state = unpacked(last.state)
            yield BaselineAction(
                kind=BaselineActionKind.RESCORED,
                service=key[0],
                signal=key[1],
                revision=key[2],
                since_ns=max(state["first_ns"] - SLACK_NS, 0),
                until_ns=state["last_ns"] + 1,
                by="groundwire rescore",
                why=f"revision {key[2]} in place of {last.revision}",
                at_ns=now_ns,
            )
