"""Extractive question answering by word overlap."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import Stemmer

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
# Words that tell nothing about what is asked, those of greetings included.
_STOPWORDS = """
    a an and are as at be been before being but by can could did do does for from had has have
    hello hi how i if in into is it its just may me might must my of on one or our quick question
    should so sorry thanks that the their them then there these they thing this to too us want
    was we were what when where which who whom whose why will with within would you your much
    many long often fast am new check handbook colleague know more sure bother find intranet
    after until under above below than
"""
_UNINFORMATIVE = frozenset(_STOPWORDS.split())
_MONEY = re.compile(r"€\s?\d|\bcents?\b")
_PERCENT = re.compile(r"\bpercent\b|%")
_CLOCK = re.compile(r"\b\d{1,2}:\d\d\b")
_DIGIT_OR_NUMERAL = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|sixteen|twice|third)\b"
)
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'-]+ (?:& )?[A-Z][\w'-]+")
_WEEKDAY = re.compile(r"\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b")

# What a good answer to such a question holds.
_EXPECTED = (
    (re.compile(r"\bhow much\b|\bcost\b|\bprice\b|\bamount\b", re.I), _MONEY),
    (re.compile(r"\bpercent", re.I), _PERCENT),
    (re.compile(r"\bwhat time\b", re.I), _CLOCK),
    (re.compile(r"\b(which|what) (week)?day\b", re.I), _WEEKDAY),
    (re.compile(r"\bhow (many|long|often|fast|far)\b", re.I), _DIGIT_OR_NUMERAL),
    (re.compile(r"\bwho\b|\bwhom\b|\bwhose\b|\bname of\b", re.I), _NAME),
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, the passage it stands in, and that passage's title."""

    text: str
    passage: str
    title: str


@dataclass(frozen=True, slots=True)
class FoundSentence:
    """Best sentence; `overlap` in [0, 1] is its weighted question coverage."""

    sentence: Sentence
    overlap: float


class SentenceReader:
    """Finds the answer's sentence in a text; not thread-safe."""

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        self.sentences = sentences
        self._stemmer = Stemmer.Stemmer("english")
        self._stems = [self._content(sentence.text) for sentence in sentences]
        self._titles = [self._content(sentence.title) for sentence in sentences]
        self._counts = Counter(stem for stems in self._stems for stem in stems)

    def answer(self, question: str) -> FoundSentence | None:
        """The best sentence, or None where there is none at all."""
        question_stems = self._content(question)
        wanted = [pattern for ask, pattern in _EXPECTED if ask.search(question)]
        if not question_stems or not self.sentences:
            return None
        scores = [
            self._score(number, question_stems, wanted) for number in range(len(self.sentences))
        ]
        best = max(range(len(scores)), key=scores.__getitem__)
        return FoundSentence(self.sentences[best], self._overlap(best, question_stems))

    def after(self, sentence: Sentence) -> Sentence | None:
        """The sentence that follows in the same passage, if any."""
        place = self.sentences.index(sentence) + 1
        if place < len(self.sentences) and self.sentences[place].passage == sentence.passage:
            return self.sentences[place]
        return None

    def _score(
        self, number: int, question_stems: frozenset[str], wanted: Sequence[re.Pattern[str]]
    ) -> float:
        fits = sum(bool(pattern.search(self.sentences[number].text)) for pattern in wanted)
        # Of two sentences that fit alike, the shorter is more to the point.
        return (
            self._overlap(number, question_stems) + 0.15 * fits - 0.002 * len(self._stems[number])
        )

    def _overlap(self, number: int, question_stems: frozenset[str]) -> float:
        weights = {stem: self._weight(stem) for stem in question_stems}
        own = self._stems[number]
        found = sum(
            weight * (1.0 if stem in own else 0.4 if stem in self._titles[number] else 0.0)
            for stem, weight in weights.items()
        )
        return found / sum(weights.values())

    def _weight(self, stem: str) -> float:
        """Inverse document frequency of a word; unknown words count as rare."""
        return math.log(1 + len(self.sentences) / (1 + self._counts[stem]))

    def _content(self, text: str) -> frozenset[str]:
        words = _WORD.findall(text.lower())
        return frozenset(self._stemmer.stemWords([w for w in words if w not in _UNINFORMATIVE]))
