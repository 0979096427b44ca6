"""Alerts on missing or stale data."""

from groundwire_collector.alerting.annotations import (
    SHARE,
    WHOLE,
    dashboard_url,
    named,
    number,
    turns_url,
)
from groundwire_collector.alerting.promql import (
    BY_SERVICE_AND_JUDGE,
    grown,
    one_replica,
    total,
)
from groundwire_collector.alerting.rules.alert import AlertRule
from groundwire_collector.alerting.rules.recording import COVERAGE
from groundwire_collector.alerting.rules.settings import RuleSettings, Severity, duration
from groundwire_collector.metric_definitions import EVALUATION_LAG, TRACES_WITHOUT_TURN, TURNS

JUDGE = ("service", "evaluator")


def absence_alerts(limits: RuleSettings) -> tuple[AlertRule, ...]:
    return (collector_down(limits), evaluation_stale(limits), no_turns(limits))


def coverage_alerts(limits: RuleSettings) -> tuple[AlertRule, ...]:
    return (
        queue_ageing(limits),
        coverage_low(limits),
        evaluations_failing(limits),
        traces_without_turn(limits),
    )


def collector_down(limits: RuleSettings) -> AlertRule:
    return AlertRule(
        name="GroundwireCollectorDown",
        severity=Severity.PAGE,
        expression=f'absent(up{{job="{limits.job}"}} == 1)',
        for_seconds=limits.down_for,
        summary="No Groundwire collector can be scraped: answers are not monitored",
        description="Until it is back, no other Groundwire alert can fire. Applications are not "
        "affected: the SDK drops and counts spans that it cannot deliver.",
        first="Check that the process is running and that GET /healthz and /readyz respond.",
    )


def evaluation_stale(limits: RuleSettings) -> AlertRule:
    return AlertRule(
        name="GroundwireEvaluationStale",
        severity=Severity.PAGE,
        expression=f"{one_replica(EVALUATION_LAG.name, limits.replica_labels)} > {limits.max_lag}",
        for_seconds=limits.stale_for,
        summary="Evaluation lags {{ $value | humanizeDuration }} behind: all results are outdated",
        description="Spans are stored but not evaluated, so faithfulness and drift are outdated. "
        "The worker has stopped, is stuck, or is much slower than the traffic.",
        first="Read the worker's last log lines, then restart the collector: it resumes at its "
        "last commit.",
        links={"turns_url": turns_url(limits, (), "newest")},
    )


def no_turns(limits: RuleSettings) -> AlertRule:
    season = duration(limits.absence_season)
    week = duration(7 * limits.absence_season)
    expected = (
        f"service:groundwire_turns:increase_recent offset {season} >= {limits.absence_min_turns}"
    )
    quiet_weekday = (
        f"service:groundwire_turns:increase_recent offset {week} < {limits.absence_min_turns}"
    )
    return AlertRule(
        name="GroundwireNoTurns",
        severity=Severity.PAGE,
        expression=f"({expected})\nunless ({quiet_weekday})\n"
        "unless service:groundwire_turns:increase_recent > 0\n"
        f'and on () count(up{{job="{limits.job}"}} == 1) > 0',
        summary=f"{named('service')}: no turns for {duration(limits.absence_window)}; "
        f"{{{{ $value | {WHOLE} }}}} at this time {season} ago",
        description="The service is down, its exporter cannot reach the collector, or its spans "
        "no longer form turns. Answers are not being monitored.",
        first="Check whether the application has traffic. If it has, check its log for exporter "
        "errors.",
        links={"turns_url": turns_url(limits, ("service",), "newest")},
    )


def queue_ageing(limits: RuleSettings) -> AlertRule:
    lag = one_replica(EVALUATION_LAG.name, limits.replica_labels)
    return AlertRule(
        name="GroundwireQueueAgeing",
        severity=Severity.TICKET,
        expression=f"{lag} > {limits.max_queue_age} and {lag} <= {limits.max_lag}",
        for_seconds=limits.ticket_after,
        summary="Evaluation lags {{ $value | humanizeDuration }} behind the traffic",
        description=f"For {duration(limits.ticket_after)} the oldest turn has waited longer than "
        f"{duration(limits.max_queue_age)}; from {duration(limits.max_lag)} on this is a page.",
        first="Has traffic grown, or has an evaluator become slower? Remove the slow one from "
        "`evaluators`, or sample it.",
        links={"turns_url": turns_url(limits, (), "newest")},
    )


def coverage_low(limits: RuleSettings) -> AlertRule:
    usual = number(COVERAGE.median, JUDGE, SHARE)
    turns = number(COVERAGE.count, BY_SERVICE_AND_JUDGE, WHOLE)
    return AlertRule(
        name="GroundwireCoverageLow",
        severity=Severity.TICKET,
        expression=f"{COVERAGE.ratio}\n"
        f"and {COVERAGE.rise} < -{limits.min_coverage_fall:g}\n"
        f"and -{COVERAGE.rise} > {limits.noise_factor:g} * {COVERAGE.stderr}\n"
        f"and {COVERAGE.count} >= {limits.min_turns}",
        for_seconds=limits.ticket_after,
        summary=f"{named('service')}: {named('evaluator')} covers only "
        f"{{{{ $value | {SHARE} }}}} of the turns (usual: {usual})",
        description=f"Over {duration(limits.current_window)} and {turns} turns. Means and ratios "
        "now cover fewer turns than before, perhaps different ones.",
        first="Open the newest turns that are not evaluable: each gives a reason.",
        links={
            "turns_url": turns_url(limits, ("service",), "newest", "&state=not_evaluable"),
            "dashboard_url": dashboard_url(limits),
        },
    )


def evaluations_failing(limits: RuleSettings) -> AlertRule:
    tried = number("service_evaluator:groundwire_evaluations:increase", BY_SERVICE_AND_JUDGE, WHOLE)
    return AlertRule(
        name="GroundwireEvaluationsFailing",
        severity=Severity.TICKET,
        expression="service_evaluator:groundwire_failed_evaluations:ratio"
        f" > {limits.max_failed_ratio:g}\n"
        f"and service_evaluator:groundwire_evaluations:increase >= {limits.min_turns}",
        for_seconds=limits.ticket_after,
        summary=f"{named('service')}: {{{{ $value | {SHARE} }}}} of the evaluations by "
        f"{named('evaluator')} fail",
        description=f"Of {tried} in the last {duration(limits.current_window)}. {_calls()}Failed "
        "evaluations are excluded from means and ratios: coverage falls instead.",
        first="Open the newest failed turns: each gives a reason. Then check the judge's URL, key "
        "and quota.",
        links={"turns_url": turns_url(limits, ("service",), "newest", "&state=failed")},
    )


def traces_without_turn(limits: RuleSettings) -> AlertRule:
    # What speaks of no model, and steps around a model elsewhere, may be sent here on purpose.
    lost = '{reason!~"not_llm|no_model_call"}'
    window = limits.current_window
    labels = ("service", "family", "reason")
    without = grown(limits, labels, total(TRACES_WITHOUT_TURN, lost), window)
    turns = grown(limits, ("service",), total(TURNS), window)
    all_without = grown(limits, ("service",), total(TRACES_WITHOUT_TURN, lost), window)
    return AlertRule(
        name="GroundwireTracesWithoutTurn",
        severity=Severity.TICKET,
        expression=f"({without} >= {limits.min_turns})\n"
        f"/ on (service) group_left () ({all_without} + ({turns} or {all_without} * 0))\n"
        f"> {limits.max_unanswered_ratio:g}",
        for_seconds=limits.ticket_after,
        summary=f"{named('service')}: {{{{ $value | {SHARE} }}}} of the traces become no turn: "
        f"{named('reason')} (family: {named('family')})",
        description=f"Over {duration(window)}. Such a trace is judged by nobody and is in no mean, "
        "no ratio and no alarm.",
        first="Run `groundwire doctor`: it names what was seen and what to set.",
        links={"turns_url": turns_url(limits, ("service",), "newest")},
    )


def _calls() -> str:
    """Calls of a judge by outcome, where it makes calls."""
    series = (
        "service_evaluator_result:groundwire_judge_calls:increase"
        "{service=%q,evaluator=%q,result!=`answered`} > 0"
    )
    series = series.replace("`", '"')
    return (
        f"{{{{ range printf `{series}` $labels.service $labels.evaluator | query }}}}"
        f"{{{{ .Labels.result }}}}: {{{{ .Value | {WHOLE} }}}} calls. {{{{ end }}}}"
    )
