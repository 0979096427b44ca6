"""Collector health dashboard: ingestion, evaluation lag, cost."""

from grafana_foundation_sdk.builders import dashboard, stat, timeseries

from dashboards.frame import (
    Section,
    Variable,
    band,
    board,
    collector_url,
    evaluator,
    values,
    version_variables,
)
from dashboards.panels import (
    BAD,
    GOOD,
    LEGEND,
    PLAIN,
    POOR,
    RESULT_COLOURS,
    Steps,
    bad_share,
    by_version,
    coloured,
    coloured_parts,
    happened,
    line,
    link,
    number,
    query,
    query_now,
    rate_of,
    runbook_link,
    shaded,
)
from groundwire_collector.alerting.promql import MODEL, SERVICE, VERSION, one_replica, portion, rate
from groundwire_collector.metric_definitions import (
    ACKNOWLEDGEMENT,
    AUTH_FAILURES,
    COST,
    EVALUATION_LAG,
    EVALUATIONS_SUPERSEDED,
    JUDGE_CALLS,
    JUDGE_COST,
    JUDGE_DURATION,
    JUDGE_NOT_SAMPLED,
    JUDGE_PAUSES,
    JUDGE_QUEUE_AGE,
    JUDGE_QUEUE_LENGTH,
    JUDGE_TOKENS,
    LAST_EVALUATION,
    OPEN_TRACE_AGE,
    PENDING_BYTES,
    PROBE_TOKENS,
    PROCESS_RESTARTS,
    REQUESTS,
    SERIES_EVICTED,
    SERIES_OVERFLOWED,
    SPANS_DEDUPLICATED,
    SPANS_RECEIVED,
    SPANS_REJECTED,
    TOKENS,
    TRACES_FAILED,
    TRACES_WITHOUT_TURN,
    TURNS_REOPENED,
    UNPRICED_TURNS,
    WAL_BYTES,
    WRITE_QUEUE,
    WRITE_QUEUE_AGE,
)

UID = "groundwire-health"
JUDGE = "{{service}} · {{evaluator}}"
PROCESS = 'job=~"$job", instance=~"$instance"'
NOT_EVALUABLE = "/turns?order=newest&state=not_evaluable"
NEEDS_JUDGE = "needs a judge"
NEEDS_PRICES = "needs a price file"
STATUS_COLOURS = {
    "200": GOOD,
    "400": BAD,
    "401": BAD,
    "413": BAD,
    "429": POOR,
    "503": POOR,
    "bad keys": "purple",
}


def health() -> dashboard.Dashboard:
    purpose = "Does everything arrive, is everything evaluated, and what does monitoring cost?"
    return board(UID, "Collector health", purpose, FIRST, BELOW, _variables())


def _variables() -> list[Variable]:
    """Variables of turns, and of the processes that receive them."""
    up = f"{SPANS_RECEIVED.name}_total"
    return [
        *version_variables(),
        values("job", "Job", f"label_values({up}, job)"),
        values("instance", "Instance", f'label_values({up}{{job=~"$job"}}, instance)'),
        evaluator(),
        collector_url(),
    ]


def lag_now() -> stat.Panel:
    return _seconds(
        "How far is evaluation behind?",
        "Age of the oldest complete turn waiting for evaluation. While it is high, all other "
        "dashboards are outdated.",
        f"max({EVALUATION_LAG.name})",
        (60, 600),
        "GroundwireEvaluationStale",
    )


def judged_ago() -> stat.Panel:
    return _seconds(
        "When was a turn last evaluated?",
        "Time since then, maximum over services. It grows if no turns arrive or if they are not "
        "evaluated.",
        f"max(time() - {one_replica(f'{LAST_EVALUATION.name}{{{SERVICE}}}')})",
        (600, 3600),
        "GroundwireNoTurns",
    )


def queue_now() -> stat.Panel:
    return _seconds(
        "How long do requests wait for the disk?",
        "Oldest request in the write queue, maximum over receivers. Above a second the disk is "
        "slower than the traffic; clients are asked to retry later before anything is lost.",
        f"max({WRITE_QUEUE_AGE.name}{{{PROCESS}}})",
        (1, 5),
        "GroundwireQueueAgeing",
    )


def coverage_now() -> stat.Panel:
    coverage = f'service_evaluator:groundwire_coverage:ratio{{{SERVICE}, evaluator="$evaluator"}}'
    return (
        number(
            "Are turns evaluated?",
            "Coverage: share of turns with a result over the current window, minimum over "
            "services. Only evaluated turns are in the other numbers.",
            "percentunit",
            ((None, "red"), (0.5, "orange"), (0.8, "text")),
        )
        .with_target(query_now(f"min({coverage})"))
        .data_links(
            [
                link(
                    "Open the turns that were not evaluable",
                    "/turns?order=newest&state=not_evaluable",
                ),
                runbook_link("GroundwireCoverageLow"),
            ]
        )
    )


def _seconds(
    title: str, description: str, expression: str, steps: tuple[float, float], alert: str
) -> stat.Panel:
    colours: Steps = ((None, "green"), (steps[0], "orange"), (steps[1], "red"))
    shown = number(title, description, "s", colours, decimals=1)
    return shown.with_target(query_now(expression)).data_links([runbook_link(alert)])


def spans() -> timeseries.Panel:
    panel = rate_of(
        "Do spans arrive, and are they accepted?",
        "Spans over all receivers. Rejected spans are reported to the sender, which does not "
        "retry; deduplicated ones arrived twice, which is harmless.",
        "spans/s",
    )
    panel = coloured(panel, {"received": GOOD, "rejected": BAD, "deduplicated": PLAIN})
    for metric, name in (
        (SPANS_RECEIVED, "received"),
        (SPANS_REJECTED, "rejected"),
        (SPANS_DEDUPLICATED, "deduplicated"),
    ):
        panel = panel.with_target(query(_of_processes(f"{metric.name}_total"), name))
    return panel


def requests() -> timeseries.Panel:
    requests_ = f"sum by (status) (rate({REQUESTS.name}_total{{{PROCESS}}}[$__rate_interval]))"
    panel = (
        rate_of(
            "Which requests are refused?",
            "Exporters retry 429 and 503; requests with 400, 401 and 413 are lost: check the "
            "sender. Bad keys: authentication failures.",
            "requests/s",
        )
        .with_target(query(requests_, "{{status}}"))
        .with_target(query(_of_processes(f"{AUTH_FAILURES.name}_total"), "bad keys"))
    )
    return coloured(panel, STATUS_COLOURS)


def acknowledgement() -> timeseries.Panel:
    buckets = f"sum by (le) (rate({ACKNOWLEDGEMENT.name}_bucket{{{PROCESS}}}[$__rate_interval]))"
    panel = line(
        "How long does a sender wait?",
        "Acknowledgement: time from request to response, which is sent after the commit.",
        "s",
    ).min(0)
    for share_, name in ((0.5, "median"), (0.99, "99 %")):
        panel = panel.with_target(query(f"histogram_quantile({share_}, {buckets})", name))
    return panel


def queue() -> timeseries.Panel:
    return (
        line(
            "How many requests wait to be written?",
            "A persistent queue means that the database is too slow.",
            "suffix:requests",
        )
        .min(0)
        .with_target(query(f"sum({WRITE_QUEUE.name}{{{PROCESS}}})", "waiting"))
    )


def held() -> timeseries.Panel:
    return (
        line(
            "How much is held before it is stored?",
            "Request bodies in memory, and SQLite's write-ahead log. A log that only grows is held "
            "by a reader that never ends.",
            "bytes",
        )
        .with_target(query(f"sum({PENDING_BYTES.name}{{{PROCESS}}})", "in memory"))
        .with_target(query(f"max({WAL_BYTES.name}{{{PROCESS}}})", "write-ahead log"))
    )


def lag() -> timeseries.Panel:
    return (
        line(
            "Since when is evaluation behind?",
            "Age of the oldest complete turn waiting for evaluation, and of the oldest incomplete "
            "trace, which mostly waits for a root span that is not sent here.",
            "s",
        )
        .with_target(query(f"max({EVALUATION_LAG.name})", "lag"))
        .with_target(query(f"max({OPEN_TRACE_AGE.name})", "oldest open trace"))
    )


def failures() -> timeseries.Panel:
    failed = rate(f"{TRACES_FAILED.name}_total", "")
    silent = rate(f"{TRACES_WITHOUT_TURN.name}_total", 'reason!="not_llm"')
    reopened = rate(f"{TURNS_REOPENED.name}_total", VERSION)
    superseded = rate(f"{EVALUATIONS_SUPERSEDED.name}_total", VERSION)
    restarts = rate(f"{PROCESS_RESTARTS.name}_total", "")
    panel = (
        line(
            "What did not become a turn?",
            "A trace that cannot be assembled or evaluated is skipped, and some become no turn: "
            "see the log and `groundwire doctor`. A turn is reopened if spans arrive after its "
            "evaluation: raise `trace_idle_seconds`. A process that exited is restarted: see the "
            "log for the cause.",
            "suffix:/min",
            empty="nothing was skipped",
        )
        .min(0)
        .with_target(query(f"60 * sum({failed})", "traces skipped"))
        .with_target(query(f"60 * sum by (reason) ({silent})", "no turn: {{reason}}"))
        .with_target(query(f"60 * sum({reopened})", "turns reopened"))
        .with_target(query(f"60 * sum({superseded})", "evaluations superseded"))
        .with_target(query(f"60 * sum({restarts})", "processes restarted"))
    )
    return shaded(panel, POOR)


def failing() -> timeseries.Panel:
    failed = f"service_evaluator:groundwire_failed_evaluations:ratio{{{SERVICE}}}"
    panel = (
        bad_share(
            "Which evaluator fails?",
            "Share of attempted evaluations that failed, by evaluator, of the worst service.",
            "no evaluation failed, or none ran",
        )
        .axis_soft_max(0.05)
        .with_target(query(f"max by (evaluator) ({failed}) > 0", "{{evaluator}}"))
        .data_links([runbook_link("GroundwireEvaluationsFailing")])
    )
    return shaded(panel, POOR)


def judge_calls() -> timeseries.Panel:
    calls = happened(f"{JUDGE_CALLS.name}_total", SERVICE, "evaluator, result")
    panel = rate_of(
        "Do judges answer?",
        "Only `answered` becomes a score. rate_limited: lower the rate; nonsense and hijacked: "
        "the judge is too weak, or texts manipulate it.",
        "calls/min",
        empty=NEEDS_JUDGE,
    ).with_target(query(calls, "{{evaluator}} · {{result}}"))
    return coloured_parts(shaded(panel, POOR), RESULT_COLOURS)


def judge_queue() -> timeseries.Panel:
    return line(
        "How many turns wait for a judge?",
        "Sampled turns waiting for the judge. If it grows, the judge is slower than its sampling "
        "rate: lower the rate or raise the budget.",
        "suffix:turns",
        empty=NEEDS_JUDGE,
    ).with_target(query(one_replica(JUDGE_QUEUE_LENGTH.name), "{{evaluator}}"))


def judge_queue_age() -> timeseries.Panel:
    return line(
        "How far are judges behind?",
        "How far a judge is behind. Turns that wait too long are skipped as `late`.",
        "s",
        empty=NEEDS_JUDGE,
    ).with_target(query(one_replica(JUDGE_QUEUE_AGE.name), "{{evaluator}}"))


def judge_time() -> timeseries.Panel:
    buckets = f"sum by (le, evaluator) ({rate(f'{JUDGE_DURATION.name}_bucket', '')})"
    return line(
        "How long does a judge take?",
        "95th percentile over evaluations.",
        "s",
        empty=NEEDS_JUDGE,
    ).with_target(query(f"histogram_quantile(0.95, {buckets})", "{{evaluator}}"))


def judge_shares() -> timeseries.Panel:
    left_out = rate(f"{JUDGE_NOT_SAMPLED.name}_total", SERVICE)
    panel = bad_share(
        "Why do judges not see a turn?",
        "rate: not sampled, as intended. budget, cost, breaker and late: sampled but not reached; "
        "if they are frequent, raise a budget or lower the rate.",
        NEEDS_JUDGE,
    ).with_target(query(portion(left_out, "reason", "evaluator"), "{{evaluator}} · {{reason}}"))
    return coloured_parts(shaded(panel, POOR), {".* · rate": PLAIN})


def judge_cost() -> timeseries.Panel:
    spent = rate(f"{JUDGE_COST.name}_total", SERVICE)
    by = "service, evaluator, currency"
    return (
        line(
            "What do judges cost an hour?",
            "From the price file, in its currency.",
            "suffix:/h",
            empty="needs a judge and a price file",
        )
        .decimals(2)
        .with_target(query(f"3600 * sum by ({by}) ({spent})", f"{JUDGE} · {{{{currency}}}}"))
    )


def judge_tokens() -> timeseries.Panel:
    judged = rate(f"{JUDGE_TOKENS.name}_total", SERVICE)
    probed = rate(f"{PROBE_TOKENS.name}_total", MODEL)
    return (
        rate_of(
            "How many tokens does monitoring spend?",
            "Tokens of model calls made by the collector.",
            "tokens/s",
            empty="needs judges, probes or closed-book calls",
        )
        .with_target(query(f"sum by (evaluator, kind) ({judged})", "{{evaluator}} · {{kind}}"))
        .with_target(query(f"sum by (source, kind) ({probed})", "{{source}} · {{kind}}"))
    )


def judge_pauses() -> timeseries.Panel:
    pauses = one_replica(f"increase({JUDGE_PAUSES.name}_total[1h])")
    panel = line(
        "How often was a judge paused?",
        "How often the circuit breaker opened after consecutive failures, in the last hour.",
        "suffix:pauses",
        empty=NEEDS_JUDGE,
    ).with_target(query(f"sum by (evaluator) ({pauses})", "{{evaluator}}"))
    return shaded(panel, POOR)


def tokens() -> timeseries.Panel:
    spent = f"sum by (kind) ({rate(f'{TOKENS.name}_total', VERSION)})"
    return rate_of(
        "How many tokens does the application spend?",
        "cached is part of input, reasoning is part of output.",
        "tokens/s",
    ).with_target(query(spent, "{{kind}}"))


def cost() -> timeseries.Panel:
    spent = f"sum by (service, model_version, currency) ({rate(f'{COST.name}_total', VERSION)})"
    panel = line(
        "What does the application cost an hour?",
        "From the price file, in its currency.",
        "suffix:/h",
        empty=NEEDS_PRICES,
    ).decimals(2)
    return by_version(panel, f"3600 * {spent}", f"{LEGEND} · {{{{currency}}}}")


def unpriced() -> timeseries.Panel:
    turns = f"sum by (reason) ({rate(f'{UNPRICED_TURNS.name}_total', VERSION)})"
    panel = rate_of(
        "Which turns have no price?",
        "Their cost is missing. unknown_model: add it to the price file; no_tokens: its "
        "instrumentation reports no token counts.",
        "turns/min",
        empty=NEEDS_PRICES,
    ).with_target(query(f"60 * {turns}", "{{reason}}"))
    return shaded(panel, POOR)


def label_sets() -> timeseries.Panel:
    panel = line(
        "Are there too many versions?",
        "Label sets evicted and overflowed in the last hour. Overflowed counts are under "
        "`other`: too many versions are active at the same time to keep them apart.",
        "suffix:label sets",
    )
    for metric, name in ((SERIES_EVICTED, "evicted"), (SERIES_OVERFLOWED, "overflowed")):
        counted = one_replica(f"increase({metric.name}_total[1h])")
        panel = panel.with_target(query(f"sum({counted})", f"{name}, all metrics"))
        panel = panel.with_target(
            query(f"topk(3, sum by (metric) ({counted}) > 0)", f"{name} · {{{{metric}}}}")
        )
    return shaded(panel, POOR)


def _of_processes(counter: str) -> str:
    """Sum over receivers, which count separately."""
    return f"sum(rate({counter}{{{PROCESS}}}[$__rate_interval]))"


FIRST = (
    band(4, lag_now, judged_ago, queue_now, coverage_now),
    band(9, spans, requests),
    band(9, acknowledgement, failing),
)
BELOW: tuple[Section, ...] = (
    ("Is it written and evaluated?", (band(8, queue, held), band(8, lag, failures))),
    (
        "Judges (needs a judge)",
        (band(8, judge_calls, judge_shares), band(8, judge_queue, judge_queue_age, judge_time)),
    ),
    ("What does monitoring cost?", (band(8, judge_cost, judge_tokens, judge_pauses),)),
    (
        "What does the application cost? (needs a price file)",
        (band(8, tokens, cost, unpriced),),
    ),
    ("Label sets", (band(8, label_sets),)),
)
