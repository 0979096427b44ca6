"""Segmentation of an answer by claim boundaries, for highlighting."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundwire_evaluators.evaluation import Claim, Evaluation, Extent, Verdict
from groundwire_evaluators.turn import Turn

BAD = frozenset({Verdict.UNSUPPORTED, Verdict.CONTRADICTED})


@dataclass(frozen=True, slots=True)
class ClaimSegment:
    """Words of a claim; `stressed` ones are uncovered or conflict."""

    text: str
    stressed: bool


@dataclass(frozen=True, slots=True)
class AnswerSegment:
    """Segment of the answer: text between claims, or one numbered claim."""

    pieces: tuple[ClaimSegment, ...]
    claim: Claim | None = None
    number: int = 0

    @property
    def bad(self) -> bool:
        return self.claim is not None and self.claim.verdict in BAD


def passages(answer: str, claims: Sequence[Claim]) -> list[AnswerSegment]:
    """Answer segments in order; of overlapping claims the first is marked."""
    found: list[AnswerSegment] = []
    at = 0
    ordered = sorted(claims, key=lambda claim: (claim.start, -claim.end))
    for number, claim in enumerate(ordered, start=1):
        if claim.start < at or claim.end <= claim.start or claim.end > len(answer):
            continue
        if claim.start > at:
            found.append(AnswerSegment((ClaimSegment(answer[at : claim.start], False),)))
        found.append(AnswerSegment(tuple(_pieces(answer, claim)), claim, number))
        at = claim.end
    if at < len(answer):
        found.append(AnswerSegment((ClaimSegment(answer[at:], False),)))
    return found


def claims_by_chunk(turn: Turn, found: Sequence[AnswerSegment]) -> list[list[AnswerSegment]]:
    """For each chunk of the turn, the claims that it supports best or conflicts with."""
    by_chunk: list[list[AnswerSegment]] = [[] for _ in turn.chunks]
    for passage in found:
        chunk = passage.claim.chunk if passage.claim else None
        if chunk is not None and 0 <= chunk < len(by_chunk):
            by_chunk[chunk].append(passage)
    return by_chunk


def judgement(evaluations: Sequence[Evaluation], evaluator: str | None) -> Evaluation | None:
    """Evaluation whose claims are marked: the named one, else the first with claims."""
    with_claims = [evaluation for evaluation in evaluations if evaluation.claims]
    named = [evaluation for evaluation in with_claims if evaluation.evaluator == evaluator]
    return next(iter(named or with_claims), None)


def _pieces(answer: str, claim: Claim) -> Iterator[ClaimSegment]:
    at = claim.start
    for extent in _inside(claim):
        if extent.start > at:
            yield ClaimSegment(answer[at : extent.start], False)
        yield ClaimSegment(answer[extent.start : extent.end], True)
        at = extent.end
    if at < claim.end:
        yield ClaimSegment(answer[at : claim.end], False)


def _inside(claim: Claim) -> Iterator[Extent]:
    at = claim.start
    for extent in sorted(claim.spans, key=lambda extent: extent.start):
        if at <= extent.start < extent.end <= claim.end:
            yield extent
            at = extent.end
