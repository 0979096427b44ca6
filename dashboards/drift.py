"""Drift dashboard: change, segment, onset, evidence."""

from grafana_foundation_sdk.builders import dashboard, stat, table, timeseries

from dashboards.frame import board, common_variables
from dashboards.panels import (
    LEGEND,
    evidence,
    limits,
    line,
    listing,
    merged,
    number,
    query,
    query_now,
    row_link,
    share,
    turns_link,
)
from groundwire_collector.alerting.promql import SERVICE, VERSION, mean, one_replica, rate
from groundwire_collector.metric_definitions import (
    BASELINE_FLAGGED_TURNS,
    BASELINE_LOSS,
    BASELINE_TURNS,
    DRIFT_ALARM,
    DRIFT_CHANGE_BOUND,
    DRIFT_CHANGE_TIMESTAMP,
    DRIFT_SIZE,
    DRIFT_STATISTIC,
    EVALUATOR_REVISION_TIMESTAMP,
    P_UNSUPPORTED,
    TURNS,
)

UID = "groundwire-drift"
WATCHED = 'evaluator="grounding"'
WHERE = ("service", "signal", "dimension", "value", "cause")
STREAM = "{{service}} {{signal}} {{dimension}} {{value}}"


def drift() -> dashboard.Dashboard:
    purpose = "What got worse, where, since when, and how strong is the evidence?"
    return board(UID, "Drift", purpose, ROWS, common_variables())


def open_alarms() -> stat.Panel:
    alarms = one_replica(f"{DRIFT_ALARM.name}{{{SERVICE}}}")
    return (
        number(
            "Open drift alarms",
            "All monitored signals share one false-alarm budget. The table below shows what "
            "changed, where and since when.",
            "none",
        )
        .thresholds(limits((None, "green"), (1, "red")))
        .with_target(query_now(f"sum({alarms}) or vector(0)"))
    )


def strongest() -> stat.Panel:
    statistic = one_replica(f"{DRIFT_STATISTIC.name}{{{SERVICE}}}")
    return (
        number(
            "Strongest evidence",
            "Maximum over signals and services; an alarm is raised at 1.",
            "none",
        )
        .thresholds(limits((None, "green"), (0.3, "orange"), (1, "red")))
        .with_target(query(f"max(sum by (service, signal) ({statistic}))", ""))
    )


def pinned() -> stat.Panel:
    turns = one_replica(f"{BASELINE_TURNS.name}{{{SERVICE}}}")
    return (
        number(
            "Signals with a baseline",
            "Signals that are compared with a baseline. A service without one is not monitored "
            "yet.",
            "none",
        )
        .thresholds(limits((None, "orange"), (1, "green")))
        .with_target(query(f"count({turns}) or vector(0)", ""))
    )


def alarms() -> table.Panel:
    gauge = {
        "since": f"{one_replica(f'{DRIFT_CHANGE_TIMESTAMP.name}{{{SERVICE}}}')} * 1000",
        "earliest": f"{_bound('from')} * 1000",
        "latest": f"{_bound('until')} * 1000",
    }
    panel = listing(
        "Open alarms: what, where, since when",
        "Signal, dimension and value show what got worse and where; the cause is the probable one. "
        "`since` is the estimated onset, earliest and latest its confidence interval. Sizes are "
        "changes of the mean loss with their confidence interval.",
    )
    times = [(name, "dateTimeAsIso", expression) for name, expression in gauge.items()]
    sizes = [(f"size {bound}", "percentunit", _size(bound)) for bound in ("lower", "mean", "upper")]
    return merged(panel, WHERE, *times, *sizes).data_links([row_link("service")])


def _bound(bound: str) -> str:
    series = one_replica(f'{DRIFT_CHANGE_BOUND.name}{{{SERVICE}, bound="{bound}"}}')
    return f"max without (bound) ({series})"


def _size(bound: str) -> str:
    series = one_replica(f'{DRIFT_SIZE.name}{{{SERVICE}, bound="{bound}"}}')
    return f"max without (bound) ({series})"


def by_signal() -> timeseries.Panel:
    statistic = one_replica(f"{DRIFT_STATISTIC.name}{{{SERVICE}}}")
    return (
        evidence(
            "Evidence by signal",
            "Sum over the streams of a signal; an alarm is raised at 1. It stays near 0 without a "
            "change; a slow climb is a slow change.",
        )
        .with_target(query(f"sum by (service, signal) ({statistic})", "{{service}} {{signal}}"))
        .data_links([turns_link("worst", "service")])
    )


def by_stream() -> timeseries.Panel:
    statistic = one_replica(f"{DRIFT_STATISTIC.name}{{{SERVICE}}}")
    return (
        evidence(
            "Evidence by stream",
            "The ten strongest streams. If the line of one dimension and value climbs alone, the "
            "change is there.",
        )
        .with_target(query(f"topk(10, {statistic})", STREAM))
        .data_links([turns_link("worst", "service")])
    )


def against_baseline() -> timeseries.Panel:
    watched = mean(P_UNSUPPORTED.name, f"{VERSION}, {WATCHED}")
    loss, turns = (
        one_replica(f'{metric.name}{{{SERVICE}, signal="p_unsupported"}}')
        for metric in (BASELINE_LOSS, BASELINE_TURNS)
    )
    return (
        share(
            "Unsupported claims and baseline",
            "Mean p_unsupported of each version, and of the pinned baseline. Higher is worse.",
        )
        .with_target(query(watched))
        .with_target(query(f"{loss} / ({turns} > 0)", "baseline for {{service}}"))
        .data_links([turns_link("worst", "service", "model_version")])
    )


def baselines() -> table.Panel:
    turns, loss, flagged = (
        one_replica(f"{metric.name}{{{SERVICE}}}")
        for metric in (BASELINE_TURNS, BASELINE_LOSS, BASELINE_FLAGGED_TURNS)
    )
    panel = listing(
        "Pinned baselines",
        "What every later turn is compared with. A new evaluator revision starts a new baseline; "
        "otherwise only a person can accept a new level, on the alarms page.",
    )
    return merged(
        panel,
        ("service", "signal", "revision"),
        ("turns", "short", turns),
        ("mean loss", "percentunit", f"{loss} / ({turns} > 0)"),
        ("flagged", "percentunit", f"{flagged} / ({turns} > 0)"),
    )


def versions() -> timeseries.Panel:
    turns = rate(f"{TURNS.name}_total", VERSION)
    by = "service, model_version, prompt_version, index_version"
    return line(
        "Turns by versions",
        "Which versions answered when. A change that starts with a new version was caused by it.",
        "reqps",
    ).with_target(
        query(f"sum by ({by}) ({turns})", f"{LEGEND} {{{{prompt_version}}}} {{{{index_version}}}}")
    )


def revisions() -> table.Panel:
    seen = one_replica(EVALUATOR_REVISION_TIMESTAMP.name)
    panel = listing(
        "Evaluator revisions",
        "When each was first seen. If a score changes at the same time, the evaluator changed, not "
        "the application.",
    )
    return merged(
        panel, ("evaluator", "revision"), ("first seen", "dateTimeAsIso", f"{seen} * 1000")
    )


ROWS = (
    ("Now", 4, (open_alarms, strongest, pinned)),
    ("What, where, since when?", 8, (alarms,)),
    ("How strong is the evidence?", 9, (by_signal, by_stream)),
    ("Against what?", 8, (against_baseline, baselines)),
    ("What else changed?", 8, (versions, revisions)),
)
