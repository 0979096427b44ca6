"""Context reliance dashboard: answers from context or from weights."""

from grafana_foundation_sdk.builders import dashboard, timeseries

from dashboards.frame import board, common_variables
from dashboards.panels import LEGEND, WORST, line, parts, query, share
from groundwire_collector.alerting.promql import (
    JUDGED,
    MODEL,
    SERVICE,
    VERSION,
    mean,
    one_replica,
    portion,
    quantile,
    rate,
    ratio,
)
from groundwire_collector.metric_definitions import (
    ANSWER_VALUES,
    CHUNK_AGE,
    CONTEXT_UTILIZATION,
    DISTRACTOR_RATIO,
    EMPTY_RETRIEVALS,
    INDEX_AGE,
    PROBE_CALLS,
    PROBE_OUTCOMES,
    PROBE_RUNS,
    REFUSALS,
    RELIANCE_OUTCOMES,
    RETRIEVAL_DURATION,
    RETRIEVAL_LABELLED_TURNS,
    RETRIEVAL_PRECISION,
    RETRIEVAL_RECALL,
    RETRIEVAL_RELEVANCE,
    SELF_REPORTED_MEMORY_ANSWERS,
    STALE_ANSWERS,
    SUPPORTING_CHUNK_RANK,
    TURNS,
)

UID = "groundwire-reliance"
BY_INDEX = "sum by (service, index_version)"
INDEX = "{{service}} {{index_version}}"
SOURCE = f"{LEGEND} ({{{{source}}}})"


def reliance() -> dashboard.Dashboard:
    purpose = "Do answers come from the context or the weights, and was the context relevant?"
    return board(UID, "Context reliance", purpose, ROWS, common_variables())


def context_read() -> timeseries.Panel:
    return (
        share(
            "Context read (p_s)",
            "Share of all measured answers that follow the context. In probes the context "
            "contradicts memory: a fall there is the failure itself. If the model declines without "
            "context, closed-book calls are inconclusive and lower p_s: use M_R.",
        )
        .with_target(
            query(f"version_source:groundwire_context_reliance:ratio{{{VERSION}}}", SOURCE)
        )
        .data_links([WORST])
    )


def memorization() -> timeseries.Panel:
    return (
        share(
            "Memorization ratio (M_R)",
            "Share of answers that follow memory, among those that follow context or memory. "
            "0 is good. Compare a new fine-tune with the previous one.",
        )
        .with_target(query(f"version_source:groundwire_memorization:ratio{{{VERSION}}}", SOURCE))
        .data_links([WORST])
    )


def measured() -> timeseries.Panel:
    answers = f"version_source:groundwire_reliance_outcomes:increase{{{VERSION}}}"
    deciding = f"version_source:groundwire_deciding_answers:increase{{{VERSION}}}"
    return (
        line(
            "Sample size",
            "Measured answers (n), and those that follow context or memory, the denominator of "
            "M_R: below 50 M_R is noise.",
            "short",
        )
        .with_target(query(answers, f"n {SOURCE}"))
        .with_target(query(deciding, f"deciding {SOURCE}"))
    )


def outcomes() -> timeseries.Panel:
    counted = rate(f"{RELIANCE_OUTCOMES.name}_total", VERSION)
    return line(
        "Outcomes by source",
        "What measured answers followed. Passive signals detect unsupported insertions only, so "
        "their `parametric` is neither an upper nor a lower bound.",
        "reqps",
    ).with_target(query(f"sum by (source, outcome) ({counted})", "{{source}} {{outcome}}"))


def redundant() -> timeseries.Panel:
    return share(
        "Redundant answers",
        "Share of answers with a closed-book call that memory alone gives too. Right today, at "
        "risk when the source changes, invisible to faithfulness.",
    ).with_target(query(f"version_source:groundwire_redundant_answers:ratio{{{VERSION}}}"))


def stale() -> timeseries.Panel:
    counted = rate(f"{STALE_ANSWERS.name}_total", VERSION)
    return line(
        "Answers after their source changed",
        "Repeated questions whose chunk changed: did the answer follow? keeps_old: an answer from "
        "memory or a cache.",
        "reqps",
    ).with_target(query(f"sum by (outcome) ({counted})", "{{outcome}}"))


def values() -> timeseries.Panel:
    counted = rate(f"{ANSWER_VALUES.name}_total", VERSION)
    return parts(
        "Values in answers",
        "Numbers, dates, money and names: found in chunks or question, novel, or contradicting a "
        "value in a chunk (override). Overrides are the passive sign of the failure.",
    ).with_target(query(portion(counted, "kind"), "{{kind}}"))


def markers() -> timeseries.Panel:
    marked = rate(f"{SELF_REPORTED_MEMORY_ANSWERS.name}_total", VERSION)
    return share(
        "Answers that say they draw on memory",
        "Share of turns with phrases such as `as of my last update`. Rare, and always a problem in "
        "a RAG application.",
    ).with_target(query(ratio(marked, rate(f"{TURNS.name}_total", VERSION))))


def refusals() -> timeseries.Panel:
    counted = rate(f"{REFUSALS.name}_total", VERSION)
    return line(
        "Answers that decline",
        "sufficient=true: although a chunk covered the question (a lexical proxy). A rise there "
        "means that the model declines more; a rise of the others, that retrieval finds less.",
        "reqps",
    ).with_target(query(f"sum by (sufficient) ({counted})", "sufficient={{sufficient}}"))


def probe_arms() -> timeseries.Panel:
    counted = one_replica(
        f'increase({PROBE_OUTCOMES.name}_total{{{MODEL}, outcome="context"}}[1h])'
    )
    every = one_replica(f"increase({PROBE_OUTCOMES.name}_total{{{MODEL}}}[1h])")
    by = "sum by (service, model_version, arm)"
    return share(
        "Probes that follow their context, by arm",
        "Over an hour. The clean arm is the control: if it falls too, the endpoint is broken, not "
        "context reliance. The closed-book arm has no context to follow.",
    ).with_target(query(f"{by} ({counted}) / ({by} ({every}) > 0)", f"{LEGEND} {{{{arm}}}}"))


def probe_runs() -> timeseries.Panel:
    runs = one_replica(f"{PROBE_RUNS.name}_total{{{MODEL}}}")
    return line(
        "Probe runs",
        "Finished runs by state. A flat line means that probes no longer run.",
        "short",
    ).with_target(
        query(f"sum by (service, model_version, state) ({runs})", f"{LEGEND} {{{{state}}}}")
    )


def probes() -> timeseries.Panel:
    calls = rate(f"{PROBE_CALLS.name}_total", MODEL)
    return line(
        "Probe and closed-book calls",
        "Calls made by the collector, by result. Failed and skipped calls reduce the sample size "
        "of the panels above.",
        "reqps",
    ).with_target(query(f"sum by (source, result) ({calls})", "{{source}} {{result}}"))


def relevance() -> timeseries.Panel:
    expression = mean(RETRIEVAL_RELEVANCE.name, VERSION, BY_INDEX)
    return share(
        "Relevance of the best chunk",
        "Lexical overlap of chunks and question. It falls when an index or embedding breaks; it "
        "does not show which chunk answers the question.",
    ).with_target(query(expression, INDEX))


def utilization() -> timeseries.Panel:
    used = mean(CONTEXT_UTILIZATION.name, JUDGED)
    misleading = mean(DISTRACTOR_RATIO.name, JUDGED)
    return (
        share(
            "Chunks used, and distractors",
            "Share of chunks that support a claim, and share that are relevant to the question but "
            "support none. Used falls when the context is not read; distractors rise with a wider "
            "retrieval.",
        )
        .with_target(query(used, f"used {LEGEND}"))
        .with_target(query(misleading, f"distractors {LEGEND}"))
    )


def place() -> timeseries.Panel:
    expression = quantile(0.9, SUPPORTING_CHUNK_RANK.name, JUDGED)
    return line(
        "Rank of the most supporting chunk",
        "90th percentile; 0 is the first chunk. If it grows, a reranker or fewer chunks help; if "
        "it approaches the number of chunks, more chunks would.",
        "short",
    ).with_target(query(expression, LEGEND, exemplars=True))


def empty() -> timeseries.Panel:
    nothing = rate(f"{EMPTY_RETRIEVALS.name}_total", VERSION)
    retrieved = rate(f"{TURNS.name}_total", f'{VERSION}, route="retrieval"')
    return share(
        "Retrievals that found nothing",
        "Share of turns with a retrieval. The model then answers from its weights, or declines.",
    ).with_target(query(ratio(nothing, retrieved, BY_INDEX), INDEX))


def labelled() -> timeseries.Panel:
    matchers = f'{SERVICE}, index_version=~"$index_version"'
    precision = one_replica(f"{RETRIEVAL_PRECISION.name}{{{matchers}}}")
    recall = one_replica(f"{RETRIEVAL_RECALL.name}{{{matchers}}}")
    return (
        share(
            "Precision and recall at k",
            "For turns whose chunks people labelled. Check the number of turns: recall counts only "
            "chunks that somebody labelled relevant.",
        )
        .with_target(query(precision, f"precision at {{{{k}}}} {INDEX}"))
        .with_target(query(recall, f"recall at {{{{k}}}} {INDEX}"))
    )


def labelled_turns() -> timeseries.Panel:
    matchers = f'{SERVICE}, index_version=~"$index_version"'
    turns = one_replica(f"{RETRIEVAL_LABELLED_TURNS.name}{{{matchers}}}")
    return line("Labelled turns", "Sample size of precision and recall.", "short").with_target(
        query(turns, f"at {{{{k}}}} {INDEX}")
    )


def ages() -> timeseries.Panel:
    index = quantile(0.5, INDEX_AGE.name, VERSION, "service, index_version")
    chunks = quantile(0.5, CHUNK_AGE.name, VERSION, "service, index_version")
    return (
        line(
            "Age of index and chunks",
            "Median. An index whose age only grows is no longer updated, and its answers become "
            "outdated. Empty if chunk metadata has no timestamps.",
            "s",
        )
        .with_target(query(index, f"index {INDEX}"))
        .with_target(query(chunks, f"chunks {INDEX}"))
    )


def retrieval_time() -> timeseries.Panel:
    expression = quantile(0.95, RETRIEVAL_DURATION.name, VERSION, "service, index_version")
    return line("Retrieval time", "95th percentile over turns.", "s").with_target(
        query(expression, INDEX, exemplars=True)
    )


ROWS = (
    ("Is the context read?", 9, (context_read, memorization, measured)),
    ("What do answers follow?", 8, (outcomes, redundant, stale)),
    ("What do answers contain?", 8, (values, markers, refusals)),
    ("Was the right context retrieved?", 8, (relevance, utilization, place)),
    ("Is it complete and fresh?", 8, (empty, ages, retrieval_time)),
    ("Human labels of chunks", 7, (labelled, labelled_turns)),
    ("Probes and closed-book calls", 7, (probe_arms, probe_runs, probes)),
)
