"""The grounding evaluator: is every claim of the answer supported by the chunks it was given?"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from groundwire_evaluators.evaluation import Claim, Evaluation, Extent, State, Verdict
from groundwire_evaluators.grounding.citations import citations
from groundwire_evaluators.grounding.claims import Piece, pieces
from groundwire_evaluators.grounding.evidence import Evidence, read, weigh
from groundwire_evaluators.grounding.passages import Passage, Shelf
from groundwire_evaluators.text.refusal import is_refusal
from groundwire_evaluators.text.words import Language, language_of
from groundwire_evaluators.turn import Turn


@dataclass(frozen=True)
class Grounding:
    """Judges every claim of an answer against the chunks, without a model or a call.

    `flag_threshold`: the p_unsupported from which a turn is flagged.
    """

    flag_threshold: float = 0.5
    _shelf: Shelf = field(default_factory=Shelf, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        return "grounding"

    @property
    def revision(self) -> str:
        return "0-provisional"

    def evaluate(self, turns: Sequence[Turn]) -> list[Evaluation]:
        return [self._judge(turn) for turn in turns]

    def _judge(self, turn: Turn) -> Evaluation:
        try:
            return self._evaluation(turn)
        except Exception as error:  # one bad turn must not stop the others
            return self._without(State.FAILED, f"{type(error).__name__}: {error}")

    def _without(self, state: State, reason: str | None = None) -> Evaluation:
        return Evaluation(evaluator=self.name, revision=self.revision, state=state, reason=reason)

    def _evaluation(self, turn: Turn) -> Evaluation:
        if turn.not_evaluable_reason:
            return self._without(State.NOT_EVALUABLE, turn.not_evaluable_reason)
        answer = turn.answer or ""
        if not answer.strip():
            return self._without(State.NO_CLAIMS, "the answer is empty")
        if is_refusal(answer):
            return self._without(State.REFUSAL, "the answer declines")
        if not any(chunk.text.strip() for chunk in turn.chunks):
            return self._without(State.NO_CONTEXT, "no chunk was given")
        language = language_of(answer)
        if language is None:
            return self._without(State.NOT_EVALUABLE, "language")
        return self._scored(turn, answer, language)

    def _scored(self, turn: Turn, answer: str, language: Language) -> Evaluation:
        passages = [self._shelf.passage(chunk.text, language) for chunk in turn.chunks]
        claims = []
        worst = 0
        for piece in pieces(answer, language.code):
            claim, left = _claim(piece, passages, language)
            worst = max(worst, left)
            claims.append(claim)
        checked = [claim for claim in claims if claim.verdict is not Verdict.NOT_A_CLAIM]
        if not checked:
            return self._without(State.NO_CLAIMS, "nothing in the answer claims anything")
        p = 1 - 0.9 ** (1 + worst)
        supported = sum(claim.verdict is Verdict.SUPPORTED for claim in checked)
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=supported / len(checked),
            flagged=p >= self.flag_threshold,
            claims=tuple(claims),
            citations=tuple(
                citations(
                    answer, turn.chunks, claims, lambda claim, chunk: claims[claim].chunk == chunk
                )
            ),
            signals={"p_unsupported": p},
        )


def _claim(piece: Piece, passages: Sequence[Passage], language: Language) -> tuple[Claim, int]:
    if piece.aside:
        return Claim(
            start=piece.start,
            end=piece.end,
            text=piece.text,
            verdict=Verdict.NOT_A_CLAIM,
            reason=piece.aside,
        ), 0
    evidence = weigh(read(piece.text, language), passages)
    lost = len(evidence.new)
    verdict = Verdict.UNSUPPORTED if evidence.support < 0.6 or lost > 2 else Verdict.SUPPORTED
    return Claim(
        start=piece.start,
        end=piece.end,
        text=piece.text,
        verdict=verdict,
        support=evidence.support,
        chunk=evidence.best[0] if evidence.best else None,
        spans=tuple(Extent(piece.start + t.start, piece.start + t.end) for t in evidence.new),
        reason=_reason(evidence),
    ), lost


def _reason(evidence: Evidence) -> str | None:
    words = ", ".join(f"“{token.text}”" for token in evidence.new[:8])
    return f"in no chunk: {words}" if words else None
