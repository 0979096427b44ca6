"""One turn: marked answer, chunks, scores, closed-book answer, spans, labels."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from groundwire_collector.auth.access import Access, ReadAccess
from groundwire_collector.storage import closed_book_turns, keys, labels, turns
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.labels import Label, LabelQuery
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_collector.web.database import Archived, Database, readable_turn
from groundwire_collector.web.pages.answer_markup import blind_note, note, rendered
from groundwire_collector.web.pages.evidence import (
    ChunkPiece,
    ClaimEvidenceWords,
    evidence,
    located,
)
from groundwire_collector.web.pages.form import token
from groundwire_collector.web.pages.label_form import LabelForm
from groundwire_collector.web.pages.passages import (
    AnswerSegment,
    claims_by_chunk,
    judgement,
    passages,
)
from groundwire_collector.web.pages.rendering import KEYS_SCRIPT, page
from groundwire_collector.web.pages.score_words import score_words
from groundwire_collector.web.pages.time_range import Range
from groundwire_collector.web.pages.turn_filters import Filters
from groundwire_collector.web.pages.waterfall import waterfall
from groundwire_evaluators.evaluation import Verdict
from groundwire_evaluators.turn import Chunk, Turn

router = APIRouter(include_in_schema=False)


@router.get("/turns/{turn_id}")
def show_turn(
    turn_id: str,
    request: Request,
    access: ReadAccess,
    database: Database,
    archive: Archived,
    filters: Filters,
    span: Range,
    evaluator: str = "",
    blind: bool = False,
) -> HTMLResponse:
    """One turn: question, answer with marked claims, chunks, labels.

    `blind` shows no judgement and no label of others, for people who are to make up their own mind.
    The filters of the list that it was opened from lead to the turns before and after it.
    """
    found = readable_turn(database, archive, access, turn_id)
    if found is None:
        return page("missing.html", 404, what="turn", span=span)
    with database.connect() as connection:
        current = labels.current(labels.find(connection, LabelQuery(turn_ids=[turn_id])))
        labeller = keys.name_of(connection, access.key_id)
        blind = blind and access.allows(Scope.LABEL)
        beside = {} if blind else _beside(connection, found, access)
        around: tuple[str | None, str | None] = (None, None)
        if not (blind or span.problem or filters.problem):
            around = turns.neighbours(connection, filters.query(access, span, 1), found)
    shown = _shown(found, evaluator, blind)
    mine = [label for label in current if label.labeller == labeller]
    query = filters.parameters | span.query
    return page(
        "turn.html",
        script=KEYS_SCRIPT,
        span=span,
        **shown,
        labels=current,
        labelling=_form(request, access, found.turn, shown["passages"], mine),
        blind=blind,
        before=_link(around[0], query),
        after=_link(around[1], query),
        back=f"/turns?{urlencode(query)}" if query else "/turns",
        **{"again": None, "asked_again": None, "spans": None} | beside,
    )


def _form(
    request: Request,
    access: Access,
    turn: Turn,
    found: Sequence[AnswerSegment],
    mine: Sequence[Label],
) -> LabelForm | None:
    if not access.allows(Scope.LABEL):
        return None
    return LabelForm.of(turn, found, mine, token(request, turn.id))


def _link(turn_id: str | None, query: dict[str, str]) -> str:
    if turn_id is None:
        return ""
    return f"/turns/{quote(turn_id)}" + (f"?{urlencode(query)}" if query else "")


def _beside(connection: Connection, found: JudgedTurn, access: Access) -> dict[str, Any]:
    """Closed-book answer and spans of a turn."""
    again = turns.closed_book_of(connection, found.turn)
    return {
        "again": again.turn if again and access.covers(again.turn.service) else None,
        "asked_again": closed_book_turns.of_turn(connection, found.turn.id),
        "spans": waterfall(connection, found.turn.trace_id, access),
    }


def _shown(item: JudgedTurn, evaluator: str, blind: bool) -> dict[str, Any]:
    turn = item.turn
    judged = judgement(item.evaluations, evaluator or None)
    marked = passages(turn.answer or "", judged.claims if judged else ())
    chunks = _chunks(turn, marked, blind)
    claims = [one for one in marked if one.claim and one.claim.verdict is not Verdict.NOT_A_CLAIM]
    return {
        "turn": turn,
        "p_unsupported": item.p_unsupported,
        "evaluations": item.evaluations,
        "scores": [score_words(evaluation) for evaluation in item.evaluations],
        "judged": judged,
        "passages": marked,
        "rendered": rendered(turn.answer or "", marked, blind=blind),
        "note": note,
        "blind_note": blind_note,
        "bad": [one for one in claims if one.bad],
        "fine": [one for one in claims if not one.bad],
        "chunks": chunks,
        "located": {number for chunk in chunks for number in located(chunk[3])},
        "citations": judged.citations if judged else (),
    }


def _chunks(
    turn: Turn, marked: Sequence[AnswerSegment], blind: bool
) -> list[tuple[int, Chunk, list[AnswerSegment], list[ChunkPiece]]]:
    """Chunks in order of rank with their number, claims and evidence."""
    found = []
    by_chunk = claims_by_chunk(turn, marked)
    for number, (chunk, used) in enumerate(zip(turn.chunks, by_chunk, strict=True), start=1):
        claims = [
            ClaimEvidenceWords.of(
                one.number,
                "".join(piece.text for piece in one.pieces),
                one.claim.reason,
                turn.question,
            )
            for one in used
            if one.claim is not None
        ]
        pieces = [ChunkPiece(chunk.text)] if blind else evidence(chunk.text, claims)
        found.append((number, chunk, used, pieces))
    return sorted(found, key=lambda one: (one[1].earlier, _rank(one[1], one[0]), one[0]))


def _rank(chunk: Chunk, place: int) -> int:
    return chunk.rank if chunk.rank is not None else place - 1
