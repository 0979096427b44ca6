"""Alerting rules: what is told, to whom, and the links that lead on from there.

`page` wants someone now, `ticket` in working hours. Labels name what is affected; every number and
link is an annotation. https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from groundwire_collector.catalogue import (
    DRIFT_ALARM,
    DRIFT_CHANGE_TIMESTAMP,
    EVALUATION_LAG,
    EVALUATOR_LABELS,
    VERSION_LABELS,
)
from groundwire_collector.rules.limits import Limits, duration
from groundwire_collector.rules.recording import one_replica

VERSIONS = VERSION_LABELS[1:]


class Severity(StrEnum):
    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alerting rule; texts are Prometheus templates, durations seconds."""

    name: str
    severity: Severity
    expression: str
    summary: str
    description: str
    lasting: int = 0
    keep_firing: int = 0
    links: Mapping[str, str] = field(default_factory=dict)


def alerts(limits: Limits) -> tuple[Alert, ...]:
    """Every alert, the one that silences others first."""
    return (
        collector_down(limits),
        evaluation_stale(limits),
        no_turns(limits),
        faithfulness_drop(limits),
        drift(limits),
        evaluations_failing(limits),
    )


def collector_down(limits: Limits) -> Alert:
    return Alert(
        name="GroundwireCollectorDown",
        severity=Severity.PAGE,
        expression=f'absent(up{{job="{limits.job}"}} == 1)',
        lasting=limits.down_for,
        summary="No Groundwire collector can be scraped: answers are not watched",
        description="While it lasts, no other Groundwire alert can fire. Applications are not "
        "affected: their SDK drops what it cannot deliver, and counts it.",
    )


def evaluation_stale(limits: Limits) -> Alert:
    lag = one_replica(limits, EVALUATION_LAG.name)
    return Alert(
        name="GroundwireEvaluationStale",
        severity=Severity.PAGE,
        expression=f"{lag} > {limits.max_lag}",
        lasting=limits.stale_for,
        summary="Turns wait {{ $value | humanizeDuration }} to be judged",
        description="Spans are stored but not judged, so faithfulness and drift show the past. "
        "The worker has stopped, is stuck, or is slower than the traffic.",
        links={"turns_url": f"{limits.collector_url}/turns?order=newest"},
    )


def no_turns(limits: Limits) -> Alert:
    season = duration(limits.absence_season)
    week = duration(7 * limits.absence_season)
    expected = f"groundwire:turns:recent offset {season} >= {limits.absence_min_turns}"
    quiet_weekday = f"groundwire:turns:recent offset {week} < {limits.absence_min_turns}"
    return Alert(
        name="GroundwireNoTurns",
        severity=Severity.PAGE,
        expression=f"({expected})\nunless ({quiet_weekday})\nunless groundwire:turns:recent > 0\n"
        f'and on () count(up{{job="{limits.job}"}} == 1) > 0',
        summary=f"{{{{ $labels.service }}}} had no turn for {duration(limits.absence_window)}; "
        f'{{{{ $value | printf "%.0f" }}}} were seen at this time {season} ago',
        description="The service is down, its exporter cannot reach the collector, or its spans "
        "no longer make turns. What is not seen is not judged.",
        links={"turns_url": _turns_url(limits, ("service",), order="newest")},
    )


def faithfulness_drop(limits: Limits) -> Alert:
    current = _look_up("groundwire:faithfulness:current", (*VERSION_LABELS, *EVALUATOR_LABELS))
    turns = _look_up("groundwire:scored_turns:current", (*VERSION_LABELS, *EVALUATOR_LABELS))
    reference = _look_up("groundwire:faithfulness:reference", ("service", *EVALUATOR_LABELS))
    return Alert(
        name="GroundwireFaithfulnessDrop",
        severity=Severity.PAGE,
        expression=f"groundwire:faithfulness:drop > {limits.min_drop}\n"
        "and groundwire:faithfulness:drop > "
        f"{limits.noise_factor:g} * groundwire:faithfulness:noise\n"
        f"and groundwire:scored_turns:current >= {limits.min_turns}",
        lasting=limits.drop_for,
        keep_firing=limits.keep_firing_for,
        summary=f"Faithfulness of {_named('service')}{_versions()} fell to "
        f"{current} | humanizePercentage }}}}{{{{ end }}}}",
        description=f"Mean over {duration(limits.current_window)} and "
        f'{turns} | printf "%.0f" }}}}{{{{ end }}}} scored turns; expected is '
        f"{reference} | humanizePercentage }}}}{{{{ end }}}}, the median of the service over "
        f"{duration(limits.reference_window)}. Judged by {_named('evaluator')} "
        f"{_named('revision')}.",
        links={
            "turns_url": _turns_url(limits, VERSION_LABELS, order="worst"),
            "dashboard_url": _dashboard_url(limits),
        },
    )


def drift(limits: Limits) -> Alert:
    changed = one_replica(limits, DRIFT_CHANGE_TIMESTAMP.name)
    alarm = one_replica(limits, DRIFT_ALARM.name)
    where = "{{ with $labels.axis }} of {{ . }} {{ $labels.value }}{{ end }}"
    restricted = "{{ with $labels.axis }}&{{ . }}={{ $labels.value | urlquery }}{{ end }}"
    since = '&since={{ $value | printf "%.0f" }}'
    worst = _turns_url(limits, ("service",), order="worst")
    return Alert(
        name="GroundwireDrift",
        severity=Severity.TICKET,
        expression=f"{changed}\nand {alarm} == 1",
        summary=f"{_named('signal')}{where} in {_named('service')} got worse, "
        "since {{ $value | humanizeTimestamp }}",
        description=f"Probable cause: {_named('cause')}. The detector's false-alarm budget "
        "covers all its streams together; the alarm stays open until it is resolved.",
        links={
            "turns_url": f"{worst}{restricted}{since}",
            "dashboard_url": _dashboard_url(limits),
        },
    )


def evaluations_failing(limits: Limits) -> Alert:
    return Alert(
        name="GroundwireEvaluationsFailing",
        severity=Severity.TICKET,
        expression=f"groundwire:failed_evaluations:ratio > {limits.max_failed_ratio}\n"
        f"and groundwire:evaluations:current >= {limits.min_turns}",
        lasting=limits.drop_for,
        summary=f"{{{{ $value | humanizePercentage }}}} of the judgements of {_named('evaluator')} "
        f"fail for {_named('service')}",
        description="Failed judgements are in no mean and no ratio: coverage falls instead.",
        links={"turns_url": f"{_turns_url(limits, ('service',), order='newest')}&state=failed"},
    )


def _named(label: str) -> str:
    return f"{{{{ $labels.{label} }}}}"


def _versions() -> str:
    """The versions an alert has, in brackets; nothing for those it has not."""
    return "".join(
        f"{{{{ with $labels.{name} }}}}, {name} {{{{ . }}}}{{{{ end }}}}" for name in VERSIONS
    )


def _look_up(series: str, labels: tuple[str, ...]) -> str:
    """The opening of a template that pipes the value of a series with the alert's labels."""
    matchers = ",".join(f"{name}=%q" for name in labels)
    values = " ".join(f"$labels.{name}" for name in labels)
    return f"{{{{ with printf `{series}{{{matchers}}}` {values} | query }}}}{{{{ . | first | value"


def _turns_url(limits: Limits, labels: tuple[str, ...], order: str) -> str:
    chosen = "".join(
        f"{{{{ with $labels.{name} }}}}&{name}={{{{ . | urlquery }}}}{{{{ end }}}}"
        for name in labels
    )
    return f"{limits.collector_url}/turns?order={order}{chosen}"


def _dashboard_url(limits: Limits) -> str:
    service = "{{ $labels.service | urlquery }}"
    return f"{limits.grafana_url}/d/groundwire-overview?var-service={service}"
