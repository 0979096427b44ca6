"""Faithfulness alerts, most urgent first.

One incident affects all of them, so each is suppressed by the more urgent ones: tickets wait
`ticket_after` and fire only if nothing more specific does for the service, and a drift alarm
never fires for a change that a page has covered, because it takes longer to resolve
(docs/explanation/metrics-and-alerts.md).
"""

from groundwire_collector.alerting.annotations import (
    SHARE,
    WHOLE,
    dashboard_url,
    drift_since,
    named,
    number,
    signal,
    turns_url,
    versions,
    worst_links,
)
from groundwire_collector.alerting.promql import (
    BY_JUDGE,
    BY_SERVICE_AND_JUDGE,
    BY_VERSION,
    one_replica,
)
from groundwire_collector.alerting.rules.alert import AlertRule
from groundwire_collector.alerting.rules.burn_rate import (
    BURN,
    BURNING,
    FLAGGED,
    FLOOR,
    SCORED,
    TARGET,
    already_paged,
    burning,
)
from groundwire_collector.alerting.rules.recording import FALSELY_REFUSED
from groundwire_collector.alerting.rules.settings import RuleSettings, Severity, duration
from groundwire_collector.metric_definitions import DRIFT_ALARM, VERSION_LABELS

FIRST = (
    "Open the worst turn. If the right chunk is there but the answer differs, halt or roll back "
    "the version named above. If the right chunk is missing, check retrieval and the index."
)
PAGING = f'{BURNING}{{severity="page"}}'


def faithfulness_alerts(limits: RuleSettings) -> tuple[AlertRule, ...]:
    return (
        burn(limits),
        drift(limits),
        slow_burn(limits),
        faithfulness_drop(limits),
        false_refusals(limits),
    )


def burn(limits: RuleSettings) -> AlertRule:
    chosen = [w for w in limits.burn_windows if w.severity is Severity.PAGE]
    window = min((w.long for w in chosen), default=limits.current_window)
    return AlertRule(
        name=BURN,
        severity=Severity.PAGE,
        expression=burning(Severity.PAGE),
        for_seconds=limits.burn_for,
        keep_firing=limits.keep_firing_for,
        summary=_unsupported(),
        description=_made_of(window),
        since=drift_since(),
        first=FIRST,
        links=worst_links(limits, VERSION_LABELS, window),
    )


def slow_burn(limits: RuleSettings) -> AlertRule:
    chosen = [w for w in limits.burn_windows if w.severity is Severity.TICKET]
    window = min((w.long for w in chosen), default=limits.current_window)
    return AlertRule(
        name="GroundwireFaithfulnessSlowBurn",
        severity=Severity.TICKET,
        expression=f"({burning(Severity.TICKET)})\n"
        f"unless on (service) {PAGING}\nunless on (service) "
        f"segment:groundwire_drift_change_timestamp_seconds:unpaged",
        for_seconds=limits.ticket_after,
        summary=_unsupported(),
        description=_made_of(window),
        since=drift_since(),
        first=FIRST,
        links=worst_links(limits, VERSION_LABELS, window),
    )


def drift(limits: RuleSettings) -> AlertRule:
    where = "{{ with $labels.dimension }} for {{ . }} {{ $labels.value }}{{ end }}"
    labels = ("service", "signal", "dimension", "value", "cause")
    restricted = "{{ with $labels.dimension }}&{{ . }}={{ $labels.value | urlquery }}{{ end }}"
    service = "service={{ $labels.service | urlquery }}"
    query = f"order=worst&{service}{restricted}&since={{{{ $value | {WHOLE} }}}}"
    size = {
        b: number("segment:groundwire_drift_size:max", labels, 'printf "%.2f"', f'bound="{b}"')
        for b in ("lower", "mean", "upper")
    }
    return AlertRule(
        name="GroundwireDrift",
        severity=Severity.TICKET,
        expression="segment:groundwire_drift_change_timestamp_seconds:unpaged\n"
        f"and {one_replica(DRIFT_ALARM.name, limits.replica_labels)} == 1",
        for_seconds=limits.ticket_after,
        summary=f"{named('service')}: {signal('$labels.signal')} up by {size['mean']}{where}",
        description="The mean loss (0 best, 1 worst) rose above the pinned baseline by "
        f"{size['lower']} to {size['upper']}. The false-alarm budget covers all detectors "
        "together; the alarm stays open until it is resolved.",
        since=drift_since(),
        first="Read five of the worst turns since then and compare with what was rolled out. "
        "Probable cause: {{ $labels.cause }}.",
        links={
            "worst_turn_url": f"{limits.collector_url}/turns/worst?{query}",
            "turns_url": f"{limits.collector_url}/turns?{query}",
            "dashboard_url": dashboard_url(limits),
        },
    )


def faithfulness_drop(limits: RuleSettings) -> AlertRule:
    current = number("version_evaluator:groundwire_faithfulness:mean", BY_JUDGE, SHARE)
    turns = number("version_evaluator:groundwire_scored_turns:increase", BY_JUDGE, WHOLE)
    usual = number(
        "service_evaluator:groundwire_faithfulness:median_reference", BY_SERVICE_AND_JUDGE, SHARE
    )
    return AlertRule(
        name="GroundwireFaithfulnessDrop",
        severity=Severity.TICKET,
        expression=f"(\nversion_evaluator:groundwire_faithfulness:drop > {limits.min_drop:g}\n"
        "and version_evaluator:groundwire_faithfulness:drop > "
        f"{limits.noise_factor:g} * version_evaluator:groundwire_faithfulness:stderr\n"
        f"and version_evaluator:groundwire_scored_turns:increase >= {limits.min_turns}\n)\n"
        f"unless on (service) {BURNING}\nunless on (service) "
        f"segment:groundwire_drift_change_timestamp_seconds:unpaged\n"
        f"unless on (service) {already_paged(limits.current_window)}",
        for_seconds=limits.ticket_after,
        keep_firing=limits.keep_firing_for,
        summary=f"{named('service')}{versions()}: faithfulness fell to {current} (usual: {usual})",
        description=f"Supported claims / claims, mean over {duration(limits.current_window)} and "
        f"{turns} scored turns; usual is the service's median over "
        f"{duration(limits.reference_window)}. Evaluator: {named('evaluator')} "
        f"{named('revision')}.",
        since=drift_since(),
        first=FIRST,
        links=worst_links(limits, VERSION_LABELS, limits.current_window),
    )


def false_refusals(limits: RuleSettings) -> AlertRule:
    usual = number(FALSELY_REFUSED.median, BY_SERVICE_AND_JUDGE, SHARE)
    return AlertRule(
        name="GroundwireFalseRefusals",
        severity=Severity.TICKET,
        expression=f"{FALSELY_REFUSED.ratio}\n"
        f"and {FALSELY_REFUSED.rise} > {limits.min_false_refusal_rise:g}\n"
        f"and {FALSELY_REFUSED.rise} > {limits.noise_factor:g} * {FALSELY_REFUSED.stderr}\n"
        f"and {FALSELY_REFUSED.count} >= {limits.min_turns}",
        for_seconds=limits.ticket_after,
        keep_firing=limits.keep_firing_for,
        summary=f"{named('service')}{versions()}: {{{{ $value | {SHARE} }}}} of the turns are "
        f"refused although a chunk answers the question (usual: {usual})",
        description=f"Over {duration(limits.current_window)} and "
        f"{number(FALSELY_REFUSED.count, BY_JUDGE, WHOLE)} turns; usual is the median over "
        f"{duration(limits.reference_window)}. Such answers count as no unsupported claim, so "
        "faithfulness does not show them.",
        since=drift_since(),
        first="Open the newest refusals: does the chunk that is named answer the question? Then "
        "compare prompt and model of this version with the previous one.",
        links={
            "turns_url": turns_url(limits, BY_VERSION, "newest", "&state=refusal"),
            "dashboard_url": dashboard_url(limits),
        },
    )


def _unsupported() -> str:
    normal = number(FLOOR, BY_SERVICE_AND_JUDGE, SHARE)
    return (
        f"{named('service')}{versions()}: {{{{ $value | {SHARE} }}}} of the answers contain "
        f"claims that their context does not support (normal: {normal})"
    )


def _made_of(window: int) -> str:
    over = f'window="{duration(window)}"'
    flagged, scored = (number(series, BY_JUDGE, WHOLE, over) for series in (FLAGGED, SCORED))
    allowed = number(TARGET, BY_SERVICE_AND_JUDGE, SHARE)
    return (
        f"In the last {duration(window)} {flagged} of {scored} scored turns were flagged; the "
        f"target is {allowed}. Evaluator: {named('evaluator')} {named('revision')}."
    )
