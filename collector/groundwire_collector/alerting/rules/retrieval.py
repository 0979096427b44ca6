"""Retrieval alerts: missing, slow or outdated chunks."""

from groundwire_collector.alerting.annotations import (
    SHARE,
    WHOLE,
    dashboard_url,
    drift_since,
    named,
    number,
    turns_url,
    versions,
)
from groundwire_collector.alerting.promql import BY_JUDGE, BY_SERVICE_AND_JUDGE, BY_VERSION
from groundwire_collector.alerting.rules.alert import AlertRule
from groundwire_collector.alerting.rules.burn_rate import already_paged
from groundwire_collector.alerting.rules.drops import RecordedShare
from groundwire_collector.alerting.rules.recording import (
    FALSELY_REFUSED,
    IGNORED_CHUNKS,
    MISSING_CHUNKS,
    SLOW_QUANTILE,
    UNRETRIEVED,
)
from groundwire_collector.alerting.rules.settings import RuleSettings, Severity, duration
from groundwire_collector.metric_definitions import CHANGED_SINCE_TRAINING, MODEL_TRAINED

SERVICE = ("service",)
BY_INDEX = ("service", "index_version")
BY_MODEL = ("service", "model_version")


def retrieval_alerts(limits: RuleSettings) -> tuple[AlertRule, ...]:
    return (
        retrieval_broken(limits),
        chunks_ignored(limits),
        chunks_missing(limits),
        retrieval_slow(limits),
        index_stale(limits),
        retraining_due(limits),
    )


def retrieval_broken(limits: RuleSettings) -> AlertRule:
    usual = number(UNRETRIEVED.median, SERVICE, SHARE)
    return AlertRule(
        name="GroundwireRetrievalBroken",
        severity=Severity.PAGE,
        expression=f"{UNRETRIEVED.ratio}\n"
        f"and {UNRETRIEVED.rise} > {limits.min_unretrieved_rise:g}\n"
        f"and {UNRETRIEVED.rise} > {limits.noise_factor:g} * {UNRETRIEVED.stderr}\n"
        f"and {UNRETRIEVED.count} >= {limits.min_turns}",
        for_seconds=limits.retrieval_for,
        keep_firing=limits.keep_firing_for,
        summary=f"{named('service')}: {{{{ $value | {SHARE} }}}} of the turns are answered without "
        f"a chunk (usual: {usual})",
        description=f"Over {duration(limits.current_window)} and "
        f"{number(UNRETRIEVED.count, SERVICE, WHOLE)} turns; usual is the median over "
        f"{duration(limits.reference_window)}. Such answers come from the model's weights. Other "
        "alerts of this service are consequences, and inhibited.",
        first="Open the newest turns without context: is there a retrieval span, and what did it "
        "return? Then check the retriever: index, connection, filters, access rights.",
        links={
            "turns_url": turns_url(limits, SERVICE, "newest", "&state=no_context"),
            "dashboard_url": dashboard_url(limits),
        },
    )


def chunks_ignored(limits: RuleSettings) -> AlertRule:
    refused = f"{FALSELY_REFUSED.rise} > {limits.min_false_refusal_rise:g}"
    return _chunk_alert(
        limits,
        "GroundwireChunksIgnored",
        IGNORED_CHUNKS,
        "differ from a chunk that answers the question, or decline",
        "The retrieval found it, the model did not read it. Refusals alone alert as "
        "GroundwireFalseRefusals.",
        "Open the worst turns: does the chunk answer, and what does the answer say instead? Then "
        "compare model and prompt of this version, and the place of the chunk, with before.",
        f"\nunless on ({', '.join(BY_JUDGE)}) ({refused})",
    )


def chunks_missing(limits: RuleSettings) -> AlertRule:
    return _chunk_alert(
        limits,
        "GroundwireChunksMissing",
        MISSING_CHUNKS,
        "decline or say what no chunk supports, and no chunk answers the question",
        "The model had nothing to read: the retrieval missed it, the index lacks it, or people ask "
        "something new.",
        "Open the newest of these turns: is there a chunk for them in the index? If so, compare "
        "index, embedding and filters with before; if not, the content is missing.",
        f"\nunless on (service) {UNRETRIEVED.rise} > {limits.min_unretrieved_rise:g}",
    )


def _chunk_alert(
    limits: RuleSettings,
    name: str,
    share: RecordedShare,
    what: str,
    meaning: str,
    first: str,
    unless: str,
) -> AlertRule:
    usual = number(share.median, BY_SERVICE_AND_JUDGE, SHARE)
    return AlertRule(
        name=name,
        severity=Severity.TICKET,
        expression=f"{share.ratio}\n"
        f"and {share.rise} > {limits.min_chunk_outcome_rise:g}\n"
        f"and {share.rise} > {limits.noise_factor:g} * {share.stderr}\n"
        f"and {share.count} >= {limits.min_turns}{unless}\n"
        f"unless on (service) {already_paged(limits.current_window)}",
        for_seconds=limits.ticket_after,
        keep_firing=limits.keep_firing_for,
        summary=f"{named('service')}{versions()}: {{{{ $value | {SHARE} }}}} of the answers {what} "
        f"(usual: {usual})",
        description=f"Over {duration(limits.current_window)} and "
        f"{number(share.count, BY_JUDGE, WHOLE)} turns; usual is the median over "
        f"{duration(limits.reference_window)}. {meaning}",
        since=drift_since(),
        first=first,
        links={
            "turns_url": turns_url(limits, BY_VERSION, "worst"),
            "dashboard_url": dashboard_url(limits),
        },
    )


def retrieval_slow(limits: RuleSettings) -> AlertRule:
    slow, usual = (
        "index_version:groundwire_retrieval_duration_seconds:p90",
        "service:groundwire_retrieval_duration_seconds:median_reference",
    )
    turns = "index_version:groundwire_retrieval_duration_seconds:increase_count"
    return AlertRule(
        name="GroundwireRetrievalSlow",
        severity=Severity.TICKET,
        expression=f"{slow} > {limits.min_slow_seconds:g}\n"
        f"and {slow} > on (service) group_left () ({limits.slow_factor:g} * {usual})\n"
        f"and {turns} >= {limits.min_turns}",
        for_seconds=limits.ticket_after,
        summary=f"{named('service')}{versions(('index_version',))}: the slowest tenth of "
        f"retrievals takes {{{{ $value | humanizeDuration }}}} or more "
        f"(usual: {number(usual, SERVICE, 'humanizeDuration')})",
        description=f"Quantile {SLOW_QUANTILE:g} over {duration(limits.current_window)} and "
        f"{number(turns, BY_INDEX, WHOLE)} turns; usual is its median over "
        f"{duration(limits.reference_window)}.",
        first="Open the newest turns of this index: are all retrievals slow, or only some "
        "questions? Then check load, size and last change of the index.",
        links={
            "turns_url": turns_url(limits, BY_INDEX, "newest"),
            "dashboard_url": dashboard_url(limits),
        },
    )


def index_stale(limits: RuleSettings) -> AlertRule:
    age = "service:groundwire_index_age_seconds:p50"
    usual = "service:groundwire_index_age_seconds:max_reference"
    window = duration(limits.reference_window)
    return AlertRule(
        name="GroundwireIndexStale",
        severity=Severity.TICKET,
        expression=f"{age} > {limits.index_age_factor:g} * ({usual} > 0)",
        for_seconds=limits.ticket_after,
        summary=f"{named('service')}: the index in use is "
        "{{ $value | humanizeDuration }} old "
        f"(previous maximum: {number(usual, SERVICE, 'humanizeDuration')})",
        description="Time since the newest chunk was indexed, according to chunk timestamps, for "
        f"the median turn; compared with the maximum in the {window} before the last {window}.",
        first="Check that the last ingestion ran and that the retriever uses its index.",
        links={
            "turns_url": turns_url(limits, SERVICE, "newest"),
            "dashboard_url": dashboard_url(limits),
        },
    )


def retraining_due(limits: RuleSettings) -> AlertRule:
    share = f'max by (service, model_version) ({CHANGED_SINCE_TRAINING.name}{{bound="lower"}})'
    trained = f"max by (service, model_version) ({MODEL_TRAINED.name})"
    moment = (
        f"{{{{ with printf `{MODEL_TRAINED.name}{{service=%q,model_version=%q}}` "
        "$labels.service $labels.model_version | query }}"
        '{{ (. | first | value | toTime).Format "2006-01-02" }}{{ else }}unknown{{ end }}'
    )
    return AlertRule(
        name="GroundwireRetrainingDue",
        severity=Severity.TICKET,
        expression=f"{share} > {limits.max_changed_since_training:g}\n"
        f"and on (service, model_version) {trained}",
        for_seconds=limits.training_for,
        summary=f"{named('service')}{versions(('model_version',))}: at least "
        f"{{{{ $value | {SHARE} }}}} of the turns use sources that changed since it was trained",
        description=f"Trained up to {moment}; over the last 7 days, by the times of the chunks. "
        "What the model learnt of them is out of date, and answers from memory are wrong there.",
        first="Does the model still read its context where the source changed? Compare *stale* "
        "probes and overrides of this version, then decide when to retrain.",
        links={
            "turns_url": turns_url(limits, BY_MODEL, "worst"),
            "dashboard_url": dashboard_url(limits),
        },
    )
