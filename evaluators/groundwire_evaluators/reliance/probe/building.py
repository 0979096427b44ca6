"""Builder of probe items from a corpus or stored turns."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from groundwire_evaluators.reliance.frames import content_words
from groundwire_evaluators.reliance.probe.item import (
    AnswerPosition,
    AnswerType,
    Edit,
    ProbeItem,
    ProbeStratum,
)
from groundwire_evaluators.reliance.probe.remembered import EarlierTexts, RememberedValue
from groundwire_evaluators.reliance.probe.substitution import exchange, flip, substitute
from groundwire_evaluators.reliance.probe.validators import (
    LONGEST_CONTEXT,
    SHORTEST_CONTEXT,
    ItemRejection,
    ValidatedItems,
    validate,
)
from groundwire_evaluators.reliance.values import Kind, Value, find_values
from groundwire_evaluators.text.quantities import Quantity
from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.turn import Turn

ANSWER_TYPES = {
    Kind.MONEY: AnswerType.MONEY,
    Kind.PERCENT: AnswerType.QUANTITY,
    Kind.AMOUNT: AnswerType.QUANTITY,
    Kind.COUNT: AnswerType.QUANTITY,
    Kind.NUMBER: AnswerType.NUMBER,
    Kind.ORDINAL: AnswerType.NUMBER,
    Kind.DATE: AnswerType.DATE,
    Kind.TIME: AnswerType.TIME,
    Kind.WEEKDAY: AnswerType.WEEKDAY,
    Kind.VERSION: AnswerType.VERSION,
    Kind.CODE: AnswerType.CODE,
    Kind.NAME: AnswerType.NAME,
}
_LOOSE = frozenset({Kind.NUMBER, Kind.ORDINAL, Kind.TIME, Kind.WEEKDAY})
_WEEKDAY = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)
_POLAR = re.compile(
    r"\b(?:is|are|can|may|must)\s+(?:not\s+)?(?:be\s+)?(?:allowed|supported|included|available"
    r"|required|enabled|permitted|covered|refundable|free)\b"
)
_SHORTEST_SENTENCE = 5  # words; headings and fragments ask nothing
MOST_QUESTIONS = 3  # about one stale fact, where the training texts ask several
_TRAINED = 0.6  # of a sentence's content words in one training text


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A text of the corpus, or the chunk of a turn."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class SourceFact:
    """A typed value in a sentence, with the question for it.

    `place` is the character range of the sentence in the document.
    """

    id: str
    question: str
    document: SourceDocument
    place: tuple[int, int]
    value: Value

    @property
    def sentence(self) -> str:
        return self.document.text[slice(*self.place)]

    @property
    def relation(self) -> str:
        return f"{self.document.id}:{self.value.kind}"


@dataclass(frozen=True)
class ProbeBuilder:
    """Builds items from sentences with exactly one typed value.

    `training` are the texts of a fine-tune's training file: facts that stand in them become items
    of the stratum `fine_tune`, all others of `stratum`. Facts to which these, or the texts of an
    earlier edition (`previous`), give another value become `stale` items: that value is memory's,
    today's is the context's, and each question of the training texts, as it stands there, is an
    item (at most `MOST_QUESTIONS` a fact).
    Deterministic. Items whose answer the model
    does not give under the clean arm are of no use, which only a run can tell.
    """

    stratum: ProbeStratum = ProbeStratum.FRESH
    training: Sequence[str] = ()
    previous: Sequence[str] = ()
    _trained: list[frozenset[str]] = field(default_factory=list, init=False, repr=False)
    _earlier: EarlierTexts = field(init=False, repr=False)

    def __post_init__(self) -> None:
        earlier = [sentence for text in self.previous for sentence in _sentences(text)]
        object.__setattr__(self, "_earlier", EarlierTexts([*self.training, *earlier]))
        self._trained.extend(content_words(text) for text in self.training)

    def from_documents(self, documents: Iterable[SourceDocument]) -> ValidatedItems:
        """Items from a corpus; rejected candidates come with a reason."""
        corpus = list(documents)
        pool = [value for document in corpus for value in find_values(document.text)]
        made = [each for document in corpus for each in self._facts(document, pool)]
        return _checked(made)

    def from_turns(self, turns: Iterable[Turn]) -> ValidatedItems:
        """Items from stored turns.

        The turn's own question, where its answer gives one value that stands in one sentence of
        one chunk.
        """
        eligible = list(turns)
        pool = [
            value for turn in eligible for chunk in turn.chunks for value in find_values(chunk.text)
        ]
        return _checked([each for turn in eligible for each in self._items_of_turn(turn, pool)])

    def _facts(
        self, document: SourceDocument, pool: list[Value]
    ) -> Iterator[ProbeItem | ItemRejection]:
        for number, (start, end) in enumerate(sentences(document.text)):
            sentence = document.text[start:end]
            if len(sentence.split()) < _SHORTEST_SENTENCE:
                continue
            id_ = _id(document.id, number)
            values = _askable(sentence)
            if len(values) == 1:
                question = _gap_question(sentence, values[0])
                fact = SourceFact(id_, question, document, (start, end), values[0])
                yield from self._items(fact, pool)
            elif values and self.has_earlier:
                yield from self._stale_of_several(document, (start, end), number)
            elif not values and _POLAR.search(sentence):
                yield self._polar(id_, document, (start, end))

    @property
    def has_earlier(self) -> bool:
        """Whether there are texts that a model may have by heart."""
        return bool(self.training or self.previous)

    def _stale_of_several(
        self, document: SourceDocument, place: tuple[int, int], number: int
    ) -> Iterator[ProbeItem]:
        """Items of a sentence with several values: of those that alone are of their kind there."""
        sentence = document.text[slice(*place)]
        values = find_values(sentence)
        for at, value in enumerate(values):
            alone = not any(value.comparable(other) for other in values if other is not value)
            remembered = self._earlier.value_of(sentence, value) if alone else None
            if remembered is not None and value.kind in ANSWER_TYPES:
                id_ = f"{_id(document.id, number)}.{at}"
                fact = SourceFact(id_, _gap_question(sentence, value), document, place, value)
                yield from _stale(fact, remembered)

    def _items_of_turn(self, turn: Turn, pool: list[Value]) -> Iterator[ProbeItem | ItemRejection]:
        question_values = find_values(turn.question or "")
        values = [
            value
            for value in find_values(turn.answer or "")
            if value.kind in ANSWER_TYPES
            and not any(value.matches(each) for each in question_values)
        ]
        if not turn.question or len(values) != 1:
            return
        for chunk in turn.chunks:
            for start, end in sentences(chunk.text):
                for value in find_values(chunk.text[start:end]):
                    if values[0].matches(value):
                        document = SourceDocument(turn.id, chunk.text)
                        id_, place = _id(turn.id, 0), (start, end)
                        fact = SourceFact(id_, turn.question, document, place, value)
                        yield from self._items(fact, pool)
                        return

    def _items(self, fact: SourceFact, pool: list[Value]) -> Iterator[ProbeItem | ItemRejection]:
        """The stale items of a fact that was learnt with another value, else its one item."""
        remembered = self._earlier.value_of(fact.sentence, fact.value)
        if remembered is not None:
            yield from _stale(fact, remembered)
        else:
            yield self._item(fact, pool)

    def _item(self, fact: SourceFact, pool: list[Value]) -> ProbeItem | ItemRejection:
        value = fact.value
        other = substitute(value, fact.id, pool)
        if other is None:
            return ItemRejection(fact.id, "no substitute", f"for {value.text!r} ({value.kind})")
        if value.kind is Kind.DATE and _WEEKDAY.search(fact.sentence):
            return ItemRejection(fact.id, "weekday", "the date's weekday would no longer be right")
        context, position = _window(fact.document.text, fact.place)
        if _derives(value, find_values(context)):
            reason = f"{value.text!r} follows from other values there"
            return ItemRejection(fact.id, "derived", reason)
        return ProbeItem(
            id=fact.id,
            stratum=self._stratum(fact.sentence),
            relation=fact.relation,
            type=ANSWER_TYPES[value.kind],
            subject=f"{fact.document.id} {fact.question}",
            question=fact.question,
            original=value.text,
            substitute=other,
            clean=context,
            conflict=exchange(context, value, other),
            support=fact.sentence,
            place=position,
            source=fact.document.id,
        )

    def _polar(
        self, id_: str, document: SourceDocument, place: tuple[int, int]
    ) -> ProbeItem | ItemRejection:
        sentence = document.text[slice(*place)]
        flipped = flip(sentence)
        if flipped is None:
            return ItemRejection(id_, "no substitute", "the sentence cannot be negated plainly")
        context, at = _window(document.text, place)
        negative = "not " in sentence or "cannot" in sentence
        statement = flipped if negative else sentence
        return ProbeItem(
            id=id_,
            stratum=self._stratum(sentence),
            relation=f"{document.id}:boolean",
            type=AnswerType.BOOLEAN,
            subject=f"{document.id} {sentence}",
            question=f'Is this right, yes or no? "{statement.strip()}"',
            original="no" if negative else "yes",
            substitute="yes" if negative else "no",
            clean=context,
            conflict=context.replace(sentence, flipped),
            support=sentence,
            edit=Edit.SWAP,
            place=at,
            source=document.id,
        )

    def _stratum(self, sentence: str) -> ProbeStratum:
        words = content_words(sentence)
        trained = any(len(words & text) >= _TRAINED * len(words) for text in self._trained)
        return ProbeStratum.FINE_TUNE if words and trained else self.stratum


def _stale(fact: SourceFact, remembered: RememberedValue) -> Iterator[ProbeItem]:
    """Items with the remembered value as original; today's text is the conflicting context."""
    context, position = _window(fact.document.text, fact.place)
    questions = remembered.questions or (fact.question,)
    for number, question in enumerate(questions[:MOST_QUESTIONS]):
        yield ProbeItem(
            id=f"{fact.id}?{number}" if number else fact.id,
            stratum=ProbeStratum.STALE,
            relation=fact.relation,
            type=ANSWER_TYPES[fact.value.kind],
            subject=f"{fact.document.id} {question}",
            question=question,
            original=remembered.text,
            substitute=fact.value.text,
            clean=exchange(context, fact.value, remembered.text),
            conflict=context,
            support=exchange(fact.sentence, fact.value, remembered.text),
            place=position,
            source=fact.document.id,
        )


def _gap_question(sentence: str, value: Value) -> str:
    gap = f"{sentence[: value.start]}___{sentence[value.end :]}"
    return f'What belongs in the gap? "{gap.strip()}"'


def _askable(sentence: str) -> list[Value]:
    """The values that could be asked for; times and bare numbers only where nothing else is."""
    values = [value for value in find_values(sentence) if value.kind in ANSWER_TYPES]
    firm = [value for value in values if value.kind not in _LOOSE]
    return firm if len(firm) == 1 else values


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def _checked(made: Iterable[ProbeItem | ItemRejection]) -> ValidatedItems:
    items, dropped = [], []
    for each in made:
        if isinstance(each, ItemRejection):
            dropped.append(each)
        else:
            items.append(each)
    validated = validate(items)
    return replace(validated, rejections=(*dropped, *validated.rejections))


def _id(document: str, number: int) -> str:
    digest = hashlib.sha256(document.encode()).hexdigest()[:12]
    return f"{digest}/{number}"


def _window(text: str, place: tuple[int, int]) -> tuple[str, AnswerPosition]:
    """Whole sentences around the fact, within the length of a good context."""
    extents = list(sentences(text))
    first = last = next(i for i, each in enumerate(extents) if each == place)
    while len(text[extents[first][0] : extents[last][1]].split()) < SHORTEST_CONTEXT * 1.5:
        wider = (max(first - 1, 0), min(last + 1, len(extents) - 1))
        if wider == (first, last):
            break
        words = len(text[extents[wider[0]][0] : extents[wider[1]][1]].split())
        if words > LONGEST_CONTEXT:
            break
        first, last = wider
    at = extents.index(place)
    where = (
        AnswerPosition.FIRST
        if at == first
        else AnswerPosition.LAST
        if at == last
        else AnswerPosition.MIDDLE
    )
    return text[extents[first][0] : extents[last][1]], where


def _derives(value: Value, around: list[Value]) -> bool:
    """Whether another number of the context is a sum or difference with it: exchanging the one
    would contradict the other."""
    numbers = [
        each.meaning.value
        for each in around
        if isinstance(each.meaning, Quantity) and each.comparable(value)
    ]
    if not isinstance(value.meaning, Quantity) or value.kind is Kind.DATE:
        return False
    mine = value.meaning.value
    others = [number for number in numbers if number != mine]
    return any(abs(a + b - mine) < 1e-9 or abs(abs(a - b) - mine) < 1e-9
               for a, b in combinations(others, 2))  # fmt: skip
