"""Recording rules: ratios of summed counters.

Names do not contain the window (`RuleSettings.current_window`), so they do not depend on settings.
"""

from groundwire_collector.alerting.promql import (
    BY_JUDGE,
    BY_SERVICE_AND_JUDGE,
    BY_VERSION,
    RecordingRule,
    grown,
    one_replica,
    total,
)
from groundwire_collector.alerting.rules.burn_rate import (
    BURNING,
    PAGE_TIMESTAMP,
    burn_recordings,
    gradual_recordings,
)
from groundwire_collector.alerting.rules.drops import MEDIAN, RecordedShare
from groundwire_collector.alerting.rules.settings import RuleSettings, duration
from groundwire_collector.metric_definitions import (
    CHUNK_OUTCOMES,
    CLAIMS,
    DRIFT_CHANGE_BOUND,
    DRIFT_CHANGE_TIMESTAMP,
    DRIFT_SIZE,
    EVALUATIONS,
    FAITHFULNESS,
    FALSE_REFUSALS,
    FLAGGED_TURNS,
    INDEX_AGE,
    JUDGE_CALLS,
    RELIANCE_OUTCOMES,
    RETRIEVAL_DURATION,
    TURNS,
)

JUDGED_STATES = "scored|refusal|no_claims"  # refusal and no_claims assert nothing
MEMORY = ("parametric", "stale")  # outcomes of answers from memory
SLOW_QUANTILE = 0.9

FALSELY_REFUSED = RecordedShare(
    "version_evaluator",
    "groundwire_false_refusals",
    "service_evaluator",
    "the share of false refusals",
    "version_evaluator:groundwire_judged_turns:increase",
    BY_SERVICE_AND_JUDGE,
)
UNRETRIEVED = RecordedShare(
    "service",
    "groundwire_unretrieved_turns",
    "service",
    "the share of turns answered without a chunk",
    "service:groundwire_retrievals:increase",
    ("service",),
)
OUTCOMES = "version_evaluator:groundwire_chunk_outcomes:increase"
IGNORED_CHUNKS = RecordedShare(
    "version_evaluator",
    "groundwire_ignored_chunks",
    "service_evaluator",
    "the share of turns that ignore a chunk that answers",
    OUTCOMES,
    BY_SERVICE_AND_JUDGE,
)
MISSING_CHUNKS = RecordedShare(
    "version_evaluator",
    "groundwire_missing_chunks",
    "service_evaluator",
    "the share of turns without a chunk that answers",
    OUTCOMES,
    BY_SERVICE_AND_JUDGE,
)
MEMORIZATION = RecordedShare(
    "version_source",
    "groundwire_memorization",
    "service_source",
    "M_R",
    "version_source:groundwire_deciding_answers:increase",
    ("service", "source"),
)
COVERAGE = RecordedShare(
    "service_evaluator",
    "groundwire_coverage",
    "service_evaluator",
    "the share of turns with a result",
    "service_evaluator:groundwire_turns:increase",
    ("service", "evaluator"),
)


def recordings(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    """Recording rules of every `interval`, in dependency order."""
    return (
        *_volumes(limits),
        *_faithfulness(limits),
        *_flagged(limits),
        *_false_refusals(limits),
        *burn_recordings(limits),
        *_reliance(limits),
        *_retrieval(limits),
        *_chunk_outcomes(limits),
        *_health(limits),
        *_drift(limits),
    )


def references(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    """Recording rules over long windows, every `reference_interval`."""
    window, offset = duration(limits.reference_window), duration(limits.current_window)
    usual = {"window": window, "offset": offset}
    return (
        RecordingRule(
            "service_evaluator:groundwire_faithfulness:median_reference",
            f"Median over {window} of the faithfulness of a service: the expected level.",
            MEDIAN.format(series="service_evaluator:groundwire_faithfulness:mean", **usual),
        ),
        FALSELY_REFUSED.reference(
            limits, "service_evaluator:groundwire_false_refusals:ratio", limits.current_window
        ),
        *(
            share.reference(
                limits, f"service_evaluator:{share.metric}:ratio", limits.current_window
            )
            for share in (IGNORED_CHUNKS, MISSING_CHUNKS)
        ),
        UNRETRIEVED.reference(limits, UNRETRIEVED.ratio, limits.current_window),
        MEMORIZATION.reference(
            limits, "service_source:groundwire_memorization:ratio", limits.reliance_window
        ),
        COVERAGE.reference(
            limits, "service_evaluator:groundwire_coverage:sum", limits.current_window
        ),
        RecordingRule(
            "service:groundwire_retrieval_duration_seconds:median_reference",
            f"Median over {window} of the 90th percentile of retrieval time.",
            MEDIAN.format(series="service:groundwire_retrieval_duration_seconds:p90", **usual),
        ),
        RecordingRule(
            "service:groundwire_index_age_seconds:max_reference",
            f"Maximum index age of a service in the {window} before the last {window}.",
            f"max_over_time(service:groundwire_index_age_seconds:p50[{window}] offset {window})",
        ),
        *gradual_recordings(limits),
    )


def _volumes(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    window = limits.current_window
    judged = total(EVALUATIONS, f'{{state=~"{JUDGED_STATES}"}}')
    failed = total(EVALUATIONS, '{state="failed"}')
    return (
        RecordingRule(
            "version_route:groundwire_turns:increase",
            "Turns by route.",
            grown(limits, (*BY_VERSION, "route"), total(TURNS), window),
        ),
        RecordingRule(
            "service:groundwire_turns:increase_recent",
            "Turns of a service within `absence_window`.",
            grown(limits, ("service",), total(TURNS), limits.absence_window),
        ),
        RecordingRule(
            "service_evaluator:groundwire_evaluations:increase",
            "Attempted evaluations.",
            grown(limits, BY_SERVICE_AND_JUDGE, total(EVALUATIONS), window),
        ),
        RecordingRule(
            "service_evaluator:groundwire_failed_evaluations:increase",
            "Failed evaluations; 0 if none failed.",
            f"{grown(limits, BY_SERVICE_AND_JUDGE, failed, window)}\n"
            "or service_evaluator:groundwire_evaluations:increase * 0",
        ),
        RecordingRule(
            "version_evaluator:groundwire_judged_turns:increase",
            "Turns with a result: scored, or without claims to support.",
            grown(limits, BY_JUDGE, judged, window),
        ),
        RecordingRule(
            "version_evaluator_verdict:groundwire_claims:increase",
            "Claims by verdict. Their ratios weight long answers more: displayed, not alerted on.",
            grown(limits, (*BY_JUDGE, "verdict"), total(CLAIMS), window),
        ),
    )


def _faithfulness(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    window = limits.current_window
    total, count = f"{FAITHFULNESS.name}_sum", f"{FAITHFULNESS.name}_count"
    on = f"on ({', '.join(BY_SERVICE_AND_JUDGE)})"
    turns = grown(limits, BY_SERVICE_AND_JUDGE, count, window)
    return (
        RecordingRule(
            "version_evaluator:groundwire_scored_turns:increase",
            "Scored turns: the denominator of mean faithfulness.",
            grown(limits, BY_JUDGE, count, window),
        ),
        RecordingRule(
            "version_evaluator:groundwire_faithfulness:mean",
            "Mean faithfulness of scored turns.",
            f"{grown(limits, BY_JUDGE, total, window)}\n/ "
            f"(version_evaluator:groundwire_scored_turns:increase > 0)",
        ),
        RecordingRule(
            "service_evaluator:groundwire_faithfulness:mean",
            "Mean faithfulness of scored turns over all versions of a service.",
            f"{grown(limits, BY_SERVICE_AND_JUDGE, total, window)}\n/ ({turns} > 0)",
        ),
        RecordingRule(
            "version_evaluator:groundwire_faithfulness:drop",
            "Reference of the service minus faithfulness.",
            f"service_evaluator:groundwire_faithfulness:median_reference\n- {on} group_right ()\n"
            "version_evaluator:groundwire_faithfulness:mean",
        ),
        RecordingRule(
            "version_evaluator:groundwire_faithfulness:stderr",
            "Upper bound of the standard error of the mean: values in [0, 1] with mean m have a "
            "variance of at most m(1 - m).",
            "sqrt(\n  version_evaluator:groundwire_faithfulness:mean * (1 - "
            "version_evaluator:groundwire_faithfulness:mean)\n"
            "  / (version_evaluator:groundwire_scored_turns:increase > 0)\n)",
        ),
    )


def _flagged(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    flagged = grown(limits, BY_JUDGE, total(FLAGGED_TURNS), limits.current_window)
    return (
        RecordingRule(
            "version_evaluator:groundwire_flagged_turns:increase",
            "Turns flagged for an unsupported claim; 0 if turns were scored and none was.",
            f"{flagged}\nor version_evaluator:groundwire_scored_turns:increase * 0",
        ),
        RecordingRule(
            "version_evaluator:groundwire_flagged_turns:ratio",
            "Share of scored turns that are flagged.",
            "version_evaluator:groundwire_flagged_turns:increase / "
            "(version_evaluator:groundwire_scored_turns:increase > 0)",
        ),
    )


def _false_refusals(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    window = limits.current_window
    judged = "version_evaluator:groundwire_judged_turns:increase"
    by_version, of_service = (
        grown(limits, by, total(FALSE_REFUSALS), window) for by in (BY_JUDGE, BY_SERVICE_AND_JUDGE)
    )
    turns = f"sum by ({', '.join(BY_SERVICE_AND_JUDGE)}) ({judged})"
    return (
        RecordingRule(
            FALSELY_REFUSED.ratio,
            "Share of turns with a result that are refused although a chunk answers the question.",
            f"({by_version}\nor {judged} * 0)\n/ ({judged} > 0)",
        ),
        RecordingRule(
            "service_evaluator:groundwire_false_refusals:ratio",
            "The same over all versions of a service.",
            f"({of_service}\nor {turns} * 0)\n/ ({turns} > 0)",
        ),
        *FALSELY_REFUSED.recordings(),
    )


def _reliance(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    def answers(*outcomes: str, source: str = ".+", by: tuple[str, ...] = BY_VERSION) -> str:
        matchers = f'{{source=~"{source}", outcome=~"{"|".join(outcomes) or ".+"}"}}'
        series = total(RELIANCE_OUTCOMES, matchers)
        return grown(limits, (*by, "source"), series, limits.reliance_window)

    asserted = f"({answers('context', *MEMORY)} > 0)"
    zero = "version_source:groundwire_reliance_outcomes:increase * 0"
    closed_book = 'version_source:groundwire_reliance_outcomes:increase{source="closed_book"}'
    recited, decided = (
        answers(*outcomes, by=("service",)) for outcomes in (MEMORY, ("context", *MEMORY))
    )
    return (
        RecordingRule(
            "version_source:groundwire_reliance_outcomes:increase",
            "Answers measured for whether they follow context or memory (n).",
            answers(),
        ),
        RecordingRule(
            "version_source:groundwire_context_reliance:ratio",
            "p_s: share of measured answers that follow the context.",
            f"({answers('context')}\nor {zero})\n/ "
            f"(version_source:groundwire_reliance_outcomes:increase > 0)",
        ),
        RecordingRule(
            "version_source:groundwire_parametric_answers:ratio",
            "p_o: share of measured answers that follow the model's memory.",
            f"({answers(*MEMORY)}\nor {zero})\n/ "
            f"(version_source:groundwire_reliance_outcomes:increase > 0)",
        ),
        RecordingRule(
            "version_source:groundwire_memorization:ratio",
            "M_R = p_o / (p_o + p_s) (Longpre et al. 2021); read it with p_s, p_o and n.",
            f"({answers(*MEMORY)}\nor {zero})\n/ {asserted}",
        ),
        RecordingRule(
            "version_source:groundwire_deciding_answers:increase",
            "Answers that follow either: the denominator of M_R. Below 50 M_R is noise; for "
            "closed-book calls these are the diagnostic turns.",
            f"{answers('context', *MEMORY)}\nor {zero}",
        ),
        RecordingRule(
            "service_source:groundwire_memorization:ratio",
            "M_R over all versions of a service.",
            f"({recited}\nor {decided} * 0)\n/ ({decided} > 0)",
        ),
        *MEMORIZATION.recordings(),
        RecordingRule(
            "version_source:groundwire_redundant_answers:ratio",
            "Share of answers with a closed-book call that memory alone gives too: right today, "
            "at risk when the source changes, invisible to faithfulness.",
            f"({answers('both', source='closed_book')}\nor {closed_book} * 0)\n/ ({closed_book} "
            f"> 0)",
        ),
    )


def _retrieval(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    window = limits.current_window
    counted = total(EVALUATIONS, '{evaluator="retrieval", state=~"%s"}')
    looked_at = grown(limits, ("service",), counted % "scored|no_context", window)
    without = grown(limits, ("service",), counted % "no_context", window)
    return (
        RecordingRule(
            "service:groundwire_retrievals:increase",
            "Turns for which it is known whether a chunk was retrieved.",
            looked_at,
        ),
        RecordingRule(
            UNRETRIEVED.ratio,
            "Share of turns answered without a chunk: by design, or because retrieval found "
            "nothing.",
            f"({without}\nor service:groundwire_retrievals:increase * 0)\n"
            "/ (service:groundwire_retrievals:increase > 0)",
        ),
        *UNRETRIEVED.recordings(),
        *_retrieval_time(limits),
        RecordingRule(
            "service:groundwire_index_age_seconds:p50",
            "Median age of the index over the turns of a service.",
            f"histogram_quantile(0.5, {_buckets(limits, INDEX_AGE.name, 'service')})",
        ),
    )


def _chunk_outcomes(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    window = limits.current_window
    return (
        RecordingRule(
            OUTCOMES,
            "Turns for which it is known what became of the right chunk.",
            grown(limits, BY_JUDGE, total(CHUNK_OUTCOMES), window),
        ),
        *_chunk_outcome(limits, IGNORED_CHUNKS, "ignored"),
        *_chunk_outcome(limits, MISSING_CHUNKS, "missing"),
    )


def _chunk_outcome(
    limits: RuleSettings, share: RecordedShare, outcome: str
) -> tuple[RecordingRule, ...]:
    series = total(CHUNK_OUTCOMES, f'{{outcome="{outcome}"}}')
    by_version, of_service = (
        grown(limits, by, series, limits.current_window) for by in (BY_JUDGE, BY_SERVICE_AND_JUDGE)
    )
    turns = f"sum by ({', '.join(BY_SERVICE_AND_JUDGE)}) ({OUTCOMES})"
    return (
        RecordingRule(
            share.ratio,
            f"Share of turns whose right chunk is {outcome}.",
            f"({by_version}\nor {OUTCOMES} * 0)\n/ ({OUTCOMES} > 0)",
        ),
        RecordingRule(
            f"service_evaluator:{share.metric}:ratio",
            "The same over all versions of a service.",
            f"({of_service}\nor {turns} * 0)\n/ ({turns} > 0)",
        ),
        *share.recordings(),
    )


def _retrieval_time(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    name = RETRIEVAL_DURATION.name
    by = ("service", "index_version")
    return (
        RecordingRule(
            "index_version:groundwire_retrieval_duration_seconds:increase_count",
            "Turns with a retrieval duration.",
            grown(limits, by, f"{name}_count", limits.current_window),
        ),
        RecordingRule(
            "index_version:groundwire_retrieval_duration_seconds:p90",
            "90th percentile of retrieval time.",
            f"histogram_quantile({SLOW_QUANTILE:g}, {_buckets(limits, name, *by)})",
        ),
        RecordingRule(
            "service:groundwire_retrieval_duration_seconds:p90",
            "90th percentile of retrieval time over all index versions of a service.",
            f"histogram_quantile({SLOW_QUANTILE:g}, {_buckets(limits, name, 'service')})",
        ),
    )


def _buckets(limits: RuleSettings, name: str, *by: str) -> str:
    return grown(limits, ("le", *by), f"{name}_bucket", limits.current_window)


def _health(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    by, window = ("service", "evaluator", "result"), limits.current_window
    judged = (
        f"sum by ({', '.join(BY_SERVICE_AND_JUDGE)}) "
        f"(version_evaluator:groundwire_judged_turns:increase)"
    )
    turns = "sum by (service) (version_route:groundwire_turns:increase) > 0"
    return (
        RecordingRule(
            COVERAGE.ratio,
            "Share of turns with a result.",
            f"{judged}\n/ on (service) group_left ()\n({turns})",
        ),
        RecordingRule(
            "service_evaluator:groundwire_coverage:sum",
            "Share of turns with a result, over all revisions of the evaluator.",
            f"sum by (service, evaluator) ({COVERAGE.ratio})",
        ),
        RecordingRule(
            "service_evaluator:groundwire_turns:increase",
            "Turns that could have been evaluated.",
            f"{COVERAGE.ratio} * 0\n+ on (service) group_left ()\n({turns})",
        ),
        *COVERAGE.recordings(),
        RecordingRule(
            "service_evaluator:groundwire_failed_evaluations:ratio",
            "Share of evaluations that failed.",
            "service_evaluator:groundwire_failed_evaluations:increase / "
            "(service_evaluator:groundwire_evaluations:increase > 0)",
        ),
        RecordingRule(
            "service_evaluator_result:groundwire_judge_calls:increase",
            "Judge calls by result.",
            grown(limits, by, total(JUDGE_CALLS), window),
        ),
    )


def _drift(limits: RuleSettings) -> tuple[RecordingRule, ...]:
    return (
        RecordingRule(
            "segment:groundwire_drift_change_timestamp_seconds:max",
            "Onset of the change of an open drift alarm, seconds since the epoch.",
            one_replica(DRIFT_CHANGE_TIMESTAMP.name, limits.replica_labels),
        ),
        RecordingRule(
            "segment:groundwire_drift_change_bound_timestamp_seconds:max",
            "Confidence bounds of the onset.",
            one_replica(DRIFT_CHANGE_BOUND.name, limits.replica_labels),
        ),
        RecordingRule(
            "segment:groundwire_drift_size:max",
            "Increase of the mean loss.",
            one_replica(DRIFT_SIZE.name, limits.replica_labels),
        ),
        RecordingRule(
            "segment:groundwire_drift_change_timestamp_seconds:unpaged",
            "Onset of a change that no page covers, neither now nor since it began.",
            f"segment:groundwire_drift_change_timestamp_seconds:max\nunless on (service) "
            f'{BURNING}{{severity="page"}}\n'
            f"unless (segment:groundwire_drift_change_timestamp_seconds:max < on (service) "
            f"group_left () {PAGE_TIMESTAMP})",
        ),
    )
