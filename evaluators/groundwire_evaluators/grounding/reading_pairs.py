"""Claims and evidence as a reader model is shown them.

The evidence is a few sentences of the chunks, chosen by shared words as search engines do: a word
in few sentences counts for more, and a word that is already covered for less.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from groundwire_evaluators.grounding.evidence import Place
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.grounding.signals import Comparison

SHOWN_WORDS = 88  # of claim and evidence, some 128 tokens
_LEAST_EVIDENCE = 24  # words, however long the claim
_MOST_KEYS = 64  # content words of a claim that choose its evidence
_MOST_CANDIDATES = 24  # sentences that are weighed against each other
_LONGEST_SENTENCE = 500  # code points of one sentence that are shown
_LONGEST_CLAIM = 600  # code points of a claim that are read
_BARE = 4  # content words up to which an only claim is read with its question
_BESIDE = 0.15  # of a sentence's own weight, for standing beside a chosen one


def pair_of(
    comparison: Comparison, lead: str, question: str | None, words: int = SHOWN_WORDS
) -> tuple[str, str]:
    """A claim and its evidence, as a reader is shown them."""
    return claim_text(comparison, lead, question), evidence_text(comparison, words)


def claim_text(comparison: Comparison, lead: str, question: str | None) -> str:
    """Claim as the reader gets it: a bare answer after its question, an item after its lead-in."""
    text = comparison.statement.text[:_LONGEST_CLAIM].strip()
    prompt = (question or "").strip()[-_LONGEST_CLAIM:]
    if comparison.complete and comparison.complete.denied:
        return f"{prompt} No." if prompt else f"No: {text}"
    if prompt and comparison.only_claim and len(comparison.statement.content) <= _BARE:
        return f"{prompt} {text}"
    lead = lead.strip()[:_LONGEST_CLAIM]
    return f"{lead} {text}" if lead else text


def evidence_text(comparison: Comparison, words: int = SHOWN_WORDS) -> str:
    """Sentences of the chunks that share words with the claim, in order.

    Claim and evidence have some `words` together: a sentence beyond them would be cut off.

    Price: linear in the chunks' sentences that hold one of the claim's first 64 content words.
    """
    passages = comparison.passages
    words = max(_LEAST_EVIDENCE, words - len(comparison.statement.text.split()))
    weights = _weights(comparison)
    held = _held(weights, passages)
    chosen = _choose(held, weights, passages, words)
    if not chosen:
        chosen = _opening(passages, words)
    return " ".join(_sentence(passages[chunk], sentence) for chunk, sentence in sorted(chosen))


def _weights(comparison: Comparison) -> dict[str, float]:
    """Each content word of the claim that occurs, and its inverse sentence frequency."""
    keys = dict.fromkeys(token.key for token in comparison.statement.content[:_MOST_KEYS])
    total = sum(len(passage.bounds) for passage in comparison.passages)
    counts = {
        key: sum(len(passage.places.get(key, ())) for passage in comparison.passages)
        for key in keys
    }
    return {
        key: 0.3 + math.log((total + 1) / (count + 0.5)) if total > count else 0.3
        for key, count in counts.items()
        if count
    }


def _held(keys: Iterable[str], passages: Sequence[Passage]) -> dict[Place, set[str]]:
    """The sentences with one of the keys, and which of them each holds."""
    held: dict[Place, set[str]] = {}
    for chunk, passage in enumerate(passages):
        for key in keys:
            for at in passage.places.get(key, ()):
                held.setdefault((chunk, passage.sentence_of[at]), set()).add(key)
    return held


def _choose(
    held: dict[Place, set[str]],
    weights: dict[str, float],
    passages: Sequence[Passage],
    words: int,
) -> set[Place]:
    alone = {place: sum(weights[key] for key in keys) for place, keys in held.items()}
    left = sorted(alone, key=lambda place: (-alone[place], place))[:_MOST_CANDIDATES]
    covered: Counter[str] = Counter()
    chosen: set[Place] = set()
    while left and words > 0:

        def gain(place: Place) -> float:
            chunk, sentence = place
            new = sum(weights[key] / (1 + 2 * covered[key]) for key in held[place])
            beside = {(chunk, sentence - 1), (chunk, sentence + 1)} & chosen
            length = _length(passages[chunk], sentence)
            return new / (1 + length / 60) + (_BESIDE * alone[place] if beside else 0.0)

        best = max(left, key=gain)
        left.remove(best)
        length = _length(passages[best[0]], best[1])
        if chosen and length > words:
            continue
        chosen.add(best)
        words -= length
        covered.update(held[best])
    return chosen


def _opening(passages: Sequence[Passage], words: int) -> set[Place]:
    """The first sentences, for a claim that shares no word with the chunks."""
    chosen: set[Place] = set()
    for chunk, passage in enumerate(passages):
        for sentence in range(len(passage.bounds)):
            if words <= 0:
                return chosen
            chosen.add((chunk, sentence))
            words -= _length(passage, sentence)
    return chosen


def _length(passage: Passage, sentence: int) -> int:
    first, last = passage.ranges[sentence]
    return max(1, last - first)


def _sentence(passage: Passage, sentence: int) -> str:
    start, end = passage.bounds[sentence]
    return passage.text[start : min(end, start + _LONGEST_SENTENCE)].strip()
