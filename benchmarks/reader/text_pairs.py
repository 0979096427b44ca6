"""Pairs from the sentences of free texts: reworded, edited, out of the evidence, silence, values.

The evidence is chosen as the product chooses it: sentences of the text by word overlap with the
claim, now and then with a distracting one. Supported and edited claims are reworded alike, so that
rewording tells nothing.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from random import Random

from benchmarks.reader.edits import EDITS, detail_added, silence, subjects_exchanged
from benchmarks.reader.edits import HELD_OUT as HELD_OUT_EDITS
from benchmarks.reader.pairs import Pair, Relation
from benchmarks.reader.rewordings import HELD_OUT as HELD_OUT_REWORDINGS
from benchmarks.reader.rewordings import REWORDINGS
from benchmarks.reader.sentences import AUXILIARY, NUMBER, Context, names
from benchmarks.reader.wordnet import WordNet

_WORD = re.compile(r"\w+")
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'0-9])|\n+")
_VERB = re.compile(rf"\b(?:{AUXILIARY}|has|have|do|say|get|make|take|use|[a-z]{{3,}}(?:ed|es|s))\b")
_LABEL = re.compile(r"^[\w .-]{1,30}:|\||http|@|#|\b(?:Mr|Mrs|Ms|Dr|St|Co|Inc|Jr|No|vs|Gen|Rev)\.$")
_PRONOUN = re.compile(r"(He|She|It|They|This|These|That|Those|His|Her|Their|Its)\b")
_BUDGETS = (25, 40, 58, 58, 70)  # words of evidence
_DISTRACTED = 0.2
_ALTERED = 0.25  # sentences that are edited in their text first, so that either form can be true
_KINDS = ("sentence", "silence", "value")
_KIND_WEIGHTS = (0.88, 0.05, 0.07)


def split(text: str) -> list[str]:
    """The sentences of a passage."""
    return [part.strip() for part in _END.split(text) if part.strip()]


def keys(text: str) -> frozenset[str]:
    return frozenset(word[:6] for word in _WORD.findall(text.lower()) if len(word) > 2)


def covered(claim: str, text: str) -> float:
    """The share of a claim's words that stand in a text."""
    wanted = keys(claim)
    return len(wanted & keys(text)) / max(1, len(wanted))


def changed_words(before: str, after: str) -> tuple[tuple[int, int], ...] | None:
    """The ranges of the words of `after` that an edit put in; None if only words went."""
    old, new = before.split(), list(re.finditer(r"\S+", after))
    found = SequenceMatcher(None, old, [each.group() for each in new], autojunk=False)
    ranges = [
        (new[start].start(), new[end - 1].end())
        for kind, _, _, start, end in found.get_opcodes()
        if kind in ("replace", "insert")
    ]
    return tuple(ranges) or None


def usable(sentence: str) -> bool:
    """A whole sentence: a capital, a verb, a full stop; no label, address or cut-off title."""
    return (
        7 <= len(sentence.split()) <= 32
        and sentence[0].isupper()
        and sentence[-1] in ".!"
        and bool(_VERB.search(sentence))
        and not _LABEL.search(sentence)
        and sentence.count("(") == sentence.count(")")
        and sentence.count('"') % 2 == 0
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """A usable sentence: its text, its number there, and the words."""

    text: int
    at: int
    sentence: str


class TextPairs:
    """Pairs from texts, each a list of passages; the rules of one side of the hold-out."""

    def __init__(
        self,
        texts: Sequence[Sequence[str]],
        draw: Random,
        wordnet: WordNet,
        *,
        held_out: bool = False,
    ) -> None:
        self._draw, self._wordnet, self._held_out = draw, wordnet, held_out
        self._texts = [[s for passage in text for s in split(passage)[:120]] for text in texts]
        self._whole = [" ".join(sentences)[:9000] for sentences in self._texts]
        self._keys = [keys(whole[:1500]) for whole in self._whole]
        self._places = [
            [_Place(t, at, s) for at, s in enumerate(sentences) if usable(s)]
            for t, sentences in enumerate(self._texts)
        ]
        self._usable = [t for t, places in enumerate(self._places) if len(places) >= 2]
        self._rewordings = _side(REWORDINGS, HELD_OUT_REWORDINGS, held_out)
        self._edits = _side(EDITS, HELD_OUT_EDITS, held_out)
        self._near: dict[int, list[int]] = {}

    @property
    def sentences(self) -> list[str]:
        """Every usable sentence."""
        return [place.sentence for places in self._places for place in places]

    def pairs(self) -> Iterator[Pair]:
        """Endless pairs; only edited sentences where rules are held out."""
        makers = {
            "sentence": self._sentence_pairs,
            "silence": self._silence_pairs,
            "value": self._value_pairs,
        }
        while True:
            kind = "sentence"
            if not self._held_out:
                kind = self._draw.choices(_KINDS, _KIND_WEIGHTS)[0]
            yield from makers[kind](self._place())

    def _place(self) -> _Place:
        return self._draw.choice(self._places[self._draw.choice(self._usable)])

    def _context(self, text: int) -> Context:
        return Context(self._draw, self._whole[text], self._wordnet)

    def _neighbour(self, text: int) -> int:
        """Another text about something near."""
        if text not in self._near:
            some = self._draw.sample(self._usable, min(40, len(self._usable)))
            own = self._keys[text]
            self._near[text] = sorted(
                (other for other in some if other != text),
                key=lambda other: -len(self._keys[other] & own) / (20 + len(self._keys[other])),
            )[:4]
        return self._draw.choice(self._near[text])

    def _sentence_pairs(self, place: _Place) -> Iterator[Pair]:
        """A sentence twice: once supported, once or twice edited."""
        draw = self._draw
        keep = [place.at]
        if place.at and _PRONOUN.match(place.sentence):
            keep.append(place.at - 1)
        sources = self._texts[place.text]
        if not self._held_out and draw.random() < _ALTERED:
            before, (sentence, name, relation) = place.sentence, self._changed(place)
            if sentence:
                place = _Place(place.text, place.at, sentence)
                sources = [*sources[: place.at], sentence, *sources[place.at + 1 :]]
                yield from self._wrong_pair(place, keep, sources, (before, name, relation))
        good, used = self._reworded(place.text, place.sentence, draw.choice([0, 1, 1, 2, 2]))
        if self._held_out and not used:
            return
        shown = self._evidence(good, sources, keep, place.text)
        yield Pair(good, shown, Relation.SUPPORTED, f"text:{'+'.join(used) or 'same'}", ())
        for _ in range(draw.choice([1, 1, 2])):
            yield from self._wrong_pair(place, keep, sources, self._edited(place))

    def _wrong_pair(
        self,
        place: _Place,
        keep: list[int],
        sources: Sequence[str],
        edited: tuple[str | None, str, Relation],
    ) -> Iterator[Pair]:
        claim, name, relation = edited
        if claim is None:
            return
        words = changed_words(place.sentence, claim) if self._draw.random() < 0.4 else None
        if words is None:
            claim, _ = self._reworded(place.text, claim, self._draw.choice([0, 1, 1, 2]))
        if name.startswith("neutral"):
            keep, words = [], None if words is None else ((0, len(claim)),)
            other = sources if name == "neutral_near" else self._texts[self._neighbour(place.text)]
            sources = [s for s in other if covered(claim, s) < 0.6]
        elif claim.lower() in " ".join(sources).lower():
            return
        shown = self._evidence(claim, sources, keep, place.text)
        if shown and (keep or covered(claim, shown) < 0.8):
            yield Pair(claim, shown, relation, f"text:{name}", words)

    def _edited(self, place: _Place) -> tuple[str | None, str, Relation]:
        draw = self._draw
        if not self._held_out:
            kind = draw.random()
            if kind < 0.24:
                added = detail_added(self._context(place.text), place.sentence, self._akin(place))
                return added, "detail_added", Relation.NOT_THERE
            if kind < 0.33:
                claim = subjects_exchanged(place.sentence, self._akin(place))
                return claim, "subjects_exchanged", Relation.UNSUPPORTED
            if kind < 0.37:
                claim = silence(self._context(place.text), place.sentence)
                return claim, "false_silence", Relation.CONTRADICTED
            if kind < 0.50:
                return place.sentence, "neutral_near", Relation.NOT_THERE
            if kind < 0.54:
                return place.sentence, "neutral_far", Relation.NOT_THERE
        return self._changed(place)

    def _changed(self, place: _Place) -> tuple[str | None, str, Relation]:
        """The sentence after one of the edits that change what it says."""
        context = self._context(place.text)
        for name in self._draw.sample(self._edits, len(self._edits)):
            new = EDITS[name].rule(context, place.sentence)
            if new and new != place.sentence:
                return new, name, EDITS[name].relation
        return None, "", Relation.UNSUPPORTED

    def _akin(self, place: _Place) -> str:
        """Another sentence about near things, of this text or a neighbour."""
        near = self._draw.random() < 0.6
        others = self._places[place.text if near else self._neighbour(place.text)]
        some = self._draw.sample(others, min(6, len(others)))
        own = keys(place.sentence)
        rivals = [other for other in some if other.sentence != place.sentence]
        best = max(rivals, key=lambda other: len(keys(other.sentence) & own), default=None)
        return best.sentence if best else ""

    def _silence_pairs(self, place: _Place) -> Iterator[Pair]:
        """A claim that the passage is silent, where it really is."""
        claim = silence(self._context(place.text), place.sentence)
        if claim:
            sources = [
                s
                for s in self._texts[self._neighbour(place.text)]
                if covered(place.sentence, s) < 0.5
            ]
            shown = self._evidence(claim, sources, [], place.text)
            if shown and covered(place.sentence, shown) < 0.5:
                yield Pair(claim, shown, Relation.SUPPORTED, "text:true_silence")

    def _value_pairs(self, place: _Place) -> Iterator[Pair]:
        """A short answer with its question: the value of this sentence, or of another one."""
        draw, context, sentence = self._draw, self._context(place.text), place.sentence
        spans = [*NUMBER.finditer(sentence), *names(context, sentence)]
        if not spans:
            return
        span = draw.choice(spans)
        numeric = span.group()[0].isdigit()
        found = NUMBER.finditer(context.text) if numeric else names(context, context.text)
        rivals = [other.group() for other in found if other.group() not in sentence]
        wrong = bool(rivals) and draw.random() < 0.55
        value = draw.choice(rivals) if wrong else span.group()
        hole = "how much" if numeric else "who or what"
        question = (sentence[: span.start()] + hole + sentence[span.end() :]).rstrip(".!")
        claim = draw.choice([f"{question}? {value}.", f"{question}? The answer is {value}."])
        shown = self._evidence(claim, self._texts[place.text], [place.at], place.text)
        relation = Relation.CONTRADICTED if wrong else Relation.SUPPORTED
        yield Pair(claim, shown, relation, "text:value")

    def _reworded(self, text: int, sentence: str, times: int) -> tuple[str, list[str]]:
        context = self._context(text)
        used: list[str] = []
        for _ in range(times):
            for name in self._draw.sample(self._rewordings, len(self._rewordings)):
                new = None if name in used else REWORDINGS[name](context, sentence)
                if new and (new != sentence or name == "same"):
                    sentence = new
                    used.append(name)
                    break
        return sentence, used

    def _evidence(
        self, claim: str, sentences: Sequence[str], keep: Collection[int], text: int
    ) -> str:
        """Sentences by overlap with the claim, those of `keep` always, in their order."""
        draw, wanted = self._draw, keys(claim)
        budget = draw.choice(_BUDGETS) - sum(len(sentences[at].split()) for at in keep)
        chosen = set(keep)
        ranked = sorted(
            range(len(sentences)),
            key=lambda at: (
                -len(keys(sentences[at]) & wanted) / (1 + len(sentences[at].split()) / 50)
            ),
        )[:12]
        if keep and draw.random() < 0.3:
            first = min(keep)
            ranked = [first - 1, first + 1, *ranked]
        for at in ranked:
            if 0 <= at < len(sentences) and at not in chosen:
                length = len(sentences[at].split())
                if length <= budget:
                    chosen.add(at)
                    budget -= length
        parts = [sentences[at][:400] for at in sorted(chosen)]
        if parts and draw.random() < _DISTRACTED:
            stray = draw.choice(self._texts[self._neighbour(text)])[:250]
            parts.insert(draw.choice([0, len(parts)]), stray)
        return " ".join(parts)


def _side(rules: Collection[str], held_out: frozenset[str], wanted: bool) -> list[str]:
    return [name for name in rules if (name in held_out) == wanted]
