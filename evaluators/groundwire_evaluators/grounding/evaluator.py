"""Grounding evaluator: support of every claim by the chunks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice

from groundwire_evaluators.evaluation import Evaluation, State, Verdict
from groundwire_evaluators.grounding.calibration import UNCALIBRATED, Calibration, logistic
from groundwire_evaluators.grounding.citations import citations, without_sources
from groundwire_evaluators.grounding.claims import Piece, pieces
from groundwire_evaluators.grounding.evidence import (
    NO_QUESTION,
    QuestionContent,
    Statement,
    read,
    weigh,
)
from groundwire_evaluators.grounding.false_refusals import answering_chunk
from groundwire_evaluators.grounding.foreign import Overridden
from groundwire_evaluators.grounding.model import Model, shipped
from groundwire_evaluators.grounding.passages import Passage, with_metadata
from groundwire_evaluators.grounding.short_answers import Completed, completed
from groundwire_evaluators.grounding.signals import Reading, measure
from groundwire_evaluators.grounding.tables import read_content
from groundwire_evaluators.grounding.verdicts import Judged, judged, non_claim
from groundwire_evaluators.preconditions import not_judged, restates
from groundwire_evaluators.retrieval.relevance import QuestionTerms
from groundwire_evaluators.retrieval.usage import ChunkUsage
from groundwire_evaluators.text.languages import could_be, language_of, name_of
from groundwire_evaluators.text.parse_cache import ParseCache
from groundwire_evaluators.text.words import Language
from groundwire_evaluators.turn import Turn

REVISION = "3"  # of the code; the weights add their own version
_TELLING = 40  # code points from which a text tells its language
_SAMPLE = 4_000  # code points of a chunk whose language is told
_MOST_CLAIMS = 2_000  # of one answer that are read; more are not judged


@dataclass(frozen=True)
class Grounding:
    """Judges claims against chunks on a CPU, without a model.

    `value` is the faithfulness: supported claims / claims. `signals["p_unsupported"]`, in [0, 1],
    is a score that at least one claim is unsupported: a probability once `calibration` was learnt
    from labels of the application. `flagged`: any claim is unsupported or contradicted; with a
    `flag_threshold`, the score reaches it. Further signals: `claims`, `novel_names` and
    `novel_quantities` (counts), and how the chunks were used (`retrieval.usage`):
    `context_utilization`, `distractor_ratio`, `supporting_chunk_rank`.

    Price: a few milliseconds and some 60 MB; time linear in answer and chunks. What it cannot see
    stands in `docs/reference/grounding.md`.
    """

    flag_threshold: float | None = None
    calibration: Calibration = UNCALIBRATED
    model: Model = field(default_factory=shipped, repr=False)
    _cache: ParseCache[Passage] = field(
        default_factory=lambda: ParseCache(Passage), init=False, repr=False, compare=False
    )

    @property
    def name(self) -> str:
        return "grounding"

    @property
    def revision(self) -> str:
        suffix = f"-{self.calibration.version}" if self.calibration.version else ""
        return f"{REVISION}-{self.model.version}{suffix}"

    def _without(self, state: State, reason: str) -> Evaluation:
        return Evaluation(evaluator=self.name, revision=self.revision, state=state, reason=reason)

    def _declined(self, turn: Turn, state: State, reason: str) -> Evaluation:
        """A refusal; `signals["false_refusal"]` is 1 where a chunk answers the question."""
        language = language_of(turn.question or "")
        if language is None or not turn.chunks:
            return self._without(state, reason)
        passages = [self._cache.get(with_metadata(chunk), language) for chunk in turn.chunks]
        chunk = answering_chunk(turn.question, passages, language)
        if chunk is not None:
            reason = f"{reason}, though chunk {chunk} speaks of what is asked"
        signals = {"false_refusal": float(chunk is not None)}
        return replace(self._without(state, reason), signals=signals)

    def judge(self, turn: Turn) -> Evaluation:
        """Claims with verdicts, p_unsupported, flag, citations of one turn."""
        if known := not_judged(turn):
            if known[0] is State.REFUSAL:
                return self._declined(turn, *known)
            return self._without(*known)
        language = language_of_turn(turn)
        if language is None:
            return self._without(State.NOT_EVALUABLE, _not_judged_language(turn))
        return self._scored(turn, turn.answer or "", language)

    def _scored(self, turn: Turn, answer: str, language: Language) -> Evaluation:
        passages = [self._cache.get(with_metadata(chunk), language) for chunk in turn.chunks]
        on_records = any(passage.record is not None for passage in passages)
        all_judged = [
            self._judged(piece, reading, on_records)
            for piece, reading in _read(turn, passages, language)
        ]
        checked = [one for one in all_judged if one.reading is not None]
        if not checked:
            return self._without(State.NO_CLAIMS, "nothing in the answer claims anything")
        claims = tuple(one.claim for one in all_judged)
        terms = QuestionTerms.of(turn.question, language)
        usage = ChunkUsage.of(
            claims, [terms.relevance(passage.places.keys()) for passage in passages]
        )
        logit = self._logit(all_judged, len(checked), on_records)
        p_unsupported = self.calibration.apply(logistic(logit))
        supported = sum(one.claim.verdict is Verdict.SUPPORTED for one in checked)
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=supported / len(checked),
            reason=_worst(checked),
            flagged=self._flags(p_unsupported, supported < len(checked)),
            claims=claims,
            citations=tuple(
                citations(
                    answer,
                    turn.chunks,
                    claims,
                    lambda claim, *cited: all_judged[claim].backed_by(*cited),
                    turn.cited,
                )
            ),
            signals={"p_unsupported": p_unsupported} | _counts(checked) | usage.signals(),
        )

    def _judged(self, piece: Piece, reading: Reading | None, on_records: bool) -> Judged:
        """A piece with its verdict; a comment has none, but its score counts for the answer."""
        if reading is None:
            return non_claim(piece)
        signals = measure(reading)
        weighed = self.model.weighed(signals)
        score = self.model.lifted(weighed, signals, on_records)
        if piece.skip_reason:
            return replace(non_claim(piece), score=score, weighed=weighed)
        found = judged(piece, reading, score, self.model.threshold(on_records))
        return replace(found, weighed=weighed)

    def _logit(self, all_judged: Sequence[Judged], claims: int, on_records: bool) -> float:
        """The logit of p_unsupported, from claims and comments."""
        scored = [one for one in all_judged if one.weighed is not None]
        if claims == 1:
            return self.model.answer_logit([one.score for one in scored], on_records)
        ranked = self.model.ranked
        return self.model.answer_logit(
            [ranked(one.weighed or 0.0, one.score, on_records) for one in scored], on_records
        )

    def _flags(self, p_unsupported: float, any_bad: bool) -> bool:
        if self.flag_threshold is None:
            return any_bad
        return p_unsupported >= self.flag_threshold


def language_of_turn(turn: Turn) -> Language | None:
    """The language of answer and chunks; None where it is not one of ours, or the two differ.

    Records have hardly any small words to tell a language by: theirs is taken to be the answer's.
    """
    answer = turn.answer or ""
    answer_language = language_of(answer)
    shown = _shown(turn)
    if answer_language is not None and shown is None:
        whole = " ".join([answer, *(chunk.text[:_TELLING] for chunk in turn.chunks)])
        return language_of(whole) or answer_language
    if answer_language is None or shown is None:
        return answer_language
    chunks = _language_of_chunk(shown)
    if chunks is answer_language or could_be(shown, answer_language):
        return answer_language
    return chunks if chunks is None or could_be(answer, chunks) else None


def _shown(turn: Turn) -> str | None:
    """The first chunk of prose that is long enough to tell its language."""
    prose = (chunk.text for chunk in turn.chunks if _is_prose(chunk.text[:_SAMPLE]))
    return next((text[:_SAMPLE] for text in prose if len(text) > _TELLING), None)


@lru_cache(maxsize=512)
def _is_prose(text: str) -> bool:
    """Whether a chunk is sentences: records, tables and hours have hardly any small words."""
    if text.lstrip()[:1] in ("{", "[") or read_content(text).tables:
        return False
    return sum(1 for _ in islice(_LETTERS.finditer(text), _FEWEST_WORDS)) == _FEWEST_WORDS


_LETTERS = re.compile(r"[^\W\d_]{2,}")
_FEWEST_WORDS = 10  # that tell the language of a chunk


def _not_judged_language(turn: Turn) -> str:
    """Why the language of a turn is not judged, in words."""
    answer, shown = turn.answer or "", _shown(turn) or ""
    answer_language, chunks = language_of(answer), language_of(shown)
    if answer_language is None:
        return f"language: the answer is in {name_of(answer)}, which is not judged"
    if chunks is None:
        return f"language: the chunks are in {name_of(shown)}, which is not judged"
    return f"language: the answer is in {answer_language.name}, the chunks are in {chunks.name}"


_language_of_chunk = lru_cache(maxsize=512)(language_of)  # chunks recur


def readings(turn: Turn) -> Iterator[tuple[Piece, Reading]]:
    """The claims and comments of an answer, read against the chunks: what training measures."""
    language = language_of_turn(turn)
    if language is None or not_judged(turn):
        return
    passages = [Passage(with_metadata(chunk), language) for chunk in turn.chunks]
    for piece, reading in _read(turn, passages, language):
        if reading is not None:
            yield piece, reading


def _read(
    turn: Turn, passages: Sequence[Passage], language: Language
) -> list[tuple[Piece, Reading | None]]:
    """Every piece of the answer, read against the chunks where it claims something."""
    question_content = QuestionContent.of(turn.question, language)
    cut = [
        replace(piece, skip_reason=None)
        if piece.skip_reason == "declines" and restates(piece.read.text, turn.chunks)
        else piece
        for piece in islice(pieces(turn.answer or "", language.code, turn.question), _MOST_CLAIMS)
    ]
    bare = [
        None if piece.skip_reason else completed(piece.read.text, turn.question) for piece in cut
    ]
    statements = [
        None
        if piece.skip_reason
        else read(whole.text if whole else without_sources(piece.read.text, turn.chunks), language)
        for piece, whole in zip(cut, bare, strict=True)
    ]
    claims = [statement for statement in statements if statement is not None]
    overridden = Overridden(claims, passages, turn.question, language)

    def reading(piece: Piece, statement: Statement, whole: Completed | None) -> Reading:
        led = NO_QUESTION if whole else question_content.with_lead_in(piece.lead, language)
        return Reading(
            statement,
            weigh(statement, passages, led),
            passages,
            language.stop,
            led,
            tuple(overridden.conflicts(statement)),
            lone=len(claims) == 1,
            item=bool(piece.lead),
            completed=whole,
        )

    return [
        _without_comments(piece, reading(piece, statement, whole) if statement else None)
        for piece, statement, whole in zip(cut, statements, bare, strict=True)
    ]


def _without_comments(piece: Piece, reading: Reading | None) -> tuple[Piece, Reading | None]:
    """A piece that only comments or says nothing that a chunk could bear out claims nothing.

    A comment keeps its reading: what goes beyond the chunks in comments does so in claims too.
    """
    if reading is None or reading.completed or piece.lead:
        return piece, reading
    if not reading.statement.content and not reading.added.words:
        return replace(piece, skip_reason="says nothing of its own"), None
    short = reading.added.short
    idle = piece.comment or (short and not reading.evidence.own)
    if idle and not (short and reading.lone) and reading.frame < _FRAMED and reading.comments:
        return replace(piece, skip_reason="comments"), reading
    return piece, reading


_FRAMED = 0.7  # share of a claim near its evidence from which it is more than a comment


def _worst(checked: Sequence[Judged]) -> str | None:
    """Why the least supported claim is held to be so."""
    worst = max(checked, key=lambda one: one.score)
    return None if worst.claim.verdict is Verdict.SUPPORTED else worst.claim.reason


def _counts(checked: Sequence[Judged]) -> dict[str, float]:
    return {
        "claims": float(len(checked)),
        "novel_names": float(sum(one.new_names for one in checked)),
        "novel_quantities": float(sum(one.new_quantities for one in checked)),
    }
