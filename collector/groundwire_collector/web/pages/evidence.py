"""Words of a chunk that support a claim, or contradict it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.text.tokens import Token, tokenize
from groundwire_evaluators.text.words import ENGLISH

LONGEST = 40_000  # characters of a chunk that are compared; the rest is shown as it is
MOST_CLAIMS = 60  # of a chunk
_QUOTED = re.compile("“([^”]{2,80})”")


@dataclass(frozen=True, slots=True)
class ChunkPiece:
    """Piece of a chunk, with the claims whose evidence it is.

    `shared`: a claim has these words. `first`: the claims whose evidence begins here.
    """

    text: str
    claims: tuple[int, ...] = ()
    shared: bool = False
    first: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimEvidenceWords:
    """Words of a claim and its reason to find in a chunk."""

    number: int
    keys: frozenset[str]
    quotes: tuple[str, ...] = ()
    question_keys: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, number: int, text: str, reason: str | None = None, question: str | None = None
    ) -> "ClaimEvidenceWords":
        """Content words of a claim and its question, and what the reason quotes."""
        quotes = dict.fromkeys(quote.lower() for quote in _QUOTED.findall(reason or ""))
        return cls(number, _keys(text), tuple(quotes), _keys(question or ""))


def evidence(chunk: str, claims: Sequence[ClaimEvidenceWords]) -> list[ChunkPiece]:
    """Pieces of a chunk in order; `claims` are those that it decides.

    The evidence of a claim is the sentence that shares most words with it, and with the question:
    a wrong value stands in no sentence, but the question's words lead to the right one.
    """
    if not claims:
        return [ChunkPiece(chunk)]
    head = chunk[:LONGEST]
    found = _sentences(head)
    owners: dict[int, list[ClaimEvidenceWords]] = {}
    for claim in claims[:MOST_CLAIMS]:
        best = max(range(len(found)), key=lambda at: found[at].shared(claim), default=None)
        if best is not None and found[best].shared(claim):
            owners.setdefault(best, []).append(claim)
    pieces = _pieces(head, found, owners)
    return [*pieces, ChunkPiece(chunk[LONGEST:])] if len(chunk) > LONGEST else pieces


def located(pieces: Sequence[ChunkPiece]) -> set[int]:
    """Numbers of the claims that have evidence among these pieces."""
    return {number for piece in pieces for number in piece.first}


@dataclass(frozen=True, slots=True)
class _ChunkSentence:
    start: int
    end: int
    text: str  # in lower case
    tokens: tuple[Token, ...]

    def shared(self, claim: ClaimEvidenceWords) -> int:
        """Weight of what the sentence shares with a claim: quotations, numbers, words, question."""
        there = {token.key for token in self.tokens}
        quoted = sum(10 for quote in claim.quotes if quote in self.text)
        words = sum(6 if key[:1].isdigit() else 2 for key in there & claim.keys)
        return quoted + words + len(there & claim.question_keys)

    def words(self, claims: Sequence[ClaimEvidenceWords]) -> list[tuple[int, int]]:
        """Ranges of the words that the claims share, in order and apart."""
        keys = frozenset[str]().union(*(claim.keys for claim in claims))
        ranges = [(token.start, token.end) for token in self.tokens if token.key in keys]
        for quote in {quote for claim in claims for quote in claim.quotes}:
            at = self.text.find(quote)
            if at >= 0:
                ranges.append((self.start + at, self.start + at + len(quote)))
        found: list[tuple[int, int]] = []
        for start, end in sorted(ranges):
            if found and start < found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], end))
            else:
                found.append((start, end))
        return found


def _sentences(text: str) -> list[_ChunkSentence]:
    tokens = tokenize(text)
    found, at = [], 0
    for start, end in sentences(text):
        while at < len(tokens) and tokens[at].start < start:
            at += 1
        first = at
        while at < len(tokens) and tokens[at].end <= end:
            at += 1
        inside = tuple(_content(tokens[first:at]))
        found.append(_ChunkSentence(start, end, _lower(text[start:end]), inside))
    return found


def _lower(text: str) -> str:
    """Lower case of the same length: some letters become two."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text


def _keys(text: str) -> frozenset[str]:
    return frozenset(token.key for token in _content(tokenize(text)))


def _content(tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if token.lower not in ENGLISH.stop]


def _pieces(
    text: str, found: Sequence[_ChunkSentence], owners: Mapping[int, Sequence[ClaimEvidenceWords]]
) -> list[ChunkPiece]:
    pieces, at = [], 0
    for place, claims in sorted(owners.items()):
        sentence = found[place]
        if sentence.start > at:
            pieces.append(ChunkPiece(text[at : sentence.start]))
        pieces += _of_sentence(text, sentence, claims)
        at = sentence.end
    if at < len(text):
        pieces.append(ChunkPiece(text[at:]))
    return pieces


def _of_sentence(
    text: str, sentence: _ChunkSentence, claims: Sequence[ClaimEvidenceWords]
) -> Iterator[ChunkPiece]:
    numbers = first = tuple(claim.number for claim in claims)
    at = sentence.start
    for start, end in sentence.words(claims):
        if start > at:
            yield ChunkPiece(text[at:start], numbers, first=first)
            first = ()
        yield ChunkPiece(text[start:end], numbers, True, first)
        at, first = end, ()
    if at < sentence.end:
        yield ChunkPiece(text[at : sentence.end], numbers, first=first)
