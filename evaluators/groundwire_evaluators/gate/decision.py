"""Decision on measures: worse, better, within the margin, or undecided.

Why: docs/decisions/0170-one-alpha-for-the-gate.md
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from groundwire_evaluators.gate.margins import Better, MeasureRule, Rules
from groundwire_evaluators.statistics import Interval
from groundwire_evaluators.statistics.contrast import Contrast


class MeasureOutcome(StrEnum):
    """Outcome of one measure.

    `pass`: the whole interval lies within the margin; `better`: shown to be better, which is a
    pass; `changed`: of a measure that is neither better higher nor lower; `not_comparable`: too
    few values on a side.
    """

    PASS = "pass"
    BETTER = "better"
    WORSE = "worse"
    CHANGED = "changed"
    UNDECIDED = "undecided"
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class MeasureDecision:
    """A measure before and after, with its change and the outcome.

    `p_worse` is one-sided and for this measure alone (two-sided for `same`); `threshold` is what it
    had to fall below, its part of alpha among the measures that decide.
    """

    measure: str
    rule: MeasureRule
    outcome: MeasureOutcome
    contrast: Contrast | None
    interval: Interval | None = None
    p_worse: float = 1.0
    threshold: float = 0.0
    reason: str = ""


def decide(contrasts: Mapping[str, Contrast | str], rules: Rules) -> dict[str, MeasureDecision]:
    """Outcome of each measure; a text instead of a contrast says why there is none.

    Deciding measures are tested together for being worse, by Holm's procedure with weights (Holm
    1979): were none worse, the chance that any is called so is at most alpha, whatever the
    dependence between them. The measures that only are shown are tested apart with the same alpha.
    A pass needs no correction: all deciding measures have to reach it (Berger 1982).
    """
    found: dict[str, MeasureDecision] = {}
    for deciding in (True, False):
        chosen = {
            name: each for name, each in contrasts.items() if rules.of(name).decides is deciding
        }
        compared = {name: each for name, each in chosen.items() if isinstance(each, Contrast)}
        p_values = {name: p_worse(each, rules.of(name)) for name, each in compared.items()}
        thresholds = holm(p_values, {name: rules.of(name).weight for name in compared}, rules.alpha)
        for name, each in chosen.items():
            found[name] = _decision(
                name, each, rules, p_values.get(name, 1.0), thresholds.get(name, 0.0)
            )
    return {name: found[name] for name in contrasts}


def overall(decisions: Mapping[str, MeasureDecision]) -> MeasureOutcome:
    """The worst outcome of the deciding measures; `not_comparable` where none could be compared."""
    outcomes = {
        each.outcome
        for each in decisions.values()
        if each.rule.decides and each.outcome is not MeasureOutcome.NOT_COMPARABLE
    }
    if outcomes & {MeasureOutcome.WORSE, MeasureOutcome.CHANGED}:
        return MeasureOutcome.WORSE
    if MeasureOutcome.UNDECIDED in outcomes:
        return MeasureOutcome.UNDECIDED
    return MeasureOutcome.PASS if outcomes else MeasureOutcome.NOT_COMPARABLE


def p_worse(contrast: Contrast, rule: MeasureRule) -> float:
    """One-sided p-value of a change for the worse; two-sided where any change is one."""
    if rule.better is Better.HIGHER:
        return contrast.p_below()
    if rule.better is Better.LOWER:
        return contrast.p_above()
    return min(1.0, 2 * min(contrast.p_below(), contrast.p_above()))


def holm(
    p_values: Mapping[str, float], weights: Mapping[str, float], alpha: float
) -> dict[str, float]:
    """Thresholds of Holm's step-down procedure with weights, by name.

    >>> from groundwire_evaluators.gate.decision import holm
    >>> holm({"a": 0.001, "b": 0.03}, {"a": 1, "b": 1}, 0.05)
    {'a': 0.025, 'b': 0.05}
    """
    left = sorted(p_values, key=lambda name: p_values[name] / weights[name])
    found: dict[str, float] = {}
    rejecting = True
    total = sum(weights[name] for name in left)
    for name in left:
        found[name] = alpha * weights[name] / total if total else 0.0
        rejecting = rejecting and p_values[name] <= found[name]
        if rejecting:
            total -= weights[name]
    return found


def _decision(
    name: str, contrast: Contrast | str, rules: Rules, p_value: float, threshold: float
) -> MeasureDecision:
    rule = rules.of(name)
    if not isinstance(contrast, Contrast):
        none = MeasureOutcome.NOT_COMPARABLE
        return MeasureDecision(name, rule, none, None, reason=contrast)
    interval = contrast.interval(rules.level)
    outcome = _outcome(interval, rule, p_value <= threshold)
    return MeasureDecision(name, rule, outcome, contrast, interval, p_value, threshold)


def _outcome(interval: Interval, rule: MeasureRule, worse: bool) -> MeasureOutcome:
    low, high = interval
    if rule.better is Better.SAME:
        if worse:
            return MeasureOutcome.CHANGED
        within = low >= -rule.margin and high <= rule.margin
        return MeasureOutcome.PASS if within else MeasureOutcome.UNDECIDED
    if rule.better is Better.LOWER:
        low, high = -high, -low
    if worse:
        return MeasureOutcome.WORSE
    if low > 0:
        return MeasureOutcome.BETTER
    return MeasureOutcome.PASS if low >= -rule.margin else MeasureOutcome.UNDECIDED
