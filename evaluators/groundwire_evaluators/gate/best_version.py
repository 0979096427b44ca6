"""Best version so far, chosen by a lower confidence bound."""

from collections.abc import Mapping, Sequence

from groundwire_evaluators.gate.measured_answer import MeasuredAnswer
from groundwire_evaluators.statistics import hajek, mean
from groundwire_evaluators.text.tokens import question_key

HEADLINES = ("task", "right", "faithful")  # the first that every version has decides
FEWEST = 30


def best_version(versions: Mapping[str, Sequence[MeasuredAnswer]]) -> str | None:
    """Name of the version with the highest lower bound of its headline measure.

    Chosen by a bound, for a maximum of noisy means flatters. Whichever is chosen, a comparison with
    it at alpha / (number of versions) calls an equally good candidate worse with chance alpha at
    most: so does the comparison with any of them (Bonferroni).
    """
    for measure in HEADLINES:
        bounds = {name: _lower_bound(answers, measure) for name, answers in versions.items()}
        known = {name: bound for name, bound in bounds.items() if bound is not None}
        if known and len(known) == len(versions):
            return max(known, key=lambda name: known[name])
    return None


def _lower_bound(answers: Sequence[MeasuredAnswer], measure: str) -> float | None:
    found = [each for each in answers if measure in each.values]
    if len(found) < FEWEST:
        return None
    values = [each.values[measure] for each in found]
    clusters = [question_key(each.question) or each.id for each in found]
    if set(values) <= {0.0, 1.0}:
        return hajek([value == 1.0 for value in values], clusters=clusters).interval.low
    estimate = mean(values, clusters)
    return None if estimate is None else estimate.interval.low
