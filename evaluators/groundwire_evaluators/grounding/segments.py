"""Values of another part of a sentence than the one asked for.

"Adults pay 12 euros; children pay 5 euros": the parts of a sentence that each have a value of
their own, divided by a semicolon or a conjunction. What stands before the first value is said of
all.
"""

import re
from collections.abc import Iterator, Sequence, Set

from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.names import Name, same_name
from groundwire_evaluators.text.quantities import Quantity, agree, comparable
from groundwire_evaluators.text.tokens import Token

_DIVIDING = re.compile(
    r";|,?\s(?:and|but|while|whereas|und|aber|während|et|mais|tandis|y|pero|mientras|e|ma|mentre|"
    r"mas|enquanto|en|maar|terwijl)\s",
    re.IGNORECASE,
)
_SEMICOLON = re.compile(";")
_MOST_WORDS = 60  # of a sentence that is divided
_Part = tuple[Quantity | Name, frozenset[str]]  # a value, and the words said of it


def is_in_other_segment(
    value: Quantity | Name, question_keys: Set[str], passage: Passage, index: int
) -> bool:
    """Whether another part of a sentence has more of the question, and a rival of the value."""
    parts = list(_parts(value, passage, index))
    own = [keys for each, keys in parts if _is_same(value, each)]
    if not own:
        return False
    held = [_held(question_keys, keys) for keys in own]
    rivals = [
        _held(question_keys, keys)
        for each, keys in parts
        if _is_rival(value, each) and not _is_same(value, each)
    ]
    return any(all(part < rival for part in held) for rival in rivals)


def _is_same(value: Quantity | Name, other: Quantity | Name) -> bool:
    if isinstance(value, Quantity) and isinstance(other, Quantity):
        return agree(value, other)
    return isinstance(value, Name) and isinstance(other, Name) and same_name(value, other)


def _is_rival(value: Quantity | Name, other: Quantity | Name) -> bool:
    if isinstance(value, Quantity) and isinstance(other, Quantity):
        return comparable(value, other)
    return isinstance(value, Name) and isinstance(other, Name)


def _held(question_keys: Set[str], keys: Set[str]) -> frozenset[str]:
    table = lexicon()
    return frozenset(
        key for key in question_keys if key in keys or not keys.isdisjoint(table.synonyms_of(key))
    )


def _parts(value: Quantity | Name, passage: Passage, index: int) -> Iterator[_Part]:
    """The values of a sentence with the words of their part and of its head.

    What stands before the first name is no head: another name has a verb of its own.
    """
    tokens = passage.sentence(index)
    values: Sequence[Quantity | Name] = (
        passage.quantities_of(index) if isinstance(value, Quantity) else passage.names_of(index)
    )
    if len(values) < 2 or len(tokens) > _MOST_WORDS:
        return
    cuts = _cuts(passage.text, tokens[-1].end, values)
    if not cuts:
        return
    shared = isinstance(value, Quantity)
    head = _keys(tokens, tokens[0].start, values[0].start) if shared else frozenset()
    bounds = [tokens[0].start, *cuts, tokens[-1].end + 1]
    for each in values:
        start = max(cut for cut in bounds if cut <= each.start)
        end = min(cut for cut in bounds if cut > each.start)
        yield each, _keys(tokens, start, end) | head


def _cuts(text: str, end: int, values: Sequence[Quantity | Name]) -> list[int]:
    """The places that divide a sentence: the last mark between two values."""
    found = []
    for one, other in zip(values, [*values[1:], None], strict=True):
        if other is None:
            break
        # "Ada came first and so did Bo": names are divided by a semicolon alone.
        dividing = _DIVIDING if isinstance(one, Quantity) else _SEMICOLON
        marks = list(dividing.finditer(text, one.end, min(other.start, end)))
        if marks and marks[-1].start() >= one.end:
            found.append(marks[-1].end())
    return found


def _keys(tokens: Sequence[Token], start: int, end: int) -> frozenset[str]:
    return frozenset(token.key for token in tokens if start <= token.start < end)
