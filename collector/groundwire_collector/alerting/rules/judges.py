"""Alerts on judges: backlog, failures, disagreement with the golden set."""

from groundwire_collector.alerting.annotations import (
    SHARE,
    WHOLE,
    judge_dashboard_url,
    judged_services,
    judged_turns_url,
    named,
    number,
)
from groundwire_collector.alerting.promql import one_replica
from groundwire_collector.alerting.rules.alert import AlertRule
from groundwire_collector.alerting.rules.settings import RuleSettings, Severity, duration
from groundwire_collector.metric_definitions import (
    EVALUATOR_LABELS,
    JUDGE_GOLDEN_FLIPS,
    JUDGE_GOLDEN_TURNS,
    JUDGE_QUEUE_AGE,
)


def judge_alerts(limits: RuleSettings) -> tuple[AlertRule, ...]:
    return (judge_behind(limits), judge_changed(limits))


def judge_behind(limits: RuleSettings) -> AlertRule:
    return AlertRule(
        name="GroundwireJudgeBehind",
        severity=Severity.TICKET,
        expression=f"{one_replica(JUDGE_QUEUE_AGE.name, limits.replica_labels)}"
        f" > {limits.max_judge_queue_age}",
        for_seconds=limits.ticket_after,
        summary=f"{named('evaluator')}: the oldest sampled turn has waited "
        "{{ $value | humanizeDuration }}",
        description=f"Sampled turns wait longer than {duration(limits.max_judge_queue_age)}. "
        "Those that are not reached in time are skipped, and faithfulness estimates become "
        "outdated; live traffic and the evaluators of every turn are not affected. "
        f"It judges: {judged_services()}.",
        first="Check whether the endpoint is slow or the judge pauses after failures. Then lower "
        "its rate or raise its budget.",
        links={
            "turns_url": judged_turns_url(limits, "newest", "&state=not_sampled"),
            "dashboard_url": judge_dashboard_url(limits, "health"),
        },
    )


def judge_changed(limits: RuleSettings) -> AlertRule:
    wrong, right = (
        one_replica(f'{JUDGE_GOLDEN_FLIPS.name}{{direction="{direction}"}}', limits.replica_labels)
        for direction in ("wrong", "right")
    )
    flips = f"({wrong} - ignoring (direction) {right})"
    both = f"({wrong} + ignoring (direction) {right})"
    judged = one_replica(f'{JUDGE_GOLDEN_TURNS.name}{{state!="failed"}}', limits.replica_labels)
    turns = f"sum without (state) ({judged})"
    return AlertRule(
        name="GroundwireJudgeChanged",
        severity=Severity.TICKET,
        expression=f"{flips}\n/ ignoring (direction) ({turns} > 0) > {limits.max_judge_change:g}\n"
        f"and {flips} > {limits.noise_factor:g} * sqrt({both})",
        for_seconds=limits.ticket_after,
        summary=f"{named('evaluator')} {named('revision')}: wrong on "
        f"{{{{ $value | {SHARE} }}}} more of the golden set than at first",
        description="The prompt, the revision and the turns are the same, so the model behind "
        f"the name has changed. Turns now wrong: {_flips('wrong')}, now right: {_flips('right')}. "
        f"It judges: {judged_services()}.",
        first="Do not interpret its scores as a change of the answers. Pin a dated model version, "
        "or give the evaluator a new revision, which gets a new baseline.",
        links={
            "turns_url": judged_turns_url(limits, "worst"),
            "dashboard_url": judge_dashboard_url(limits, "faithfulness"),
        },
    )


def _flips(direction: str) -> str:
    series = f"{JUDGE_GOLDEN_FLIPS.name}"
    return number(series, EVALUATOR_LABELS, WHOLE, f'direction="{direction}"')
