"""Exclusivity put into a claim: "only" of one thing among several.

"Only students get a discount" beside "Students and pensioners get a discount": the sentence lists
what the claim limits with something else, and limits nothing itself. Seven languages.
"""

from collections.abc import Iterator, Sequence, Set

from groundwire_evaluators.grounding.conflict import Conflict
from groundwire_evaluators.grounding.evidence import Statement
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.text.tokens import Token
from groundwire_evaluators.text.words import META, Language

_ONLY = {
    "en": "only solely exclusively just", "de": "nur ausschließlich lediglich",
    "fr": "seulement uniquement seul seule seuls seules exclusivement",
    "es": "solo sólo solamente únicamente exclusivamente",
    "it": "solo soltanto solamente unicamente esclusivamente",
    "pt": "só apenas somente unicamente exclusivamente", "nl": "alleen slechts uitsluitend enkel",
}  # fmt: skip
# What limits a sentence as well, so that it may say what the claim says.
_LIMITING = frozenset(
    "except excluding but unless limited restricted reserved außer ausgenommen beschränkt "
    "vorbehalten sauf excepté hormis réservé réservée salvo excepto menos reservado tranne eccetto "
    "riservato exceto behalve uitgezonderd beperkt que".split()
)
_JOINING = frozenset("and or und oder sowie et ou y e o u ed od en of as also auch plus".split())
_FOCUS = 2  # content words behind "only" that it may limit
_REACH = 3  # words from a joining word to what it joins
_MOST_WORDS = 40  # of a sentence


def exclusivity_conflicts(
    statement: Statement, passages: Sequence[Passage], language: Language
) -> Iterator[Conflict]:
    """Firm conflicts of kind `extent`, at the word that limits."""
    only = frozenset(_ONLY.get(language.code, "").split())
    at = next((i for i, t in enumerate(statement.tokens) if t.lower in only), None)
    if at is None:
        return
    focus = _focus(statement.tokens, at, language)
    claimed_keys = {t.key for t in statement.content if t.lower not in only}
    found: Conflict | None = None
    for chunk, passage in enumerate(passages):
        if not claimed_keys or passage.record is not None or not passage.words >= claimed_keys:
            continue
        for index in range(len(passage.bounds)):
            tokens = passage.sentence(index)
            if len(tokens) > _MOST_WORDS or not claimed_keys <= {t.key for t in tokens}:
                continue
            if any(t.lower in only or t.lower in _LIMITING for t in tokens):
                return
            other = _listed_with(focus, claimed_keys, tokens, passage.text, language)
            if other is not None and found is None:
                word = statement.tokens[at]
                found = Conflict("extent", word.start, word.end, word.text, other.text, True, chunk)
    if found is not None:
        yield found


def _focus(tokens: Sequence[Token], at: int, language: Language) -> frozenset[str]:
    """Keys of the words behind "only", or before it at the end of a claim."""
    behind = [t.key for t in tokens[at + 1 :] if _has_content(t, language)][:_FOCUS]
    if behind:
        return frozenset(behind)
    return frozenset([t.key for t in tokens[:at] if _has_content(t, language)][-_FOCUS:])


def _has_content(token: Token, language: Language) -> bool:
    return token.lower not in language.stop and token.key not in META


def _listed_with(
    focus: Set[str], claimed_keys: Set[str], tokens: Sequence[Token], text: str, language: Language
) -> Token | None:
    """What a sentence lists with a word in focus, and the claim leaves out."""
    for at, token in enumerate(tokens):
        if token.key not in focus:
            continue
        for step in (1, -1):
            other = _joined(at, step, tokens, text, language)
            if other is not None and other.key not in claimed_keys:
                return other
    return None


def _joined(
    at: int, step: int, tokens: Sequence[Token], text: str, language: Language
) -> Token | None:
    """The next content word across a joining word: "A and the B"."""
    joined = False
    for place in range(at + step, at + step * (_REACH + 1), step):
        if not 0 <= place < len(tokens):
            return None
        word = tokens[place]
        first, second = sorted((tokens[place - step], word), key=lambda t: t.start)
        gap = text[first.end : second.start]
        if any(mark in gap for mark in ".;:()"):
            return None
        if word.lower in _JOINING:
            joined = True
        elif _has_content(word, language):
            return word if joined else None
    return None
