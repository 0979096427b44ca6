"""What a notification of an alarm says, whichever channel carries it.

Labels and texts are those of the Prometheus rule GroundwireDrift.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlencode

from groundwire_collector.alerting.annotations import SIGNALS
from groundwire_collector.drift.alarm_origin import AlarmOrigin
from groundwire_collector.drift.behaviour.signals import words_of
from groundwire_collector.drift.missing_scores import NOT_EVALUATED, UNSCORED
from groundwire_collector.storage.drift import BEHAVIOUR, Alarm
from groundwire_collector.storage.notifications import AlarmEvent

NAME, BEHAVIOUR_NAME = "GroundwireDrift", "GroundwireBehaviourDrift"
TEST_NAME = "GroundwireChannelTest"
SECOND_NS = 1_000_000_000
# What to do first, by signal; of the others it is the answers that got worse.
FIRST = {
    NOT_EVALUATED: "Open a turn that was not evaluated: its reason says whether content is missing "
    "from the traces or the evaluator failed. Until this is mended the other signals see only a "
    "part of the turns.",
    UNSCORED: "Open a turn without a score. More refusals or answers without claims: check what is "
    "named above. More turns without context: check retrieval and its instrumentation.",
}
FIRST_OF_ANSWERS = (
    "Open the worst turn. If the right chunk is there but the answer differs, halt or "
    "roll back what is named above. If it is missing, check retrieval and the index."
)

FIRST_OF_BEHAVIOUR = (
    "Read five answers since then beside five from before. Intended: accept the alarm. Not "
    "intended: compare model, prompt and parameters with what was rolled out."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmNotice:
    """Notification of an alarm: its event, identity, texts and links.

    `fingerprint` is the same for all events of an alarm. `annotations` are the texts and links of
    an alert; `ended_ns` is None unless it is resolved; `by`: who acknowledged it.
    """

    event: AlarmEvent
    fingerprint: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    started_ns: int
    ended_ns: int | None = None
    by: str = ""
    pages: str = ""  # base URL of the collector's pages

    @classmethod
    def of(
        cls, alarm: Alarm, pages: str, event: AlarmEvent, origin: AlarmOrigin | None = None
    ) -> "AlarmNotice":
        """Notice of an alarm as it is now.

        `origin`: whether the system or its evaluator moved, as far as it is known.
        """
        return cls(
            event=event,
            fingerprint=fingerprint(alarm),
            labels=_labels(alarm),
            annotations=_annotations(alarm, pages) | _origin(origin),
            started_ns=alarm.raised_ns,
            ended_ns=alarm.resolved_ns if event is AlarmEvent.RESOLVED else None,
            by=alarm.acknowledged_by or "" if event is AlarmEvent.ACKNOWLEDGED else "",
            pages=pages,
        )

    @property
    def key(self) -> str:
        """Idempotency key, equal for repeated deliveries of this event."""
        return f"{self.fingerprint}-{self.event.value}"


def channel_test_notice(pages: str, event: AlarmEvent, now_ns: int) -> AlarmNotice:
    """Notice that tests a channel; its end has the identity of its beginning within a minute."""
    labels = {"alertname": TEST_NAME, "severity": "none", "service": "groundwire"}
    annotations = {
        "summary": "Test of an alarm channel of Groundwire: nothing is wrong",
        "description": "Sent by `groundwire doctor --send-test`.",
        "turns_url": f"{pages}/turns",
    }
    return AlarmNotice(
        event=event,
        fingerprint=sha256(f"test {now_ns // (60 * SECOND_NS)}".encode()).hexdigest()[:16],
        labels=labels,
        annotations=annotations,
        started_ns=now_ns,
        ended_ns=now_ns if event is AlarmEvent.RESOLVED else None,
        pages=pages,
    )


def fingerprint(alarm: Alarm) -> str:
    """Unique per alarm, equal for all its events: 16 hex digits."""
    named = (
        alarm.service,
        alarm.signal,
        *alarm.change.segment,
        str(alarm.raised_ns),
    )
    return sha256("\0".join(named).encode()).hexdigest()[:16]


def _labels(alarm: Alarm) -> dict[str, str]:
    return {
        "alertname": _name(alarm),
        "severity": "ticket",
        "service": alarm.service,
        "signal": alarm.signal,
        "dimension": alarm.change.dimension,
        "value": alarm.change.value,
        "cause": alarm.cause,
    }


def _name(alarm: Alarm) -> str:
    return BEHAVIOUR_NAME if alarm.signal.startswith(BEHAVIOUR) else NAME


def _behaviour_annotations(alarm: Alarm, pages: str) -> dict[str, str]:
    """Texts of an alarm on behaviour: neither better nor worse, but other."""
    change = alarm.change
    where = f" for {change.dimension} {change.value}" if change.dimension else ""
    chosen = {"order": "newest", "service": alarm.service}
    if change.dimension:
        chosen[change.dimension] = change.value
    query = urlencode({**chosen, "since": change.since // SECOND_NS})
    found = "; ".join(alarm.details.get("findings", ()))
    return {
        "summary": f"{alarm.service}: {words_of(alarm.signal)} changed{where}",
        "description": f"{found}. Behaviour signals have a false-alarm budget of their own; the "
        "alarm stays open until the signal is as before, or a person accepts it.",
        "since": f"{words_of(alarm.signal)}{where} changed at {_day(change.since)}, probable "
        f"cause: {alarm.cause}",
        "first": FIRST_OF_BEHAVIOUR,
        "turns_url": f"{pages}/turns?{query}",
        "runbook_url": f"{pages}/runbooks/{BEHAVIOUR_NAME}",
    }


def _annotations(alarm: Alarm, pages: str) -> dict[str, str]:
    if alarm.signal.startswith(BEHAVIOUR):
        return _behaviour_annotations(alarm, pages)
    change = alarm.change
    where = f" for {change.dimension} {change.value}" if change.dimension else ""
    signal = f"{SIGNALS.get(alarm.signal, '')} ({alarm.signal})".lstrip()
    chosen = {"order": "worst", "service": alarm.service}
    if state := alarm.details.get("state"):
        chosen = {"state": state, "service": alarm.service}
    if change.dimension:
        chosen[change.dimension] = change.value
    query = urlencode({**chosen, "since": change.since // SECOND_NS})
    low, high = _clock(change.interval[0]), _clock(change.interval[1])
    return {
        "summary": f"{alarm.service}: {signal} up by {change.size:.2f}{where}",
        "description": "The mean loss (0 best, 1 worst) rose above the pinned baseline by about"
        f" {change.size:.2f}, at least {_least(alarm):.2f}{_guaranteed(alarm)}. The false-alarm "
        "budget covers all detectors together; the alarm stays open until it is resolved.",
        "since": f"{signal}{where} got worse at {_day(change.since)} (between {low} and "
        f"{high}), probable cause: {alarm.cause}",
        "first": FIRST.get(alarm.signal, FIRST_OF_ANSWERS),
        "worst_turn_url": f"{pages}/turns{'' if state else '/worst'}?{query}",
        "turns_url": f"{pages}/turns?{query}",
        "runbook_url": f"{pages}/runbooks/{NAME}",
    }


def _origin(found: AlarmOrigin | None) -> dict[str, str]:
    if found is None:
        return {}
    return {"origin": found.verdict.value, "origin_reasons": ". ".join(found.reasons)}


def _least(alarm: Alarm) -> float:
    """Lower bound of the size, at least 0: an alarm never reports an improvement."""
    return max(alarm.change.size_interval[0], 0.0)


def _guaranteed(alarm: Alarm) -> str:
    """Lower bound that holds at the alarm's stopped time, in words; empty without one."""
    found = alarm.details.get("guaranteed")
    if not found:
        return ""
    return f" (nominal; surely, at {found['level']:.0%}, at least {found['size'][0]:.3f})"


def _day(ns: int) -> str:
    return f"{_utc(ns):%Y-%m-%d %H:%M:%S UTC}"


def _clock(ns: int) -> str:
    return f"{_utc(ns):%H:%M:%S}"


def _utc(ns: int) -> datetime:
    return datetime.fromtimestamp(ns / SECOND_NS, UTC)
