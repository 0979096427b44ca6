"""Cards of alarms: what moved, drawn, with turns from before and after."""

from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlencode

from sqlalchemy import Connection

from groundwire_collector.auth.access import Access
from groundwire_collector.storage import score_sums, turns
from groundwire_collector.storage.drift import BEHAVIOUR, Alarm
from groundwire_collector.storage.score_sums import HOUR, ScoreSumQuery, SegmentDimension
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_collector.web.pages.charts import Chart, ChartEvent, Heading, line_chart
from groundwire_collector.web.pages.measures import Measure, charted_segments, series_of
from groundwire_collector.web.pages.passages import judgement, passages
from groundwire_collector.web.pages.time_axis import time_axis, within
from groundwire_evaluators.evaluation import State

SECOND = 10**9
LONGEST = 14 * 86_400  # seconds on either side of the change
SHORTEST = 600
EXAMPLES = 3
CLIPPED = 160
VERSIONS: dict[str, SegmentDimension] = {
    "model_version": "model_version",
    "prompt_version": "prompt_version",
    "index_version": "index_version",
}
MEASURES = {
    "p_unsupported": Measure(
        "alarm",
        "Mean score of an unsupported claim",
        "the monitored loss, 0% is best",
        "lower",
        "grounding:p_unsupported",
        "mean",
    ),
    "override": Measure(
        "alarm",
        "Context overridden",
        "share of answers with a value that contradicts their chunks",
        "lower",
        "override",
        "mean",
    ),
    "not_evaluated": Measure(
        "alarm",
        "Coverage",
        "share of turns that could be scored",
        "higher",
        "grounding",
        "coverage",
    ),
}
MEASURES["unscored"] = MEASURES["not_evaluated"]


@dataclass(frozen=True, slots=True)
class Example:
    """Turn before or after a change: question and words in question."""

    turn_id: str
    question: str
    excerpt: str
    verdict: str
    p_unsupported: float | None


@dataclass(frozen=True, slots=True)
class Examples:
    """Turns of a segment before a change, and the worst since."""

    before: tuple[Example, ...]
    after: tuple[Example, ...]


def alarm_chart(connection: Connection, alarm: Alarm, access: Access, now: int) -> Chart | None:
    """Signal around its change, one line a version; None if uncharted."""
    measure = MEASURES.get(alarm.signal)
    if measure is None:
        return None
    since = alarm.change.since // SECOND
    until = alarm.resolved_ns // SECOND if alarm.resolved_ns is not None else now
    length = min(max(until - since, SHORTEST), LONGEST)
    dimension = VERSIONS.get(alarm.change.dimension, "")
    query = ScoreSumQuery(0, now + HOUR, HOUR, dimension, access.services, alarm.service)
    end = min(since + length, now)
    axis = time_axis(connection, query, since - length, end, now)
    if axis is None:
        return None
    rows = score_sums.find(connection, within(query, axis))
    series = series_of(measure, rows, charted_segments(rows))
    heading = Heading(f"alarm{alarm.id}", measure.title, measure.meaning, measure.better)
    return line_chart(heading, series, axis, _events(alarm)) if series else None


def examples(connection: Connection, alarm: Alarm, access: Access) -> Examples:
    """Newest scored turns before the change, worst of the segment since."""
    whole = TurnQuery(service=alarm.service, services=access.services, limit=EXAMPLES)
    since = alarm.change.since
    before = replace(whole, until_ns=since, state=State.SCORED.value)
    after = replace(
        whole,
        since_ns=since,
        until_ns=alarm.resolved_ns,
        order=_order(alarm),
        state=alarm.details.get("state") or None,
        **_segment(alarm),
    )
    return Examples(
        tuple(_example(item) for item in turns.find(connection, before)),
        tuple(_example(item) for item in turns.find(connection, after)),
    )


def worst_turns(alarm: Alarm) -> str:
    """Address of the worst turns since the change, within the alarm's segment."""
    query: dict[str, Any] = {"order": _order(alarm), "service": alarm.service}
    if state := alarm.details.get("state"):  # of turns without a score
        query = {"state": state, "service": alarm.service}
    if alarm.change.dimension:
        query[alarm.change.dimension] = alarm.change.value
    query["since"] = alarm.change.since // SECOND
    if alarm.resolved_ns is not None:
        query["until"] = alarm.resolved_ns // SECOND
    return f"/turns?{urlencode(query)}"


def _order(alarm: Alarm) -> Literal["worst", "newest"]:
    """Order of the turns to show: of a change of behaviour none is worst."""
    return "newest" if alarm.signal.startswith(BEHAVIOUR) else "worst"


def _segment(alarm: Alarm) -> dict[str, Any]:
    """Restriction of a query to the segment of an alarm."""
    dimension, value = alarm.change.dimension, alarm.change.value
    if dimension in VERSIONS:
        return {dimension: value}
    return {"facts": (("route", value),)} if dimension == "route" else {}


def _events(alarm: Alarm) -> list[ChartEvent]:
    change = alarm.change
    first, last = (at // SECOND for at in change.interval)
    found = [ChartEvent("change", "change", change.since // SECOND, "change", "", first, last)]
    deployment = alarm.details.get("deployment")
    if deployment:
        title = f"{deployment['dimension']} {deployment['value']}"
        found.append(ChartEvent("rollout", "rollout", deployment["at_ns"] // SECOND, title))
    found.append(ChartEvent("alarm", "rollout", alarm.raised_ns // SECOND, "alarm raised"))
    return sorted(found, key=lambda event: event.at)


def _example(item: JudgedTurn) -> Example:
    judged = judgement(item.evaluations, None)
    answer = item.turn.answer or ""
    bad = next((p for p in passages(answer, judged.claims if judged else ()) if p.bad), None)
    words = "".join(piece.text for piece in bad.pieces) if bad else answer
    return Example(
        item.turn.id,
        _clip(item.turn.question or "(no question)"),
        _clip(words or "(no answer)"),
        bad.claim.verdict.value if bad and bad.claim else "",
        item.p_unsupported,
    )


def _clip(text: str) -> str:
    return text if len(text) <= CLIPPED else f"{text[: CLIPPED - 1]}…"
