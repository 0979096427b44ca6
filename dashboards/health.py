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
    purpose = "Does everything arrive, is everything judged, and what does watching cost?"
    return board(UID, "Collector health", purpose, ROWS, common_variables())


def lag_now() -> stat.Panel:
    return _seconds(
        "Evaluation lag",
        "Age of the oldest complete turn that waits to be judged. While it is high, every other "
        "dashboard shows the past.",
        f"max({EVALUATION_LAG.name})",
        (60, 600),
    )


def judged_ago() -> stat.Panel:
    return _seconds(
        "Since the last judgement",
        "Of the service that waits longest. It grows where no turns come, or nobody judges them.",
        f"max(time() - {one_replica(f'{LAST_EVALUATION.name}{{{SERVICE}}}')})",
        (600, 3600),
    )


def queue_now() -> stat.Panel:
    return _seconds(
        "Oldest request in the write queue",
        "Over all receivers. Above a second the disk is slower than the traffic; clients are told "
        "to wait before anything is lost.",
        f"max({WRITE_QUEUE_AGE.name})",
        (1, 5),
    )


def coverage_now() -> stat.Panel:
    coverage = f'service_evaluator:groundwire_coverage:ratio{{{SERVICE}, evaluator="$evaluator"}}'
    return (
        number(
            "Coverage",
            "Share of turns with a judgement, of the service with the least.",
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
        "Over all receivers. Rejected ones are told to their sender, which does not send them "
        "again; deduplicated ones came twice, which is harmless.",
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
            "429 and 503 are sent again by exporters; 400, 401 and 413 are lost: look at the "
            "sender. Bad keys open nothing.",
            "reqps",
        )
        .with_target(query(requests_, "{{status}}"))
        .with_target(query(_of_processes(f"{AUTH_FAILURES.name}_total"), "bad keys"))
    )


def acknowledgement() -> timeseries.Panel:
    buckets = f"sum by (le) (rate({ACKNOWLEDGEMENT.name}_bucket[$__rate_interval]))"
    panel = line(
        "Acknowledgement",
        "From a request to its answer, which comes after the commit.",
        "s",
    )
    for share_, name in ((0.5, "median"), (0.99, "99 %")):
        panel = panel.with_target(query(f"histogram_quantile({share_}, {buckets})", name))
    return panel


def queue() -> timeseries.Panel:
    return line(
        "Requests that wait to be written",
        "Over all receivers. A queue that stands is a disk or database that does not keep up.",
        "short",
    ).with_target(query(f"sum({WRITE_QUEUE.name})", "requests"))


def held() -> timeseries.Panel:
    return (
        line(
            "Bytes held",
            "Bodies in memory, and SQLite's write-ahead log. A log that only grows has a reader "
            "that does not end.",
            "bytes",
        )
        .with_target(query(f"sum({PENDING_BYTES.name})", "in memory"))
        .with_target(query(f"max({WAL_BYTES.name})", "write-ahead log"))
    )


def lag() -> timeseries.Panel:
    return (
        line(
            "Evaluation lag over time",
            "Age of the oldest complete turn that waits to be judged; and of the trace that waits "
            "longest to be complete, mostly for a root that is not sent here.",
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
            "Traces passed over or without a turn, turns reopened, processes restarted",
            "A trace that could not be assembled or judged is passed over: the log and `groundwire "
            "doctor` say why, and why a trace became no turn. A turn is reopened when spans come "
            "after it was judged: raise the quiet time. A process that ended is started again: the log says of what it died.",
            "cps",
        )
        .with_target(query(f"sum({failed})", "traces passed over"))
        .with_target(
            query(f"sum by (family, reason) ({silent})", "no turn: {{reason}} ({{family}})")
        )
        .with_target(query(f"sum({reopened})", "turns reopened"))
        .with_target(query(f"sum({superseded})", "judgements superseded"))
        .with_target(query(f"sum by (process) ({restarts})", "{{process}} restarted"))
    )


def failing() -> timeseries.Panel:
    return share(
        "Judgements that fail",
        "Share of the attempted ones, by evaluator. See the runbook of failing evaluations.",
    ).with_target(
        query(
            f"service_evaluator:groundwire_failed_evaluations:ratio{{{SERVICE}}}",
            "{{service}} {{evaluator}} {{revision}}",
        )
    )


def judge_calls() -> timeseries.Panel:
    calls = rate(f"{JUDGE_CALLS.name}_total", SERVICE)
    return line(
        "Calls of judges by result",
        "Only `answered` becomes a score. rate_limited: lower the budget; nonsense and hijacked: "
        "the judge is too weak or the answers attack it.",
        "cps",
    ).with_target(query(f"sum by (evaluator, result) ({calls})", "{{evaluator}} {{result}}"))


def judge_queue() -> timeseries.Panel:
    return line(
        "Turns that wait for a judge",
        "Drawn, and not judged yet. A queue that grows is a judge slower than its rate: lower one "
        "or raise the other.",
        "short",
    ).with_target(query(one_replica(JUDGE_QUEUE_LENGTH.name), "{{evaluator}}"))


def judge_queue_age() -> timeseries.Panel:
    return line(
        "Oldest turn that waits for a judge",
        "How far a judge is behind. What waits too long is left out as `late`.",
        "s",
    ).with_target(query(one_replica(JUDGE_QUEUE_AGE.name), "{{evaluator}}"))


def judge_time() -> timeseries.Panel:
    buckets = f"sum by (le, evaluator) ({rate(f'{JUDGE_DURATION.name}_bucket', '')})"
    return line("Time of a judgement", "95 of 100 judgements are done sooner.", "s").with_target(
        query(f"histogram_quantile(0.95, {buckets})", "{{evaluator}}")
    )


def judge_shares() -> timeseries.Panel:
    left_out = rate(f"{JUDGE_NOT_SAMPLED.name}_total", SERVICE)
    return share(
        "Turns that judges did not see, by reason",
        "rate: not drawn, as intended. budget, cost, breaker and late: drawn but not reached; "
        "where they are many, raise a budget or lower the rate.",
    ).with_target(query(portion(left_out, "reason", "evaluator"), "{{evaluator}} {{reason}}"))


def judge_cost() -> timeseries.Panel:
    spent = rate(f"{JUDGE_COST.name}_total", SERVICE)
    by = "service, evaluator, currency"
    return line(
        "Cost of judges an hour", "By the price file, in its currency.", "none"
    ).with_target(query(f"3600 * sum by ({by}) ({spent})", f"{JUDGE} {{{{currency}}}}"))


def judge_tokens() -> timeseries.Panel:
    judged = rate(f"{JUDGE_TOKENS.name}_total", SERVICE)
    probed = rate(f"{PROBE_TOKENS.name}_total", MODEL)
    return (
        line(
            "Tokens of judges and probes a second",
            "What the collector asks of models by itself.",
            "cps",
        )
        .with_target(query(f"sum by (evaluator, kind) ({judged})", "{{evaluator}} {{kind}}"))
        .with_target(query(f"sum by (source, kind) ({probed})", "{{source}} {{kind}}"))
    )


def judge_pauses() -> timeseries.Panel:
    pauses = one_replica(f"{JUDGE_PAUSES.name}_total")
    return line(
        "Pauses of judges",
        "How often the circuit breaker opened so far, after calls that failed one after the other.",
        "short",
    ).with_target(query(f"sum by (evaluator) ({pauses})", "{{evaluator}}"))


def tokens() -> timeseries.Panel:
    spent = f"sum by (kind) ({rate(f'{TOKENS.name}_total', VERSION)})"
    return line(
        "Tokens of the traffic a second",
        "cached is a part of input, reasoning a part of output.",
        "cps",
    ).with_target(query(spent, "{{kind}}"))


def cost() -> timeseries.Panel:
    spent = f"sum by (service, model_version, currency) ({rate(f'{COST.name}_total', VERSION)})"
    return line(
        "Cost of the traffic an hour", "By the price file, in its currency.", "none"
    ).with_target(query(f"3600 * {spent}", f"{LEGEND} {{{{currency}}}}"))


def unpriced() -> timeseries.Panel:
    turns = f"sum by (reason) ({rate(f'{UNPRICED_TURNS.name}_total', VERSION)})"
    return line(
        "Turns without a price",
        "The cost is too low by theirs. unknown_model: name it in the price file; no_tokens: its "
        "instrumentation counts none.",
        "cps",
    ).with_target(query(turns, "{{reason}}"))


def label_sets() -> timeseries.Panel:
    panel = line(
        "Label sets retired and folded",
        "So far, by metric. Folded counts stand under `other`: too many versions are alive at once "
        "to be told apart.",
        "short",
    )
    for metric, name in ((SERIES_EVICTED, "retired"), (SERIES_OVERFLOWED, "folded")):
        counted = one_replica(f"{metric.name}_total")
        panel = panel.with_target(query(f"sum by (metric) ({counted})", f"{name} {{{{metric}}}}"))
    return panel


def _of_processes(counter: str) -> str:
    """Counted by each receiver by itself: all of them together."""
    return f"sum(rate({counter}[$__rate_interval]))"


ROWS = (
    ("Now", 5, (lag_now, judged_ago, queue_now, coverage_now)),
    ("Does everything arrive?", 8, (spans, requests, acknowledgement)),
    ("Is it written?", 7, (queue, held)),
    ("Is it judged?", 8, (lag, failing, failures)),
    ("Judges that are models", 8, (judge_calls, judge_shares)),
    ("Do they keep up?", 7, (judge_queue, judge_queue_age, judge_time)),
    ("What do they cost?", 7, (judge_cost, judge_tokens, judge_pauses)),
    ("What the traffic costs", 8, (tokens, cost, unpriced)),
    ("Label sets", 7, (label_sets,)),
)
