"""Conflicts: the same frame in the answer and its evidence, with another value in one slot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from groundwire_evaluators.grounding.evidence import Evidence, Statement
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.grounding.vocabulary import NEGATIONS, OPPOSED
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.names import same_name
from groundwire_evaluators.text.quantities import agree, comparable
from groundwire_evaluators.text.tokens import Token


@dataclass(frozen=True, slots=True)
class Conflict:
    """One slot with two values: what the claim says (range in its text) and what the chunk
    shows.
    """

    kind: str
    start: int
    end: int
    said: str
    shown: str


def conflicts(
    statement: Statement, evidence: Evidence, passages: Sequence[Passage]
) -> list[Conflict]:
    """Every conflict between a statement and the sentence it leans on."""
    if evidence.best is None:
        return []
    frame = frozenset(token.key for token in evidence.sentence)
    found: list[Conflict] = []
    found.extend(_quantities(statement, evidence, passages))
    found.extend(_names(statement, evidence, passages))
    found.extend(_opposites(statement, frame))
    found.extend(_polarity(statement, evidence))
    found.extend(_turns(statement, evidence))
    return found


def _quantities(
    statement: Statement, evidence: Evidence, passages: Sequence[Passage]
) -> Iterator[Conflict]:
    assert evidence.best is not None
    chunk, sentence = evidence.best
    said = [*evidence.new_quantities, *evidence.far_quantities]
    if not said:
        return
    free = [
        shown
        for shown in passages[chunk].quantities_of(sentence)
        if not any(agree(other, shown) for other in statement.quantities)
    ]
    for quantity in said:
        for shown in free:
            if comparable(quantity, shown):
                yield Conflict("quantity", quantity.start, quantity.end, quantity.text, shown.text)
                break


def _names(
    statement: Statement, evidence: Evidence, passages: Sequence[Passage]
) -> Iterator[Conflict]:
    assert evidence.best is not None
    chunk, sentence = evidence.best
    said = [*evidence.new_names, *evidence.far_names]
    if not said:
        return
    free = [
        shown
        for shown in passages[chunk].names_of(sentence)
        if not any(same_name(other, shown) for other in statement.names)
    ]
    for name, shown in zip(said, free, strict=False):
        yield Conflict("name", name.start, name.end, name.text, shown.text)


def _opposites(statement: Statement, frame: frozenset[str]) -> Iterator[Conflict]:
    table = lexicon()
    own = {token.key for token in statement.tokens}
    for token in statement.content:
        if token.key in frame:
            continue
        shown = table.opposed(token.key) & frame - own
        if not shown:
            shown = _indirect(token.key) & frame - own
        if not shown:
            shown = frozenset(k for k in _negated_forms(token.key) if k in frame and k not in own)
        if shown:
            yield Conflict("opposite", token.start, token.end, token.text, min(shown))


@lru_cache(maxsize=20_000)
def _indirect(key: str) -> frozenset[str]:
    """Opposites of words of the same meaning, and words of the same meaning as an opposite."""
    table = lexicon()
    found: set[str] = set()
    for same in table.synonyms_of(key):
        found |= table.opposed(same)
    for opposed in table.opposed(key):
        found |= table.synonyms_of(opposed)
    return frozenset(found - table.synonyms_of(key) - {key})


def _negated_forms(key: str) -> Iterator[str]:
    for prefix in ("un", "in", "im", "ir", "il", "dis", "non", "mis"):
        yield prefix + key
        if key.startswith(prefix) and len(key) > len(prefix) + 3:
            yield key[len(prefix) :]


def _polarity(statement: Statement, evidence: Evidence) -> Iterator[Conflict]:
    """A word negated on one side only."""
    said = _negated(statement.tokens)
    shown = _negated(evidence.sentence)
    own = {token.key for token in statement.tokens}
    frame = {token.key for token in evidence.sentence}
    content = {token.key for token in statement.content}
    for key, token in said.items():
        if key in content and key in frame and key not in shown:
            yield Conflict("negated", token.start, token.end, token.text, key)
            break
    for key, token in shown.items():
        if key in content and key in own and key not in said:
            at = next(t for t in statement.tokens if t.key == key)
            yield Conflict("affirmed", at.start, at.end, at.text, f"{token.text} {key}")
            break


def _negated(tokens: Sequence[Token]) -> dict[str, Token]:
    """The keys within three words after a negation, and the negation."""
    found: dict[str, Token] = {}
    for at, token in enumerate(tokens):
        word = token.text.lower().replace("’", "'")
        if word in NEGATIONS:
            for after in tokens[at + 1 : at + 4]:
                found.setdefault(after.key, token)
    return found


def _turns(statement: Statement, evidence: Evidence) -> Iterator[Conflict]:
    """Small words turned around: before and after, more and less, he and she."""
    own = {token.text.lower() for token in statement.tokens}
    frame = {token.text.lower() for token in evidence.sentence}
    for token in statement.tokens:
        word = token.text.lower()
        opposed = OPPOSED.get(word)
        if opposed and word not in frame:
            shown = opposed & frame - own
            if shown:
                yield Conflict("turned", token.start, token.end, token.text, min(shown))
