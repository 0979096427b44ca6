"""Exchanged values in sentences that a chunk says word for word.

"The large room costs €40" beside "The small room costs €40. The large room costs €65." holds no
new value, yet the chunk says the claim's own words with another one. The words on both sides of the
value must be the chunk's, to the ends of the claim; or the value must belong to another part of its
sentence than the words of the claim (`sentence_parts`).
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from groundwire_evaluators.grounding.conflict import Conflict, Kind
from groundwire_evaluators.grounding.evidence import Place, Statement
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.grounding.sentence_parts import Subject, cuts_between, rival_of_part
from groundwire_evaluators.text.names import Name, same_name
from groundwire_evaluators.text.quantities import Quantity, agree, can_replace, comparable
from groundwire_evaluators.text.tokens import Token
from groundwire_evaluators.text.words import Language

_LONGEST = 16  # words on a side
_FEWEST = 2  # words on both sides, one of them with content
_MOST_RIVALS = 200  # of a chunk
_LEADING = frozenset(
    "the a an so in der die das ein eine le la les l un une el los las il lo i gli "
    "o os as um uma de het een".split()
)
_LISTING = frozenset("and or und oder et ou y o e ed en of sowie as well both".split())
_JOINED = 6  # words between two values of one list
_MOST_VALUES = 4  # of a claim
_MOST_PLACES = 8  # of a value in the chunks


def swapped_values(
    statement: Statement, passages: Sequence[Passage], language: Language
) -> Iterator[Conflict]:
    """Firm conflicts: a chunk has the same words with another value."""
    if len(statement.tokens) > 2 * _LONGEST:
        return
    for quantity in statement.quantities:
        yield from _swapped(quantity, statement, passages, language)
    for name in statement.names:
        yield from _swapped(name, statement, passages, language)


def _swapped(
    value: Quantity | Name, statement: Statement, passages: Sequence[Passage], language: Language
) -> Iterator[Conflict]:
    first, last = _places(statement.tokens, value)
    before = _without_article([t.key for t in statement.tokens[:first]])
    after = [t.key for t in statement.tokens[last:]]
    beside = (*statement.tokens[:first], *statement.tokens[last:])
    if len(before) + len(after) < _FEWEST or len(before) > _LONGEST or len(after) > _LONGEST:
        return
    if not any(t.lower not in language.stop for t in beside):
        return
    found: Conflict | None = None
    place = -1, -1
    for chunk, passage in enumerate(passages):
        if not passage.words.issuperset((*before, *after)):
            continue
        shown = passage.quantities if isinstance(value, Quantity) else passage.names
        for other in shown[:_MOST_RIVALS]:
            low, high = _places(passage.tokens, other)
            if not _is_between(passage.tokens, low, high, before, after):
                continue
            if _is_same(value, other) or _is_listed_with(value, other, passage):
                return
            if found is None and _is_rival(value, other, passage):
                kind: Kind = "quantity" if isinstance(value, Quantity) else "name"
                found = Conflict(kind, value.start, value.end, value.text, other.text, True, chunk)
                place = chunk, passage.sentence_of[low]
    if found is not None and not _is_in_another_sentence(value, beside, passages, place, language):
        yield found


def _is_in_another_sentence(
    value: Quantity | Name,
    beside: Sequence[Token],
    passages: Sequence[Passage],
    place: Place,
    language: Language,
) -> bool:
    """Whether another sentence has the value and all words of the claim, in any order."""
    content = {t.key for t in beside if t.lower not in language.stop}
    for chunk, passage in enumerate(passages):
        if not passage.words.issuperset(content):
            continue
        shown = passage.quantities if isinstance(value, Quantity) else passage.names
        for other in shown:
            at = _places(passage.tokens, other)[0]
            if at >= len(passage.tokens) or not _is_same(value, other):
                continue
            index = passage.sentence_of[at]
            keys = {token.key for token in passage.sentence(index)}
            if (chunk, index) != place and content <= keys:
                return True
    return False


def _without_article(keys: list[str]) -> list[str]:
    return keys[1:] if keys and keys[0] in _LEADING else keys


def _places(tokens: Sequence[Token], value: Quantity | Name) -> tuple[int, int]:
    """The words [first, last) of a value, those of its limit ("at least") included."""
    start = value.start
    if isinstance(value, Quantity) and value.lead >= 0:
        start = min(start, value.lead)
    first = bisect_left(tokens, start, key=lambda token: token.start)
    return first, bisect_left(tokens, value.end, key=lambda token: token.start)


def _is_between(
    tokens: Sequence[Token], low: int, high: int, before: Sequence[str], after: Sequence[str]
) -> bool:
    if low < len(before) or high + len(after) > len(tokens):
        return False
    return all(tokens[low - len(before) + at].key == key for at, key in enumerate(before)) and all(
        tokens[high + at].key == key for at, key in enumerate(after)
    )


def _is_same(value: Quantity | Name, other: Quantity | Name) -> bool:
    if isinstance(value, Quantity):
        return isinstance(other, Quantity) and agree(value, other)
    return isinstance(other, Name) and same_name(value, other)


def _is_rival(value: Quantity | Name, other: Quantity | Name, passage: Passage) -> bool:
    if isinstance(value, Quantity):
        return isinstance(other, Quantity) and can_replace(value, other)
    if not isinstance(other, Name) or set(value.words) & set(other.words):
        return False
    both = {*value.words, *other.words}
    return not any(both <= {*each.words} for each in passage.names)  # "Jill Dillard" is one


def _is_listed_with(value: Quantity | Name, other: Quantity | Name, passage: Passage) -> bool:
    """Whether the chunk names both in one list: "€12 or €15", "Anna and Ben"."""
    shown = passage.quantities if isinstance(value, Quantity) else passage.names
    low, high = _places(passage.tokens, other)
    for each in shown:
        if not _is_same(value, each):
            continue
        first, last = _places(passage.tokens, each)
        between = passage.tokens[high:first] if first >= high else passage.tokens[last:low]
        if len(between) <= _JOINED and all(
            t.lower in _LISTING or any(o.start <= t.start < o.end for o in shown) for t in between
        ):
            return True
    return False


def exchanged_values(statement: Statement, passages: Sequence[Passage]) -> Iterator[Conflict]:
    """Firm conflicts: a value of the claim belongs to another part of every sentence that has it.

    The sentence must hold all words that the claim says of the value. A bare number may count
    another thing than the next one does: its part is known by numbers and names.
    """
    for value in statement.quantities[:_MOST_VALUES] if statement.content else ():
        subject = _subject_of(value, statement)
        places = [
            (chunk, index)
            for chunk, passage in enumerate(passages)
            if passage.record is None and not passage.tables
            for index in passage.places_of(value)
        ][:_MOST_PLACES]
        rivals = [
            rival_of_part(value, subject, passages[chunk], index, by_words=value.kind != "number")
            if subject.keys <= {token.key for token in passages[chunk].sentence(index)}
            else None
            for chunk, index in places
        ]
        if rivals and rivals[0] is not None and all(rivals):
            yield Conflict(
                "quantity", value.start, value.end, value.text, rivals[0].text, True, places[0][0]
            )


def _subject_of(value: Quantity, statement: Statement) -> Subject:
    """The words of the part of a claim that a value is in."""
    alike = [each for each in statement.quantities if comparable(value, each)]
    bounds = [0, *cuts_between(statement.text, alike), len(statement.text)]
    start = max(bound for bound in bounds if bound <= value.start)
    end = min(bound for bound in bounds if bound > value.start)
    others = [q for q in statement.quantities if q is not value and start <= q.start < end]
    inside = [*others, value]
    words = [
        token
        for token in statement.content
        if start <= token.start < end and not any(q.start <= token.start < q.end for q in inside)
    ]
    names = [name for name in statement.names if start <= name.start < end]
    return Subject(
        frozenset([token.key for token in words]),
        others,
        frozenset([word for name in names for word in name.words]),
    )


def turned_changes(
    statement: Statement, passages: Sequence[Passage], language: Language
) -> Iterator[Conflict]:
    """Firm conflicts: "from €12 to €10" where a chunk says "from €10 to €12"."""
    for first, last in _changes(statement.text, statement.quantities, language):
        for chunk, passage in enumerate(passages):
            for before, after in _changes(passage.text, passage.quantities, language):
                if agree(first, before) and agree(last, after):
                    return
                if agree(first, after) and agree(last, before) and not agree(first, last):
                    start, end = first.start, last.end
                    claimed, shown = (
                        statement.text[start:end],
                        passage.text[before.start : after.end],
                    )
                    yield Conflict("roles", start, end, claimed, shown, True, chunk)
                    return


_CHANGE = {
    "en": ("from", "to"), "de": ("von", "auf"), "fr": ("de", "à"), "es": ("de", "a"),
    "it": ("da", "a"), "pt": ("de", "para"), "nl": ("van", "naar"),
}  # fmt: skip


def _changes(
    text: str, shown: Sequence[Quantity], language: Language
) -> Iterator[tuple[Quantity, Quantity]]:
    """Pairs of quantities of which one becomes the other."""
    before, between = _CHANGE[language.code]
    for one, other in pairwise(shown):
        joined = text[one.end : other.start].strip(" €$£").lower()
        leading = text[max(one.start - _FROM, 0) : one.start].rstrip(" €$£").lower()
        if joined == between and leading.endswith(before) and comparable(one, other):
            yield one, other


_FROM = 8  # code points before a value in which its "from" stands
