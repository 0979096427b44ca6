"""Alert on parametric override: answers from weights against the context."""

from groundwire_collector.alerting.annotations import (
    SHARE,
    WHOLE,
    dashboard_url,
    drift_since,
    named,
    number,
    turns_url,
    versions,
)
from groundwire_collector.alerting.promql import BY_VERSION
from groundwire_collector.alerting.rules.alert import AlertRule
from groundwire_collector.alerting.rules.recording import MEMORIZATION
from groundwire_collector.alerting.rules.settings import RuleSettings, Severity, duration

MEASURED = '{source=~"closed_book|probe"}'  # passive signals detect only unsupported insertions
LABELS = (*BY_VERSION, "source")


def memorization(limits: RuleSettings) -> AlertRule:
    ratio, noise = (
        f"{MEMORIZATION.ratio}{MEASURED}",
        f"{limits.noise_factor:g} * {MEMORIZATION.stderr}",
    )
    usual = number(MEMORIZATION.median, ("service", "source"), SHARE)
    follows = number("version_source:groundwire_context_reliance:ratio", LABELS, SHARE)
    return AlertRule(
        name="GroundwireMemorization",
        severity=Severity.TICKET,
        expression=f"{ratio}\n"
        f"and (\n({MEMORIZATION.rise} > {limits.min_memorization_rise:g} and "
        f"{MEMORIZATION.rise} > {noise})\n"
        f"or ({ratio} - {noise} > {limits.max_memorization:g})\n)\n"
        f"and {MEMORIZATION.count} >= {limits.min_deciding}",
        for_seconds=limits.ticket_after,
        keep_firing=limits.keep_firing_for,
        summary=f"{named('service')}{versions()}: {{{{ $value | {SHARE} }}}} of the answers "
        f"follow memory where it conflicts with the context (usual: {usual})",
        description=f"M_R by {named('source')}, over {duration(limits.reliance_window)} and "
        f"{number(MEMORIZATION.count, LABELS, WHOLE)} answers that follow either; p_s, the share "
        f"of all measured answers that follow the context, is {follows}. Users may not notice "
        "until the source changes.",
        since=drift_since(),
        first="Halt the rollout of this version. Compare it with the previous version on the same "
        "probes: `groundwire probe run`.",
        links={
            "turns_url": turns_url(limits, BY_VERSION, "worst"),
            "dashboard_url": dashboard_url(limits),
        },
    )
