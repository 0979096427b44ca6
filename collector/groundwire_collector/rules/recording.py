"""Recording rules: every ratio is a quotient of sums of counters, never a mean of ratios.

`current` in a name is the window `Limits.current_window`, so the names hold for every setting.
All replicas of the collector show the same committed counters: one of them is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from groundwire_collector.catalogue import (
    CLAIMS,
    EVALUATIONS,
    EVALUATOR_LABELS,
    FAITHFULNESS,
    FLAGGED_TURNS,
    RELIANCE_OUTCOMES,
    TURNS,
    VERSION_LABELS,
    Metric,
)
from groundwire_collector.rules.limits import Limits, duration

BY_VERSION = VERSION_LABELS
BY_JUDGE = (*VERSION_LABELS, *EVALUATOR_LABELS)
BY_SERVICE_AND_JUDGE = ("service", *EVALUATOR_LABELS)
JUDGED_STATES = "scored|refusal|no_claims"  # the last two assert nothing unsupported


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded series: its name, what it says, and the expression behind it."""

    name: str
    meaning: str
    expression: str


def recordings(limits: Limits) -> tuple[Recording, ...]:
    """What is recorded every `interval`, in an order in which each uses only those before it."""
    return (
        *_volumes(limits),
        *_faithfulness(limits),
        *_flagged(limits),
        *_reliance(limits),
        *_health(),
    )


def references(limits: Limits) -> tuple[Recording, ...]:
    """What looks back far, and so is recorded every `reference_interval` only."""
    window, offset = duration(limits.reference_window), duration(limits.current_window)
    return (
        Recording(
            "groundwire:faithfulness:reference",
            f"Median over {window} of the faithfulness of a service: the level that is expected.",
            f"quantile_over_time(0.5, groundwire:faithfulness:service[{window}] offset {offset})",
        ),
    )


def one_replica(limits: Limits, series: str) -> str:
    """Of the replicas that all show the same number, one."""
    return f"max without ({', '.join(limits.replica_labels)}) ({series})"


def _sum(limits: Limits, by: Sequence[str], series: str, window: int) -> str:
    grown = one_replica(limits, f"increase({series}[{duration(window)}])")
    return f"sum by ({', '.join(by)}) ({grown})"


def _total(metric: Metric, matchers: str = "") -> str:
    return f"{metric.name}_total{matchers}"


def _volumes(limits: Limits) -> tuple[Recording, ...]:
    window = limits.current_window
    judged = _total(EVALUATIONS, f'{{state=~"{JUDGED_STATES}"}}')
    failed = _total(EVALUATIONS, '{state="failed"}')
    return (
        Recording(
            "groundwire:turns:current",
            "Turns, by how they were answered.",
            _sum(limits, (*BY_VERSION, "route"), _total(TURNS), window),
        ),
        Recording(
            "groundwire:turns:recent",
            "Turns of a service in the window after which their absence is told.",
            _sum(limits, ("service",), _total(TURNS), limits.absence_window),
        ),
        Recording(
            "groundwire:evaluations:current",
            "Judgements that were attempted.",
            _sum(limits, BY_SERVICE_AND_JUDGE, _total(EVALUATIONS), window),
        ),
        Recording(
            "groundwire:failed_evaluations:current",
            "Judgements that failed; 0 where none did.",
            f"{_sum(limits, BY_SERVICE_AND_JUDGE, failed, window)}\n"
            "or groundwire:evaluations:current * 0",
        ),
        Recording(
            "groundwire:judged_turns:current",
            "Turns with a judgement: scored, or without anything to support.",
            _sum(limits, BY_JUDGE, judged, window),
        ),
        Recording(
            "groundwire:claims:current",
            "Claims by verdict. Ratios of them weigh long answers more: shown, never alerted on.",
            _sum(limits, (*BY_JUDGE, "verdict"), _total(CLAIMS), window),
        ),
    )


def _faithfulness(limits: Limits) -> tuple[Recording, ...]:
    window = limits.current_window
    total, count = f"{FAITHFULNESS.name}_sum", f"{FAITHFULNESS.name}_count"
    on = f"on ({', '.join(BY_SERVICE_AND_JUDGE)})"
    turns = _sum(limits, BY_SERVICE_AND_JUDGE, count, window)
    return (
        Recording(
            "groundwire:scored_turns:current",
            "Scored turns: what the mean faithfulness is made of.",
            _sum(limits, BY_JUDGE, count, window),
        ),
        Recording(
            "groundwire:faithfulness:current",
            "Mean faithfulness of scored turns.",
            f"{_sum(limits, BY_JUDGE, total, window)}\n/ (groundwire:scored_turns:current > 0)",
        ),
        Recording(
            "groundwire:faithfulness:service",
            "Mean faithfulness of scored turns over all versions of a service.",
            f"{_sum(limits, BY_SERVICE_AND_JUDGE, total, window)}\n/ ({turns} > 0)",
        ),
        Recording(
            "groundwire:faithfulness:drop",
            "How far faithfulness is below the reference of its service; negative: above.",
            f"groundwire:faithfulness:reference\n- {on} group_right ()\n"
            "groundwire:faithfulness:current",
        ),
        Recording(
            "groundwire:faithfulness:noise",
            "Upper bound of the standard error of the mean: a value in [0, 1] of mean m varies "
            "by m(1 - m) at most.",
            "sqrt(\n  groundwire:faithfulness:current * (1 - groundwire:faithfulness:current)\n"
            "  / (groundwire:scored_turns:current > 0)\n)",
        ),
    )


def _flagged(limits: Limits) -> tuple[Recording, ...]:
    flagged = _sum(limits, BY_JUDGE, _total(FLAGGED_TURNS), limits.current_window)
    return (
        Recording(
            "groundwire:flagged_turns:current",
            "Turns decided to hold an unsupported claim; 0 where turns were judged and none was.",
            f"{flagged}\nor groundwire:judged_turns:current * 0",
        ),
        Recording(
            "groundwire:flagged_turns:ratio",
            "Share of judged turns that are flagged.",
            "groundwire:flagged_turns:current / (groundwire:judged_turns:current > 0)",
        ),
    )


def _reliance(limits: Limits) -> tuple[Recording, ...]:
    def answers(*outcomes: str, source: str = ".+") -> str:
        matchers = f'{{source=~"{source}", outcome=~"{"|".join(outcomes) or ".+"}"}}'
        series = _total(RELIANCE_OUTCOMES, matchers)
        return _sum(limits, (*BY_VERSION, "source"), series, limits.current_window)

    asserted = f"({answers('context', 'parametric')} > 0)"
    zero = "groundwire:reliance_answers:current * 0"
    shadowed = 'groundwire:reliance_answers:current{source="shadow"}'
    return (
        Recording(
            "groundwire:reliance_answers:current",
            "Answers of which it was measured whether they follow context or memory (n).",
            answers(),
        ),
        Recording(
            "groundwire:context_reliance:ratio",
            "p_s: share of measured answers that follow the context.",
            f"({answers('context')}\nor {zero})\n/ (groundwire:reliance_answers:current > 0)",
        ),
        Recording(
            "groundwire:parametric_answers:ratio",
            "p_o: share of measured answers that follow the model's memory.",
            f"({answers('parametric')}\nor {zero})\n/ (groundwire:reliance_answers:current > 0)",
        ),
        Recording(
            "groundwire:memorization:ratio",
            "M_R = p_o / (p_o + p_s) (Longpre et al. 2021); read it beside p_s, p_o and n.",
            f"({answers('parametric')}\nor {zero})\n/ {asserted}",
        ),
        Recording(
            "groundwire:deciding_answers:current",
            "Answers that assert either: what M_R is made of. Below 50 M_R is noise; of shadow "
            "calls these are the diagnostic turns.",
            f"{answers('context', 'parametric')}\nor {zero}",
        ),
        Recording(
            "groundwire:redundant_answers:ratio",
            "Share of shadowed answers that memory gives as well: right today, at risk when the "
            "source changes, and invisible to faithfulness.",
            f"({answers('both', source='shadow')}\nor {shadowed} * 0)\n/ ({shadowed} > 0)",
        ),
    )


def _health() -> tuple[Recording, ...]:
    judged = f"sum by ({', '.join(BY_SERVICE_AND_JUDGE)}) (groundwire:judged_turns:current)"
    turns = "sum by (service) (groundwire:turns:current) > 0"
    return (
        Recording(
            "groundwire:coverage:ratio",
            "Share of turns that have a judgement.",
            f"{judged}\n/ on (service) group_left ()\n({turns})",
        ),
        Recording(
            "groundwire:failed_evaluations:ratio",
            "Share of judgements that failed.",
            "groundwire:failed_evaluations:current / (groundwire:evaluations:current > 0)",
        ),
    )
