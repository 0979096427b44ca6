"""Fine-tune dashboard: context reliance of new and old model."""

from collections.abc import Iterator

from grafana_foundation_sdk.builders import dashboard, stat, table, timeseries

from dashboards.frame import (
    board,
    collector_url,
    datasource,
    evaluator,
    one_value,
    values,
)
from dashboards.panels import (
    LEGEND,
    limits,
    line,
    listing,
    merged,
    number,
    query,
    query_now,
    row_link,
    share,
    turns_link,
)
from groundwire_collector.alerting.promql import (
    SERVICE,
    increase,
    mean,
    one_replica,
    portion,
    quantile,
    rate,
    ratio,
)
from groundwire_collector.metric_definitions import (
    CLAIMS,
    COST,
    FAITHFULNESS,
    FLAGGED_TURNS,
    GENERATION_DURATION,
    PROBE_OUTCOMES,
    REFUSALS,
    RELIANCE_OUTCOMES,
    RETRIEVAL_RELEVANCE,
    TOKENS,
    TURNS,
)

UID = "groundwire-finetune"
OLD, NEW = "$old", "$new"
BOTH = f'{SERVICE}, model_version=~"{OLD}|{NEW}"'
JUDGED = f'{BOTH}, evaluator="$evaluator"'
WORST = turns_link("worst", "service", "model_version")


def finetune() -> dashboard.Dashboard:
    purpose = "Does the new model still read its context? Two model versions side by side."
    versions = f"label_values({TURNS.name}_total{{{SERVICE}}}, model_version)"
    services = f"label_values({TURNS.name}_total, service)"
    return board(
        UID,
        "Fine-tune comparison",
        purpose,
        ROWS,
        [
            datasource(),
            values("service", "Service", services),
            one_value("old", "Old model", versions),
            one_value("new", "New model", versions),
            evaluator(),
            collector_url(),
        ],
    )


def faithfulness_change() -> stat.Panel:
    old, new = (_faithfulness(_judged(version)) for version in (OLD, NEW))
    return _change(
        "Faithfulness, new - old",
        "Difference of the means over the time range, so that consecutive versions can be "
        "compared: choose a range with some hundreds of turns of both.",
        f"{new} - {old}",
    )


def reliance_change() -> stat.Panel:
    old, new = (_memorized(f'{_of(version)}, source="probe"') for version in (OLD, NEW))
    return _change(
        "Context reliance by probes, new - old",
        "Difference of the share of answers that follow the context, among those that follow "
        "either context or memory. Decide by this number if probes are scheduled.",
        f"{old} - {new}",
    )


def memorization() -> stat.Panel:
    return (
        number(
            "Memorization ratio",
            "M_R over the time range: share of answers that follow memory, among those that follow "
            "either; maximum over the sources.",
            "percentunit",
        )
        .thresholds(limits((None, "green"), (0.05, "orange"), (0.2, "red")))
        .with_target(
            query_now(
                f"max by (model_version) ({_memorized(BOTH, 'model_version, source')})",
                "{{model_version}}",
            )
        )
    )


def turns() -> stat.Panel:
    counted = increase(f"{TURNS.name}_total{{{BOTH}}}")
    return number(
        "Turns",
        "Over the time range. Compare only if both have some hundreds.",
        "short",
    ).with_target(query_now(f"sum by (model_version) ({counted})", "{{model_version}}"))


def _change(title: str, description: str, expression: str) -> stat.Panel:
    return (
        number(title, description, "percentunit")
        .thresholds(limits((None, "red"), (-0.02, "orange"), (0, "green")))
        .with_target(query_now(expression))
    )


def _of(version: str) -> str:
    return f'{SERVICE}, model_version=~"{version}"'


def _judged(version: str) -> str:
    return f'{_of(version)}, evaluator="$evaluator"'


def _faithfulness(matchers: str, by: str = "") -> str:
    total, number_ = (
        f"sum by ({by}) ({increase(f'{FAITHFULNESS.name}_{part}{{{matchers}}}')})"
        for part in ("sum", "count")
    )
    return f"({total} / ({number_} > 0))"


def _memorized(matchers: str, by: str = "") -> str:
    """M_R over the dashboard's time range."""
    outcomes = f"{RELIANCE_OUTCOMES.name}_total"
    memory = increase(f'{outcomes}{{{matchers}, outcome=~"parametric|stale"}}')
    either = increase(f'{outcomes}{{{matchers}, outcome=~"parametric|stale|context"}}')
    whole = f"sum by ({by}) ({either})"
    return f"((sum by ({by}) ({memory}) or {whole} * 0) / ({whole} > 0))"


def side_by_side() -> table.Panel:
    panel = listing(
        "Side by side",
        "One row per version, over the time range. A new model that is as faithful but follows "
        "memory more (M_R) has memorized the answers: it fails when the source changes.",
    )
    labels = ("service", "model_version")
    return merged(panel, labels, *_columns(", ".join(labels))).data_links([row_link(*labels)])


def _columns(by: str) -> Iterator[tuple[str, str, str]]:
    counted = f"sum by ({by}) ({increase(f'{TURNS.name}_total{{{BOTH}}}')})"
    scored = f"sum by ({by}) ({increase(f'{FAITHFULNESS.name}_count{{{JUDGED}}}')})"
    flagged = f"sum by ({by}) ({increase(f'{FLAGGED_TURNS.name}_total{{{JUDGED}}}')})"
    yield "turns", "short", counted
    yield "faithfulness", "percentunit", _faithfulness(JUDGED, by)
    yield "flagged", "percentunit", f"({flagged} or {scored} * 0) / ({scored} > 0)"
    for source in ("probe", "closed_book", "passive"):
        yield f"M_R {source}", "percentunit", _memorized(f'{BOTH}, source="{source}"', by)


def faithful() -> timeseries.Panel:
    return (
        share(
            "Faithfulness",
            "Mean over the scored turns of each step. If both versions serve in parallel, "
            "differences are due to the model; in sequence they may be due to the traffic.",
        )
        .with_target(query(mean(FAITHFULNESS.name, JUDGED)))
        .data_links([WORST])
    )


def tail() -> timeseries.Panel:
    return (
        share(
            "10th percentile of faithfulness",
            "The tail: a fine-tune often keeps the mean but lowers the tail.",
        )
        .with_target(query(quantile(0.1, FAITHFULNESS.name, JUDGED), LEGEND, exemplars=True))
        .data_links([WORST])
    )


def claims() -> timeseries.Panel:
    bad = rate(f"{CLAIMS.name}_total", f'{JUDGED}, verdict=~"contradicted|unsupported"')
    every = rate(f"{CLAIMS.name}_total", f'{JUDGED}, verdict!="not_a_claim"')
    return share(
        "Unsupported claims",
        "Contradicted and unsupported claims / claims. Long answers have more weight.",
    ).with_target(query(ratio(bad, every)))


def context_read() -> timeseries.Panel:
    legend = f"p_s {LEGEND} ({{{{source}}}})"
    return (
        share("Context read (p_s)", "Share of measured answers that follow the context, by source.")
        .with_target(query(f"version_source:groundwire_context_reliance:ratio{{{BOTH}}}", legend))
        .data_links([WORST])
    )


def probes() -> timeseries.Panel:
    every = one_replica(f"increase({PROBE_OUTCOMES.name}_total{{{BOTH}}}[1h])")
    memory = one_replica(
        f'increase({PROBE_OUTCOMES.name}_total{{{BOTH}, outcome=~"parametric|stale"}}[1h])'
    )
    return share(
        "Probes answered from memory, by stratum",
        "Facts that every model knows, facts from the fine-tune's training file, fresh facts: a "
        "rise in the second alone means that the fine-tune memorized them.",
    ).with_target(
        query(
            ratio(memory, every, "sum by (service, model_version, stratum)"),
            f"{LEGEND} {{{{stratum}}}}",
        )
    )


def refusals() -> timeseries.Panel:
    declined = rate(f"{REFUSALS.name}_total", BOTH)
    return share(
        "Answers that decline",
        "Share of turns. A fine-tune that declines less may have learnt to guess, one that "
        "declines more may be too cautious.",
    ).with_target(query(ratio(declined, rate(f"{TURNS.name}_total", BOTH))))


def relevance() -> timeseries.Panel:
    return share(
        "Relevance of the best chunk",
        "Should be equal for both; otherwise retrieval changed too.",
    ).with_target(query(mean(RETRIEVAL_RELEVANCE.name, BOTH)))


def speed() -> timeseries.Panel:
    return line("Generation time", "95th percentile over answers.", "s").with_target(
        query(quantile(0.95, GENERATION_DURATION.name, BOTH), LEGEND, exemplars=True)
    )


def length() -> timeseries.Panel:
    tokens = rate(f"{TOKENS.name}_total", f'{BOTH}, kind="output"')
    by = "sum by (service, model_version)"
    return line(
        "Output tokens per turn",
        "Longer answers contain more claims and cost more.",
        "short",
    ).with_target(query(f"{by} ({tokens}) / ({by} ({rate(f'{TURNS.name}_total', BOTH)}) > 0)"))


def cost() -> timeseries.Panel:
    by = "sum by (service, model_version, currency)"
    turns = f"sum by (service, model_version) ({rate(f'{TURNS.name}_total', BOTH)})"
    spent = f"{by} ({rate(f'{COST.name}_total', BOTH)})"
    return line(
        "Cost per thousand turns",
        "From the price file, over all turns: too low if some have no price.",
        "none",
    ).with_target(
        query(
            f"1000 * {spent} / on (service, model_version) group_left () ({turns} > 0)",
            f"{LEGEND} {{{{currency}}}}",
        )
    )


def verdicts() -> timeseries.Panel:
    counted = rate(f"{CLAIMS.name}_total", JUDGED)
    return share(
        "Claims by verdict",
        "Share of all claims of a version.",
    ).with_target(
        query(
            portion(counted, "verdict", "service, model_version"),
            f"{LEGEND} {{{{verdict}}}}",
        )
    )


ROWS = (
    ("Result", 5, (faithfulness_change, reliance_change, memorization, turns)),
    ("Side by side", 6, (side_by_side,)),
    ("Is it as faithful?", 8, (faithful, tail, claims)),
    ("Does it still read its context?", 8, (context_read, probes, refusals)),
    ("What do answers contain?", 8, (verdicts, relevance)),
    ("What does it cost?", 7, (speed, length, cost)),
)
