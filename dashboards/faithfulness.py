"""Faithfulness dashboard: unsupported claims, estimates, judge quality."""

from grafana_foundation_sdk.builders import dashboard, heatmap, timeseries
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.frame import board, common_variables
from dashboards.panels import LEGEND, WORST, density, line, parts, query, share, turns_link
from groundwire_collector.alerting.promql import (
    JUDGED,
    MODEL,
    SERVICE,
    SUM_BY_VERSION,
    VERSION,
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
)

UID = "groundwire-faithfulness"


def faithfulness() -> dashboard.Dashboard:
    purpose = "Is every claim supported by its chunks, where not, and can the judge be believed?"
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
        "Supported claims / claims, mean over the scored turns of each step. When one line of "
        "three panels leaves the others, that dimension is where to look first.",
    ).with_target(query(expression, f"{{{{service}}}} {{{{{label}}}}}"))


def flagged() -> timeseries.Panel:
    turns = (
        f"({SUM_BY_VERSION} (version_evaluator:groundwire_scored_turns:increase{{{JUDGED}}}) > 0)"
    )
    flags = f"{SUM_BY_VERSION} (version_evaluator:groundwire_flagged_turns:increase{{{JUDGED}}})"
    return (
        share(
            "Flagged turns",
            "Share of scored turns that are decided to hold an unsupported claim, over the current "
            "window. The floor is the evaluator's false-flag rate, not zero.",
        )
        .with_target(query(f"{flags} / {turns}"))
        .data_links([WORST])
    )


def flags_by_step() -> timeseries.Panel:
    flags = f"{SUM_BY_VERSION} ({rate(f'{FLAGGED_TURNS.name}_total', JUDGED)})"
    return (
        line("Flagged turns a second", "How many answers to look at there are.", "cps")
        .with_target(query(flags, LEGEND, exemplars=True))
        .data_links([WORST])
    )


def least_faithful() -> timeseries.Panel:
    panel = share(
        "Quantiles of faithfulness",
        "A tenth of the scored turns is at or below the first line, a half below the second: the "
        "tail moves before the mean does. Each dot is a turn: click it to open its trace.",
    )
    for q, name in ((0.1, "10 %"), (0.5, "median")):
        expression = quantile(q, FAITHFULNESS.name, JUDGED)
        panel = panel.with_target(query(expression, f"{name} {LEGEND}", exemplars=q < 0.5))
    return panel


def values_of_faithfulness() -> heatmap.Panel:
    return _density(
        "Faithfulness of turns",
        "How turns spread: two bands mean two kinds of answers, which a mean hides.",
        FAITHFULNESS.name,
    )


def values_of_p_unsupported() -> heatmap.Panel:
    return _density(
        "Probability of an unsupported claim",
        "What the drift detectors watch. Mass that moves up is the change they find.",
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
        "Contradicted claims point at a misread context, unsupported ones at memory or invention. "
        "Long answers weigh more here: nothing alerts on it.",
    ).with_target(query(verdicts, "{{verdict}}"))


def citations() -> timeseries.Panel:
    outcomes = portion(rate(f"{CITATIONS.name}_total", VERSION), "outcome")
    return parts(
        "Citations by outcome",
        "wrong_chunk: the marker names a chunk that does not support the claim; not_retrieved: one "
        "that was never given. Empty where answers cite nothing.",
    ).with_target(query(outcomes, "{{outcome}}"))


def states() -> timeseries.Panel:
    judged = f"sum by (evaluator, state) ({rate(f'{EVALUATIONS.name}_total', VERSION)})"
    return line(
        "Judgements by evaluator and state",
        "Only `scored` enters a mean. Growing not_evaluable: content is redacted or cut before it "
        "comes here; growing failed: see the runbook of failing evaluations.",
        "reqps",
    ).with_target(query(judged, "{{evaluator}} {{state}}"))


def estimate() -> timeseries.Panel:
    estimated = one_replica(f"{FAITHFULNESS_ESTIMATE.name}{{{MODEL}}}")
    cheap = mean(P_UNSUPPORTED.name, JUDGED)
    return (
        share(
            "Faithful answers, corrected by labels or a judge",
            "Share of answers without an unsupported claim: the cheap score (1 - mean "
            "p_unsupported), and what labels of people or a judge say when it is corrected by "
            "them, with its 95 % bounds. A correction toward a judge is only as true as the judge.",
        )
        .with_target(query(f"1 - ({cheap})", f"cheap score {LEGEND}"))
        .with_target(query(estimated, f"{{{{bound}}}} by {{{{reference}}}} {LEGEND}"))
    )


def since_baseline() -> timeseries.Panel:
    expression = one_replica(f"{FAITHFULNESS_SINCE_BASELINE.name}{{{MODEL}}}")
    return line(
        "Change of faithful answers against the baseline",
        "With bounds that hold at every moment: while the upper one is below 0, the answers got "
        "worse, by people's or a judge's word.",
        "percentunit",
    ).with_target(query(expression, f"{{{{bound}}}} by {{{{reference}}}} {LEGEND}"))


def labels() -> timeseries.Panel:
    number = one_replica(f"{FAITHFULNESS_LABELS.name}{{{MODEL}}}")
    worth = one_replica(f"{FAITHFULNESS_EFFECTIVE_LABELS.name}{{{MODEL}}}")
    legend = f"by {{{{reference}}}} {LEGEND}"
    return (
        line(
            "Labels behind it",
            "Labels given, and how many labels without a cheap score they are worth. Label more "
            "where the bounds beside are too wide to act on.",
            "short",
        )
        .with_target(query(number, f"given {legend}"))
        .with_target(query(worth, f"worth {legend}"))
    )


def calibration_error() -> timeseries.Panel:
    error = one_replica(f"{CALIBRATION_ERROR.name}{{{SERVICE}}}")
    return share(
        "Calibration error of p_unsupported",
        "Mean gap between the score and the share that people label unsupported: of the score as "
        "it is stored, and after the shift fitted to this service's own labels (cross-fitted).",
    ).with_target(query(error, "{{of}} {{service}}"))


def calibration_shift() -> timeseries.Panel:
    shift = one_replica(f"{CALIBRATION_SHIFT.name}{{{SERVICE}}}")
    number = one_replica(f"{CALIBRATION_LABELS.name}{{{SERVICE}}}")
    return (
        line(
            "Shift fitted to this service's labels",
            "Added to the logit of p_unsupported, with its 95 % bounds, and the labelled turns "
            "behind it. Above 0: the score is too low for this service.",
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
            "Mean of what judges said of the turns they were shown. Uncertain turns are drawn more "
            "often, so this is not the traffic's level: compare versions, not with the panel "
            "beside.",
        )
        .with_target(query(expression, f"{LEGEND} {{{{evaluator}}}}"))
        .data_links([turns_link("worst", "service", "model_version")])
    )


def golden_agreement() -> timeseries.Panel:
    agreed = one_replica(f'{JUDGE_AGREEMENT.name}{{measure="agreement"}}')
    return share(
        "Agreement with the golden set",
        "Of the labelled turns that are replayed through each judge, the share on which it says "
        "what the labels say, with 95 % bounds. It falls while the application stays as it was: "
        "the judge changed.",
    ).with_target(query(agreed, "{{bound}} {{evaluator}} {{revision}}"))


def golden_flips() -> timeseries.Panel:
    judged = one_replica(JUDGE_GOLDEN_TURNS.name)
    return (
        line(
            "Golden turns that a judge sees otherwise than at first",
            "Since the first replay of the same revision: right now, or wrong now; and how many "
            "turns it judged. Failed ones are no disagreement.",
            "short",
        )
        .with_target(query(one_replica(JUDGE_GOLDEN_FLIPS.name), "{{direction}} now {{evaluator}}"))
        .with_target(query(judged, "{{state}} {{evaluator}}"))
    )


def golden_age() -> timeseries.Panel:
    ended = one_replica(JUDGE_GOLDEN_TIMESTAMP.name)
    return line(
        "Since the golden set was replayed",
        "It grows to the interval of the replays; where it goes on growing, nobody watches the "
        "judge.",
        "s",
    ).with_target(query(f"time() - {ended}", "{{evaluator}}"))


def drop() -> timeseries.Panel:
    selected = f'{{{SERVICE}, evaluator="$evaluator"}}'
    return (
        line(
            "Drop against the last week",
            "How far each combination of versions is below the median of its service, and the "
            "noise of that mean: the alert asks for several times the noise.",
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
    ("Where?", 8, (by_model, by_prompt, by_index)),
    ("How many answers, and since when?", 8, (flagged, flags_by_step, drop)),
    ("Which answers?", 9, (least_faithful, values_of_faithfulness, values_of_p_unsupported)),
    ("Of what kind?", 8, (claims, citations, states)),
    ("Can the judge be believed?", 8, (estimate, since_baseline)),
    ("What that rests on", 7, (labels, judge_scores)),
    ("Does the score fit this service's labels?", 7, (calibration_error, calibration_shift)),
    ("Has the judge changed?", 7, (golden_agreement, golden_flips, golden_age)),
)
