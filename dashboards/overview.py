"""Overview dashboard: is anything wrong, in which version, since when."""

from grafana_foundation_sdk.builders import dashboard, stat, table, timeseries
from grafana_foundation_sdk.models import common as common_models

from dashboards import faithfulness, health, reliance
from dashboards.frame import Section, band, board, common_variables
from dashboards.panels import (
    VERSION_LINKS,
    LabelColumn,
    QueryColumn,
    alarms_link,
    by_version,
    line,
    link,
    listing,
    number,
    query,
    query_now,
    rate_of,
    runbook_link,
    segment_link,
    turns_link,
    worst_turn_of_row,
)
from groundwire_collector.alerting.promql import (
    JUDGED,
    SERVICE,
    SUM_BY_VERSION,
    VERSION,
    one_replica,
    quantile,
    rate,
)
from groundwire_collector.metric_definitions import (
    DRIFT_ALARM,
    DRIFT_CHANGE_TIMESTAMP,
    DRIFT_SIZE,
    GENERATION_DURATION,
    TIME_TO_FIRST_TOKEN,
    TURNS,
)

UID = "groundwire-overview"
ALL, ALL_SERVICES = "all versions", "all services"
OF = "of"  # hidden column: the name of the label that chooses the turns of a row
FEWEST = 30  # scored turns below which a version's mean is noise
OTHERS = f'alertname=~"Groundwire.+", alertname!="GroundwireDrift", {SERVICE}'
PENDING = f"ALERTS_FOR_STATE{{{OTHERS}}}"
FIRING = f'ALERTS{{{OTHERS}, alertstate="firing"}}'
ALERT = "alertname, severity, service, model_version"  # a row of the table
WHERE = (
    LabelColumn("service", 130),
    LabelColumn("value", 175, "version", ALL),
    LabelColumn("signal", 115),
    LabelColumn("dimension", 0, absent="all"),
    LabelColumn("cause", 75),
)


def overview() -> dashboard.Dashboard:
    purpose = "Did the model read its context, or recite its weights?"
    return board(UID, "Overview", purpose, FIRST, BELOW, common_variables())


def anything_firing() -> stat.Panel:
    """Count of open drift alarms and firing alerts; absent without a collector."""
    alarms = one_replica(f"{DRIFT_ALARM.name}{{{SERVICE}}}")
    turns = f"0 * count({TURNS.name}_total{{{SERVICE}}})"
    both = f"(sum({alarms}) or {turns}) + (count(count by ({ALERT}) ({FIRING})) or {turns})"
    return (
        number(
            "Is anything firing?",
            "Open drift alarms and other firing alerts of the chosen services. Which, where and "
            "since when is in the two tables below. A dash: nothing is monitored, so nothing can "
            "fire.",
            "none",
            ((None, "green"), (1, "red")),
        )
        .color_mode(common_models.BigValueColorMode.BACKGROUND)
        .with_target(query_now(both))
        .data_links([alarms_link()])
    )


def least_faithful() -> stat.Panel:
    return _worst_version(
        number(
            "Least faithful version?",
            "Supported claims / claims of the version with the lowest mean over the current window "
            f"(1 h by default), among those with {FEWEST} scored turns and more.",
            "percentunit",
            ((None, "red"), (0.8, "orange"), (0.92, "text")),
            decimals=1,
        ),
        f"bottomk(1, {_mean()} and {_scored()} >= {FEWEST})",
    ).data_links([*VERSION_LINKS, runbook_link("GroundwireFaithfulnessDrop")])


def memory_over_context() -> stat.Panel:
    return _worst_version(
        number(
            "Answers from memory?",
            "M_R of the worst version: of the answers that follow either context or memory, the "
            "share that follows memory. Probes measure it best; passive signals detect inserted "
            "values only.",
            "percentunit",
            ((None, "text"), (0.05, "orange"), (0.2, "red")),
            decimals=1,
        ),
        f"topk(1, {reliance.memory_ratio()})",
    ).data_links([*VERSION_LINKS, runbook_link("GroundwireMemorization")])


def without_chunk() -> stat.Panel:
    return (
        number(
            "Turns without a chunk?",
            "Share of turns answered without a chunk over the current window, of the worst "
            "service. Their answers come from the weights, and are not scored: faithfulness cannot "
            "show this.",
            "percentunit",
            ((None, "text"), (0.05, "orange"), (0.15, "red")),
            decimals=1,
        )
        .text_mode(common_models.BigValueTextMode.VALUE_AND_NAME)
        .with_target(
            query_now(
                f"topk(1, service:groundwire_unretrieved_turns:ratio{{{SERVICE}}})",
                "{{service}}",
            )
        )
        .data_links(
            [
                link("Open the newest turns without a chunk", reliance.WITHOUT_CHUNK),
                runbook_link("GroundwireRetrievalBroken"),
            ]
        )
    )


def index_age() -> stat.Panel:
    return (
        number(
            "How old is the index?",
            "Time since the newest known write to the index, median over turns, of the service "
            "with the oldest. Faithful answers to old chunks are old. A dash: chunk metadata have "
            "no timestamps. What is too old depends on your ingestion, so it has no colour: the "
            "alert compares it with the week before.",
            "s",
            None,
            decimals=1,
        )
        .text_mode(common_models.BigValueTextMode.VALUE_AND_NAME)
        .with_target(
            query_now(
                f"topk(1, service:groundwire_index_age_seconds:p50{{{SERVICE}}})", "{{service}}"
            )
        )
        .data_links([turns_link("newest", "service"), runbook_link("GroundwireIndexStale")])
    )


def what_got_worse() -> table.Panel:
    changed = one_replica(f"{DRIFT_CHANGE_TIMESTAMP.name}{{{SERVICE}}}")
    size = one_replica(f'{DRIFT_SIZE.name}{{{SERVICE}, bound="mean"}}')
    return listing(
        "What got worse, where, since when?",
        "Open drift alarms: the version whose turns got worse (empty: all of the service's), the "
        "signal, the probable cause, since when, and by how much the mean loss rose. Start with "
        "the worst turn: it is one click away.",
        "no open drift alarm",
        WHERE,
        QueryColumn("since", "dateTimeFromNow", f"{changed} * 1000", 120),
        QueryColumn("worse by", "percentunit", size, 75, 0, "red"),
    ).data_links([segment_link(), alarms_link(), runbook_link("GroundwireDrift")])


def alerts_firing() -> table.Panel:
    began = f"({PENDING} and ignoring (alertstate) {FIRING}) * 1000"
    since = f'label_replace({began}, "{OF}", "service", "service", ".+")'
    return listing(
        "Which other alerts are firing?",
        "Alerts of Prometheus beside those of drift, pages and tickets. Alerts that Grafana "
        "manages itself are on its own page. Each leads to its runbook and to the worst turn of "
        "its service, or of all services where it has none.",
        "no other alert of Prometheus is firing",
        [
            LabelColumn("alertname", 205, "alert"),
            LabelColumn("severity", 68),
            LabelColumn("service", 110, absent=ALL_SERVICES),
            LabelColumn(OF, 0, absent="all"),
            LabelColumn("model_version", 170, "version", ALL),
        ],
        QueryColumn("since", "dateTimeFromNow", since, 120),
    ).data_links(
        [
            link("Open the runbook", "/runbooks/${__data.fields.alert}"),
            worst_turn_of_row(OF, "service"),
        ]
    )


def turns_by_version() -> timeseries.Panel:
    routed = rate(f"{TURNS.name}_total", VERSION)
    panel = rate_of(
        "How many turns does each version serve?",
        "Turns a second. A version without turns has no numbers above.",
        "turns/s",
    )
    links = [turns_link("newest", "service", "model_version")]
    return by_version(panel, f"{SUM_BY_VERSION} ({routed})").data_links(links)


def turns_by_route() -> timeseries.Panel:
    routed = rate(f"{TURNS.name}_total", VERSION)
    return (
        rate_of(
            "Which turns retrieve?",
            "Turns by route. Answers without retrieval (parametric) always come from the weights.",
            "turns/s",
        )
        .with_target(query(f"sum by (route) ({routed})", "{{route}}"))
        .data_links([turns_link("newest")])
    )


def generation_time() -> timeseries.Panel:
    expression = quantile(0.95, GENERATION_DURATION.name, VERSION)
    panel = line(
        "How long does generation take?",
        "95th percentile of the time the model took to answer.",
        "s",
    )
    return by_version(panel.min(0), expression, exemplars=True)


def first_token_time() -> timeseries.Panel:
    slowest = quantile(0.95, TIME_TO_FIRST_TOKEN.name, VERSION)
    panel = line(
        "How long until the first token?",
        "95th percentile for streamed answers.",
        "s",
        empty="needs streamed answers",
    )
    return by_version(panel.min(0), slowest, exemplars=True)


def _worst_version(panel: stat.Panel, expression: str) -> stat.Panel:
    named = panel.text_mode(common_models.BigValueTextMode.VALUE_AND_NAME)
    return named.with_target(query_now(expression, "{{model_version}}"))


def _scored() -> str:
    turns = f"version_evaluator:groundwire_scored_turns:increase{{{JUDGED}}}"
    return f"{SUM_BY_VERSION} ({turns})"


def _mean() -> str:
    turns = f"version_evaluator:groundwire_scored_turns:increase{{{JUDGED}}}"
    total = f"version_evaluator:groundwire_faithfulness:mean{{{JUDGED}}} * {turns}"
    return f"{SUM_BY_VERSION} ({total}) / ({_scored()} > 0)"


FIRST = (
    band(
        4,
        anything_firing,
        least_faithful,
        memory_over_context,
        without_chunk,
        index_age,
        health.coverage_now,
    ),
    band(6, what_got_worse, alerts_firing),
    band(12, faithfulness.by_model, faithfulness.flagged, reliance.memorization),
)
BELOW: tuple[Section, ...] = (
    (
        "Traffic, speed and cost",
        (
            band(8, turns_by_version, turns_by_route),
            band(8, generation_time, first_token_time, health.cost),
        ),
    ),
)
