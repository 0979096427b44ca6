"""Fine-tune dashboard: context reliance of new and old model."""

from collections.abc import Callable, Iterator

from grafana_foundation_sdk.builders import dashboard, stat, table, timeseries
from grafana_foundation_sdk.models.common import BigValueTextMode

from dashboards.frame import (
    Section,
    Variable,
    band,
    board,
    collector_url,
    datasource,
    evaluator,
    one_value,
    services,
)
from dashboards.panels import (
    PERIOD,
    VERSION_LINKS,
    LabelColumn,
    Link,
    QueryColumn,
    Steps,
    bad_share,
    compared,
    good_share,
    line,
    link,
    listing,
    number,
    query_now,
    row_link,
    runbook_link,
    turns_link,
)
from dashboards.reliance import FEWEST_DECIDING
from groundwire_collector.alerting.promql import (
    SERVICE,
    increase,
    mean,
    one_replica,
    quantile,
    rate,
    ratio,
)
from groundwire_collector.metric_definitions import (
    CHANGED_SINCE_TRAINING,
    CLAIMS,
    COST,
    FAITHFULNESS,
    FLAGGED_TURNS,
    GENERATION_DURATION,
    MODEL_TRAINED,
    PROBE_OUTCOMES,
    REFUSALS,
    RELIANCE_OUTCOMES,
    TOKENS,
    TURNS,
)

UID = "groundwire-finetune"
OLD, NEW = "$old", "$new"
BOTH = f'{SERVICE}, model_version=~"{OLD}|{NEW}"'
JUDGED = f'{BOTH}, evaluator="$evaluator"'
NAME = "{{model_version}}"
CHOSEN = 'evaluator="$evaluator"'
BY_MODEL = "sum by (model_version)"
CHOOSE = "choose two versions"
AGE = "7d"  # versions not seen for longer are not offered
CHANGES: Steps = ((None, "red"), (-0.05, "orange"), (-0.02, "text"))


def finetune() -> dashboard.Dashboard:
    purpose = "Does the new model still read its context? Two model versions side by side."
    return board(UID, "Fine-tune comparison", purpose, FIRST, BELOW, _variables())


def _variables() -> list[Variable]:
    """Variables with the newest version and the one before it."""
    labelled = '/model_version="([^"]+)"/'
    new = one_value("new", "New model", _by_age('model_version!=""')).regex(labelled)
    old = one_value("old", "Old model", _by_age('model_version!~"$new|"')).regex(labelled)
    return [datasource(), services(), new, old, evaluator(), collector_url()]


def _by_age(matchers: str) -> str:
    """Versions in the order of their age, the youngest first."""
    seen = f"count_over_time({TURNS.name}_total{{{SERVICE}, {matchers}}}[{AGE}])"
    return f"query_result(sort(max by (model_version) ({seen})))"


def faithfulness_change() -> stat.Panel:
    new, old = (_faithfulness(_judged(version)) for version in (_new(), _old()))
    return _change(
        "Is the new model as faithful?",
        "Faithfulness, new minus old: difference of the means over the time range, so that "
        "consecutive versions can be compared. Choose a range with some hundreds of turns of both. "
        "A gain has no colour: it may be an answer that asserts less.",
        f"{new} - {old}",
    ).data_links([*_new_links(), runbook_link("GroundwireFaithfulnessDrop")])


def reliance_change() -> stat.Panel:
    new, old = (_memorized(f"{version}, {SERVICE}") for version in (_new(), _old()))
    return _change(
        "Does it read its context as much?",
        "Share of answers that follow the context, among those that follow either context or "
        "memory (1 - M_R), new minus old, over probes, closed-book calls and passive signals. "
        "Decide by the row of the probes below, if probes are scheduled.",
        f"{old} - {new}",
    ).data_links([*_new_links(), runbook_link("GroundwireMemorization")])


def turns() -> stat.Panel:
    counted = increase(f"{TURNS.name}_total{{{BOTH}}}")
    return (
        number(
            "Are there enough turns of both?",
            "Turns over the time range. Compare only if both have some hundreds.",
            "locale",
            None,
        )
        .text_mode(BigValueTextMode.VALUE_AND_NAME)
        .with_target(query_now(f"sum by (model_version) ({counted})", NAME))
        .data_links([turns_link("newest", "model_version")])
    )


def _change(title: str, description: str, expression: str) -> stat.Panel:
    changed = number(title, description, "percentunit", CHANGES, decimals=1)
    return changed.no_value(CHOOSE).with_target(query_now(expression, "new - old"))


def _new_links() -> list[Link]:
    chosen = f"service=${{service}}&model_version=${{new:percentencode}}{PERIOD}"
    return [
        link("Open the worst turn of the new model", f"/turns/worst?order=worst&{chosen}"),
        link("Open the worst turns of the new model", f"/turns?order=worst&{chosen}"),
    ]


def _new() -> str:
    return f'model_version="{NEW}"'


def _old() -> str:
    """Matcher of the old model; of nothing where it is the new one."""
    return f'model_version="{OLD}", model_version!="{NEW}"'


def _judged(version: str) -> str:
    return f'{SERVICE}, {version}, evaluator="$evaluator"'


def _of_each(made: Callable[[str], str]) -> tuple[str, str]:
    """An expression for the old and one for the new model."""
    return made(f"{SERVICE}, {_old()}"), made(f"{SERVICE}, {_new()}")


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
    return listing(
        "What differs between the two?",
        "One row per version, over the time range. A new model that is as faithful but follows "
        "memory more (M_R) has memorized the answers: it fails when the source changes.",
        "no turns in this range",
        [LabelColumn("service", 130), LabelColumn("model_version", 190, "version")],
        *_columns("service, model_version"),
    ).data_links([row_link(service="service", model_version="version")])


def _columns(by: str) -> Iterator[QueryColumn]:
    counted = f"sum by ({by}) ({increase(f'{TURNS.name}_total{{{BOTH}}}')})"
    scored = f"sum by ({by}) ({increase(f'{FAITHFULNESS.name}_count{{{JUDGED}}}')})"
    flagged = f"sum by ({by}) ({increase(f'{FLAGGED_TURNS.name}_total{{{JUDGED}}}')})"
    yield QueryColumn("turns", "locale", counted, 75, 0)
    yield QueryColumn("faithfulness", "percentunit", _faithfulness(JUDGED, by), 105, 1)
    flags = f"({flagged} or {scored} * 0) / ({scored} > 0)"
    yield QueryColumn("flagged", "percentunit", flags, 80, 1)
    for source, name in (
        ("probe", "probes"),
        ("closed_book", "closed-book"),
        ("passive", "passive"),
    ):
        measured = _memorized(f'{BOTH}, source="{source}"', by)
        yield QueryColumn(f"M_R {name}", "percentunit", measured, 128, 1)
    slowest = increase(f"{GENERATION_DURATION.name}_bucket{{{BOTH}}}")
    p95 = f"histogram_quantile(0.95, sum by (le, {by}) ({slowest}))"
    yield QueryColumn("p95 time", "s", p95, 80, 1)
    written = f'{TOKENS.name}_total{{{BOTH}, kind="output"}}'
    tokens = f"sum by ({by}) ({increase(written)})"
    yield QueryColumn("tokens/turn", "none", f"{tokens} / ({counted} > 0)", 95, 0)
    spent = f"sum by ({by}) ({increase(f'{COST.name}_total{{{BOTH}}}')})"
    yield QueryColumn("cost/1000", "none", f"1000 * {spent} / ({counted} > 0)", 85, 2)


def faithful() -> timeseries.Panel:
    panel = good_share(
        "When was each version less faithful?",
        "Mean over the scored turns of each step. If both versions serve in parallel, differences "
        "are due to the model; in sequence they may be due to the traffic.",
    )
    made = _of_each(lambda chosen: mean(FAITHFULNESS.name, f"{chosen}, {CHOSEN}", BY_MODEL))
    return compared(panel, *made, NAME).data_links(VERSION_LINKS)


def claims() -> timeseries.Panel:
    def made(chosen: str) -> str:
        judged = f"{chosen}, {CHOSEN}"
        bad = rate(f"{CLAIMS.name}_total", f'{judged}, verdict=~"contradicted|unsupported"')
        every = rate(f"{CLAIMS.name}_total", f'{judged}, verdict!="not_a_claim"')
        return ratio(bad, every, BY_MODEL)

    panel = bad_share(
        "How many claims are unsupported?",
        "Contradicted and unsupported claims / claims. Long answers have more weight.",
    )
    return compared(panel, *_of_each(made), NAME).data_links(VERSION_LINKS)


def memorized() -> timeseries.Panel:
    def made(chosen: str) -> str:
        ratios = f"version_source:groundwire_memorization:ratio{{{chosen}}}"
        deciding = f"version_source:groundwire_deciding_answers:increase{{{chosen}}}"
        return f"max by (model_version) ({ratios} and {deciding} >= {FEWEST_DECIDING})"

    panel = bad_share(
        "Does it answer from memory?",
        "M_R: of the answers that follow context or memory, the share that follows memory, of the "
        "source with the highest.",
    )
    return compared(panel, *_of_each(made), NAME).data_links(VERSION_LINKS)


def speed() -> timeseries.Panel:
    def made(chosen: str) -> str:
        return quantile(0.95, GENERATION_DURATION.name, chosen, "model_version")

    panel = line("Is it as fast?", "95th percentile of generation time.", "s").min(0)
    return compared(panel, *_of_each(made), NAME)


def probes() -> timeseries.Panel:
    def made(chosen: str) -> str:
        series = f"{PROBE_OUTCOMES.name}_total{{{chosen}"
        memory = one_replica(f'increase({series}, outcome=~"parametric|stale"}}[1h])')
        every = one_replica(f"increase({series}}}[1h])")
        return ratio(memory, every, "sum by (model_version, stratum)")

    panel = bad_share(
        "Which facts does it recite?",
        "Probes answered from memory, by stratum: facts that every model knows, facts from the "
        "fine-tune's training file, fresh facts. A rise in the second alone means that the "
        "fine-tune memorized them.",
        "needs probes",
    )
    return compared(panel, *_of_each(made), "{{stratum}} · {{model_version}}", several=True)


def refusals() -> timeseries.Panel:
    def made(chosen: str) -> str:
        declined = rate(f"{REFUSALS.name}_total", chosen)
        return ratio(declined, rate(f"{TURNS.name}_total", chosen), BY_MODEL)

    panel = bad_share(
        "Does it decline more or less?",
        "Share of turns. A fine-tune that declines less may have learnt to guess, one that "
        "declines more may be too cautious.",
    )
    return compared(panel, *_of_each(made), NAME)


def tail() -> timeseries.Panel:
    def made(chosen: str) -> str:
        return quantile(0.1, FAITHFULNESS.name, f"{chosen}, {CHOSEN}", "model_version")

    panel = good_share(
        "How faithful is its least faithful tenth?",
        "10th percentile of faithfulness: a fine-tune often keeps the mean but lowers the tail.",
    ).axis_soft_min(0)
    return compared(panel, *_of_each(made), NAME).data_links(VERSION_LINKS)


def outdated() -> timeseries.Panel:
    panel = bad_share(
        "How much changed since it was trained?",
        "Share of the turns of seven days whose sources changed after the training data ended, by "
        "the times of the chunks. Needs `groundwire rollout --trained-at`.",
    )

    def made(chosen: str) -> str:
        return f'max by (model_version) ({CHANGED_SINCE_TRAINING.name}{{{chosen}, bound="mean"}})'

    links = [*VERSION_LINKS, runbook_link("GroundwireRetrainingDue")]
    return compared(panel, *_of_each(made), NAME).data_links(links)


def trained() -> timeseries.Panel:
    def made(chosen: str) -> str:
        return f"time() - max by (model_version) ({MODEL_TRAINED.name}{{{chosen}}})"

    panel = line(
        "How old is its training?", "Time since the end of the training data, as announced.", "s"
    ).min(0)
    return compared(panel, *_of_each(made), NAME)


FIRST = (
    (3, ((faithfulness_change, 7), (reliance_change, 7), (turns, 10))),
    band(5, side_by_side),
    band(7, faithful, claims),
    band(7, memorized, speed),
)
BELOW: tuple[Section, ...] = (
    ("What else changed?", (band(8, tail, refusals),)),
    ("Which facts does it recite? (needs probes)", (band(8, probes),)),
    (
        "Is its training out of date? (needs announced training times)",
        (band(8, outdated, trained),),
    ),
)
