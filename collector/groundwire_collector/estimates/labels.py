"""Validation of label submissions against their turn (API, page or file)."""

from dataclasses import dataclass
from typing import Any

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.sampling import position
from groundwire_collector.storage.labels import VERDICTS, Label
from groundwire_evaluators.turn import Turn

LONGEST_REFERENCE = 100_000  # characters
LONGEST_NAME = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSubmission:
    """Labels of one turn as submitted.

    A verdict (of the answer, or of the claim at `start` to `end`), the relevance of a chunk, a
    reference answer.
    """

    turn_id: str
    start: int | None = None
    end: int | None = None
    verdict: str | None = None
    chunk_id: str | None = None
    relevant: bool | None = None
    reference: str | None = None
    probability: float | None = None

    def labels(self, turn: Turn, labeller: str, labelled_ns: int) -> list[Label]:
        """One label per submitted field.

        Raises:
            UsageError: something is missing, or does not fit the turn.
        """
        self._check(turn)
        common: dict[str, Any] = {
            "turn_id": turn.id,
            "service": turn.service,
            "labeller": labeller,
            "labelled_ns": labelled_ns // 1000 * 1000,  # as files keep it
            "probability": self.probability,
        }
        found = []
        if self.verdict is not None:
            found.append(Label(**common, start=self.start, end=self.end, verdict=self.verdict))
        if self.relevant is not None:
            found.append(Label(**common, chunk_id=self.chunk_id, relevant=self.relevant))
        if self.reference is not None:
            found.append(Label(**common, reference=self.reference))
        return found

    def _check(self, turn: Turn) -> None:
        if self.verdict is None and self.relevant is None and self.reference is None:
            raise UsageError("A label needs a verdict, relevant, or a reference.")
        if self.verdict is not None and self.verdict not in VERDICTS:
            raise UsageError(f"A verdict must be one of {', '.join(VERDICTS)}.")
        if (self.chunk_id is None) != (self.relevant is None):
            raise UsageError("chunk_id and relevant must be given together.")
        if self.chunk_id is not None and not 0 < len(self.chunk_id) <= LONGEST_NAME:
            raise UsageError(f"A chunk_id has 1 to {LONGEST_NAME} characters.")
        if self.reference is not None and len(self.reference) > LONGEST_REFERENCE:
            raise UsageError(f"A reference has at most {LONGEST_REFERENCE} characters.")
        if self.probability is not None and not 0 < self.probability <= 1:
            raise UsageError("A sampling_probability must be in (0, 1].")
        self._check_claim(turn)

    def _check_claim(self, turn: Turn) -> None:
        if self.start is None or self.end is None:
            return
        if self.verdict is None:
            raise UsageError("A claim needs a verdict.")
        if not 0 <= self.start < self.end <= len(turn.answer or ""):
            raise UsageError("A claim is a range of the answer, in code points, half-open.")


def chunk_name(turn: Turn, index: int) -> str:
    """The id of a chunk; where it has none, `#` and its place among the chunks."""
    return turn.chunks[index].id or f"#{index}"


def draw(trace_id: str) -> float:
    """Position of a trace's turns in [0, 1); below the label rate they are labelled."""
    return position("label", trace_id)
