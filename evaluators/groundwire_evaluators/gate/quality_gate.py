"""Quality gate: candidate against baseline and best version so far."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from groundwire_evaluators.gate.best_version import best_version
from groundwire_evaluators.gate.decision import (
    MeasureDecision,
    MeasureOutcome,
    decide,
    overall,
)
from groundwire_evaluators.gate.margins import Rules
from groundwire_evaluators.gate.measured_answer import MeasuredAnswer
from groundwire_evaluators.statistics.contrast import Contrast
from groundwire_evaluators.statistics.paired import paired
from groundwire_evaluators.statistics.standardised import Group, standardised
from groundwire_evaluators.text.tokens import question_key

FEWEST = 30  # answers with a measure on both sides
# One of these has to be comparable for a pass: what is answered says nothing of what it is worth.
CONTENT = {"task", "right", "faithful", "follows", "reliance", "retention"}
Pair = tuple[MeasuredAnswer, MeasuredAnswer]
Answers = Sequence[MeasuredAnswer]


class NotComparableError(ValueError):
    """The two sides cannot be compared; the message says why."""


@dataclass(frozen=True, slots=True)
class VersionVerdict:
    """Candidate against one reference ("baseline", or the name of the best version).

    `pairs`: ids that both sides have; 0 where they are compared as two samples.
    """

    reference: str
    decisions: Mapping[str, MeasureDecision]
    outcome: MeasureOutcome
    pairs: int


@dataclass(frozen=True, slots=True)
class GateResult:
    """Outcome of the gate with all it rests on.

    `best`: against the best earlier version, None without one. `lost`: pairs that were right (by
    reference, else by verdict) and are not. `overrides`: answers with a value against their
    context, and answers with values, before and after. `strata`: shown by stratum of the records.
    """

    outcome: MeasureOutcome
    rules: Rules
    baseline: VersionVerdict
    best: VersionVerdict | None
    states: Mapping[str, Mapping[str, int]]
    overrides: Mapping[str, tuple[int, int]]
    lost: Sequence[Pair]
    strata: Mapping[str, Mapping[str, Contrast]]


def run_gate(
    before: Answers,
    after: Answers,
    rules: Rules,
    earlier: Mapping[str, Answers] | None = None,
) -> GateResult:
    """Compare a candidate's answers with the baseline's, and with the best earlier version's.

    Answers of one id are pairs where at least 30 ids are shared, which sees smaller changes; else
    both sides are independent samples. Intervals are clustered by question. With earlier versions
    half of alpha goes to the baseline and half to the best of them.

    Raises:
        NotComparableError: too few answers on a side, or none that says what they are worth.
    """
    alone = not earlier
    shared = rules if alone else replace(rules, alpha=rules.alpha / 2)
    baseline = compare_answers("baseline", before, after, shared)
    best = None if alone else _against_best(earlier or {}, after, shared)
    outcomes = {baseline.outcome} | ({best.outcome} if best else set())
    outcome = MeasureOutcome.WORSE if MeasureOutcome.WORSE in outcomes else baseline.outcome
    if outcome is not MeasureOutcome.WORSE:
        _require_content(baseline)
    pairs = _pairs(before, after)
    return GateResult(
        outcome=outcome,
        rules=rules,
        baseline=baseline,
        best=best,
        states={"before": _states(before), "after": _states(after)},
        overrides={"before": _overrides(before), "after": _overrides(after)},
        lost=[pair for pair in pairs if _is_lost(pair)],
        strata=_by_stratum(pairs),
    )


def compare_answers(
    reference: str, before: Answers, after: Answers, rules: Rules
) -> VersionVerdict:
    """Every measure of two versions' answers.

    Raises:
        NotComparableError: a side has fewer than 30 answers.
    """
    fewest = min(len(before), len(after))
    if fewest < FEWEST:
        raise NotComparableError(f"{fewest} answers are too few; at least {FEWEST} are required")
    pairs = _pairs(before, after)
    names = _measures([*before, *after], rules)
    if len(pairs) >= FEWEST:
        contrasts = {name: _paired(name, pairs, rules) for name in names}
    else:
        contrasts = {name: _apart(name, before, after, rules) for name in names}
    decisions = decide(contrasts, rules)
    count = len(pairs) if len(pairs) >= FEWEST else 0
    return VersionVerdict(reference, decisions, outcome_of(decisions), count)


def outcome_of(decisions: Mapping[str, MeasureDecision]) -> MeasureOutcome:
    """The worst of all; a candidate shown to be right more often is not worse by verdicts alone."""
    known = [decisions[name] for name in ("task", "right") if name in decisions]
    if any(each.outcome is MeasureOutcome.BETTER for each in known):
        decisions = {name: each for name, each in decisions.items() if name != "faithful"}
    return overall(decisions)


def _against_best(earlier: Mapping[str, Answers], after: Answers, rules: Rules) -> VersionVerdict:
    name = best_version(earlier)
    if name is None:
        raise NotComparableError("the earlier versions have no measure in common")
    return compare_answers(
        name, earlier[name], after, replace(rules, alpha=rules.alpha / len(earlier))
    )


def _require_content(verdict: VersionVerdict) -> None:
    content = {name: each for name, each in verdict.decisions.items() if name in CONTENT}
    none = MeasureOutcome.NOT_COMPARABLE
    if not content or all(each.outcome is none for each in content.values()):
        faithful = verdict.decisions.get("faithful")
        reason = faithful.reason if faithful else "0 scored answers are too few"
        raise NotComparableError(f"{reason}; at least {FEWEST} are required")


def _pairs(before: Answers, after: Answers) -> list[Pair]:
    old = {each.id: each for each in before}
    return [(old[each.id], each) for each in after if each.id in old]


def _measures(answers: Sequence[MeasuredAnswer], rules: Rules) -> list[str]:
    present = {name for each in answers for name in each.values}
    ordered = [name for name in rules.measures if name in present]
    return ordered + sorted(present - set(ordered))


def _paired(name: str, pairs: Sequence[Pair], rules: Rules) -> Contrast | str:
    known = [(a, b) for a, b in pairs if name in a.values and name in b.values]
    if len(known) < FEWEST:
        return _too_few(name, len(known))
    found = paired(
        [one.values[name] for one, _ in known],
        [other.values[name] for _, other in known],
        [_cluster(one) for one, _ in known],
        ratio=rules.of(name).relative,
    )
    return found if found is not None else "fewer than three different questions"


def _apart(name: str, before: Answers, after: Answers, rules: Rules) -> Contrast | str:
    groups = []
    for side in (before, after):
        known = [each for each in side if name in each.values]
        if len(known) < FEWEST:
            return _too_few(name, len(known))
        values = [each.values[name] for each in known]
        groups.append(Group(values, [""] * len(known), [[_cluster(each) for each in known]]))
    binary = all({*group.values} <= {0.0, 1.0} for group in groups)
    found = standardised(*groups, share=binary, ratio=rules.of(name).relative)
    return found if found is not None else "no positive value"


def _too_few(name: str, count: int) -> str:
    what = "scored answers" if name == "faithful" else "answers with this measure"
    return f"{count} {what} are too few"


def _cluster(answer: MeasuredAnswer) -> str:
    return question_key(answer.question) or answer.id


def _states(answers: Answers) -> Mapping[str, int]:
    return Counter(each.state for each in answers)


def _overrides(answers: Answers) -> tuple[int, int]:
    known = [each.values["follows"] for each in answers if "follows" in each.values]
    return known.count(0.0), len(known)


def _is_lost(pair: Pair) -> bool:
    for measure in ("right", "faithful"):
        values = [each.values.get(measure) for each in pair]
        if None not in values:
            return values == [1.0, 0.0]
    return False


def _by_stratum(pairs: Sequence[Pair]) -> dict[str, dict[str, Contrast]]:
    """Changes by stratum of what is right, faithful and follows; of too few pairs none."""
    strata = sorted({one.stratum for one, _ in pairs if one.stratum is not None})
    found: dict[str, dict[str, Contrast]] = {}
    for stratum in strata:
        inside = [pair for pair in pairs if pair[0].stratum == stratum]
        for name in ("task", "right", "faithful", "follows", "reliance"):
            contrast = _paired(name, inside, Rules())
            if isinstance(contrast, Contrast):
                found.setdefault(stratum, {})[name] = contrast
    return found
