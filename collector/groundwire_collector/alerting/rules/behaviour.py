"""Alert on changed behaviour of answers: length, format, style, latency, cost."""

from groundwire_collector.alerting.annotations import (
    WHOLE,
    behaviour_board_url,
    moment_of,
    named,
    number,
)
from groundwire_collector.alerting.promql import one_replica
from groundwire_collector.alerting.rules.alert import AlertRule
from groundwire_collector.alerting.rules.settings import RuleSettings, Severity
from groundwire_collector.metric_definitions import (
    BEHAVIOUR_ALARM,
    BEHAVIOUR_CHANGE_TIMESTAMP,
    BEHAVIOUR_LEVEL,
)

LABELS = BEHAVIOUR_ALARM.labels


def behaviour_drift(limits: RuleSettings) -> AlertRule:
    before, now = (
        number(BEHAVIOUR_LEVEL.name, ("service", "signal"), 'printf "%.3g"', f'moment="{moment}"')
        for moment in ("before", "now")
    )
    where = "{{ with $labels.dimension }} for {{ . }} {{ $labels.value }}{{ end }}"
    began = number(BEHAVIOUR_CHANGE_TIMESTAMP.name, LABELS, WHOLE)
    restricted = "{{ with $labels.dimension }}&{{ . }}={{ $labels.value | urlquery }}{{ end }}"
    query = f"order=newest&service={{{{ $labels.service | urlquery }}}}{restricted}&since={began}"
    return AlertRule(
        name="GroundwireBehaviourDrift",
        severity=Severity.TICKET,
        expression=f"{one_replica(BEHAVIOUR_ALARM.name, limits.replica_labels)} == 1",
        for_seconds=limits.ticket_after,
        summary=f"{named('service')}: {named('signal')} went {named('direction')} from {before} to "
        f"{now}{where}",
        description="Mean of the answers in the signal's own unit, in the baseline and over some "
        "fifty turns. Behaviour signals have a false-alarm budget of their own; the alarm stays "
        "open until the signal is as before, or a person accepts it.",
        since=f"{named('signal')} changed at {moment_of(BEHAVIOUR_CHANGE_TIMESTAMP.name, LABELS)}, "
        f"probable cause: {named('cause')}",
        first="Read five answers since then beside five from before. Intended: accept the alarm. "
        "Not intended: compare model, prompt and parameters with what was rolled out.",
        links={
            "turns_url": f"{limits.collector_url}/turns?{query}",
            "dashboard_url": behaviour_board_url(limits),
        },
    )
