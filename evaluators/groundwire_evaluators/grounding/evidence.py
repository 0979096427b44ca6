"""What speaks for one claim: the chunk and sentence it leans on, and the words it leaves over."""

from collections.abc import Sequence
from dataclasses import dataclass

from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.grounding.vocabulary import META
from groundwire_evaluators.text.names import Name, same_name
from groundwire_evaluators.text.quantities import Quantity, agree
from groundwire_evaluators.text.tokens import Token
from groundwire_evaluators.text.words import Language


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim's words: its tokens, the content words among them, quantities and names."""

    tokens: Sequence[Token]
    content: Sequence[Token]
    quantities: Sequence[Quantity]
    names: Sequence[Name]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a statement leans and what is left over.

    `chunk` and `sentence` are indices, None where no content word occurs anywhere. `uncovered` are
    the content words in no chunk, `elsewhere` those in a chunk but not near the sentence.
    """

    chunk: int | None
    sentence: int | None
    covered: tuple[Token, ...]
    elsewhere: tuple[Token, ...]
    uncovered: tuple[Token, ...]
    lost_quantities: tuple[Quantity, ...]
    lost_names: tuple[Name, ...]

    @property
    def support(self) -> float:
        """The share of content words found near the sentence; those elsewhere count half."""
        total = len(self.covered) + len(self.elsewhere) + len(self.uncovered)
        return (len(self.covered) + 0.5 * len(self.elsewhere)) / total if total else 1.0


def content_of(tokens: Sequence[Token], language: Language) -> list[Token]:
    """The tokens that carry content: no stop words, no words about the answer itself."""
    return [
        token
        for token in tokens
        if token.key not in META and token.text.lower() not in language.stop
    ]


def weigh(statement: Statement, passages: Sequence[Passage]) -> Evidence:
    """The evidence for one statement among the passages."""
    chunk, sentence = _best(statement.content, passages)
    near = _nearby(passages[chunk], sentence) if chunk is not None and sentence is not None else ()
    covered, elsewhere, uncovered = [], [], []
    for token in statement.content:
        if token.key in near:
            covered.append(token)
        elif any(token.key in passage.places for passage in passages):
            elsewhere.append(token)
        else:
            uncovered.append(token)
    return Evidence(
        chunk,
        sentence,
        tuple(covered),
        tuple(elsewhere),
        tuple(uncovered),
        tuple(q for q in statement.quantities if not _shown(q, passages)),
        tuple(n for n in statement.names if not _named(n, passages)),
    )


def _best(
    content: Sequence[Token], passages: Sequence[Passage]
) -> tuple[int, int] | tuple[None, None]:
    """The (chunk, sentence) that holds most of the content words; the first among equals."""
    votes: dict[tuple[int, int], int] = {}
    for key in {token.key: None for token in content}:
        for chunk, passage in enumerate(passages):
            sentence_of = passage.sentence_of
            for sentence in {sentence_of[at] for at in passage.places.get(key, ())}:
                votes[chunk, sentence] = votes.get((chunk, sentence), 0) + 1
    if not votes:
        return None, None
    return min(votes, key=lambda place: (-votes[place], place))


def _nearby(passage: Passage, sentence: int) -> frozenset[str]:
    """The keys of a sentence and its two neighbours."""
    first = passage.bounds[max(sentence - 1, 0)][0]
    last = passage.bounds[min(sentence + 1, len(passage.bounds) - 1)][1]
    return frozenset(token.key for token in passage.between(first, last))


def _shown(quantity: Quantity, passages: Sequence[Passage]) -> bool:
    return any(agree(quantity, shown) for passage in passages for shown in passage.quantities)


def _named(name: Name, passages: Sequence[Passage]) -> bool:
    if all(any(word in passage.folded for passage in passages) for word in name.words):
        return True
    return any(same_name(name, shown) for passage in passages for shown in passage.names)
