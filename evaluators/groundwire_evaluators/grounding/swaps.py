"""Exchanged values in sentences that a chunk says word for word.

"The large room costs €40" beside "The small room costs €40. The large room costs €65." holds no
new value, yet the chunk says the claim's own words with another one. The words on both sides of the
value must be the chunk's, to the ends of the claim.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from groundwire_evaluators.grounding.conflict import Conflict, Kind
from groundwire_evaluators.grounding.evidence import Place, Statement
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.text.names import Name, same_name
from groundwire_evaluators.text.quantities import Quantity, agree, comparable
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
        return isinstance(other, Quantity) and comparable(value, other)
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
