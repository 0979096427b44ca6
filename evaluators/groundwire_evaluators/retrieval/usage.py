"""Chunk usage: which chunks the claims of an answer rest on."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from groundwire_evaluators.evaluation import Claim, Verdict
from groundwire_evaluators.retrieval.relevance import RELATED


@dataclass(frozen=True, slots=True)
class ChunkUsage:
    """Usage of the chunks by an answer.

    `context_utilization`: chunks that support a claim / chunks given; by claims what Galileo calls
    chunk attribution. `distractor_ratio`: chunks that speak of the question but support no claim /
    chunks given; those are the ones that mislead models (Cuconasu et al. 2024, The Power of Noise,
    https://arxiv.org/abs/2401.14887). The rest is off the subject. A claim is attributed to one
    chunk, so of two chunks that say the same one counts as a distractor.
    `supporting_chunk_rank`: place, from 0, of the chunk that supports most claims; None where
    no claim is supported.
    """

    context_utilization: float
    distractor_ratio: float
    supporting_chunk_rank: int | None

    @classmethod
    def of(cls, claims: Iterable[Claim], relevance: Sequence[float | None]) -> "ChunkUsage":
        """`relevance` of each chunk to the question; there is at least one chunk.

        None for a chunk of an earlier turn, which is counted only where it supports a claim.
        """
        supporting = Counter(
            claim.chunk
            for claim in claims
            if claim.verdict is Verdict.SUPPORTED and claim.chunk is not None
        )
        retrieved = [(at, value) for at, value in enumerate(relevance) if value is not None]
        counted = {at for at, _ in retrieved} | set(supporting)
        distractors = sum(at not in supporting and value >= RELATED for at, value in retrieved)
        first = min(supporting, key=lambda at: (-supporting[at], at), default=None)
        chunks = len(counted) or 1
        return cls(len(supporting) / chunks, distractors / chunks, first)

    def signals(self) -> dict[str, float]:
        """The same as signals of an evaluation."""
        found = {
            "context_utilization": self.context_utilization,
            "distractor_ratio": self.distractor_ratio,
        }
        if self.supporting_chunk_rank is not None:
            found["supporting_chunk_rank"] = float(self.supporting_chunk_rank)
        return found
