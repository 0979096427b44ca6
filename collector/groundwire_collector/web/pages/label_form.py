"""Labelling form of a turn: fields and submitted labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundwire_collector.estimates.labels import LabelSubmission, chunk_name
from groundwire_collector.storage.labels import Label
from groundwire_collector.web.pages.passages import AnswerSegment
from groundwire_evaluators.evaluation import Verdict
from groundwire_evaluators.turn import Turn

FIRST_CLAIMS, MOST_CLAIMS = 12, 40  # fields that are shown at once
RELEVANCE = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class FormField:
    """One form field with the labeller's previous value ("" for none)."""

    name: str
    title: str
    value: str


@dataclass(frozen=True, slots=True)
class LabelForm:
    """Form fields for one turn and labeller; `chunks` in the turn's order.

    `claims` are those that were not supported, and the first ones; `rest` the others.
    """

    turn_id: str
    token: str
    verdict: str
    reference: str
    claims: tuple[FormField, ...]
    rest: tuple[FormField, ...]
    chunks: tuple[FormField, ...]

    @classmethod
    def of(
        cls, turn: Turn, passages: Sequence[AnswerSegment], mine: Sequence[Label], token: str
    ) -> "LabelForm":
        """Claims are those of the marked judgement; `mine` are the labeller's current labels."""
        verdicts = {(label.start, label.end): label.verdict or "" for label in mine}
        relevant = {
            label.chunk_id: "yes" if label.relevant else "no"
            for label in mine
            if label.chunk_id is not None
        }
        whole = (label.verdict for label in mine if label.start is None and label.verdict)
        claims = {
            passage.number: FormField(
                f"claim-{passage.claim.start}-{passage.claim.end}",
                f"claim {passage.number}",
                verdicts.get((passage.claim.start, passage.claim.end), ""),
            )
            for passage in passages
            if passage.claim is not None and passage.claim.verdict is not Verdict.NOT_A_CLAIM
        }
        bad = {passage.number for passage in passages if passage.bad}
        shown = [n for at, n in enumerate(claims) if at < FIRST_CLAIMS or n in bad][:MOST_CLAIMS]
        names = [chunk_name(turn, at) for at in range(len(turn.chunks))]
        return cls(
            turn_id=turn.id,
            token=token,
            verdict=next(whole, ""),
            reference=next((label.reference for label in mine if label.reference), ""),
            claims=tuple(claims[number] for number in shown),
            rest=tuple(field for number, field in claims.items() if number not in shown),
            chunks=tuple(
                FormField(f"chunk-{at}", name, relevant.get(name, ""))
                for at, name in enumerate(names)
            ),
        )


def answered(turn: Turn, fields: Mapping[str, str], before: LabelForm) -> list[LabelSubmission]:
    """Submitted labels that differ from the previous ones; empty fields are skipped."""
    known = {each.name: each.value for each in (*before.claims, *before.rest, *before.chunks)}
    known |= {"verdict": before.verdict, "reference": before.reference}
    found = []
    for name, value in fields.items():
        value = value.strip() if name != "reference" else value.replace("\r\n", "\n").strip()
        if value and value != known.get(name, ""):
            submission = _submission(turn, name, value)
            if submission is not None:
                found.append(submission)
    return found


def _submission(turn: Turn, name: str, value: str) -> LabelSubmission | None:
    kind, _, rest = name.partition("-")
    if name == "verdict":
        return LabelSubmission(turn_id=turn.id, verdict=value)
    if name == "reference":
        return LabelSubmission(turn_id=turn.id, reference=value)
    if kind == "claim":
        start, _, end = rest.partition("-")
        if start.isdecimal() and end.isdecimal():
            return LabelSubmission(turn_id=turn.id, start=int(start), end=int(end), verdict=value)
    if kind == "chunk" and rest.isdecimal() and int(rest) < len(turn.chunks):
        chunk_id = chunk_name(turn, int(rest))
        return LabelSubmission(turn_id=turn.id, chunk_id=chunk_id, relevant=RELEVANCE.get(value))
    return None
