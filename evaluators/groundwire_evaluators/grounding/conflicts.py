"""Conflict detection: same frame, another value in one slot."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import TypeVar

from groundwire_evaluators.grounding.aligned import aligned_conflicts
from groundwire_evaluators.grounding.alignment import Side
from groundwire_evaluators.grounding.conflict import Conflict
from groundwire_evaluators.grounding.evidence import Evidence, Statement
from groundwire_evaluators.grounding.opposition import negated_forms
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.grounding.vocabulary import NEGATIONS, OPPOSED
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.names import Name, same_name
from groundwire_evaluators.text.quantities import Quantity, agree, can_replace
from groundwire_evaluators.text.tokens import Token
from groundwire_evaluators.text.words import ENGLISH

ALIGNED = 2  # words shared by two places from which a value no chunk shows is swapped
WELL_ALIGNED = 4  # the same for a value that stands elsewhere in the chunks
_SPELLED_ALIKE = 4  # letters at the start of two spellings of one name
_SIDE = 5  # words looked at before and after a slot

Slot = TypeVar("Slot", Quantity, Name, Token)


def conflicts(
    statement: Statement, evidence: Evidence, passages: Sequence[Passage]
) -> list[Conflict]:
    """Conflicts between a statement and its evidence sentence."""
    if evidence.best is None:
        return []
    found: list[Conflict] = []
    found.extend(_quantities(statement, evidence, passages))
    found.extend(_names(statement, evidence, passages))
    found.extend(_opposites(statement, evidence))
    found.extend(_polarity(statement, evidence))
    found.extend(_turns(statement, evidence))
    taken = {conflict.start for conflict in found if conflict.firm}
    chunk, sentence = evidence.best
    passage = passages[chunk]
    ours = Side.of(statement.tokens, passage.language)
    aligned = aligned_conflicts(ours, passage.side(sentence), passage.language)
    return [
        *found,
        *(
            each
            for each in aligned
            if each.start not in taken
            and not _measures(each, statement)
            and not _stated(each, statement.tokens, passages)
        ),
    ]


def _stated(conflict: Conflict, tokens: Sequence[Token], passages: Sequence[Passage]) -> bool:
    """Whether the chunks say elsewhere what the claim says, word beside word.

    A word that is affirmed stands after the place where the evidence denies it.
    """
    at = bisect_left(tokens, conflict.start, key=lambda token: token.start)
    pairs = []
    if at > 0:
        pairs.append((tokens[at - 1].key, tokens[at].key))
    if conflict.kind != "affirmed" and at + 1 < len(tokens):
        pairs.append((tokens[at].key, tokens[at + 1].key))
    if conflict.kind == "roles" or not pairs:
        return False
    return any(passage.follows.issuperset(pairs) for passage in passages)


def _measures(conflict: Conflict, statement: Statement) -> bool:
    """Whether a word belongs to a quantity, which is compared by its value."""
    return conflict.kind == "word" and any(
        q.start - 1 <= conflict.start <= q.end + 1 for q in statement.quantities
    )


def _quantities(
    statement: Statement, evidence: Evidence, passages: Sequence[Passage]
) -> Iterator[Conflict]:
    assert evidence.best is not None
    if not statement.quantities:
        return
    chunk, sentence = evidence.best
    shown = passages[chunk].quantities_of(sentence)
    claimed = [q for q in statement.quantities if not any(agree(q, other) for other in shown)]
    if not claimed or not shown:
        return
    text, bounds = passages[chunk].text, passages[chunk].bounds[sentence]
    free = [
        s
        for s in shown
        if not any(agree(q, s) for q in statement.quantities)
        and not _is_list_number(s, text, bounds[0])
    ]
    unfound = {q.start for q in (*evidence.new_quantities, *evidence.far_quantities)}
    new = {q.start for q in evidence.new_quantities}
    for quantity in claimed:
        rivals = [other for other in free if can_replace(quantity, other)]
        if not rivals:
            continue
        shared, rival = _best_aligned(quantity, rivals, statement, evidence)
        firm = shared >= (ALIGNED if quantity.start in new else WELL_ALIGNED)
        if firm or quantity.start in unfound:
            yield Conflict(
                "quantity", quantity.start, quantity.end, quantity.text, rival.text, firm
            )


def _is_list_number(quantity: Quantity, text: str, start: int) -> bool:
    """Whether a number at the start of a sentence only counts it: "1 Roast the garlic"."""
    bare = quantity.kind == "number" and quantity.unit is None and quantity.text.isdecimal()
    return bare and quantity.start == start and text[quantity.end + 1 : quantity.end + 2].isupper()


def _names(
    statement: Statement, evidence: Evidence, passages: Sequence[Passage]
) -> Iterator[Conflict]:
    assert evidence.best is not None
    if not statement.names:
        return
    chunk, sentence = evidence.best
    shown = passages[chunk].names_of(sentence)
    claimed = [n for n in statement.names if not any(same_name(n, other) for other in shown)]
    free = [s for s in shown if not any(same_name(n, s) for n in statement.names)]
    if not claimed or not free:
        return
    unfound = {n.start for n in (*evidence.new_names, *evidence.far_names)}
    new = {n.start for n in evidence.new_names}
    for name in claimed:
        shared, rival = _best_aligned(name, free, statement, evidence)
        firm = shared >= (ALIGNED if name.start in new else WELL_ALIGNED)
        firm = firm and not _alike_in_spelling(name, rival)
        if firm or name.start in unfound:
            yield Conflict("name", name.start, name.end, name.text, rival.text, firm)


def _alike_in_spelling(one: Name, other: Name) -> bool:
    """Whether two names may be spellings of one: "Pakistan", "Parkistan"; "US", "American"."""
    if one.key == other.key or one.initials == other.key or other.initials == one.key:
        return True
    return any(
        a[:_SPELLED_ALIKE] == b[:_SPELLED_ALIKE] or (a[:1] == b[:1] and a[-3:] == b[-3:])
        for a in one.words
        for b in other.words
    )


def _best_aligned(
    slot: Slot, rivals: Sequence[Slot], statement: Statement, evidence: Evidence
) -> tuple[int, Slot]:
    """Rival in the most similar place, with the number of words that both places share."""
    answer_score = [
        (_shared(statement.tokens, slot, evidence.sentence, rival), -at, rival)
        for at, rival in enumerate(rivals)
    ]
    shared, _, rival = max(answer_score, key=lambda one: one[:2])
    return shared, rival


def _shared(claimed: Sequence[Token], slot: Slot, shown: Sequence[Token], rival: Slot) -> int:
    """How many words in a row, at most five a side, stand alike before and after two slots.

    0 where none of them has content: "of the" proves nothing.
    """
    before: list[Token] = _alike(_before(claimed, _begin(slot)), _before(shown, _begin(rival)))
    after: list[Token] = _alike(_after(claimed, slot.end), _after(shown, rival.end))
    alike = [*before, *after]
    return len(alike) if any(token.lower not in ENGLISH.stop for token in alike) else 0


def _begin(slot: Quantity | Name | Token) -> int:
    """Where a slot begins, the words of its limit ("at least") included."""
    lead = slot.lead if isinstance(slot, Quantity) else -1
    return lead if lead >= 0 else slot.start


def _before(tokens: Sequence[Token], start: int) -> list[Token]:
    at = bisect_left(tokens, start, key=lambda token: token.start)
    return list(reversed(tokens[max(at - _SIDE, 0) : at]))


def _after(tokens: Sequence[Token], end: int) -> Sequence[Token]:
    at = bisect_left(tokens, end, key=lambda token: token.start)
    return tokens[at : at + _SIDE]


def _alike(one: Sequence[Token], other: Sequence[Token]) -> list[Token]:
    pairs = zip(one, other, strict=False)
    return [a for a, b in takewhile(lambda pair: pair[0].key == pair[1].key, pairs)]


def _opposites(statement: Statement, evidence: Evidence) -> Iterator[Conflict]:
    own = {token.key for token in statement.tokens}
    frame = {token.key: token for token in reversed(evidence.sentence)}
    for token in statement.content:
        if token.key in frame:
            continue
        for contrary in _contraries(token.key):
            if contrary.isdisjoint(frame):
                continue
            shown = (contrary & frame.keys()) - own
            if shown:
                against = frame[min(shown)].text
                yield Conflict("opposite", token.start, token.end, token.text, against)
                break


@lru_cache(maxsize=20_000)
def _contraries(key: str) -> tuple[frozenset[str], ...]:
    """What speaks against a word, the surest first; empty ones left out."""
    kinds = (lexicon().opposed(key), _indirect(key), frozenset(negated_forms(key)))
    return tuple(kind for kind in kinds if kind)


def _indirect(key: str) -> frozenset[str]:
    """Opposites of words of the same meaning, and words of the same meaning as an opposite."""
    table = lexicon()
    found: set[str] = set()
    for same in table.synonyms_of(key):
        found |= table.opposed(same)
    for opposed in table.opposed(key):
        found |= table.synonyms_of(opposed)
    return frozenset(found - table.synonyms_of(key) - {key})


def _polarity(statement: Statement, evidence: Evidence) -> Iterator[Conflict]:
    """A word negated on one side only."""
    claimed = _negated(statement.tokens)
    shown = _negated(evidence.sentence)
    own = {token.key for token in statement.tokens}
    frame = {token.key for token in evidence.sentence}
    content = {token.key for token in statement.content}
    for key, token in claimed.items():
        if key in content and key in frame and key not in shown:
            shown_word = next(t for t in evidence.sentence if t.key == key)
            yield Conflict("negated", token.start, token.end, token.text, shown_word.text)
            break
    for key, token in shown.items():
        if key in content and key in own and key not in claimed:
            at = next(t for t in statement.tokens if t.key == key)
            yield Conflict("affirmed", at.start, at.end, at.text, f"{token.text} … {at.text}")
            break


def _negated(tokens: Sequence[Token]) -> dict[str, Token]:
    """The keys within three words after a negation, and the negation."""
    found: dict[str, Token] = {}
    for at, token in enumerate(tokens):
        if token.lower in NEGATIONS:
            for after in tokens[at + 1 : at + 4]:
                found.setdefault(after.key, token)
    return found


def _turns(statement: Statement, evidence: Evidence) -> Iterator[Conflict]:
    """Small words turned around: before and after, more and less, he and she."""
    own = {token.lower for token in statement.tokens}
    frame = {token.lower for token in evidence.sentence}
    for token in statement.tokens:
        word = token.lower
        opposed = OPPOSED.get(word)
        if opposed and word not in frame:
            shown = opposed & frame - own
            if shown:
                yield Conflict("turned", token.start, token.end, token.text, min(shown))
