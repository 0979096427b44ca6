"""The Overview: are answers faithful, is the context read, what changed, since when, where?"""

from grafana_foundation_sdk.builders import dashboard, heatmap, stat, table, timeseries
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.frame import board, common_variables
from dashboards.panels import (
    LEGEND,
    WORST,
    density,
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
from dashboards.promql import BY_VERSION, JUDGED, SERVICE, VERSION, one_replica, quantile, rate
from dashboards.reliance import measured, memorization
from groundwire_collector.catalogue import (
    ACKNOWLEDGEMENT,
    CLAIMS,
    COST,
    DRIFT_ALARM,
    DRIFT_CHANGE_TIMESTAMP,
    DRIFT_SIZE,
    DRIFT_STATISTIC,
    EVALUATION_LAG,
    EVALUATIONS,
    FAITHFULNESS,
    GENERATION_DURATION,
    P_UNSUPPORTED,
    SPANS_RECEIVED,
    SPANS_REJECTED,
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
            "Supported claims / claims, mean over scored turns of the current window (1 h unless "
            "set otherwise). Read it beside the coverage: it speaks of judged turns only.",
            "percentunit",
        )
        .thresholds(limits((None, "red"), (0.8, "orange"), (0.9, "green")))
        .with_target(query(_mean("sum"), ""))
    )


def flagged_now() -> stat.Panel:
    return (
        number(
            "Flagged turns",
            "Share of scored turns whose answer is decided to hold an unsupported claim. Its floor "
            "is the evaluator's false-flag rate, not zero.",
            "percentunit",
        )
        .thresholds(limits((None, "green"), (0.1, "orange"), (0.2, "red")))
        .with_target(query(_flagged("sum"), ""))
    )


def coverage_now() -> stat.Panel:
    coverage = f'groundwire:coverage:ratio{{{SERVICE}, evaluator="$evaluator"}}'
    return (
        number(
            "Coverage",
            "Share of turns with a judgement. When it falls, the numbers beside it speak of fewer "
            "turns: see the states of judgements below.",
            "percentunit",
        )
        .thresholds(limits((None, "red"), (0.5, "orange"), (0.8, "green")))
        .with_target(query(f"min({coverage})", ""))
    )


def context_read_now() -> stat.Panel:
    memorized = f"max by (source) (groundwire:memorization:ratio{{{VERSION}}})"
    return (
        number(
            "Is the context read?",
            "Of the answers that follow either context or memory, those that follow the context "
            "(1 - M_R), of the version with the fewest. Canaries measure it best; passive signals "
            "see inserted values only.",
            "percentunit",
        )
        .thresholds(limits((None, "red"), (0.8, "orange"), (0.95, "green")))
        .with_target(query(f"1 - {memorized}", "{{source}}"))
    )


def alarms_now() -> stat.Panel:
    alarms = one_replica(f"{DRIFT_ALARM.name}{{{SERVICE}}}")
    return (
        number(
            "Open drift alarms",
            "Raised by detectors with a false-alarm budget over all their streams. The table below "
            "says what changed, where and since when.",
            "none",
        )
        .thresholds(limits((None, "green"), (1, "red")))
        .with_target(query_now(f"sum({alarms}) or vector(0)"))
    )


def lag_now() -> stat.Panel:
    return (
        number(
            "Evaluation lag",
            "Age of the oldest complete turn that waits to be judged. While it is high, "
            "everything else on this page shows the past.",
            "s",
        )
        .thresholds(limits((None, "green"), (60, "orange"), (600, "red")))
        .with_target(query(f"max({EVALUATION_LAG.name})", ""))
    )


def faithfulness_by_version() -> timeseries.Panel:
    return (
        share(
            "Faithfulness by model version",
            "Mean over the current window, and the level that is expected: the median of the "
            "service over the reference window. A version that stays below it gets its answers "
            "from somewhere else; follow a line's link to its worst turns.",
        )
        .with_target(query(_mean(BY_VERSION)))
        .with_target(
            query(
                f'groundwire:faithfulness:reference{{{SERVICE}, evaluator="$evaluator"}}',
                "expected of {{service}}",
            )
        )
        .data_links([WORST])
    )


def flagged_by_version() -> timeseries.Panel:
    return (
        share(
            "Flagged turns by model version",
            "Share of scored turns that hold an unsupported claim. SLOs count these.",
        )
        .with_target(query(_flagged(BY_VERSION)))
        .data_links([WORST])
    )


def worst_tenth() -> timeseries.Panel:
    buckets = rate(f"{FAITHFULNESS.name}_bucket", JUDGED)
    return share(
        "The least faithful tenth",
        "A tenth of the scored turns is at or below this faithfulness: it moves before the mean "
        "does. Each dot is a turn: click it to open its trace.",
    ).with_target(
        query(
            f"histogram_quantile(0.1, sum by (le, service, model_version) ({buckets}))",
            LEGEND,
            exemplars=True,
        )
    )


def unsupported_density() -> heatmap.Panel:
    buckets = one_replica(f"increase({P_UNSUPPORTED.name}_bucket{{{JUDGED}}}[$__rate_interval])")
    target = query(f"sum by (le) ({buckets})", "{{le}}", exemplars=True)
    return density(
        "Probability of an unsupported claim",
        "How turns spread over p_unsupported. Mass that moves up is the change that the drift "
        "detectors watch.",
        "percentunit",
    ).with_target(target.format(PromQueryFormat.HEATMAP))


def claims_by_verdict() -> timeseries.Panel:
    claims = f"sum by (verdict) (groundwire:claims:current{{{JUDGED}}})"
    total = f"scalar(sum(groundwire:claims:current{{{JUDGED}}}))"
    return share(
        "Claims by verdict",
        f"Share of the checked pieces of all answers ({CLAIMS.name}_total). Long answers weigh "
        "more here; nothing alerts on it. Contradicted claims point at a misread context, "
        "unsupported ones at memory or invention.",
    ).with_target(query(f"{claims} / {total}", "{{verdict}}"))


def drift_evidence() -> timeseries.Panel:
    statistic = one_replica(f"{DRIFT_STATISTIC.name}{{{SERVICE}}}")
    return (
        evidence(
            "Evidence for drift",
            "Sum over the streams of a signal. At 1, the red line, the alarm is raised; it falls "
            "back to 0 where nothing is wrong.",
        )
        .with_target(query(f"sum by (service, signal) ({statistic})", "{{service}} {{signal}}"))
        .data_links([turns_link("worst", "service")])
    )


def open_alarms() -> table.Panel:
    changed = one_replica(f"{DRIFT_CHANGE_TIMESTAMP.name}{{{SERVICE}}}")
    size = one_replica(f'{DRIFT_SIZE.name}{{{SERVICE}, bound="mean"}}')
    panel = listing(
        "What got worse, where, since when",
        "Open drift alarms: what got worse (signal), where (axis and value), the probable cause, "
        "since when, and by how much its mean loss grew. Empty is good. Begin with the worst "
        "turns of that version.",
    )
    return merged(
        panel,
        ("service", "signal", "axis", "value", "cause"),
        ("since", "dateTimeAsIso", f"{changed} * 1000"),
        ("worse by", "percentunit", f"max without (bound) ({size})"),
    ).data_links([row_link("service")])


def versions() -> table.Panel:
    turns = f"{BY_VERSION} (groundwire:turns:current{{{VERSION}}}) > 0"
    memorized = f"max by (service, model_version) (groundwire:memorization:ratio{{{VERSION}}})"
    panel = listing(
        "Where? Each model version in the current window",
        "The row that differs is where it happens. Below 50 turns every share is noise. Context "
        "read: of the answers that follow either, those that follow the context, by the source "
        "that sees the least.",
    )
    return merged(
        panel,
        ("service", "model_version"),
        ("turns", "short", turns),
        ("faithfulness", "percentunit", _mean(BY_VERSION)),
        ("flagged", "percentunit", _flagged(BY_VERSION)),
        ("context read", "percentunit", f"1 - {memorized}"),
    ).data_links([row_link("service", "model_version")])


def turns_by_route() -> timeseries.Panel:
    routed = rate(f"{TURNS.name}_total", VERSION)
    return (
        line(
            "Turns by route",
            "How turns were answered. A growing share without retrieval (parametric) is answered "
            "from the weights by construction.",
            "reqps",
        )
        .with_target(query(f"sum by (route) ({routed})", "{{route}}"))
        .data_links([turns_link("newest")])
    )


def judgements_by_state() -> timeseries.Panel:
    states = rate(f"{EVALUATIONS.name}_total", JUDGED)
    return line(
        "Judgements by state",
        "What came of judging each turn. Only `scored` enters the mean; failed judges and "
        "unevaluable turns show here, and nowhere as a zero.",
        "reqps",
    ).with_target(query(f"sum by (state) ({states})", "{{state}}"))


def generation_time() -> timeseries.Panel:
    panel = line("Generation time", "How long the model took for an answer.", "s")
    for share_, name in ((0.5, "median"), (0.95, "95 %")):
        expression = quantile(share_, GENERATION_DURATION.name, VERSION)
        panel = panel.with_target(query(expression, f"{name} {LEGEND}", exemplars=share_ > 0.5))
    return panel


def first_token_time() -> timeseries.Panel:
    slowest = quantile(0.95, TIME_TO_FIRST_TOKEN.name, VERSION)
    return line(
        "Time to the first token",
        "95 of 100 streamed answers begin sooner. Empty where no application streams.",
        "s",
    ).with_target(query(slowest, LEGEND, exemplars=True))


def cost() -> timeseries.Panel:
    spent = f"sum by (service, model_version, currency) ({rate(f'{COST.name}_total', VERSION)})"
    return line(
        "Cost an hour",
        "Price of the tokens of answered turns, by the price file. It is a lower bound while turns "
        "have no price: see Collector health.",
        "none",
    ).with_target(query(f"{spent} * 3600", f"{LEGEND} {{{{currency}}}}"))


def spans() -> timeseries.Panel:
    return (
        line(
            "Spans",
            "What applications send, over all receivers. A refused span is told to its sender.",
            "cps",
        )
        .with_target(query(f"sum(rate({SPANS_RECEIVED.name}_total[$__rate_interval]))", "received"))
        .with_target(query(f"sum(rate({SPANS_REJECTED.name}_total[$__rate_interval]))", "refused"))
    )


def acknowledgement_time() -> timeseries.Panel:
    buckets = f"rate({ACKNOWLEDGEMENT.name}_bucket[$__rate_interval])"
    return line(
        "Acknowledgement",
        "From a request to its answer, which comes after the commit: 99 of 100 are faster.",
        "s",
    ).with_target(query(f"histogram_quantile(0.99, sum by (le) ({buckets}))", "99 %"))


def lag() -> timeseries.Panel:
    return line(
        "Evaluation lag over time",
        "Age of the oldest complete turn that waits to be judged.",
        "s",
    ).with_target(query(f"max({EVALUATION_LAG.name})", "lag"))


def _mean(aggregation: str) -> str:
    turns = f"groundwire:scored_turns:current{{{JUDGED}}}"
    total = f"groundwire:faithfulness:current{{{JUDGED}}} * {turns}"
    return f"{aggregation} ({total}) / ({aggregation} ({turns}) > 0)"


def _flagged(aggregation: str) -> str:
    flagged = f"{aggregation} (groundwire:flagged_turns:current{{{JUDGED}}})"
    return f"{flagged} / ({aggregation} (groundwire:scored_turns:current{{{JUDGED}}}) > 0)"


ROWS = (
    (
        "Now",
        5,
        (faithfulness_now, flagged_now, context_read_now, alarms_now, coverage_now, lag_now),
    ),
    ("What changed, since when?", 8, (open_alarms, drift_evidence)),
    ("Where?", 7, (versions,)),
    ("Are answers faithful?", 9, (faithfulness_by_version, flagged_by_version)),
    ("Which answers?", 9, (worst_tenth, unsupported_density, claims_by_verdict)),
    ("Is the context read?", 9, (memorization, measured)),
    ("Traffic", 8, (turns_by_route, judgements_by_state)),
    ("Cost and speed", 8, (generation_time, first_token_time, cost)),
    ("The collector itself", 7, (spans, acknowledgement_time, lag)),
)
