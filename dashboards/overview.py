"""Overview dashboard: faithfulness, context reliance, drift."""

from grafana_foundation_sdk.builders import dashboard, stat, table, timeseries

from dashboards import drift, faithfulness, health, reliance
from dashboards.frame import board, common_variables
from dashboards.panels import (
    LEGEND,
    WORST,
    limits,
    line,
    listing,
    merged,
    number,
    query,
    row_link,
    share,
    turns_link,
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
    DRIFT_CHANGE_TIMESTAMP,
    DRIFT_SIZE,
    GENERATION_DURATION,
    TIME_TO_FIRST_TOKEN,
    TURNS,
)

UID = "groundwire-overview"


def overview() -> dashboard.Dashboard:
    purpose = "Did the model read its context, or recite its weights?"
    return board(UID, "Overview", purpose, ROWS, common_variables())


def faithfulness_now() -> stat.Panel:
    return (
        number(
            "Faithfulness",
            "Supported claims / claims, mean over scored turns in the current window (1 h by "
            "default). Check the coverage too: only evaluated turns are included.",
            "percentunit",
        )
        .thresholds(limits((None, "red"), (0.8, "orange"), (0.9, "green")))
        .with_target(query(_mean("sum"), ""))
    )


def flagged_now() -> stat.Panel:
    return (
        number(
            "Flagged now",
            "Share of scored turns flagged for an unsupported claim. Its floor is the evaluator's "
            "false-positive rate, not zero.",
            "percentunit",
        )
        .thresholds(limits((None, "green"), (0.1, "orange"), (0.2, "red")))
        .with_target(query(_flagged("sum"), ""))
    )


def context_read_now() -> stat.Panel:
    memorized = f"max by (source) (version_source:groundwire_memorization:ratio{{{VERSION}}})"
    return (
        number(
            "Is the context read?",
            "Share of answers that follow the context, among those that follow either context or "
            "memory (1 - M_R), for the worst version. Probes measure it best; passive signals "
            "detect inserted values only.",
            "percentunit",
        )
        .thresholds(limits((None, "red"), (0.8, "orange"), (0.95, "green")))
        .with_target(query(f"1 - {memorized}", "{{source}}"))
    )


def faithfulness_by_version() -> timeseries.Panel:
    return (
        share(
            "Faithfulness by model version",
            "Mean over the current window, and the expected level: the service's median over the "
            "reference window. If a version stays below it, follow its link to the worst turns.",
        )
        .with_target(query(_mean(SUM_BY_VERSION)))
        .with_target(
            query(
                "service_evaluator:groundwire_faithfulness:median_reference"
                f'{{{SERVICE}, evaluator="$evaluator"}}',
                "expected for {{service}}",
            )
        )
        .data_links([WORST])
    )


def open_alarms() -> table.Panel:
    changed = one_replica(f"{DRIFT_CHANGE_TIMESTAMP.name}{{{SERVICE}}}")
    size = one_replica(f'{DRIFT_SIZE.name}{{{SERVICE}, bound="mean"}}')
    panel = listing(
        "What got worse, where, since when",
        "Open drift alarms: what got worse (signal), where (dimension and value), the probable "
        "cause, since when, and by how much the mean loss rose. Empty is good. Start with the "
        "worst turns of that version.",
    )
    return merged(
        panel,
        ("service", "signal", "dimension", "value", "cause"),
        ("since", "dateTimeAsIso", f"{changed} * 1000"),
        ("worse by", "percentunit", f"max without (bound) ({size})"),
    ).data_links([row_link("service")])


def versions() -> table.Panel:
    turns = f"{SUM_BY_VERSION} (version_route:groundwire_turns:increase{{{VERSION}}}) > 0"
    memorized = (
        f"max by (service, model_version) "
        f"(version_source:groundwire_memorization:ratio{{{VERSION}}})"
    )
    panel = listing(
        "Where? Each model version in the current window",
        "The version whose row differs is the cause. Below 50 turns every share is noise. Context "
        "read: share of answers that follow the context, among those that follow either, for the "
        "lowest source.",
    )
    return merged(
        panel,
        ("service", "model_version"),
        ("turns", "short", turns),
        ("faithfulness", "percentunit", _mean(SUM_BY_VERSION)),
        ("flagged", "percentunit", _flagged(SUM_BY_VERSION)),
        ("context read", "percentunit", f"1 - {memorized}"),
    ).data_links([row_link("service", "model_version")])


def turns_by_route() -> timeseries.Panel:
    routed = rate(f"{TURNS.name}_total", VERSION)
    return (
        line(
            "Turns by route",
            "How turns were answered. Answers without retrieval (parametric) always come from the "
            "weights.",
            "reqps",
        )
        .with_target(query(f"sum by (route) ({routed})", "{{route}}"))
        .data_links([turns_link("newest")])
    )


def generation_time() -> timeseries.Panel:
    panel = line("Generation time", "Time the model took to answer.", "s")
    for share_, name in ((0.5, "median"), (0.95, "95 %")):
        expression = quantile(share_, GENERATION_DURATION.name, VERSION)
        panel = panel.with_target(query(expression, f"{name} {LEGEND}", exemplars=share_ > 0.5))
    return panel


def first_token_time() -> timeseries.Panel:
    slowest = quantile(0.95, TIME_TO_FIRST_TOKEN.name, VERSION)
    return line(
        "Time to the first token",
        "95th percentile for streamed answers. Empty if no application streams.",
        "s",
    ).with_target(query(slowest, LEGEND, exemplars=True))


def _mean(aggregation: str) -> str:
    turns = f"version_evaluator:groundwire_scored_turns:increase{{{JUDGED}}}"
    total = f"version_evaluator:groundwire_faithfulness:mean{{{JUDGED}}} * {turns}"
    return f"{aggregation} ({total}) / ({aggregation} ({turns}) > 0)"


def _flagged(aggregation: str) -> str:
    flagged = f"{aggregation} (version_evaluator:groundwire_flagged_turns:increase{{{JUDGED}}})"
    scored = f"version_evaluator:groundwire_scored_turns:increase{{{JUDGED}}}"
    return f"{flagged} / ({aggregation} ({scored}) > 0)"


ROWS = (
    (
        "Now",
        5,
        (
            faithfulness_now,
            flagged_now,
            context_read_now,
            drift.open_alarms,
            health.coverage_now,
            health.lag_now,
        ),
    ),
    ("What changed, since when?", 8, (open_alarms, drift.by_signal)),
    ("Where?", 7, (versions,)),
    ("Are answers faithful?", 9, (faithfulness_by_version, faithfulness.flagged)),
    (
        "Which answers?",
        9,
        (faithfulness.least_faithful, faithfulness.values_of_p_unsupported, faithfulness.claims),
    ),
    ("Is the context read?", 9, (reliance.memorization, reliance.measured)),
    ("Traffic", 8, (turns_by_route, faithfulness.states)),
    ("Cost and speed", 8, (generation_time, first_token_time, health.cost)),
    ("The collector itself", 7, (health.spans, health.acknowledgement, health.lag)),
)
