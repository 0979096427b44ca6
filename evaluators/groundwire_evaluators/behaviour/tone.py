"""Tone: distance of an answer's style to reference answers (cosine delta)."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from math import sqrt
from typing import Any

from groundwire_evaluators.text.tokens import WORD, fold

FEATURES = 50  # most frequent function words and marks of the background
FEWEST_WORDS = 10  # of an answer whose tone is measured
FEWEST_ANSWERS = 30  # of a reference or a background
BACKGROUND = "tone-background.json"
_TOKEN = re.compile(rf"{WORD.pattern}|[^\w\s]|\n+")
_SAME = {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-"}
CAPITAL, DIGITS, BREAK = "<capital>", "<digits>", "<break>"

Profile = Mapping[str, float]  # feature → share of the tokens


class ToneError(ValueError):
    """A reference that cannot be made or read; the message says why."""


def profile(text: str) -> dict[str, float]:
    """Shares of words and marks among the tokens of a text.

    >>> from groundwire_evaluators.behaviour.tone import profile
    >>> profile("No, thanks.")["no"]
    0.25
    """
    counts: Counter[str] = Counter()
    total = 0
    for token in _TOKEN.findall(text):
        total += 1
        first = token[0]
        if first.isalpha():
            counts[fold(token)] += 1
            if first.isupper():
                counts[CAPITAL] += 1
        elif first.isdecimal():
            counts[DIGITS] += 1
        else:
            counts[BREAK if first == "\n" else _SAME.get(token, token)] += 1
    return {feature: number / total for feature, number in counts.items()}


@dataclass(frozen=True, slots=True)
class Background:
    """Usual style: mean and standard deviation of each feature's share."""

    means: Mapping[str, float]
    deviations: Mapping[str, float]

    @classmethod
    def of(cls, answers: Iterable[str], function_words: frozenset[str]) -> "Background":
        """The most frequent function words and marks of several writers.

        Raises:
            ToneError: fewer than 30 answers.
        """
        profiles = [profile(answer) for answer in answers if answer.strip()]
        if len(profiles) < FEWEST_ANSWERS:
            raise ToneError(f"{len(profiles)} background answers; at least {FEWEST_ANSWERS}")
        totals = Counter[str]()
        for each in profiles:
            totals.update(each)
        usual = [f for f, _ in totals.most_common() if f in function_words or not f[0].isalpha()]
        count = len(profiles)
        means = {feature: totals[feature] / count for feature in usual[:FEATURES]}
        spread = {
            feature: sqrt(sum((each.get(feature, 0.0) - mean) ** 2 for each in profiles) / count)
            for feature, mean in means.items()
        }
        return cls(means, spread)

    @classmethod
    def shipped(cls, language: str) -> "Background | None":
        """That of a language (ISO 639-1) that is shipped: English only."""
        return _shipped().get(language)

    def scores(self, found: Profile) -> list[float]:
        """Standard scores of a profile, in the order of the features."""
        return [
            (found.get(feature, 0.0) - mean) / self.deviations[feature]
            for feature, mean in self.means.items()
        ]


@dataclass(frozen=True)
class ToneReference:
    """Style of reference answers against a background.

    Cosine delta: the cosine distance, in [0, 2], between the standard scores of an answer and those
    of the mean of the references; 1 is unrelated. Smith and Aldridge 2011 (Improving Authorship
    Attribution: Optimizing Burrows' Delta Method); Evert et al. 2017 (Understanding and explaining
    Delta measures for authorship attribution), after Burrows 2002. Measured in
    docs/reference/behaviour.md: one answer tells little, the mean of some tens does.
    Price: 60 microseconds an answer of 100 words.
    """

    background: Background
    means: Profile
    answers: int

    @classmethod
    def of(cls, answers: Iterable[str], background: Background) -> "ToneReference":
        """The style of these answers.

        Raises:
            ToneError: fewer than 30 answers.
        """
        profiles = [profile(answer) for answer in answers if answer.strip()]
        if len(profiles) < FEWEST_ANSWERS:
            raise ToneError(f"{len(profiles)} reference answers; at least {FEWEST_ANSWERS}")
        means = {
            feature: sum(each.get(feature, 0.0) for each in profiles) / len(profiles)
            for feature in background.means
        }
        return cls(background, means, len(profiles))

    def distance(self, text: str) -> float:
        """Cosine delta of an answer to the reference, in [0, 2]."""
        return self.distance_of(profile(text))

    def distance_of(self, found: Profile) -> float:
        """The same of a profile."""
        scores = self.background.scores(found)
        wanted, length = self._scores
        size = sqrt(sum(score * score for score in scores)) * length
        if not size:
            return 1.0
        return max(1 - sum(a * b for a, b in zip(scores, wanted, strict=True)) / size, 0.0)

    @cached_property
    def _scores(self) -> tuple[list[float], float]:
        """Standard scores of the reference, and their length."""
        scores = self.background.scores(self.means)
        return scores, sqrt(sum(score * score for score in scores))

    def to_json(self) -> dict[str, Any]:
        """As an object of the file that `groundwire tone` writes."""
        return {
            "answers": self.answers,
            "features": {
                feature: [mean, self.background.deviations[feature], self.means[feature]]
                for feature, mean in self.background.means.items()
            },
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "ToneReference":
        """Raises ToneError where it is no such object."""
        try:
            rows = {str(name): [float(x) for x in row] for name, row in record["features"].items()}
            means = {name: row[0] for name, row in rows.items()}
            deviations = {name: row[1] for name, row in rows.items()}
            if not rows or min(deviations.values()) <= 0:
                raise ToneError("a deviation is not positive")
            own = {name: row[2] for name, row in rows.items()}
            return cls(Background(means, deviations), own, int(record["answers"]))
        except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
            raise ToneError(f"no tone reference: {error}") from error


@cache
def _shipped() -> dict[str, Background]:
    text = (files(__package__) / BACKGROUND).read_text(encoding="utf-8")
    return {
        language: Background(
            {name: row[0] for name, row in rows.items()},
            {name: row[1] for name, row in rows.items()},
        )
        for language, rows in json.loads(text)["languages"].items()
    }
