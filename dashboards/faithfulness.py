"""Faithfulness dashboard: unsupported claims, estimates, judge quality."""

from grafana_foundation_sdk.builders import dashboard, heatmap, stat, timeseries
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.frame import board, common_variables
from dashboards.panels import (
    LEGEND,
    WORST,
    density,
    line,
    number,
    parts,
    query,
    refusals_link,
    share,
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


def faithfulness() -> dashboard.Dashboard:
    purpose = "Which claims are unsupported, for which versions, and is the evaluator reliable?"
    return board(UID, "Faithfulness", purpose, ROWS, common_variables())


def by_model() -> timeseries.Panel:
    return _mean_by("model version", "model_version").data_links([WORST])


def by_prompt() -> timeseries.Panel:
    return _mean_by("prompt version", "prompt_version")


def by_index() -> timeseries.Panel:
    return _mean_by("index version", "index_version")


def _mean_by(what: str, label: str) -> timeseries.Panel:
    expression = mean(FAITHFULNESS.name, JUDGED, f"sum by (service, {label})")
    return share(
        f"Faithfulness by {what}",
        "Supported claims / claims, mean over the scored turns of each step. If one line departs "
        "from the others in one of these three panels, investigate that dimension first.",
    ).with_target(query(expression, f"{{{{service}}}} {{{{{label}}}}}"))


def flagged() -> timeseries.Panel:
    turns = (
        f"({SUM_BY_VERSION} (version_evaluator:groundwire_scored_turns:increase{{{JUDGED}}}) > 0)"
    )
    flags = f"{SUM_BY_VERSION} (version_evaluator:groundwire_flagged_turns:increase{{{JUDGED}}})"
    return (
        share(
            "Flagged turns",
            "Share of scored turns flagged for an unsupported claim, over the current window. The "
            "floor is the evaluator's false-positive rate, not zero.",
        )
        .with_target(query(f"{flags} / {turns}"))
        .data_links([WORST])
    )


def false_refusals() -> timeseries.Panel:
    turns = (
        f"({SUM_BY_VERSION} (version_evaluator:groundwire_judged_turns:increase{{{JUDGED}}}) > 0)"
    )
    refused = (
        f"{SUM_BY_VERSION} (version_evaluator:groundwire_false_refusals:ratio{{{JUDGED}}} * "
        f"version_evaluator:groundwire_judged_turns:increase{{{JUDGED}}})"
    )
    return (
        share(
            "False refusals",
            "Share of turns refused although one sentence of a chunk answers the question, over "
            "the current window. Faithfulness does not count them: a refusal claims nothing.",
        )
        .with_target(query(f"{refused} / {turns}"))
        .data_links([refusals_link("service", "model_version")])
    )


def sessions_with_flags() -> stat.Panel:
    def new(metric: MetricDefinition) -> str:
        return f"sum by (service) ({increase(f'{metric.name}_total{{{SERVICE}}}')})"

    return number(
        "Sessions with an unsupported answer",
        "Share of the sessions with a scored turn in which any turn was flagged, over the "
        "displayed range. It exceeds the share of flagged turns as conversations get longer.",
        "percentunit",
    ).with_target(query(f"{new(SESSIONS_UNSUPPORTED)} / ({new(SESSIONS)} > 0)", "{{service}}"))


def flags_by_step() -> timeseries.Panel:
    flags = f"{SUM_BY_VERSION} ({rate(f'{FLAGGED_TURNS.name}_total', JUDGED)})"
    return (
        line("Flagged turns per second", "Number of answers to investigate.", "cps")
        .with_target(query(flags, LEGEND, exemplars=True))
        .data_links([WORST])
    )


def least_faithful() -> timeseries.Panel:
    panel = share(
        "Quantiles of faithfulness",
        "10th percentile and median of scored turns: the tail moves before the mean. Each dot is "
        "an exemplar: click it to open its trace.",
    )
    for q, name in ((0.1, "10 %"), (0.5, "median")):
        expression = quantile(q, FAITHFULNESS.name, JUDGED)
        panel = panel.with_target(query(expression, f"{name} {LEGEND}", exemplars=q < 0.5))
    return panel


def values_of_faithfulness() -> heatmap.Panel:
    return _density(
        "Faithfulness of turns",
        "Distribution over turns. Two bands mean two kinds of answers, which a mean hides.",
        FAITHFULNESS.name,
    )


def values_of_p_unsupported() -> heatmap.Panel:
    return _density(
        "Probability of an unsupported claim",
        "The signal monitored by the drift detectors: they detect mass moving up.",
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
        "Claims by verdict",
        "Contradicted claims indicate a misread context, unsupported ones memory or invention. "
        "Long answers have more weight, so no alert uses this.",
    ).with_target(query(verdicts, "{{verdict}}"))


def citations() -> timeseries.Panel:
    outcomes = portion(rate(f"{CITATIONS.name}_total", VERSION), "outcome")
    return parts(
        "Citations by outcome",
        "wrong_chunk: the cited chunk does not support the claim; not_retrieved: the cited chunk "
        "was not retrieved. Empty if answers have no citations.",
    ).with_target(query(outcomes, "{{outcome}}"))


def states() -> timeseries.Panel:
    judged = f"sum by (evaluator, state) ({rate(f'{EVALUATIONS.name}_total', VERSION)})"
    return line(
        "Evaluations by evaluator and state",
        "Only `scored` is included in means. If not_evaluable grows, content is redacted or "
        "truncated upstream; if failed grows, see the runbook of failing evaluations.",
        "reqps",
    ).with_target(query(judged, "{{evaluator}} {{state}}"))


def reader() -> timeseries.Panel:
    seconds, claims_ = (rate(f"{m.name}_total", JUDGED) for m in (READER_SECONDS, READER_CLAIMS))
    return line(
        "Reader model: seconds per claim",
        "Time that an optional reader model takes on a claim in doubt. Turns whose claims are not "
        "read in time are not_evaluable. Empty without a reader.",
        "s",
    ).with_target(query(f"{SUM_BY_VERSION} ({seconds}) / {SUM_BY_VERSION} ({claims_})", LEGEND))


def estimate() -> timeseries.Panel:
    estimated = one_replica(f"{FAITHFULNESS_ESTIMATE.name}{{{MODEL}}}")
    cheap = mean(P_UNSUPPORTED.name, JUDGED)
    return (
        share(
            "Faithful answers, corrected by labels or a judge",
            "Share of answers without an unsupported claim: the uncorrected score (1 - mean "
            "p_unsupported), and the estimates corrected by labels of people or a judge, with 95 % "
            "bounds. An estimate corrected toward a judge is only as accurate as the judge.",
        )
        .with_target(query(f"1 - ({cheap})", f"uncorrected {LEGEND}"))
        .with_target(query(estimated, f"{{{{bound}}}} by {{{{reference}}}} {LEGEND}"))
    )


def since_baseline() -> timeseries.Panel:
    expression = one_replica(f"{FAITHFULNESS_SINCE_BASELINE.name}{{{MODEL}}}")
    return line(
        "Change of faithful answers against the baseline",
        "With anytime-valid bounds: if the upper bound is below 0, answers got worse, according to "
        "people or a judge.",
        "percentunit",
    ).with_target(query(expression, f"{{{{bound}}}} by {{{{reference}}}} {LEGEND}"))


def labels() -> timeseries.Panel:
    number = one_replica(f"{FAITHFULNESS_LABELS.name}{{{MODEL}}}")
    worth = one_replica(f"{FAITHFULNESS_EFFECTIVE_LABELS.name}{{{MODEL}}}")
    legend = f"by {{{{reference}}}} {LEGEND}"
    return (
        line(
            "Labels",
            "Number of labels, and the effective number: how many labels alone would give the same "
            "precision. Label more if the bounds are too wide to act on.",
            "short",
        )
        .with_target(query(number, f"labels {legend}"))
        .with_target(query(worth, f"effective {legend}"))
    )


def calibration_error() -> timeseries.Panel:
    error = one_replica(f"{CALIBRATION_ERROR.name}{{{SERVICE}}}")
    return share(
        "Calibration error of p_unsupported",
        "Mean gap between the score and the share that people label unsupported: for the stored "
        "score, and after the shift fitted to this service's labels (cross-fitted).",
    ).with_target(query(error, "{{of}} {{service}}"))


def calibration_shift() -> timeseries.Panel:
    shift = one_replica(f"{CALIBRATION_SHIFT.name}{{{SERVICE}}}")
    number = one_replica(f"{CALIBRATION_LABELS.name}{{{SERVICE}}}")
    return (
        line(
            "Shift fitted to this service's labels",
            "Added to the logit of p_unsupported, with 95 % bounds, and the number of labelled "
            "turns. Above 0: the score is too low for this service.",
            "short",
        )
        .with_target(query(shift, "{{bound}} {{service}}"))
        .with_target(query(number, "labels {{service}}"))
    )


def judge_scores() -> timeseries.Panel:
    matchers = VERSION
    expression = mean(JUDGE_SCORE.name, matchers, "sum by (service, model_version, evaluator)")
    return (
        share(
            "Scores of the sampled judges",
            "Mean judge score of sampled turns. With non-uniform sampling this is not the level of "
            "all traffic: compare versions with each other, not with other panels.",
        )
        .with_target(query(expression, f"{LEGEND} {{{{evaluator}}}}"))
        .data_links([turns_link("worst", "service", "model_version")])
    )


def golden_agreement() -> timeseries.Panel:
    agreed = one_replica(f'{JUDGE_AGREEMENT.name}{{measure="agreement"}}')
    return share(
        "Agreement with the golden set",
        "Share of the replayed labelled turns on which the judge agrees with the labels, with 95 % "
        "bounds. If it falls, the judge changed.",
    ).with_target(query(agreed, "{{bound}} {{evaluator}} {{revision}}"))


def golden_flips() -> timeseries.Panel:
    judged = one_replica(JUDGE_GOLDEN_TURNS.name)
    return (
        line(
            "Golden turns with a changed verdict",
            "Compared with the first replay of the same revision: now right, or now wrong; and the "
            "number of evaluated turns. Failures do not count as disagreement.",
            "short",
        )
        .with_target(query(one_replica(JUDGE_GOLDEN_FLIPS.name), "{{direction}} now {{evaluator}}"))
        .with_target(query(judged, "{{state}} {{evaluator}}"))
    )


def golden_age() -> timeseries.Panel:
    ended = one_replica(JUDGE_GOLDEN_TIMESTAMP.name)
    return line(
        "Time since the last golden-set replay",
        "It grows up to the replay interval. If it grows further, the judge is not being checked.",
        "s",
    ).with_target(query(f"time() - {ended}", "{{evaluator}}"))


def drop() -> timeseries.Panel:
    selected = f'{{{SERVICE}, evaluator="$evaluator"}}'
    return (
        line(
            "Drop against the last week",
            "Drop of each combination of versions below its service's median, and the standard "
            "error of the mean: the alert requires several standard errors.",
            "percentunit",
        )
        .with_target(
            query(f"version_evaluator:groundwire_faithfulness:drop{selected}", f"drop {LEGEND}")
        )
        .with_target(
            query(f"version_evaluator:groundwire_faithfulness:stderr{selected}", f"noise {LEGEND}")
        )
    )


ROWS = (
    ("Which versions?", 8, (by_model, by_prompt, by_index)),
    ("How many answers, and since when?", 8, (flagged, sessions_with_flags, flags_by_step, drop)),
    ("Which answers?", 9, (least_faithful, values_of_faithfulness, values_of_p_unsupported)),
    ("Which kinds of error?", 8, (claims, citations, states, false_refusals)),
    ("Is the score accurate?", 8, (estimate, since_baseline, reader)),
    ("Labels and judge scores", 7, (labels, judge_scores)),
    ("Is the score calibrated for this service?", 7, (calibration_error, calibration_shift)),
    ("Has the judge changed?", 7, (golden_agreement, golden_flips, golden_age)),
)
