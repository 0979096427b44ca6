"""Faithfulness dashboard: unsupported claims, estimates, judge quality."""

from grafana_foundation_sdk.builders import dashboard, heatmap, stat, timeseries
from grafana_foundation_sdk.models.common import BigValueTextMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.frame import Section, band, board, common_variables
from dashboards.panels import (
    BAD,
    CITATION_COLOURS,
    GOOD,
    PLAIN,
    POOR,
    STATE_COLOURS,
    VERDICT_COLOURS,
    VERSION_LINKS,
    bad_share,
    bounded,
    by_version,
    change,
    coloured,
    coloured_parts,
    density,
    expected,
    good_share,
    line,
    number,
    parts,
    query,
    query_now,
    rate_of,
    refusals_link,
    runbook_link,
    shaded,
    turns_link,
)
from groundwire_collector.alerting.promql import (
    JUDGED,
    MODEL,
    SERVICE,
    SUM_BY_VERSION,
    VERSION,
    increase,
    mean,
    one_replica,
    portion,
    quantile,
    rate,
)
from groundwire_collector.metric_definitions import (
    CALIBRATION_ERROR,
    CALIBRATION_LABELS,
    CALIBRATION_SHIFT,
    CITATIONS,
    CLAIMS,
    EVALUATIONS,
    FAITHFULNESS,
    FAITHFULNESS_EFFECTIVE_LABELS,
    FAITHFULNESS_ESTIMATE,
    FAITHFULNESS_LABELS,
    FAITHFULNESS_SINCE_BASELINE,
    FLAGGED_TURNS,
    JUDGE_AGREEMENT,
    JUDGE_GOLDEN_FLIPS,
    JUDGE_GOLDEN_TIMESTAMP,
    JUDGE_GOLDEN_TURNS,
    JUDGE_SCORE,
    P_UNSUPPORTED,
    READER_CLAIMS,
    READER_SECONDS,
    SESSIONS,
    SESSIONS_UNSUPPORTED,
    MetricDefinition,
)

UID = "groundwire-faithfulness"
CHOSEN = 'evaluator="$evaluator"'
FEWEST_OF_USUAL = 0.25  # scored turns in a step, as a share of the last hour's rate
CHOOSE_SERVICE = "choose one service"
FLIP_COLOURS = {
    "right now · .*": GOOD,
    "wrong now · .*": BAD,
    "scored · .*": PLAIN,
    "failed · .*": POOR,
}
NEEDS_LABELS = "needs labels of people"
NEEDS_JUDGE = "needs a judge"
NEEDS_GOLDEN = "needs a judge with a golden set"


def faithfulness() -> dashboard.Dashboard:
    purpose = "Which claims are unsupported, for which versions, and is the evaluator reliable?"
    return board(UID, "Faithfulness", purpose, FIRST, BELOW, common_variables())


def by_model() -> timeseries.Panel:
    return _mean_by("Which model version lost faithfulness?", "model_version").data_links(
        VERSION_LINKS
    )


def by_prompt() -> timeseries.Panel:
    return _mean_by("Which prompt version lost faithfulness?", "prompt_version")


def by_index() -> timeseries.Panel:
    return _mean_by("Which index version lost faithfulness?", "index_version")


def _mean_by(title: str, label: str) -> timeseries.Panel:
    by = f"sum by (service, {label})"
    expression = f"({mean(FAITHFULNESS.name, JUDGED, by)}) and {_enough_scored(by)}"
    usual = f"service_evaluator:groundwire_faithfulness:median_reference{{{SERVICE}, {CHOSEN}}}"
    panel = good_share(
        title,
        "Supported claims / claims, mean over the scored turns of each step. If one line departs "
        "from the others in one of the panels by model, prompt and index version, investigate that "
        "dimension first. A gap: far fewer turns than usual are scored. Expected: the median of "
        "the last week, where one service is chosen.",
    )
    panel = by_version(panel, expression, f"{{{{service}}}} · {{{{{label}}}}}", label=label)
    one = f"{usual} and on () (count({usual}) == 1)"
    return expected(panel.with_target(query(one, "expected")), "expected")


def _enough_scored(by: str) -> str:
    """Steps that hold a usual number of scored turns.

    When retrieval fails, the few turns that are still scored would draw a fall of faithfulness.
    """
    now, usual = (
        f"{by} ({one_replica(f'rate({FAITHFULNESS.name}_count{{{JUDGED}}}[{window}])')})"
        for window in ("$__rate_interval", "1h")
    )
    return f"({now} > {FEWEST_OF_USUAL} * {usual})"


def flagged() -> timeseries.Panel:
    turns = (
        f"({SUM_BY_VERSION} (version_evaluator:groundwire_scored_turns:increase{{{JUDGED}}}) > 0)"
    )
    flags = f"{SUM_BY_VERSION} (version_evaluator:groundwire_flagged_turns:increase{{{JUDGED}}})"
    panel = bad_share(
        "Which version has more flagged turns?",
        "Share of scored turns flagged for an unsupported claim, over the current window. The "
        "floor is the evaluator's false-positive rate, not zero.",
    )
    links = [*VERSION_LINKS, runbook_link("GroundwireFaithfulnessBurn")]
    return by_version(panel, f"{flags} / {turns}").data_links(links)


def false_refusals() -> timeseries.Panel:
    judged = f"version_evaluator:groundwire_judged_turns:increase{{{JUDGED}}}"
    ratio = f"version_evaluator:groundwire_false_refusals:ratio{{{JUDGED}}}"
    refused = f"{SUM_BY_VERSION} ({ratio} * {judged})"
    panel = bad_share(
        "Which version refuses what a chunk answers?",
        "Share of turns refused although one sentence of a chunk answers the question, over "
        "the current window. Faithfulness does not count them: a refusal claims nothing.",
    )
    panel = by_version(panel, f"{refused} / ({SUM_BY_VERSION} ({judged}) > 0)")
    return panel.data_links(
        [refusals_link("service", "model_version"), runbook_link("GroundwireFalseRefusals")]
    )


def sessions_with_flags() -> stat.Panel:
    def new(metric: MetricDefinition) -> str:
        return f"sum by (service) ({increase(f'{metric.name}_total{{{SERVICE}}}')})"

    return (
        number(
            "How many sessions met an unsupported answer?",
            "Share of the sessions with a scored turn in which any turn was flagged, over the "
            "displayed range. It exceeds the share of flagged turns as conversations get longer.",
            "percentunit",
            None,
            decimals=1,
        )
        .text_mode(BigValueTextMode.VALUE_AND_NAME)
        .with_target(
            query_now(f"{new(SESSIONS_UNSUPPORTED)} / ({new(SESSIONS)} > 0)", "{{service}}")
        )
        .data_links([turns_link("worst", "service")])
    )


def flags_by_step() -> timeseries.Panel:
    flags = f"{SUM_BY_VERSION} ({rate(f'{FLAGGED_TURNS.name}_total', JUDGED)}) * 60"
    panel = rate_of("How many answers to investigate?", "Flagged turns a minute.", "turns/min")
    return by_version(panel, flags, exemplars=True).data_links(VERSION_LINKS)


def least_faithful() -> timeseries.Panel:
    panel = good_share(
        "How faithful is the least faithful tenth?",
        "10th percentile of scored turns: the tail moves before the mean. Each dot is an "
        "exemplar: click it to open its trace.",
    ).axis_soft_min(0)
    lowest = quantile(0.1, FAITHFULNESS.name, JUDGED)
    return by_version(panel, lowest, exemplars=True).data_links(VERSION_LINKS)


def values_of_p_unsupported() -> heatmap.Panel:
    return _density(
        "How probable are unsupported claims?",
        "Distribution over turns of the signal that the drift detectors monitor: they detect mass "
        "moving up. Two bands are two kinds of answers, which a mean hides.",
        P_UNSUPPORTED.name,
    )


def _density(title: str, description: str, histogram: str) -> heatmap.Panel:
    buckets = one_replica(f"increase({histogram}_bucket{{{JUDGED}}}[$__rate_interval])")
    target = query(f"sum by (le) ({buckets})", "{{le}}", exemplars=True)
    return density(title, description, "percentunit").with_target(
        target.format(PromQueryFormat.HEATMAP)
    )


def claims() -> timeseries.Panel:
    verdicts = portion(rate(f"{CLAIMS.name}_total", JUDGED), "verdict")
    return parts(
        "What is wrong with the claims?",
        "Share of claims by verdict. Contradicted claims indicate a misread context, unsupported "
        "ones memory or invention. Long answers have more weight, so no alert uses this.",
        VERDICT_COLOURS,
    ).with_target(query(verdicts, "{{verdict}}"))


def citations() -> timeseries.Panel:
    outcomes = portion(rate(f"{CITATIONS.name}_total", VERSION), "outcome")
    return parts(
        "Do citations support their claims?",
        "wrong_chunk: the cited chunk does not support the claim; not_retrieved: the cited chunk "
        "was not retrieved.",
        CITATION_COLOURS,
        empty="needs answers with citations",
    ).with_target(query(outcomes, "{{outcome}}"))


def states() -> timeseries.Panel:
    judged = f"sum by (state) ({rate(f'{EVALUATIONS.name}_total', JUDGED)})"
    panel = rate_of(
        "Why are turns not scored?",
        "Evaluations by state, of the chosen evaluator. Only `scored` is included in means. If "
        "not_evaluable grows, content is redacted or truncated upstream; if failed grows, see "
        "the runbook of failing evaluations.",
        "turns/s",
    ).with_target(query(judged, "{{state}}"))
    return coloured(panel, STATE_COLOURS)


def reader() -> timeseries.Panel:
    seconds, claims_ = (rate(f"{m.name}_total", JUDGED) for m in (READER_SECONDS, READER_CLAIMS))
    panel = line(
        "How long does the reader model take?",
        "Seconds that an optional reader model takes on a claim in doubt. Turns whose claims are "
        "not read in time are not_evaluable.",
        "s",
        empty="needs a reader model",
    )
    return by_version(panel, f"{SUM_BY_VERSION} ({seconds}) / {SUM_BY_VERSION} ({claims_})")


def estimate() -> timeseries.Panel:
    estimated = one_replica(f"{FAITHFULNESS_ESTIMATE.name}{{{MODEL}}}")
    cheap = mean(P_UNSUPPORTED.name, JUDGED)
    panel = good_share(
        "How many answers are faithful, corrected by labels?",
        "Share of answers without an unsupported claim: the estimates corrected by labels of "
        "people or a judge, with 95 % bounds (thin), and the uncorrected score (1 - mean "
        "p_unsupported, dashed). An estimate corrected toward a judge is only as accurate as the "
        "judge.",
        CHOOSE_SERVICE,
    )
    panel = by_version(panel, _few(estimated), "{{bound}} by {{reference}} · {{model_version}}")
    uncorrected, legend = _few(f"1 - ({cheap})"), "uncorrected · {{model_version}}"
    return bounded(by_version(panel, uncorrected, legend, letters="CD"))


def since_baseline() -> timeseries.Panel:
    expression = one_replica(f"{FAITHFULNESS_SINCE_BASELINE.name}{{{MODEL}}}")
    panel = change(
        "Did answers get worse than the baseline, by labels?",
        "With anytime-valid bounds (thin): if the upper bound is below 0, answers got worse, "
        "according to people or a judge.",
        empty=f"{NEEDS_LABELS}; {CHOOSE_SERVICE}",
    )
    legend = "{{bound}} by {{reference}} · {{model_version}}"
    return bounded(by_version(panel, _few(expression), legend))


def labels() -> timeseries.Panel:
    number = one_replica(f"{FAITHFULNESS_LABELS.name}{{{MODEL}}}")
    worth = one_replica(f"{FAITHFULNESS_EFFECTIVE_LABELS.name}{{{MODEL}}}")
    legend = "by {{reference}} · {{model_version}}"
    panel = line(
        "Are there enough labels?",
        "Number of labels, and the effective number (dashed): how many labels alone would give "
        "the same precision. Label more if the bounds are too wide to act on.",
        "none",
        empty=NEEDS_LABELS,
    )
    panel = by_version(panel, number, f"labels {legend}")
    return bounded(by_version(panel, worth, f"effective {legend}", letters="CD"))


def calibration_error() -> timeseries.Panel:
    error = one_replica(f"{CALIBRATION_ERROR.name}{{{SERVICE}}}")
    return bad_share(
        "How far is the score from the labels?",
        "Mean gap between the score and the share that people label unsupported: for the stored "
        "score, and after the shift fitted to this service's labels (cross-fitted).",
        empty=NEEDS_LABELS,
    ).with_target(query(error, "{{of}} · {{service}}"))


def calibration_shift() -> timeseries.Panel:
    shift = one_replica(f"{CALIBRATION_SHIFT.name}{{{SERVICE}}}")
    number = one_replica(f"{CALIBRATION_LABELS.name}{{{SERVICE}}}")
    return (
        line(
            "How is the score shifted for this service?",
            "Added to the logit of p_unsupported, with 95 % bounds, and the number of labelled "
            "turns. Above 0: the score is too low for this service.",
            "none",
            empty=NEEDS_LABELS,
        )
        .with_target(query(shift, "{{bound}} · {{service}}"))
        .with_target(query(number, "labels · {{service}}"))
    )


def judge_scores() -> timeseries.Panel:
    matchers = VERSION
    expression = mean(JUDGE_SCORE.name, matchers, "sum by (service, model_version, evaluator)")
    panel = good_share(
        "What do the judges score?",
        "Mean judge score of sampled turns. With non-uniform sampling this is not the level "
        "of all traffic: compare versions with each other, not with other panels. If it falls "
        "while the panel beside it falls too, the judge changed, not the answers.",
        empty=NEEDS_JUDGE,
    )
    panel = by_version(panel, expression, "{{evaluator}} · {{model_version}}")
    return panel.data_links([turns_link("worst", "service", "model_version")])


def golden_agreement() -> timeseries.Panel:
    agreed = one_replica(f'{JUDGE_AGREEMENT.name}{{measure="agreement"}}')
    return (
        good_share(
            "Does the judge still agree with the golden set?",
            "Share of the replayed labelled turns on which the judge agrees with the labels, with "
            "95 % bounds. If it falls, the judge changed.",
            empty=NEEDS_GOLDEN,
        )
        .with_target(query(agreed, "{{bound}} · {{evaluator}} · {{revision}}"))
        .data_links([runbook_link("GroundwireJudgeChanged")])
    )


def golden_flips() -> timeseries.Panel:
    judged = one_replica(JUDGE_GOLDEN_TURNS.name)
    panel = (
        line(
            "Which verdicts on the golden set changed?",
            "Compared with the first replay of the same revision: now right, or now wrong; and the "
            "number of evaluated turns. Failures do not count as disagreement.",
            "suffix:turns",
            empty=NEEDS_GOLDEN,
        )
        .min(0)
        .with_target(
            query(one_replica(JUDGE_GOLDEN_FLIPS.name), "{{direction}} now · {{evaluator}}")
        )
        .with_target(query(judged, "{{state}} · {{evaluator}}"))
    )
    return coloured_parts(shaded(panel, "purple"), FLIP_COLOURS)


def golden_age() -> timeseries.Panel:
    ended = one_replica(JUDGE_GOLDEN_TIMESTAMP.name)
    return line(
        "When was the judge last checked?",
        "Time since the last replay of the golden set. It grows up to the replay interval. If it "
        "grows further, the judge is not being checked.",
        "s",
        empty=NEEDS_GOLDEN,
    ).with_target(query(f"time() - {ended}", "{{evaluator}}"))


def drop() -> timeseries.Panel:
    selected = f'{{{SERVICE}, evaluator="$evaluator"}}'
    fallen = f"version_evaluator:groundwire_faithfulness:drop{selected}"
    noise = f"version_evaluator:groundwire_faithfulness:stderr{selected}"
    panel = line(
        "How many standard errors below the week's median?",
        "Drop of each model version below its service's median in units of the standard error "
        "of its mean: the alert requires several.",
        "none",
    ).decimals(1)
    return by_version(panel, f"max by (service, model_version) ({fallen} / ({noise} > 0))")


def _few(expression: str) -> str:
    """Expression restricted to where one service is chosen or exists."""
    return f"{expression} and on () (count(count by (service) ({expression})) == 1)"


FIRST = (
    band(7, by_model, by_prompt, by_index),
    band(8, flagged, claims, values_of_p_unsupported),
    band(7, citations, estimate),
)
BELOW: tuple[Section, ...] = (
    (
        "Which answers, and why not all?",
        (
            band(8, flags_by_step, sessions_with_flags, least_faithful),
            band(8, drop, states, false_refusals),
        ),
    ),
    (
        "Has the judge changed? (needs judges and a golden set)",
        (band(8, judge_scores, golden_agreement), band(8, golden_flips, golden_age)),
    ),
    (
        "Is the score accurate? (needs labels)",
        (
            band(8, since_baseline, labels),
            band(8, calibration_error, calibration_shift, reader),
        ),
    ),
)
