"""Metric definitions: name, kind, labels and help of every metric.

Names follow https://prometheus.io/docs/practices/naming/ . Counters are written without `_total`
here, as in OpenMetrics; the exposition adds it. Ratios are recording rules, never metrics.
"""

from dataclasses import dataclass
from enum import StrEnum

# Labels of turn metrics; deployments may add `tenant`.
VERSION_LABELS = ("service", "model_version", "prompt_version", "index_version")
TENANT = "tenant"
EVALUATOR_LABELS = ("evaluator", "revision")

UNIT_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
SECONDS_BUCKETS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96)
POSITION_BUCKETS = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0, 14.0, 19.0, 49.0)
_HOUR, _DAY = 3600.0, 86400.0
AGE_BUCKETS = (
    60.0,
    900.0,
    _HOUR,
    6 * _HOUR,
    *tuple(days * _DAY for days in (1, 2, 3, 7, 14, 30, 90, 180, 365, 730)),
)
ACKNOWLEDGEMENT_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


_COUNTED = frozenset(
    "turns claims evaluations citations values answers refusals tokens calls runs traces spans "
    "requests labels sessions".split()
)
_UNITS = (  # by suffix, first match; else a plain count
    ("_timestamp_seconds", "seconds since the epoch"),
    ("_seconds", "seconds"),
    ("_bytes", "bytes"),
    ("_cost", "the currency of the label"),
    ("_rank", "place, from 0"),
    *((name, "0 to 1") for name in ("_precision", "_recall", "_mrr", "_ndcg", "_estimate")),
    *((name, "0 to 1") for name in ("_size", "_agreement")),
    ("_since_baseline", "difference of two shares"),
    ("_drift_statistic", "evidence; 1 is an alarm"),
    ("_drift_alarm", "1 while it is open"),
    ("_answer_words", "words"),
    ("_reading_level", "LIX"),
    ("_formality", "0 to 100"),
    ("_tone_distance", "0 to 2"),
    ("_behaviour_level", "that of the signal"),
    ("_baseline_loss", "sum of losses, each 0 to 1"),
)


class MetricKind(StrEnum):
    """Kind of a metric: counter, gauge or histogram."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One metric; `name` has prefix and unit, without a counter's `_total`."""

    name: str
    kind: MetricKind
    help: str
    labels: tuple[str, ...] = VERSION_LABELS
    buckets: tuple[float, ...] = ()
    committed: bool = True  # stored in the database; else per receiver process

    @property
    def unit(self) -> str:
        """Unit of its values."""
        for suffix, unit in _UNITS:
            if self.name.endswith(suffix):
                return unit
        if self.buckets == UNIT_BUCKETS:
            return "0 to 1"
        return next((word for word in self.name.split("_") if word in _COUNTED), "a count")

    @property
    def of_turns(self) -> bool:
        """Whether it counts turns, and so may have the label `tenant` too."""
        return (
            self.kind is not MetricKind.GAUGE
            and self.labels[: len(VERSION_LABELS)] == VERSION_LABELS
        )


def _counter(name: str, help: str, *labels: str) -> MetricDefinition:  # noqa: A002
    return MetricDefinition(
        f"groundwire_{name}", MetricKind.COUNTER, help, (*VERSION_LABELS, *labels)
    )


def _histogram(
    name: str,
    help: str,  # noqa: A002
    *labels: str,
    buckets: tuple[float, ...] = UNIT_BUCKETS,
) -> MetricDefinition:
    labels = (*VERSION_LABELS, *labels)
    return MetricDefinition(f"groundwire_{name}", MetricKind.HISTOGRAM, help, labels, buckets)


def _gauge(name: str, help: str, *labels: str) -> MetricDefinition:  # noqa: A002
    return MetricDefinition(f"groundwire_{name}", MetricKind.GAUGE, help, labels)


def _of_process(
    kind: MetricKind,
    name: str,
    help: str,  # noqa: A002
    *labels: str,
    buckets: tuple[float, ...] = (),
) -> MetricDefinition:
    return MetricDefinition(f"groundwire_{name}", kind, help, labels, buckets, committed=False)


# Answers
TURNS = _counter("turns", "Completed turns by answer route.", "route")
TURNS_REOPENED = _counter(
    "turns_reopened",
    "Turns that grew after they were counted, by current and counted route.",
    *("route", "was"),
)
EVALUATIONS = _counter("evaluations", "Evaluations by state.", *EVALUATOR_LABELS, "state")
EVALUATIONS_SUPERSEDED = _counter(
    "evaluations_superseded",
    "Evaluations replaced by another state after late spans.",
    *(*EVALUATOR_LABELS, "state"),
)
SESSIONS = MetricDefinition(
    "groundwire_sessions",
    MetricKind.COUNTER,
    "Sessions with a scored turn, each counted at its first.",
    ("service",),
)
SESSIONS_UNSUPPORTED = MetricDefinition(
    "groundwire_sessions_unsupported",
    MetricKind.COUNTER,
    "Sessions with a turn flagged for an unsupported claim, each counted at its first.",
    ("service",),
)
CLAIMS = _counter("claims", "Claims of judged answers by verdict.", *EVALUATOR_LABELS, "verdict")
READER_CLAIMS = _counter(
    "reader_claims", "Claims that a reader model was asked about.", *EVALUATOR_LABELS
)
READER_SECONDS = _counter(
    "reader_seconds", "Time of reader models on claims, in seconds.", *EVALUATOR_LABELS
)
FLAGGED_TURNS = _counter(
    "flagged_turns",
    "Turns whose answer was flagged as unsupported.",
    *EVALUATOR_LABELS,
)
FAITHFULNESS = _histogram(
    "faithfulness", "Supported claims / claims of a scored turn.", *EVALUATOR_LABELS
)
P_UNSUPPORTED = _histogram(
    "p_unsupported",
    "Score that the answer holds an unsupported claim; a probability once calibrated.",
    *EVALUATOR_LABELS,
)
CITATIONS = _counter("citations", "Citations in answers by outcome.", "outcome")
RELIANCE_OUTCOMES = _counter(
    "reliance_outcomes",
    "Answers that follow context or memory, by source of the measurement.",
    "source",
    "outcome",
)
ANSWER_VALUES = _counter(
    "answer_values",
    "Values (numbers, dates, money, names) in answers: covered by chunks or "
    "question, novel, or overriding (novel although a chunk holds a competing"
    " value).",
    "kind",
)
REFUSALS = _counter(
    "refusals",
    "Refusals, by whether a chunk was relevant to the question (a lexical proxy).",
    "sufficient",
)
FALSE_REFUSALS = _counter(
    "false_refusals",
    "Refusals although one sentence of a chunk answers the question.",
    *EVALUATOR_LABELS,
)
MEMORIZED_OVERRIDES = _counter(
    "memorized_overrides",
    "Answers that repeat their training answer although the context says otherwise.",
    *EVALUATOR_LABELS,
)
SELF_REPORTED_MEMORY_ANSWERS = _counter(
    "self_reported_memory_answers",
    "Turns whose answer states that it uses memory or overrules its context.",
)
ANSWER_TRAITS = _counter(
    "answer_traits",
    "Answers by behaviour and whether they show it: invalid_format, broken_json, other_language, "
    "refusal, loop, citations, emoji.",
    "trait",
    "present",
)
ANSWER_WORDS = _histogram(
    "answer_words",
    "Words of an answer.",
    buckets=(5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1280.0, 2560.0),
)
ANSWER_READING_LEVEL = _histogram(
    "answer_reading_level",
    "Reading level of an answer: LIX, words a sentence plus percentage of long words.",
    buckets=(20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 55.0, 60.0, 70.0, 80.0),
)
ANSWER_FORMALITY = _histogram(
    "answer_formality",
    "Register of an answer by function words, 0 to 100; 50 is balanced.",
    buckets=(40.0, 45.0, 47.5, 50.0, 52.5, 55.0, 57.5, 60.0, 65.0, 70.0),
)
ANSWER_REPETITION = _histogram(
    "answer_repetition", "Share of repeated four-word sequences in an answer."
)
ANSWER_MARKUP = _histogram("answer_markup", "Share of the lines of an answer with markup.")
ANSWER_TONE_DISTANCE = _histogram(
    "answer_tone_distance",
    "Distance of an answer's style to the reference answers: cosine delta, 0 to 2; 1 is unrelated.",
    buckets=(0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.6),
)
STALE_ANSWERS = _counter(
    "stale_answers", "Answers to repeated questions whose supporting chunk changed.", "outcome"
)

PROBE_OUTCOMES = MetricDefinition(
    "groundwire_probe_outcomes",
    MetricKind.COUNTER,
    "Answers to scheduled probes by stratum and arm.",
    ("service", "model_version", "prompt_version", "stratum", "arm", "outcome"),
)
PROBE_RUNS = MetricDefinition(
    "groundwire_probe_runs",
    MetricKind.COUNTER,
    "Ended probe runs by state: finished or abandoned.",
    ("service", "model_version", "state"),
)
PROBE_CALLS = MetricDefinition(
    "groundwire_probe_calls",
    MetricKind.COUNTER,
    "Calls made by the collector, by source (probe, closed_book) and result: "
    "answered, the kind of failure, or skipped (budget). Never part of turns.",
    ("service", "model_version", "source", "result"),
)
PROBE_TOKENS = MetricDefinition(
    "groundwire_probe_tokens",
    MetricKind.COUNTER,
    "Tokens of calls made by the collector, as reported by the endpoint.",
    ("service", "model_version", "source", "kind"),
)

# Retrieval
EMPTY_RETRIEVALS = _counter("empty_retrievals", "Turns whose retrieval returned no chunk.")
RETRIEVAL_RELEVANCE = _histogram(
    "retrieval_relevance",
    "Weighted share of the question's terms covered by the best chunk.",
    *EVALUATOR_LABELS,
)
CHUNK_OUTCOMES = _counter(
    "chunk_outcomes",
    "Turns with a question by what became of the right chunk: used, ignored (a chunk answers, the "
    "answer differs or declines) or missing (no chunk answers, nor does the answer).",
    *(*EVALUATOR_LABELS, "outcome"),
)
SUPPORTED_CLAIMS = _counter(
    "supported_claims",
    "Supported claims by the place of the chunk that supports them: 0 is the first.",
    *(*EVALUATOR_LABELS, "place"),
)
CHUNK_REDUNDANCY = _histogram(
    "chunk_redundancy",
    "Share of the word pairs in a turn's chunks that an earlier chunk holds already.",
    *EVALUATOR_LABELS,
)
CONTEXT_UTILIZATION = _histogram(
    "context_utilization",
    "Chunks that support a claim / chunks given, of a scored turn.",
    *EVALUATOR_LABELS,
)
DISTRACTOR_RATIO = _histogram(
    "distractor_ratio",
    "Relevant chunks that support no claim / chunks given, of a scored turn.",
    *EVALUATOR_LABELS,
)
SUPPORTING_CHUNK_RANK = _histogram(
    "supporting_chunk_rank",
    "Rank (from 0) of the chunk that supports most claims of a scored turn.",
    *EVALUATOR_LABELS,
    buckets=POSITION_BUCKETS,
)
CHUNK_AGE = _histogram(
    "chunk_age_seconds",
    "Age of a turn's oldest chunk, where metadata hold its modification time.",
    buckets=AGE_BUCKETS,
)
INDEX_AGE = _histogram(
    "index_age_seconds",
    "Time since the newest known write to the index, from chunk metadata.",
    buckets=AGE_BUCKETS,
)
_LABELLED = ("service", "index_version")
_ESTIMATED = ("service", "model_version", "evaluator", "reference")
FAITHFULNESS_ESTIMATE = _gauge(
    "faithfulness_estimate",
    "Share of answers without an unsupported claim: 1 - p_unsupported of all "
    "turns, corrected by judges (reference=judge) or people (human); "
    "pointwise interval. docs/reference/estimates.md.",
    *(*_ESTIMATED, "bound"),
)
FAITHFULNESS_SINCE_BASELINE = _gauge(
    "faithfulness_since_baseline",
    "The same share over all turns since the baseline, with anytime-valid "
    "bounds: for dashboards and alerts.",
    *(*_ESTIMATED, "bound"),
)
FAITHFULNESS_LABELS = _gauge(
    "faithfulness_labels", "Labels or judge evaluations behind faithfulness_estimate.", *_ESTIMATED
)
FAITHFULNESS_EFFECTIVE_LABELS = _gauge(
    "faithfulness_effective_labels",
    "Effective sample size: uniformly sampled labels of equal precision without p_unsupported.",
    *_ESTIMATED,
)
CALIBRATION_SHIFT = _gauge(
    "calibration_shift",
    "Shift of the logit of p_unsupported fitted to a service's own labels (30 and more).",
    *("service", "evaluator", "bound"),
)
CALIBRATION_ERROR = _gauge(
    "calibration_error",
    "Mean gap of p_unsupported and the labelled share: of the score, and with "
    "the shift (cross-fitted).",
    *("service", "evaluator", "of"),
)
CALIBRATION_LABELS = _gauge(
    "calibration_labels", "Labelled turns behind calibration_shift.", "service", "evaluator"
)
RETRIEVAL_PRECISION = _gauge(
    "retrieval_precision",
    "Relevant chunks / chunks among the first k, of turns with chunk labels.",
    *(*_LABELLED, "k"),
)
RETRIEVAL_RECALL = _gauge(
    "retrieval_recall",
    "Relevant chunks among the first k / all chunks labelled relevant.",
    *(*_LABELLED, "k"),
)
RETRIEVAL_MRR = _gauge(
    "retrieval_mrr",
    "Mean reciprocal rank of the first relevant chunk among the first k; 0 where there is none.",
    *(*_LABELLED, "k"),
)
RETRIEVAL_NDCG = _gauge(
    "retrieval_ndcg",
    "nDCG of the first k chunks: discounted gain / that of the best order of all labelled chunks.",
    *(*_LABELLED, "k"),
)
MODEL_TRAINED = _gauge(
    "model_trained_timestamp_seconds",
    "Time up to which the training data of a model version in use knows the facts, as announced.",
    *("service", "model_version"),
)
CHANGED_SINCE_TRAINING = _gauge(
    "changed_since_training_estimate",
    "Share of a model version's turns in seven days whose median chunk changed after its training "
    "data ended, with a 95 % interval.",
    *("service", "model_version", "bound"),
)
MISSED_CHUNKS = _gauge(
    "missed_chunks_estimate",
    "Share of newest turns without a chunk that answers, where a chunk stored with other turns "
    "does, by route: parametric turns should have retrieved. 95 % interval.",
    *("service", "route", "bound"),
)
RETRIEVAL_LABELLED_TURNS = _gauge(
    "retrieval_labelled_turns",
    "Turns behind retrieval_precision and retrieval_recall.",
    *(*_LABELLED, "k"),
)

# Judges, on sampled turns (`evaluator` is the name in the setting `judges`)
_JUDGE_SECONDS_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 120.0, 300.0)


def _of_judges(name: str, help: str, *labels: str) -> MetricDefinition:  # noqa: A002
    return MetricDefinition(f"groundwire_judge_{name}", MetricKind.COUNTER, help, labels)


JUDGE_SCORE = _histogram(
    "judge_score",
    "Scores of judges on sampled turns. The sample may be uneven: not a mean "
    "of the traffic, see faithfulness_estimate.",
    *EVALUATOR_LABELS,
)
JUDGE_CALLS = _of_judges(
    "calls",
    "Calls of judges by result: answered, or the kind of failure.",
    *("service", "evaluator", "result"),
)
JUDGE_TOKENS = _of_judges(
    "tokens",
    "Tokens of judges as reported by the endpoint: input, output.",
    *("service", "evaluator", "kind"),
)
JUDGE_COST = _of_judges(
    "cost", "Cost of judges, by the price file.", "service", "evaluator", "currency"
)
JUDGE_NOT_SAMPLED = _of_judges(
    "not_sampled",
    "Turns not judged: not sampled (rate), or sampled and skipped (budget, cost, breaker, late).",
    *("service", "evaluator", "reason"),
)
JUDGE_PAUSES = _of_judges(
    "pauses", "Pauses of a judge after consecutive failures (circuit breaker).", "evaluator"
)
JUDGE_DURATION = MetricDefinition(
    "groundwire_judge_duration_seconds",
    MetricKind.HISTOGRAM,
    "Duration of one judgement, including retries.",
    ("evaluator",),
    _JUDGE_SECONDS_BUCKETS,
)
JUDGE_QUEUE_LENGTH = _gauge("judge_queue_length", "Sampled turns waiting for a judge.", "evaluator")
JUDGE_QUEUE_AGE = _gauge(
    "judge_queue_age_seconds", "Age of the oldest sampled turn waiting for a judge.", "evaluator"
)
JUDGE_AGREEMENT = _gauge(
    "judge_agreement",
    "Newest replay of the golden set: agreement, sensitivity and specificity;"
    " mean and 95 % bounds.",
    *(*EVALUATOR_LABELS, "measure", "bound"),
)
JUDGE_GOLDEN_TURNS = _gauge(
    "judge_golden_turns",
    "Turns of the golden set by state in the newest replay.",
    *(*EVALUATOR_LABELS, "state"),
)
JUDGE_GOLDEN_FLIPS = _gauge(
    "judge_golden_flips",
    "Turns of the golden set with another decision than in the first replay "
    "of the same revision, by whether it is right or wrong now.",
    *(*EVALUATOR_LABELS, "direction"),
)
JUDGE_GOLDEN_TIMESTAMP = _gauge(
    "judge_golden_timestamp_seconds",
    "End of the newest replay of the golden set.",
    *EVALUATOR_LABELS,
)
EVALUATOR_REVISION_TIMESTAMP = _gauge(
    "evaluator_revision_timestamp_seconds",
    "First use of an evaluator's revision.",
    *EVALUATOR_LABELS,
)

# Cost and speed
RETRIEVAL_DURATION = _histogram(
    "retrieval_duration_seconds", "Duration of the retrievals of a turn.", buckets=SECONDS_BUCKETS
)
GENERATION_DURATION = _histogram(
    "generation_duration_seconds", "Duration of the generation of a turn.", buckets=SECONDS_BUCKETS
)
TIME_TO_FIRST_TOKEN = _histogram(
    "time_to_first_token_seconds", "Time to the first token of an answer.", buckets=SECONDS_BUCKETS
)
TOKENS = _counter(
    "tokens",
    "Tokens of answered turns: input and output; cached is a part of input, reasoning of output.",
    "kind",
)
COST = _counter("cost", "Cost of answered turns, by the price file.", "currency")
UNPRICED_TURNS = _counter(
    "unpriced_turns",
    "Answered turns without a known price: no_tokens or unknown_model.",
    "reason",
)

# Drift
_DRIFT_LABELS = ("service", "signal", "dimension", "value", "cause")
_BASELINE_LABELS = ("service", "signal", "revision")
VERSION_FIRST_SEEN = _gauge(
    "version_first_seen_timestamp_seconds",
    "First turn of a model, prompt or index version of a service; announcement of an adapter or "
    "release.",
    *("service", "dimension", "value"),
)
BASELINE_TURNS = _gauge("baseline_turns", "Scored turns of a pinned baseline.", *_BASELINE_LABELS)
BASELINE_FLAGGED_TURNS = _gauge(
    "baseline_flagged_turns", "Flagged turns of a pinned baseline.", *_BASELINE_LABELS
)
BASELINE_LOSS = _gauge(
    "baseline_losses",
    "Sum of the losses of a pinned baseline; divided by its turns, the baseline mean.",
    *_BASELINE_LABELS,
)
DRIFT_STATISTIC = _gauge(
    "drift_statistic",
    "Evidence for a degradation, as its maximum in this and the last minute; alarm when the sum "
    "per service and signal reaches 1, where it stays while the alarm is open.",
    "service",
    "signal",
    "dimension",
    "value",
)
DRIFT_ALARM = _gauge("drift_alarm", "1 while a drift alarm is open.", *_DRIFT_LABELS)
DRIFT_CHANGE_TIMESTAMP = _gauge(
    "drift_change_timestamp_seconds",
    "Estimated onset of the change behind an open alarm.",
    *_DRIFT_LABELS,
)
DRIFT_CHANGE_BOUND = _gauge(
    "drift_change_bound_timestamp_seconds",
    "90 % interval of the onset: from, until.",
    *_DRIFT_LABELS,
    "bound",
)
DRIFT_SIZE = _gauge(
    "drift_size",
    "Growth of the mean loss behind an open alarm: lower, mean, upper (90 %).",
    *_DRIFT_LABELS,
    "bound",
)

_BEHAVIOUR_LABELS = ("service", "signal", "direction", "dimension", "value", "cause")
BEHAVIOUR_STATISTIC = _gauge(
    "behaviour_drift_statistic",
    "Evidence for a change of a behaviour signal; alarm at 1, at which it is held while the alarm "
    "is open.",
    "service",
    "signal",
)
BEHAVIOUR_LEVEL = _gauge(
    "behaviour_level",
    "Mean of a behaviour signal in its own unit: before (baseline), now (some fifty turns).",
    *("service", "signal", "moment"),
)
BEHAVIOUR_ALARM = _gauge(
    "behaviour_drift_alarm", "1 while an alarm on a behaviour signal is open.", *_BEHAVIOUR_LABELS
)
BEHAVIOUR_CHANGE_TIMESTAMP = _gauge(
    "behaviour_drift_change_timestamp_seconds",
    "Estimated onset of the change behind an open alarm on a behaviour signal.",
    *_BEHAVIOUR_LABELS,
)

# The collector's own
EVALUATION_LAG = _gauge(
    "evaluation_lag_seconds", "Age of the oldest complete turn not yet evaluated."
)
OPEN_TRACE_AGE = _gauge(
    "open_trace_age_seconds",
    "Time since the last span of the oldest incomplete trace, usually missing its root.",
)
TRACES_FAILED = MetricDefinition(
    "groundwire_traces_failed",
    MetricKind.COUNTER,
    "Traces skipped because they could not be assembled or judged.",
    (),
)
TRACES_WITHOUT_TURN = MetricDefinition(
    "groundwire_traces_without_turn",
    MetricKind.COUNTER,
    "Traces that became no turn, by what kept them from it; each counted once.",
    ("service", "family", "reason"),
)
LAST_EVALUATION = _gauge(
    "last_evaluation_timestamp_seconds", "Time of the last evaluation.", "service"
)
SERIES_OVERFLOWED = MetricDefinition(
    "groundwire_series_overflowed",
    MetricKind.COUNTER,
    "Increments counted under `other` because the metric reached its series limit.",
    ("metric",),
)
SERIES_EVICTED = MetricDefinition(
    "groundwire_series_evicted",
    MetricKind.COUNTER,
    "Idle label sets evicted for new ones.",
    ("metric",),
)

# The receiver's own: of one process, from zero at its start
SPANS_RECEIVED = _of_process(MetricKind.COUNTER, "spans_received", "Spans in decodable requests.")
SPANS_REJECTED = _of_process(
    MetricKind.COUNTER, "spans_rejected", "Spans rejected individually (partial success)."
)
SPANS_DEDUPLICATED = _of_process(
    MetricKind.COUNTER, "spans_deduplicated", "Duplicate spans, already stored."
)
REQUESTS = _of_process(
    MetricKind.COUNTER, "otlp_requests", "OTLP requests by HTTP status.", "status"
)
AUTH_FAILURES = _of_process(MetricKind.COUNTER, "auth_failures", "Requests with an invalid key.")
ACKNOWLEDGEMENT = _of_process(
    MetricKind.HISTOGRAM,
    "otlp_acknowledgement_seconds",
    "Latency from an OTLP request's header to its acknowledgement, including the commit.",
    buckets=ACKNOWLEDGEMENT_BUCKETS,
)
WRITE_QUEUE = _of_process(
    MetricKind.GAUGE,
    "write_queue_requests",
    "Requests waiting for their commit.",
)
WRITE_QUEUE_AGE = _of_process(
    MetricKind.GAUGE, "write_queue_age_seconds", "Wait of the oldest request in the write queue."
)
PENDING_BYTES = _of_process(
    MetricKind.GAUGE,
    "pending_bytes",
    "Size of request bodies in memory.",
)
PROCESS_RESTARTS = _of_process(
    MetricKind.COUNTER,
    "process_restarts",
    "Restarts of child processes: worker, prober, judge, notifier.",
    "process",
)
WAL_BYTES = _of_process(
    MetricKind.GAUGE,
    "wal_bytes",
    "Size of SQLite's write-ahead log, which grows under long reads.",
)


def all_metrics() -> tuple[MetricDefinition, ...]:
    """Every metric of this page, in the order of the page."""
    return tuple(value for value in globals().values() if isinstance(value, MetricDefinition))


def committed_metrics() -> tuple[MetricDefinition, ...]:
    """Metrics stored in the database, equal on all replicas."""
    return tuple(metric for metric in all_metrics() if metric.committed)
