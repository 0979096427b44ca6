"""Context reliance dashboard: answers from context or from weights."""

from grafana_foundation_sdk.builders import dashboard, timeseries

from dashboards.frame import Section, band, board, common_variables
from dashboards.panels import (
    CHUNK_COLOURS,
    OUTCOME_COLOURS,
    PERIOD,
    PLAIN,
    POOR,
    RESULT_COLOURS,
    RUN_COLOURS,
    STALE_COLOURS,
    VALUE_COLOURS,
    VERSION_LINKS,
    bad_share,
    by_version,
    coloured,
    coloured_parts,
    dashed,
    good_share,
    happened,
    line,
    link,
    parts,
    query,
    rate_of,
    runbook_link,
    shaded,
    turns_link,
)
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
    CHUNK_OUTCOMES,
    CHUNK_REDUNDANCY,
    CONTEXT_UTILIZATION,
    DISTRACTOR_RATIO,
    EMPTY_RETRIEVALS,
    EVALUATIONS,
    INDEX_AGE,
    MEMORIZED_OVERRIDES,
    MISSED_CHUNKS,
    PROBE_CALLS,
    PROBE_OUTCOMES,
    PROBE_RUNS,
    REFUSALS,
    RELIANCE_OUTCOMES,
    RETRIEVAL_DURATION,
    RETRIEVAL_LABELLED_TURNS,
    RETRIEVAL_MRR,
    RETRIEVAL_NDCG,
    RETRIEVAL_PRECISION,
    RETRIEVAL_RECALL,
    RETRIEVAL_RELEVANCE,
    SELF_REPORTED_MEMORY_ANSWERS,
    STALE_ANSWERS,
    SUPPORTED_CLAIMS,
    SUPPORTING_CHUNK_RANK,
    TURNS,
)

UID = "groundwire-reliance"
BY_INDEX = "sum by (service, index_version)"
INDEX = "{{service}} · {{index_version}}"
FEWEST_DECIDING = 20  # answers that follow either, below which M_R jumps between 0 and 1
NEEDS_PROBES = "needs probes"
NEEDS_CLOSED_BOOK = "needs closed-book calls"
NEEDS_CHUNK_LABELS = "needs labels of chunks"
WITHOUT_CHUNK = f"/turns?order=newest&state=no_context{PERIOD}"


def reliance() -> dashboard.Dashboard:
    purpose = "Do answers come from the context or the weights, and was the context relevant?"
    return board(UID, "Context reliance", purpose, FIRST, BELOW, common_variables())


def memory_ratio() -> str:
    """M_R of each version, of its worst source with enough answers."""
    ratios = f"version_source:groundwire_memorization:ratio{{{VERSION}}}"
    deciding = f"version_source:groundwire_deciding_answers:increase{{{VERSION}}}"
    return f"max by (service, model_version) ({ratios} and {deciding} >= {FEWEST_DECIDING})"


def memorization() -> timeseries.Panel:
    panel = bad_share(
        "Which version answers from memory?",
        "Memorization ratio (M_R): share of answers that follow memory, among those that "
        "follow context or memory, of the source with the highest among those with "
        f"{FEWEST_DECIDING} such answers and more. 0 is good. Compare a new fine-tune with the "
        "previous version.",
    )
    links = [*VERSION_LINKS, runbook_link("GroundwireMemorization")]
    return by_version(panel, memory_ratio()).data_links(links)


def context_read() -> timeseries.Panel:
    measured_ = f'{VERSION}, source!="closed_book"'
    panel = good_share(
        "How many answers follow the context?",
        "p_s: share of all measured answers that follow the context, from probes and passive "
        "signals. Closed-book calls are left out: without context most models decline, which "
        "lowers p_s and decides nothing; read M_R for them.",
    )
    ratios = f"version_source:groundwire_context_reliance:ratio{{{measured_}}}"
    expression = f"min by (service, model_version) ({ratios})"
    return by_version(panel, expression).data_links(VERSION_LINKS)


def measured() -> timeseries.Panel:
    deciding = f"version_source:groundwire_deciding_answers:increase{{{VERSION}}}"
    return (
        line(
            "Are there enough answers to tell?",
            "Answers that follow context or memory, the denominator of M_R, by source: below 50 "
            "M_R is noise.",
            "suffix:answers",
            "min",
        )
        .min(0)
        .decimals(0)
        .with_target(query(f"min by (source) ({deciding})", "{{source}}, smallest version"))
    )


def outcomes_followed() -> timeseries.Panel:
    counted = rate(f"{RELIANCE_OUTCOMES.name}_total", VERSION)
    return parts(
        "What do answers follow?",
        "Share of measured answers by what they followed, over all sources. Passive signals "
        "detect unsupported insertions only, so their `parametric` is neither an upper nor a "
        "lower bound.",
        OUTCOME_COLOURS,
    ).with_target(query(portion(counted, "outcome"), "{{outcome}}"))


def redundant() -> timeseries.Panel:
    panel = bad_share(
        "Which answers does memory give as well?",
        "Share of answers with a closed-book call that memory alone gives too. Right today, at "
        "risk when the source changes, invisible to faithfulness.",
        NEEDS_CLOSED_BOOK,
    )
    return by_version(panel, f"version_source:groundwire_redundant_answers:ratio{{{VERSION}}}")


def stale() -> timeseries.Panel:
    counted = rate(f"{STALE_ANSWERS.name}_total", VERSION)
    panel = parts(
        "Do answers follow a source that changed?",
        "Repeated questions whose chunk changed: did the answer follow? keeps_old: an answer from "
        "memory or a cache.",
        STALE_COLOURS,
        empty="no repeated question whose chunk changed",
    )
    return panel.with_target(query(portion(counted, "outcome"), "{{outcome}}"))


def values() -> timeseries.Panel:
    counted = rate(f"{ANSWER_VALUES.name}_total", VERSION)
    return parts(
        "Do answers contain values that no chunk has?",
        "Numbers, dates, money and names: found in chunks or question, novel, or contradicting a "
        "value in a chunk (override). Overrides are the passive sign of the failure.",
        VALUE_COLOURS,
        empty="no answer with a number, date, amount or name",
    ).with_target(query(portion(counted, "kind"), "{{kind}}"))


def markers() -> timeseries.Panel:
    marked = rate(f"{SELF_REPORTED_MEMORY_ANSWERS.name}_total", VERSION)
    panel = bad_share(
        "Do answers say that they draw on memory?",
        "Share of turns with phrases such as `as of my last update`. Rare, and always a problem in "
        "a RAG application.",
    )
    return by_version(panel, ratio(marked, rate(f"{TURNS.name}_total", VERSION)))


def memorized() -> timeseries.Panel:
    counted = rate(f"{MEMORIZED_OVERRIDES.name}_total", VERSION)
    judged = rate(
        f"{EVALUATIONS.name}_total",
        f'{VERSION}, evaluator="memorized_override", state="scored"',
    )
    panel = bad_share(
        "Do answers repeat the training file against their context?",
        "Of turns with a similar question in the training file of their model version, the share "
        "whose answer repeats the training answer although the chunks say otherwise. `groundwire "
        "finetune show` lists them.",
        "needs a training file",
    )
    return by_version(panel, ratio(counted, judged)).data_links(VERSION_LINKS)


def refusals() -> timeseries.Panel:
    counted = rate(f"{REFUSALS.name}_total", VERSION)
    every = rate(f"{TURNS.name}_total", VERSION)
    panel = bad_share(
        "Does the model decline more, or does retrieval find less?",
        "Share of turns that decline. `covered`: although a chunk covered the question (a lexical "
        "proxy); a rise there means that the model declines more. A rise of the others means that "
        "retrieval finds less.",
        empty="no answer declined",
    ).with_target(
        query(
            f"sum by (sufficient) ({counted}) / on () group_left () (sum({every}) > 0)",
            "question covered: {{sufficient}}",
        )
    )
    return coloured(panel, {"question covered: true": POOR, "question covered: false": PLAIN})


def probe_arms() -> timeseries.Panel:
    """Conflict arm and its control, over an hour."""
    arms = f'{MODEL}, arm=~"clean|conflict"'
    followed = one_replica(
        f'increase({PROBE_OUTCOMES.name}_total{{{arms}, outcome="context"}}[1h])'
    )
    every = one_replica(f"increase({PROBE_OUTCOMES.name}_total{{{arms}}}[1h])")
    by = "sum by (service, model_version, arm)"
    panel = good_share(
        "Do probes follow their context?",
        "Share over an hour. In the conflict arm the context contradicts memory: a fall there is "
        "the failure itself. The clean arm (dashed) is the control: if it falls too, the endpoint "
        "is broken, not context reliance.",
        NEEDS_PROBES,
    )
    ratio_ = f"{by} ({followed}) / ({by} ({every}) > 0)"
    return dashed(by_version(panel, ratio_, "{{arm}} · {{model_version}}"), "clean · .*")


def probe_runs() -> timeseries.Panel:
    runs = one_replica(f"increase({PROBE_RUNS.name}_total{{{MODEL}}}[1h])")
    panel = line(
        "Do probes still run?",
        "Ended runs of the last hour, by state.",
        "suffix:runs",
        "min",
        empty=NEEDS_PROBES,
    )
    panel = panel.min(0).with_target(query(f"sum by (state) ({runs})", "{{state}}"))
    return coloured(panel, RUN_COLOURS)


def probes() -> timeseries.Panel:
    calls = happened(f"{PROBE_CALLS.name}_total", MODEL, "source, result")
    panel = rate_of(
        "Are the calls of probes answered?",
        "Probe and closed-book calls made by the collector, by result. Failed and skipped "
        "calls reduce the sample size of the panels above.",
        "calls/min",
        empty="needs probes or closed-book calls",
    ).with_target(query(calls, "{{source}} · {{result}}"))
    return coloured_parts(shaded(panel, POOR), RESULT_COLOURS)


def relevance() -> timeseries.Panel:
    expression = mean(RETRIEVAL_RELEVANCE.name, VERSION, BY_INDEX)
    panel = (
        good_share(
            "Are the chunks relevant to the question?",
            "Lexical overlap of the best chunk and the question, mean over turns. It falls when an "
            "index or embedding breaks, or when questions come that the index does not cover; it "
            "does not show which chunk answers the question.",
        )
        .axis_soft_min(0.4)
        .data_links([turns_link("worst", "service", "index_version")])
    )
    return _by_index(panel, expression)


def utilization() -> timeseries.Panel:
    used = mean(CONTEXT_UTILIZATION.name, JUDGED)
    panel = good_share(
        "How many of the chunks are used?",
        "Share of chunks that support a claim. It falls when the context is not read.",
    )
    return by_version(panel.axis_soft_min(0), used)


def distractors() -> timeseries.Panel:
    misleading = mean(DISTRACTOR_RATIO.name, JUDGED)
    panel = bad_share(
        "How many chunks distract?",
        "Share of chunks that are relevant to the question but support no claim. It rises with a "
        "wider retrieval.",
    )
    return by_version(panel, misleading)


def place() -> timeseries.Panel:
    expression = quantile(0.9, SUPPORTING_CHUNK_RANK.name, JUDGED)
    panel = (
        line(
            "At which rank is the supporting chunk?",
            "90th percentile; 0 is the first chunk. If it grows, a reranker or fewer chunks help; "
            "if it approaches the number of chunks, more chunks would.",
            "none",
        )
        .min(0)
        .decimals(1)
        .axis_soft_max(5)
    )
    return by_version(panel, expression, exemplars=True)


def chunk_outcomes() -> timeseries.Panel:
    counted = rate(f"{CHUNK_OUTCOMES.name}_total", JUDGED)
    panel = parts(
        "What became of the right chunk?",
        "Used; ignored: a chunk answers the question, but the answer differs or declines (the "
        "model); missing: no chunk answers, nor does the answer (the retrieval).",
        CHUNK_COLOURS,
        empty="no question that a chunk could answer",
    )
    return panel.with_target(query(portion(counted, "outcome"), "{{outcome}}")).data_links(
        [runbook_link("GroundwireChunksIgnored"), runbook_link("GroundwireChunksMissing")]
    )


def missed() -> timeseries.Panel:
    estimate = one_replica(f'{MISSED_CHUNKS.name}{{{SERVICE}, bound="mean"}}')
    return (
        bad_share(
            "Do stored chunks answer what was not retrieved?",
            "Share of the newest 500 turns of a route without a chunk that answers, where a chunk "
            "stored with other turns does. Parametric: the turn should have retrieved.",
            "needs 30 turns of a route with a question in a week",
        )
        .axis_soft_max(0.1)
        .with_target(query(f"max by (service, route) ({estimate})", "{{service}} {{route}}"))
    )


def places() -> timeseries.Panel:
    counted = rate(f"{SUPPORTED_CLAIMS.name}_total", JUDGED)
    return line(
        "At which place are the supporting chunks?",
        "Share of supported claims by the place of their chunk in the prompt; 0 is the first. "
        "Chunks in the middle that are never used are lost to the model.",
        "percentunit",
        "max",
    ).with_target(query(portion(counted, "place"), "place {{place}}"))


def redundancy() -> timeseries.Panel:
    panel = bad_share(
        "How much do chunks repeat one another?",
        "Share of word pairs in the chunks that an earlier chunk of the turn holds already: prompt "
        "that is paid for twice.",
    )
    return by_version(panel, mean(CHUNK_REDUNDANCY.name, JUDGED))


def empty() -> timeseries.Panel:
    nothing = rate(f"{EMPTY_RETRIEVALS.name}_total", VERSION)
    retrieved = rate(f"{TURNS.name}_total", f'{VERSION}, route="retrieval"')
    panel = (
        bad_share(
            "Which retrievals find nothing?",
            "Share of turns with a retrieval that returned no chunk. The model then answers from "
            "its weights, or declines.",
        )
        .axis_soft_max(0.05)
        .data_links(
            [
                link("Open the newest turns without a chunk", WITHOUT_CHUNK),
                runbook_link("GroundwireRetrievalBroken"),
            ]
        )
    )
    return _by_index(panel, ratio(nothing, retrieved, BY_INDEX))


def labelled() -> timeseries.Panel:
    matchers = f'{SERVICE}, index_version=~"$index_version"'
    precision = one_replica(f"{RETRIEVAL_PRECISION.name}{{{matchers}}}")
    recall = one_replica(f"{RETRIEVAL_RECALL.name}{{{matchers}}}")
    return (
        good_share(
            "How precise and complete is retrieval?",
            "Precision and recall at k of the worst index, for turns whose chunks people labelled. "
            "Check the number of turns: recall counts only chunks that somebody labelled relevant.",
            NEEDS_CHUNK_LABELS,
        )
        .axis_soft_min(0)
        .with_target(query(f"min by (k) ({precision})", "precision at {{k}}"))
        .with_target(query(f"min by (k) ({recall})", "recall at {{k}}"))
    )


def labelled_ranks() -> timeseries.Panel:
    matchers = f'{SERVICE}, index_version=~"$index_version"'
    first = one_replica(f"{RETRIEVAL_MRR.name}{{{matchers}}}")
    gain = one_replica(f"{RETRIEVAL_NDCG.name}{{{matchers}}}")
    return (
        good_share(
            "Do relevant chunks come first?",
            "Mean reciprocal rank of the first relevant chunk, and nDCG, at k, of the worst index, "
            "for turns whose chunks people labelled.",
            NEEDS_CHUNK_LABELS,
        )
        .axis_soft_min(0)
        .with_target(query(f"min by (k) ({first})", "MRR at {{k}}"))
        .with_target(query(f"min by (k) ({gain})", "nDCG at {{k}}"))
    )


def labelled_turns() -> timeseries.Panel:
    matchers = f'{SERVICE}, index_version=~"$index_version"'
    turns = one_replica(f"{RETRIEVAL_LABELLED_TURNS.name}{{{matchers}}}")
    return line(
        "On how many labelled turns?",
        "Sample size of precision and recall, of the index with the fewest.",
        "suffix:turns",
        "min",
        empty=NEEDS_CHUNK_LABELS,
    ).with_target(query(f"min by (k) ({turns})", "at {{k}}"))


def ages() -> timeseries.Panel:
    index = quantile(0.5, INDEX_AGE.name, VERSION, "service, index_version")
    panel = (
        line(
            "Is the index still updated?",
            "Age of the index, median over turns. An index whose age only grows is no longer "
            "updated, and its answers become outdated.",
            "s",
            empty="needs timestamps in chunk metadata",
        )
        .min(0)
        .data_links([runbook_link("GroundwireIndexStale")])
    )
    return _by_index(panel, index)


def chunk_ages() -> timeseries.Panel:
    chunks = quantile(0.5, CHUNK_AGE.name, VERSION, "service, index_version")
    panel = line(
        "How old are the chunks that answers rest on?",
        "Age of the oldest chunk of a turn, median over turns.",
        "s",
        empty="needs timestamps in chunk metadata",
    )
    return _by_index(panel.min(0), chunks)


def retrieval_time() -> timeseries.Panel:
    expression = quantile(0.95, RETRIEVAL_DURATION.name, VERSION, "service, index_version")
    panel = line("How long does retrieval take?", "95th percentile over turns.", "s").min(0)
    panel = panel.data_links([runbook_link("GroundwireRetrievalSlow")])
    return _by_index(panel, expression, exemplars=True)


def _by_index(
    panel: timeseries.Panel, expression: str, *, exemplars: bool = False
) -> timeseries.Panel:
    return by_version(panel, expression, INDEX, label="index_version", exemplars=exemplars)


FIRST = (
    band(8, memorization, outcomes_followed, values),
    band(7, empty, relevance, ages),
    band(7, probe_arms, redundant, retrieval_time),
)
BELOW: tuple[Section, ...] = (
    ("How sure are these numbers?", (band(8, context_read, measured),)),
    (
        "What do answers rest on?",
        (
            band(8, chunk_outcomes, places, redundancy),
            band(8, utilization, distractors, place),
            band(8, missed, stale, chunk_ages),
        ),
    ),
    ("Refusals and self-reported memory", (band(8, refusals, markers, memorized),)),
    ("Labels of chunks (needs labels)", (band(8, labelled, labelled_ranks, labelled_turns),)),
    (
        "Probes and closed-book calls (needs probes or closed-book calls)",
        (band(8, probe_runs, probes),),
    ),
)
