"""Competing values in the chunks, matched by their sentences."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from groundwire_evaluators.reliance.source import Source
from groundwire_evaluators.reliance.value_index import ValueIndex
from groundwire_evaluators.reliance.values import Kind, Value

_MOST_SENTENCES = 64  # that one word leads to: a word of every sentence says little


@dataclass(frozen=True, slots=True)
class _Sentence:
    chunk: int
    frame: frozenset[str]
    values: Sequence[Value]


class Rivals:
    """Chunk values indexed by the words of their sentences."""

    def __init__(self, chunks: Sequence[Source], question: Source) -> None:
        self._sentences: list[_Sentence] = []
        self._by_word: dict[str, list[int]] = {}
        question_values = ValueIndex(question.values)
        for number, chunk in enumerate(chunks):
            self._add(number, chunk, question_values)

    def _add(self, number: int, chunk: Source, question_values: ValueIndex) -> None:
        groups: dict[int, list[Value]] = {}
        for value in chunk.values:
            if not question_values.shares(value) and not _only_counts(value, chunk):
                groups.setdefault(chunk.sentence(value)[0], []).append(value)
        for values in groups.values():
            at, frame = len(self._sentences), chunk.frame(values[0])
            self._sentences.append(_Sentence(number, frame, values))
            for word in frame:
                places = self._by_word.setdefault(word, [])
                if len(places) < _MOST_SENTENCES:
                    places.append(at)

    def best(
        self,
        value: Value,
        frame: frozenset[str],
        share: float,
        fits: Callable[[Value, Value], bool],
        provided: ValueIndex,
    ) -> tuple[Value, int] | None:
        """Rival in the best matching sentence, with its chunk; None if the answer gives it.

        A sentence matches that shares `share` of the words of `frame` or of its own, whichever are
        fewer. Of equally matching values one that the answer gives explains a number ("$49 a month,
        $588 a year"), but no name: the names of a sentence play different parts.
        """
        overlaps = Counter(at for word in frame for at in self._by_word.get(word, ()))
        best: tuple[int, list[tuple[Value, int]]] = (0, [])
        for at, overlap in sorted(overlaps.items()):
            sentence = self._sentences[at]
            least = max(1, share * min(len(frame), len(sentence.frame)))
            if overlap < max(least, best[0]):
                continue
            fitting = [(each, sentence.chunk) for each in sentence.values if fits(value, each)]
            if fitting:
                best = (overlap, fitting if overlap > best[0] else best[1] + fitting)
        explains = value.kind is not Kind.NAME
        for rival, chunk in best[1]:
            if provided.shares(rival) is explains:
                return None if explains else (rival, chunk)
        if not best[1] or not explains:
            return None
        return best[1][0]


def _only_counts(value: Value, chunk: Source) -> bool:
    """Whether a number at the start of a sentence is that of a list: "1 Roast the garlic"."""
    first, after = chunk.sentence(value)[0], chunk.text[value.end + 1 : value.end + 2]
    return value.kind is Kind.NUMBER and value.start == first and after.isupper()
