"""Drift dashboard: change, segment, onset, evidence."""

from grafana_foundation_sdk.builders import dashboard, table, timeseries

from dashboards.frame import band, board, collector_url, version_variables
from dashboards.panels import (
    LEGEND,
    SMOOTH,
    VERSION_LINKS,
    LabelColumn,
    QueryColumn,
    alarms_link,
    bad_share,
    by_version,
    evidence,
    expected,
    listing,
    query,
    rate_of,
    runbook_link,
    segment_link,
    turns_link,
)
from groundwire_collector.alerting.promql import SERVICE, VERSION, mean, one_replica, rate
from groundwire_collector.metric_definitions import (
    BASELINE_FLAGGED_TURNS,
    BASELINE_LOSS,
    BASELINE_TURNS,
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
WHERE = (
    LabelColumn("service", 140),
    LabelColumn("value", 190, "version", "all versions"),
    LabelColumn("signal", 125),
    LabelColumn("dimension", 125, absent="all"),
    LabelColumn("cause", 80),
)
STREAMS = 8  # lines that can be told apart
STREAM = "{{service}} · {{signal}} · {{value}}"


def drift() -> dashboard.Dashboard:
    purpose = "What got worse, where, since when, and how strong is the evidence?"
    variables = [*version_variables(), collector_url()]
    return board(UID, "Drift", purpose, FIRST, (), variables)


def alarms() -> table.Panel:
    since = one_replica(f"{DRIFT_CHANGE_TIMESTAMP.name}{{{SERVICE}}}")
    return listing(
        "What got worse, where, since when, by how much?",
        "Open drift alarms. Version: whose turns got worse (empty: all of the service's). Since is "
        "the estimated onset, between earliest and latest (90 %). Sizes are changes of the mean "
        "loss with their 90 % interval.",
        "no open drift alarm; below: whether anything is monitored",
        WHERE,
        QueryColumn("since", "dateTimeFromNow", f"{since} * 1000", 120),
        QueryColumn("worse by", "percentunit", _size("mean"), 80, 0, "red"),
        QueryColumn("at least", "percentunit", _size("lower"), 80, 0),
        QueryColumn("at most", "percentunit", _size("upper"), 80, 0),
        QueryColumn("earliest", "dateTimeAsIso", f"{_bound('from')} * 1000", 165),
        QueryColumn("latest", "dateTimeAsIso", f"{_bound('until')} * 1000", 165),
    ).data_links([segment_link(), alarms_link(), runbook_link("GroundwireDrift")])


def _bound(bound: str) -> str:
    return one_replica(f'{DRIFT_CHANGE_BOUND.name}{{{SERVICE}, bound="{bound}"}}')


def _size(bound: str) -> str:
    return one_replica(f'{DRIFT_SIZE.name}{{{SERVICE}, bound="{bound}"}}')


def by_stream() -> timeseries.Panel:
    """The strongest streams of the range: the same ones at every moment."""
    series = f"{DRIFT_STATISTIC.name}{{{SERVICE}}}"
    highest = one_replica(f"max_over_time({series}[$__rate_interval])")
    strongest = one_replica(f"max_over_time({series}[$__range] @ end())")
    return (
        evidence(
            "How strong is the evidence, and in which version?",
            f"The {STREAMS} strongest streams. An alarm is raised at 1 and holds the line there "
            "while it is open; between scrapes its maximum counts. Evidence multiplies, so the "
            "axis is logarithmic: a straight climb is a steady change. If the line of one version "
            "climbs alone, the change is there.",
        )
        .with_target(query(f"{highest} and topk({STREAMS}, {strongest})", STREAM))
        .data_links([turns_link("worst", "service"), alarms_link()])
    )


def against_baseline() -> timeseries.Panel:
    watched = mean(P_UNSUPPORTED.name, f"{VERSION}, {WATCHED}")
    panel = bad_share(
        "Are claims less supported than in the baseline?",
        "Mean p_unsupported of each version. The dashed line is the pinned baseline, shown "
        "where one service is chosen (or there is only one); all are in the table below.",
    )
    panel = by_version(panel, watched).with_target(query(_only_one(_baseline()), "baseline"))
    return expected(panel, "baseline").interval(SMOOTH).data_links(VERSION_LINKS)


def _baseline() -> str:
    loss, turns = (
        one_replica(f'{metric.name}{{{SERVICE}, signal="p_unsupported"}}')
        for metric in (BASELINE_LOSS, BASELINE_TURNS)
    )
    return f"{loss} / ({turns} > 0)"


def _only_one(expression: str) -> str:
    """Expression restricted to where it has one series."""
    return f"{expression} and on () (count({expression}) == 1)"


def baselines() -> table.Panel:
    turns, loss, flagged = (
        one_replica(f"{metric.name}{{{SERVICE}}}")
        for metric in (BASELINE_TURNS, BASELINE_LOSS, BASELINE_FLAGGED_TURNS)
    )
    return listing(
        "What is each service compared with?",
        "Pinned baselines: what every later turn is compared with. A service without one is not "
        "monitored yet. A new evaluator revision starts a new baseline; otherwise only a person "
        "can accept a new level, on the alarms page.",
        "no baseline yet: nothing is compared",
        [LabelColumn("service", 125), LabelColumn("signal", 120), LabelColumn("revision", 105)],
        QueryColumn("turns", "none", turns, 60),
        QueryColumn("mean loss", "percentunit", f"{loss} / ({turns} > 0)", 80, 1),
        QueryColumn("flagged", "percentunit", f"{flagged} / ({turns} > 0)", 70, 1),
    ).data_links([alarms_link()])


def versions() -> timeseries.Panel:
    turns = rate(f"{TURNS.name}_total", VERSION)
    by = "service, model_version, prompt_version, index_version"
    panel = rate_of(
        "Which versions served when?",
        "Turns of each combination of model, prompt and index version. A change that starts "
        "with a new line came with that version.",
        "turns/s",
    )
    legend = f"{LEGEND} · {{{{prompt_version}}}} · {{{{index_version}}}}"
    return by_version(panel, f"sum by ({by}) ({turns})", legend)


def revisions() -> table.Panel:
    seen = one_replica(EVALUATOR_REVISION_TIMESTAMP.name)
    return listing(
        "Did an evaluator change?",
        "When each revision was first seen. If a score changes at the same time, the evaluator "
        "changed, not the application.",
        "no evaluator has run yet",
        [LabelColumn("evaluator", 95), LabelColumn("revision", 105)],
        QueryColumn("first seen", "dateTimeFromNow", f"{seen} * 1000", 110),
    )


FIRST = (
    band(6, alarms),
    band(9, by_stream, against_baseline),
    (7, ((versions, 8), (baselines, 10), (revisions, 6))),
)
