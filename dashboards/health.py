"""Collector health dashboard: ingestion, evaluation lag, cost."""

from grafana_foundation_sdk.builders import dashboard, stat, timeseries

from dashboards.frame import board, common_variables
from dashboards.panels import LEGEND, limits, line, number, query, share
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
JUDGE = "{{service}} {{evaluator}}"


def health() -> dashboard.Dashboard:
    purpose = "Does everything arrive, is everything evaluated, and what does monitoring cost?"
    return board(UID, "Collector health", purpose, ROWS, common_variables())


def lag_now() -> stat.Panel:
    return _seconds(
        "Evaluation lag",
        "Age of the oldest complete turn waiting for evaluation. While it is high, all other "
        "dashboards are outdated.",
        f"max({EVALUATION_LAG.name})",
        (60, 600),
    )


def judged_ago() -> stat.Panel:
    return _seconds(
        "Time since the last evaluation",
        "Maximum over services. It grows if no turns arrive or if they are not evaluated.",
        f"max(time() - {one_replica(f'{LAST_EVALUATION.name}{{{SERVICE}}}')})",
        (600, 3600),
    )


def queue_now() -> stat.Panel:
    return _seconds(
        "Oldest request in the write queue",
        "Maximum over receivers. Above a second the disk is slower than the traffic; clients are "
        "asked to retry later before anything is lost.",
        f"max({WRITE_QUEUE_AGE.name})",
        (1, 5),
    )


def coverage_now() -> stat.Panel:
    coverage = f'service_evaluator:groundwire_coverage:ratio{{{SERVICE}, evaluator="$evaluator"}}'
    return (
        number(
            "Coverage",
            "Share of evaluated turns; minimum over services.",
            "percentunit",
        )
        .thresholds(limits((None, "red"), (0.5, "orange"), (0.8, "green")))
        .with_target(query(f"min({coverage})", ""))
    )


def _seconds(
    title: str, description: str, expression: str, steps: tuple[float, float]
) -> stat.Panel:
    colours = limits((None, "green"), (steps[0], "orange"), (steps[1], "red"))
    shown = number(title, description, "s").thresholds(colours)
    return shown.with_target(query(expression, ""))


def spans() -> timeseries.Panel:
    panel = line(
        "Spans",
        "Over all receivers. Rejected spans are reported to the sender, which does not retry; "
        "deduplicated ones arrived twice, which is harmless.",
        "cps",
    )
    for metric, name in (
        (SPANS_RECEIVED, "received"),
        (SPANS_REJECTED, "rejected"),
        (SPANS_DEDUPLICATED, "deduplicated"),
    ):
        panel = panel.with_target(query(_of_processes(f"{metric.name}_total"), name))
    return panel


def requests() -> timeseries.Panel:
    requests_ = f"sum by (status) (rate({REQUESTS.name}_total[$__rate_interval]))"
    return (
        line(
            "Requests by status",
            "Exporters retry 429 and 503; requests with 400, 401 and 413 are lost: check the "
            "sender. Bad keys: authentication failures.",
            "reqps",
        )
        .with_target(query(requests_, "{{status}}"))
        .with_target(query(_of_processes(f"{AUTH_FAILURES.name}_total"), "bad keys"))
    )


def acknowledgement() -> timeseries.Panel:
    buckets = f"sum by (le) (rate({ACKNOWLEDGEMENT.name}_bucket[$__rate_interval]))"
    panel = line(
        "Acknowledgement",
        "Time from request to response, which is sent after the commit.",
        "s",
    )
    for share_, name in ((0.5, "median"), (0.99, "99 %")):
        panel = panel.with_target(query(f"histogram_quantile({share_}, {buckets})", name))
    return panel


def queue() -> timeseries.Panel:
    return line(
        "Write queue",
        "Requests waiting to be written. A persistent queue means that the database is too slow.",
        "short",
    ).with_target(query(f"sum({WRITE_QUEUE.name})", "requests"))


def held() -> timeseries.Panel:
    return (
        line(
            "Bytes in memory and WAL",
            "Request bodies in memory, and SQLite's write-ahead log. A log that only grows is held "
            "by a reader that never ends.",
            "bytes",
        )
        .with_target(query(f"sum({PENDING_BYTES.name})", "in memory"))
        .with_target(query(f"max({WAL_BYTES.name})", "write-ahead log"))
    )


def lag() -> timeseries.Panel:
    return (
        line(
            "Evaluation lag over time",
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
    return (
        line(
            "Traces skipped or without a turn, turns reopened, processes restarted",
            "A trace that cannot be assembled or evaluated is skipped, and some become no turn: "
            "see the log and `groundwire doctor`. A turn is reopened if spans arrive after its "
            "evaluation: raise `trace_idle_seconds`. A process that exited is restarted: see the "
            "log for the cause.",
            "cps",
        )
        .with_target(query(f"sum({failed})", "traces skipped"))
        .with_target(
            query(f"sum by (family, reason) ({silent})", "no turn: {{reason}} ({{family}})")
        )
        .with_target(query(f"sum({reopened})", "turns reopened"))
        .with_target(query(f"sum({superseded})", "evaluations superseded"))
        .with_target(query(f"sum by (process) ({restarts})", "{{process}} restarted"))
    )


def failing() -> timeseries.Panel:
    return share(
        "Failed evaluations",
        "Share of attempted evaluations, by evaluator. See the runbook of failing evaluations.",
    ).with_target(
        query(
            f"service_evaluator:groundwire_failed_evaluations:ratio{{{SERVICE}}}",
            "{{service}} {{evaluator}} {{revision}}",
        )
    )


def judge_calls() -> timeseries.Panel:
    calls = rate(f"{JUDGE_CALLS.name}_total", SERVICE)
    return line(
        "Judge calls by result",
        "Only `answered` becomes a score. rate_limited: lower the rate; nonsense and hijacked: "
        "the judge is too weak, or texts manipulate it.",
        "cps",
    ).with_target(query(f"sum by (evaluator, result) ({calls})", "{{evaluator}} {{result}}"))


def judge_queue() -> timeseries.Panel:
    return line(
        "Judge queue length",
        "Sampled turns waiting for the judge. If it grows, the judge is slower than its sampling "
        "rate: lower the rate or raise the budget.",
        "short",
    ).with_target(query(one_replica(JUDGE_QUEUE_LENGTH.name), "{{evaluator}}"))


def judge_queue_age() -> timeseries.Panel:
    return line(
        "Age of the oldest turn in the judge queue",
        "How far a judge is behind. Turns that wait too long are skipped as `late`.",
        "s",
    ).with_target(query(one_replica(JUDGE_QUEUE_AGE.name), "{{evaluator}}"))


def judge_time() -> timeseries.Panel:
    buckets = f"sum by (le, evaluator) ({rate(f'{JUDGE_DURATION.name}_bucket', '')})"
    return line("Judge duration", "95th percentile over evaluations.", "s").with_target(
        query(f"histogram_quantile(0.95, {buckets})", "{{evaluator}}")
    )


def judge_shares() -> timeseries.Panel:
    left_out = rate(f"{JUDGE_NOT_SAMPLED.name}_total", SERVICE)
    return share(
        "Turns not evaluated by judges, by reason",
        "rate: not sampled, as intended. budget, cost, breaker and late: sampled but not reached; "
        "if they are frequent, raise a budget or lower the rate.",
    ).with_target(query(portion(left_out, "reason", "evaluator"), "{{evaluator}} {{reason}}"))


def judge_cost() -> timeseries.Panel:
    spent = rate(f"{JUDGE_COST.name}_total", SERVICE)
    by = "service, evaluator, currency"
    return line("Judge cost per hour", "From the price file, in its currency.", "none").with_target(
        query(f"3600 * sum by ({by}) ({spent})", f"{JUDGE} {{{{currency}}}}")
    )


def judge_tokens() -> timeseries.Panel:
    judged = rate(f"{JUDGE_TOKENS.name}_total", SERVICE)
    probed = rate(f"{PROBE_TOKENS.name}_total", MODEL)
    return (
        line(
            "Judge and probe tokens per second",
            "Tokens of model calls made by the collector.",
            "cps",
        )
        .with_target(query(f"sum by (evaluator, kind) ({judged})", "{{evaluator}} {{kind}}"))
        .with_target(query(f"sum by (source, kind) ({probed})", "{{source}} {{kind}}"))
    )


def judge_pauses() -> timeseries.Panel:
    pauses = one_replica(f"{JUDGE_PAUSES.name}_total")
    return line(
        "Judge pauses",
        "How often the circuit breaker opened after consecutive failures.",
        "short",
    ).with_target(query(f"sum by (evaluator) ({pauses})", "{{evaluator}}"))


def tokens() -> timeseries.Panel:
    spent = f"sum by (kind) ({rate(f'{TOKENS.name}_total', VERSION)})"
    return line(
        "Application tokens per second",
        "cached is part of input, reasoning is part of output.",
        "cps",
    ).with_target(query(spent, "{{kind}}"))


def cost() -> timeseries.Panel:
    spent = f"sum by (service, model_version, currency) ({rate(f'{COST.name}_total', VERSION)})"
    return line(
        "Application cost per hour", "From the price file, in its currency.", "none"
    ).with_target(query(f"3600 * {spent}", f"{LEGEND} {{{{currency}}}}"))


def unpriced() -> timeseries.Panel:
    turns = f"sum by (reason) ({rate(f'{UNPRICED_TURNS.name}_total', VERSION)})"
    return line(
        "Turns without a price",
        "Their cost is missing. unknown_model: add it to the price file; no_tokens: its "
        "instrumentation reports no token counts.",
        "cps",
    ).with_target(query(turns, "{{reason}}"))


def label_sets() -> timeseries.Panel:
    panel = line(
        "Label sets evicted and overflowed",
        "Total by metric. Overflowed counts are under `other`: too many versions are active at the "
        "same time to keep them apart.",
        "short",
    )
    for metric, name in ((SERIES_EVICTED, "evicted"), (SERIES_OVERFLOWED, "overflowed")):
        counted = one_replica(f"{metric.name}_total")
        panel = panel.with_target(query(f"sum by (metric) ({counted})", f"{name} {{{{metric}}}}"))
    return panel


def _of_processes(counter: str) -> str:
    """Sum over receivers, which count separately."""
    return f"sum(rate({counter}[$__rate_interval]))"


ROWS = (
    ("Now", 5, (lag_now, judged_ago, queue_now, coverage_now)),
    ("Does everything arrive?", 8, (spans, requests, acknowledgement)),
    ("Is it written?", 7, (queue, held)),
    ("Is it evaluated?", 8, (lag, failing, failures)),
    ("Judges", 8, (judge_calls, judge_shares)),
    ("Judge backlog", 7, (judge_queue, judge_queue_age, judge_time)),
    ("Judge cost", 7, (judge_cost, judge_tokens, judge_pauses)),
    ("Application cost", 8, (tokens, cost, unpriced)),
    ("Label sets", 7, (label_sets,)),
)
