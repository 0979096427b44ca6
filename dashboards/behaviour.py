"""Behaviour dashboard: format, length, style, latency and cost of answers."""

from grafana_foundation_sdk.builders import dashboard, stat, table, timeseries

from dashboards.frame import Section, band, board, collector_url, version_variables
from dashboards.panels import (
    BAD,
    ODD,
    POOR,
    SMOOTH,
    LabelColumn,
    QueryColumn,
    Steps,
    alarms_link,
    bad_share,
    by_version,
    coloured,
    evidence,
    line,
    listing,
    number,
    query,
    query_now,
    refusals_link,
    runbook_link,
    turns_link,
)
from groundwire_collector.alerting.promql import (
    SERVICE,
    VERSION,
    increase,
    mean,
    one_replica,
    quantile,
    rate,
    ratio,
)
from groundwire_collector.metric_definitions import (
    ANSWER_FORMALITY,
    ANSWER_MARKUP,
    ANSWER_READING_LEVEL,
    ANSWER_REPETITION,
    ANSWER_TONE_DISTANCE,
    ANSWER_TRAITS,
    ANSWER_WORDS,
    BEHAVIOUR_ALARM,
    BEHAVIOUR_CHANGE_TIMESTAMP,
    BEHAVIOUR_LEVEL,
    BEHAVIOUR_STATISTIC,
    GENERATION_DURATION,
    RETRIEVAL_DURATION,
    TIME_TO_FIRST_TOKEN,
    TOKENS,
    TURNS,
)

UID = "groundwire-behaviour"
ALERT = "GroundwireBehaviourDrift"
STREAMS = 8  # lines that can be told apart
SHARES: Steps = ((None, "text"), (0.05, "orange"), (0.2, "red"))
OPEN: Steps = ((None, "text"), (1, "red"))
FAULT_COLOURS = {
    "invalid_format": BAD,
    "broken_json": POOR,
    "other_language": ODD,
    "loop": "yellow",
}
FAULTS = "|".join(FAULT_COLOURS)
NEEDS_TONE = "needs a reference tone"
NEWEST = (turns_link("newest", "service", "model_version"),)


def behaviour() -> dashboard.Dashboard:
    purpose = "Did answers change in form, length, style, speed or cost?"
    variables = [*version_variables(), collector_url()]
    return board(UID, "Behaviour", purpose, FIRST, BELOW, variables)


def anything_changed() -> stat.Panel:
    alarms = one_replica(f"{BEHAVIOUR_ALARM.name}{{{SERVICE}}}")
    watched = one_replica(f"{BEHAVIOUR_STATISTIC.name}{{{SERVICE}}}")
    return (
        number(
            "Did any behaviour change?",
            "Open alarms on behaviour signals. A dash: no signal has a baseline yet.",
            "none",
            OPEN,
        )
        .with_target(query_now(f"sum({alarms}) or 0 * count({watched})"))
        .data_links([alarms_link(), runbook_link(ALERT)])
    )


def faulty() -> stat.Panel:
    return _trait_now(
        "Faulty form?",
        "Share of answers with the most frequent fault of form over the time range: invalid "
        "format, JSON that does not parse, another language than the question, a loop.",
        FAULTS,
    )


def declining() -> stat.Panel:
    return _trait_now("Declined?", "Share of answers that decline, over the time range.", "refusal")


def _trait_now(title: str, description: str, trait: str) -> stat.Panel:
    present, every = (
        f"sum by (trait) ({increase(f'{ANSWER_TRAITS.name}_total{{{VERSION}, {matchers}}}')})"
        for matchers in (f'trait=~"{trait}", present="yes"', f'trait=~"{trait}"')
    )
    panel = number(title, description, "percentunit", SHARES, decimals=1)
    return panel.with_target(query_now(f"max({present} / ({every} > 0))")).data_links([*NEWEST])


def median_length() -> stat.Panel:
    buckets = increase(f"{ANSWER_WORDS.name}_bucket{{{VERSION}}}")
    median = f"histogram_quantile(0.5, sum by (le) ({buckets}))"
    return (
        number("Usual length?", "Median words of an answer over the time range.", "none", None)
        .with_target(query_now(median))
        .data_links([*NEWEST])
    )


def signals() -> table.Panel:
    statistic, began = (
        one_replica(f"{metric.name}{{{SERVICE}}}")
        for metric in (BEHAVIOUR_STATISTIC, BEHAVIOUR_CHANGE_TIMESTAMP)
    )
    before, now = (
        one_replica(f'{BEHAVIOUR_LEVEL.name}{{{SERVICE}, moment="{moment}"}}')
        for moment in ("before", "now")
    )
    return listing(
        "Which behaviour changed, from what to what?",
        "Every watched signal with its mean in the baseline and over some fifty turns, in its own "
        "unit: shares, words, LIX, seconds, tokens. Evidence of 1 is an alarm.",
        "no signal has a baseline yet",
        [LabelColumn("service", 125), LabelColumn("signal", 150)],
        QueryColumn("evidence", "none", statistic, 80, 3),
        QueryColumn("before", "none", before, 75),
        QueryColumn("now", "none", now, 75),
        QueryColumn("changed", "dateTimeFromNow", f"{began} * 1000", 115, colour="red"),
    ).data_links([alarms_link(), runbook_link(ALERT)])


def strongest() -> timeseries.Panel:
    series = f"{BEHAVIOUR_STATISTIC.name}{{{SERVICE}}}"
    top = one_replica(f"max_over_time({series}[$__range] @ end())")
    return (
        evidence(
            "How strong is the evidence?",
            f"The {STREAMS} strongest signals. An alarm is raised at 1 and holds the line there "
            "while it is open. Evidence multiplies, so the axis is logarithmic.",
        )
        .with_target(
            query(f"{one_replica(series)} and topk({STREAMS}, {top})", "{{service}} · {{signal}}")
        )
        .data_links([turns_link("newest", "service"), alarms_link()])
    )


def length() -> timeseries.Panel:
    panel = line("How long are answers?", "Median words of an answer, by version.", "suffix:words")
    return by_version(
        panel.min(0).interval(SMOOTH), quantile(0.5, ANSWER_WORDS.name, VERSION)
    ).data_links([*NEWEST])


def faults() -> timeseries.Panel:
    panel = (
        bad_share(
            "Which fault do answers have?",
            "Share of the answers that were checked for it: invalid format (services with a rule), "
            "JSON that does not parse, another language than the question, a loop at the end.",
        )
        .with_target(query(_share(FAULTS, "trait"), "{{trait}}"))
        .interval(SMOOTH)
        .data_links([turns_link("newest")])
    )
    return coloured(panel, FAULT_COLOURS)


def _share(trait: str, by: str) -> str:
    present, every = (
        rate(f"{ANSWER_TRAITS.name}_total", f"{VERSION}, {matchers}")
        for matchers in (f'trait=~"{trait}", present="yes"', f'trait=~"{trait}"')
    )
    return ratio(present, every, f"sum by ({by})")


def reading_level() -> timeseries.Panel:
    panel = line(
        "How hard are answers to read?",
        "Mean LIX: about 25 is a children's book, 40 a newspaper, 55 an official text.",
        "none",
    ).decimals(0)
    return by_version(panel, mean(ANSWER_READING_LEVEL.name, VERSION)).data_links([*NEWEST])


def register() -> timeseries.Panel:
    panel = line(
        "How formal are answers?",
        "Mean formality by function words, 0 to 100. Articles and prepositions raise it, pronouns, "
        "situational adverbs and interjections lower it.",
        "none",
    ).decimals(1)
    return by_version(panel, mean(ANSWER_FORMALITY.name, VERSION)).data_links([*NEWEST])


def tone() -> timeseries.Panel:
    panel = line(
        "How far is the tone from the reference?",
        "Mean cosine delta to the reference answers, 0 to 2; 1 is unrelated.",
        "none",
        empty=NEEDS_TONE,
    ).decimals(2)
    return by_version(panel, mean(ANSWER_TONE_DISTANCE.name, VERSION)).data_links([*NEWEST])


def habits() -> timeseries.Panel:
    panel = bad_share(
        "How many answers cite, decline or use emoji?",
        "Share of answers with a citation marker, an emoji, or nothing but a refusal.",
    )
    return panel.with_target(
        query(_share("citations|emoji|refusal", "trait"), "{{trait}}")
    ).data_links([refusals_link()])


def markup() -> timeseries.Panel:
    panel = bad_share(
        "How much markup and repetition?",
        "Mean share of lines with Markdown or HTML, and of four-word sequences said before.",
    )
    means = {"markup": ANSWER_MARKUP, "repetition": ANSWER_REPETITION}
    for name, metric in means.items():
        panel = panel.with_target(query(mean(metric.name, VERSION, "sum"), name))
    return panel.data_links([turns_link("newest")])


def latency() -> timeseries.Panel:
    panel = line(
        "Where does the time go?",
        "Median seconds of retrieval, up to the first token, and of the whole generation.",
        "s",
    ).min(0)
    parts = {
        "retrieval": RETRIEVAL_DURATION,
        "first token": TIME_TO_FIRST_TOKEN,
        "generation": GENERATION_DURATION,
    }
    for name, metric in parts.items():
        buckets = rate(f"{metric.name}_bucket", VERSION)
        median = f"histogram_quantile(0.5, sum by (le) ({buckets}))"
        panel = panel.with_target(query(median, name))
    return panel.data_links([turns_link("newest")])


def tokens() -> timeseries.Panel:
    used = rate(f"{TOKENS.name}_total", f'{VERSION}, kind=~"input|output"')
    turns = rate(f"{TURNS.name}_total", VERSION)
    each = f"sum by (kind) ({used}) / on () group_left () (sum({turns}) > 0)"
    panel = line("How many tokens does a turn take?", "Mean tokens of a turn.", "suffix:tokens")
    return panel.min(0).with_target(query(each, "{{kind}}")).data_links([turns_link("newest")])


FIRST = (
    band(4, anything_changed, faulty, declining, median_length),
    band(9, signals, strongest),
    band(9, length, faults),
)
BELOW: tuple[Section, ...] = (
    ("How do they write?", (band(8, reading_level, register), band(8, tone, habits))),
    ("What do they take?", (band(8, markup, latency), band(8, tokens))),
)
