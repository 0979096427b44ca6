"""Grounding evaluator: support of every claim by the chunks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice

from groundwire_evaluators.evaluation import Evaluation, State, Verdict
from groundwire_evaluators.grounding.bare_answers import CompletedStatement, complete, polarity
from groundwire_evaluators.grounding.calibration import UNCALIBRATED, Calibration, logistic
from groundwire_evaluators.grounding.cells import Cells
from groundwire_evaluators.grounding.characters import JUDGED, judge_by_characters
from groundwire_evaluators.grounding.citations import citations, without_sources
from groundwire_evaluators.grounding.claims import Candidate, candidates
from groundwire_evaluators.grounding.code import (
    code_conflict,
    inline_code,
    is_shown,
    lines_of_code,
)
from groundwire_evaluators.grounding.conflict import Conflict
from groundwire_evaluators.grounding.evidence import (
    NO_QUESTION,
    QuestionContent,
    Statement,
    find_evidence,
    parse_statement,
)
from groundwire_evaluators.grounding.false_refusals import answering_chunk
from groundwire_evaluators.grounding.kinds import Kind, kind_of
from groundwire_evaluators.grounding.model import Model, default_model
from groundwire_evaluators.grounding.overridden_values import OverrideFinder
from groundwire_evaluators.grounding.passages import Passage, with_metadata
from groundwire_evaluators.grounding.read_claims import (
    BatchReading,
    ReadClaim,
    ReaderAnswers,
    ReaderQuestions,
    claims_to_read,
)
from groundwire_evaluators.grounding.reading_budget import ReadingBudget
from groundwire_evaluators.grounding.reading_pairs import pair_of
from groundwire_evaluators.grounding.signals import Comparison, measure_signals
from groundwire_evaluators.grounding.tables import read_content, single_row
from groundwire_evaluators.grounding.verdicts import (
    JudgedClaim,
    judge_again,
    judge_claim,
    non_claim,
)
from groundwire_evaluators.preconditions import not_judged, restates
from groundwire_evaluators.reader import Reader, installed_reader
from groundwire_evaluators.retrieval.evaluator import WHOLE_PROMPT
from groundwire_evaluators.retrieval.outcome import ANSWERING_CHUNK
from groundwire_evaluators.retrieval.relevance import QuestionTerms
from groundwire_evaluators.retrieval.usage import ChunkUsage
from groundwire_evaluators.text.languages import could_be, language_of, name_of
from groundwire_evaluators.text.parse_cache import ParseCache
from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.text.tokens import WORD, fold
from groundwire_evaluators.text.words import Language
from groundwire_evaluators.turn import Turn

REVISION = "5"  # of the code; the weights add their own version
_TELLING = 40  # code points from which a text tells its language
_SAMPLE = 4_000  # code points of a chunk whose language is told
_TURNS_AT_ONCE = 64  # whose claims are held in memory
_LONGEST_QUESTION = 1_000  # code points that are read with a short answer
_MOST_CHUNKS = 4  # by which the language of the chunks is told
_OTHER_WORDS = (
    "language: {} is judged by numbers and sentences of the chunks; this answer has other words"
)
_BAD = 0.9  # score of an answer that characters show to be wrong
_FEWEST_WORDS_OF_SENTENCE = 3  # that tell its language
_MOST_CLAIMS = 2_000  # of one answer that are read; more are not judged


@dataclass(frozen=True)
class Grounding:
    """Judges claims against chunks on a CPU, by words and a reader.

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
    model: Model = field(default_factory=default_model, repr=False)
    reader: Reader | None = field(default_factory=installed_reader, repr=False)
    reader_seconds: float = 2.0  # a turn, of reading
    reading_budget: ReadingBudget | None = field(default=None, repr=False, compare=False)
    _cache: ParseCache[Passage] = field(
        default_factory=lambda: ParseCache(Passage), init=False, repr=False, compare=False
    )

    @property
    def name(self) -> str:
        return "grounding"

    @property
    def revision(self) -> str:
        suffix = f"-{self.calibration.version}" if self.calibration.version else ""
        reader = f"-{self.reader.revision}" if self.reader else ""
        return f"{REVISION}-{self.model.version}{reader}{suffix}"

    def _without(self, state: State, reason: str) -> Evaluation:
        return Evaluation(evaluator=self.name, revision=self.revision, state=state, reason=reason)

    def _refusal(self, turn: Turn, state: State, reason: str) -> Evaluation:
        """A refusal; `signals["false_refusal"]` is 1 where a chunk answers the question."""
        language = language_of(turn.question or "")
        if language is None or not turn.chunks:
            return self._without(state, reason)
        passages = [self._cache.get(with_metadata(chunk), language) for chunk in turn.chunks]
        chunk = answering_chunk(turn.question, passages, language)
        if chunk is not None:
            reason = f"{reason}, though chunk {chunk + 1} speaks of what is asked"
        signals = {"false_refusal": float(chunk is not None)}
        if _asks_its_chunks(turn, passages, language):
            signals[ANSWERING_CHUNK] = float(chunk is not None)
        return replace(self._without(state, reason), signals=signals)

    def judge(self, turn: Turn) -> Evaluation:
        """Claims with verdicts, p_unsupported, flag, citations of one turn."""
        return self.evaluate_batch([turn])[0]

    def evaluate_batch(self, turns: Sequence[Turn]) -> list[Evaluation]:
        """Evaluate turns; a reader reads several turns together."""
        found: list[Evaluation] = []
        for start in range(0, len(turns), _TURNS_AT_ONCE):
            judged = [self._by_words(turn) for turn in turns[start : start + _TURNS_AT_ONCE]]
            found += self._concluded(judged)
        return found

    def _by_words(self, turn: Turn) -> "Evaluation | AnswerByWords":
        """The claims of an answer judged by words, or why there are none to judge."""
        if known := not_judged(turn):
            if known[0] is State.REFUSAL:
                return self._refusal(turn, *known)
            return self._without(*known)
        language = language_of_turn(turn)
        if language is None:
            return self._by_characters(turn)
        passages = [self._cache.get(with_metadata(chunk), language) for chunk in turn.chunks]
        kind = kind_of(turn.question, any(passage.record is not None for passage in passages))
        judged = [
            self._judged(candidate, comparison, kind)
            for candidate, comparison in _compare_claims(turn, passages, language)
        ]
        if all(one.comparison is None for one in judged):
            return self._without(State.NO_CLAIMS, "nothing in the answer claims anything")
        return AnswerByWords(turn, language, passages, kind, judged)

    def _by_characters(self, turn: Turn) -> Evaluation:
        """An answer in a language without word lists, by numbers and sentences of the chunks."""
        known = _language_by_characters(turn)
        judged = known and judge_by_characters(
            turn.answer or "", [with_metadata(chunk) for chunk in turn.chunks], known
        )
        if not judged or not (judged.bad or (judged.claims and judged.decided)):
            reason = _OTHER_WORDS.format(known) if judged else _unsupported_language(turn)
            return self._without(State.NOT_EVALUABLE, reason)
        supported = sum(claim.verdict is Verdict.SUPPORTED for claim in judged.claims)
        p_unsupported = _BAD if judged.bad else (1.0 - judged.lowest_coverage) / 2
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            reason=next((claim.reason for claim in judged.claims if claim.reason), None),
            value=supported / len(judged.claims),
            flagged=self._flags(p_unsupported, judged.bad),
            claims=judged.claims,
            signals={"p_unsupported": p_unsupported, "claims": float(len(judged.claims))},
        )

    def _concluded(self, judged: Sequence["Evaluation | AnswerByWords"]) -> list[Evaluation]:
        """The evaluations, once a reader was asked about the claims that it is for."""
        if self.reader is None:
            return [self._scored(one) if isinstance(one, AnswerByWords) else one for one in judged]
        questions = [self._questions(one, self.reader) for one in judged]
        reading = BatchReading(self.reader, self.reader_seconds, self.reading_budget)
        answers = reading.answers(questions)
        return [
            self._read(one, each, read) if isinstance(one, AnswerByWords) else one
            for one, each, read in zip(judged, questions, answers, strict=True)
        ]

    def _questions(self, one: "Evaluation | AnswerByWords", reader: Reader) -> ReaderQuestions:
        if not isinstance(one, AnswerByWords) or one.kind == "records":
            return ReaderQuestions()
        if one.language.code not in reader.card.languages:
            return ReaderQuestions()
        threshold, question = self.model.threshold(one.kind), one.turn.question
        indices = claims_to_read([claim.read_score for claim in one.claims], threshold)
        pairs = [
            pair_of(claim.comparison, claim.candidate.lead, question, reader.card.evidence_words)
            for claim in (one.claims[at] for at in indices)
            if claim.comparison and claim.candidate
        ]
        return ReaderQuestions(indices, tuple(pairs), summary=one.kind == "summaries")

    def _read(
        self, one: "AnswerByWords", questions: ReaderQuestions, answers: ReaderAnswers
    ) -> Evaluation:
        """The evaluation with what the reader said; without what it did not say in time, none."""
        if answers.failure is not None or self.reader is None:
            return self._without(State.NOT_EVALUABLE, answers.failure or "no reader")
        threshold, weights = self.model.threshold(one.kind), self.reader.card.weights
        claims = list(one.claims)
        for at, row in zip(questions.indices, answers.rows, strict=True):
            read = ReadClaim.of(row, weights, summary=questions.summary)
            claims[at] = judge_again(claims[at], read, threshold)
        found = self._scored(replace(one, claims=claims))
        return replace(found, signals={**found.signals, **answers.signals()})

    def _scored(self, judged: "AnswerByWords") -> Evaluation:
        turn, passages, kind = judged.turn, judged.passages, judged.kind
        all_judged, answer = judged.claims, turn.answer or ""
        checked = [one for one in all_judged if one.comparison is not None]
        claims = tuple(one.claim for one in all_judged)
        terms = QuestionTerms.of(turn.question, judged.language)
        relevance = [
            None if chunk.earlier else terms.relevance(passage.places.keys())
            for chunk, passage in zip(turn.chunks, passages, strict=True)
        ]
        usage = ChunkUsage.of(claims, relevance)
        answering = {}
        if _asks_its_chunks(turn, passages, judged.language):
            chunk = answering_chunk(turn.question, passages, judged.language)
            answering = {ANSWERING_CHUNK: float(chunk is not None)}
        logit = self._logit(all_judged, len(checked), kind)
        p_unsupported = self.calibration.apply(logistic(logit))
        supported = sum(one.claim.verdict is Verdict.SUPPORTED for one in checked)
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=supported / len(checked),
            reason=_reason_of_worst(checked),
            flagged=self._flags(p_unsupported, supported < len(checked)),
            claims=claims,
            citations=tuple(
                citations(
                    answer,
                    turn.chunks,
                    claims,
                    lambda claim, *cited: all_judged[claim].is_supported_by(*cited),
                    turn.cited,
                )
            ),
            signals={"p_unsupported": p_unsupported}
            | _counts(checked)
            | usage.signals()
            | answering,
        )

    def _judged(
        self, candidate: Candidate, comparison: Comparison | None, kind: Kind
    ) -> JudgedClaim:
        """Judge a candidate; a comment has no verdict, but its score counts for the answer."""
        if comparison is None:
            return non_claim(candidate)
        signals = measure_signals(comparison)
        weighted_score = self.model.weighted_score(signals, kind)
        score = self.model.with_minimums(weighted_score, signals, kind)
        if candidate.skip_reason:
            return replace(non_claim(candidate), score=score, weighted_score=weighted_score)
        found = judge_claim(candidate, comparison, score, self.model.threshold(kind))
        return replace(found, weighted_score=weighted_score)

    def _logit(self, all_judged: Sequence[JudgedClaim], claims: int, kind: Kind) -> float:
        """The logit of p_unsupported, from claims and comments."""
        scored = [one for one in all_judged if one.weighted_score is not None]
        if claims == 1:
            return self.model.answer_logit([one.score for one in scored], kind)
        answer_score = self.model.answer_score
        return self.model.answer_logit(
            [answer_score(one.weighted_score or 0.0, one.score, kind) for one in scored],
            kind,
        )

    def _flags(self, p_unsupported: float, any_bad: bool) -> bool:
        if self.flag_threshold is None:
            return any_bad
        return p_unsupported >= self.flag_threshold


@dataclass(frozen=True, slots=True)
class AnswerByWords:
    """Claims of an answer judged by words, with its passages."""

    turn: Turn
    language: Language
    passages: Sequence[Passage]
    kind: Kind
    claims: Sequence[JudgedClaim]


def language_of_turn(turn: Turn) -> Language | None:
    """The language of answer and chunks; None where it is not one of ours, or the two differ.

    An answer with a sentence in the chunks' language, framed by another ("Glad you asked. Die
    Schulung dauert 45 Minuten."), is in that of the chunks.
    Records have hardly any small words to tell a language by: theirs is taken to be the answer's.
    """
    answer = turn.answer or ""
    answer_language = _language_of_answer(turn)
    shown = _prose_sample(turn)
    if answer_language is not None and shown is None:
        samples = (chunk.text[:_TELLING] for chunk in turn.chunks)
        whole = " ".join([turn.question or "", answer, *samples])
        return language_of(whole) or answer_language
    if shown is None:
        return None
    chunks = _language_of_chunk(shown)
    if answer_language is not None and (
        chunks is answer_language or could_be(shown, answer_language)
    ):
        return answer_language
    if chunks is None:
        return None
    alike = answer_language is not None and could_be(answer, chunks)
    return chunks if alike or _has_sentence_in(turn, chunks) else None


def _has_sentence_in(turn: Turn, language: Language) -> bool:
    """Whether a sentence of the answer is in this language of the chunks.

    By its small words; or because it consists of words of the chunks, as "Die Küche leitet Frau
    Yıldız." does, whose letters are Turkish.
    """
    answer = turn.answer or ""
    shown = frozenset(
        fold(word) for chunk in turn.chunks for word in WORD.findall(with_metadata(chunk))
    )
    extents = list(sentences(answer))
    for start, end in extents:
        words = [fold(word) for word in WORD.findall(answer[start:end])]
        if len(words) < _FEWEST_WORDS_OF_SENTENCE:
            continue
        framed = len(extents) > 1 and language_of(answer[start:end]) is language
        if framed or shown.issuperset(words):
            return True
    return False


def _language_of_answer(turn: Turn) -> Language | None:
    """Language of an answer; a short one is detected with its question and chunks."""
    answer = turn.answer or ""
    alone = language_of(answer)
    if len(answer) > _TELLING:
        return alone
    samples = (chunk.text[:_SAMPLE] for chunk in turn.chunks[:1])
    whole = language_of(" ".join([turn.question or "", answer, *samples]))
    fits = whole is not None and (could_be(answer, whole) or polarity(answer) is not None)
    return whole if fits else alone


def _prose_sample(turn: Turn) -> str | None:
    """First chunk of prose long enough for language detection."""
    prose = (chunk.text for chunk in turn.chunks if _is_prose(chunk.text[:_SAMPLE]))
    return next((text[:_SAMPLE] for text in prose if len(text) > _TELLING), None)


@lru_cache(maxsize=512)
def _is_prose(text: str) -> bool:
    """Whether a chunk consists of sentences: records and tables have few function words."""
    if text.lstrip()[:1] in ("{", "[") or read_content(text).tables or single_row(text):
        return False
    return sum(1 for _ in islice(_LETTERS.finditer(text), _FEWEST_WORDS)) == _FEWEST_WORDS


_LETTERS = re.compile(r"[^\W\d_]{2,}")
_FEWEST_WORDS = 10  # that tell the language of a chunk


def _language_by_characters(turn: Turn) -> str | None:
    """The language by whose characters an answer is judged: that of its chunks; else None."""
    shown = name_of(" ".join(chunk.text[:_TELLING] for chunk in turn.chunks[:_MOST_CHUNKS]))
    answer = name_of(turn.answer or "")
    alike = answer == shown or {answer, shown} == {"Chinese", "Japanese"}
    short = len(turn.answer or "") <= _TELLING and answer not in JUDGED
    return shown if shown in JUDGED and (alike or short) else None


def _unsupported_language(turn: Turn) -> str:
    """Why the language of a turn is not judged, in words."""
    answer, shown = turn.answer or "", _prose_sample(turn) or ""
    answer_language, chunks = language_of(answer), language_of(shown)
    if answer_language is None:
        return f"language: the answer is in {name_of(answer)}, which is not judged"
    if chunks is None:
        return f"language: the chunks are in {name_of(shown)}, which is not judged"
    return f"language: the answer is in {answer_language.name}, the chunks are in {chunks.name}"


_language_of_chunk = lru_cache(maxsize=512)(language_of)  # chunks recur


def comparisons(turn: Turn) -> Iterator[tuple[Candidate, Comparison]]:
    """The claims and comments of an answer, read against the chunks: what training measures."""
    language = language_of_turn(turn)
    if language is None or not_judged(turn):
        return
    passages = [Passage(with_metadata(chunk), language) for chunk in turn.chunks]
    for candidate, comparison in _compare_claims(turn, passages, language):
        if comparison is not None:
            yield candidate, comparison


def _compare_claims(
    turn: Turn, passages: Sequence[Passage], language: Language
) -> list[tuple[Candidate, Comparison | None]]:
    """Candidates of the answer, each compared with the chunks where it claims something."""
    question_content = QuestionContent.of(turn.question, language)
    cut = [
        replace(candidate, skip_reason=None)
        if candidate.skip_reason == "declines" and restates(candidate.read.text, turn.chunks)
        else candidate
        for candidate in islice(
            candidates(turn.answer or "", language.code, turn.question), _MOST_CLAIMS
        )
    ]
    cut = [_with_code(candidate, passages) for candidate in cut]
    bare = [
        None
        if candidate.skip_reason
        else complete(candidate.read.text, turn.question, language.code)
        for candidate in cut
    ]
    statements = [
        None
        if candidate.skip_reason
        else parse_statement(
            whole.text if whole else without_sources(candidate.read.text, turn.chunks), language
        )
        for candidate, whole in zip(cut, bare, strict=True)
    ]
    claims = [statement for statement in statements if statement is not None]
    overridden = OverrideFinder(claims, passages, turn.question, language)
    joined = Cells.joined([passage.row for passage in passages], language)
    question = (turn.question or "")[:_LONGEST_QUESTION] if len(claims) == 1 else ""

    only_items = all(candidate.item for candidate in cut if not candidate.skip_reason)

    def comparison(
        candidate: Candidate, statement: Statement, whole: CompletedStatement | None
    ) -> Comparison:
        led = NO_QUESTION if whole else question_content.with_lead_in(candidate.lead, language)
        return Comparison(
            statement,
            find_evidence(statement, passages, led),
            passages,
            language.stop,
            led,
            (*overridden.conflicts(statement), *_code_conflicts(candidate, statement, passages)),
            only_claim=len(claims) == 1,
            item=bool(candidate.lead),
            bare_item=only_items and candidate.item,
            complete=whole,
            joined=joined,
            question=question if question and not whole else None,
        )

    return [
        _without_comments(candidate, comparison(candidate, statement, whole) if statement else None)
        for candidate, statement, whole in zip(cut, statements, bare, strict=True)
    ]


def _with_code(candidate: Candidate, passages: Sequence[Passage]) -> Candidate:
    """Take a code block for a claim where each line is a chunk's, or nearly."""
    if candidate.skip_reason != "code":
        return candidate
    text = candidate.read.text
    lines = lines_of_code(text)
    comparable = lines and all(
        is_shown(line, passages) or code_conflict(text, line, passages) for line in lines
    )
    if not comparable:
        return candidate
    first, last = text.find("\n") + 1, text.rfind("\n")
    inner = candidate.read.part(first, last) if text[:3] in _FENCES and last >= first else None
    return replace(candidate, skip_reason=None, plain=inner or candidate.plain)


_FENCES = ("```", "~~~")


def _code_conflicts(
    candidate: Candidate, statement: Statement, passages: Sequence[Passage]
) -> Iterator[Conflict]:
    """Conflicts of the code in a claim with the code of the chunks."""
    code = list(inline_code(candidate.text)) if "`" in candidate.text else []
    block = "```" in candidate.text or "~~~" in candidate.text
    for line in lines_of_code(statement.text) if block else code:
        conflict = code_conflict(statement.text, line, passages)
        if conflict is not None:
            yield conflict


def _without_comments(
    candidate: Candidate, comparison: Comparison | None
) -> tuple[Candidate, Comparison | None]:
    """Skip a candidate that only comments or that no chunk could support.

    A comment keeps its comparison: what goes beyond the chunks in comments does so in claims too.
    """
    if comparison is None or comparison.complete or candidate.lead or comparison.bare_item:
        return candidate, comparison
    if not comparison.statement.content and not comparison.added.words:
        return replace(candidate, skip_reason="says nothing of its own"), None
    short = comparison.added.short
    idle = candidate.comment or (short and not comparison.evidence.own)
    if (
        idle
        and not (short and comparison.only_claim)
        and comparison.frame < _FRAMED
        and comparison.comments
    ):
        return replace(candidate, skip_reason="comments"), comparison
    return candidate, comparison


_FRAMED = 0.7  # share of a claim near its evidence from which it is more than a comment


def _asks_its_chunks(turn: Turn, passages: Sequence[Passage], language: Language) -> bool:
    """Whether a sentence of a chunk could answer: a question, not a summary or about records."""
    on_records = any(passage.record is not None for passage in passages)
    if turn.context_source == WHOLE_PROMPT or kind_of(turn.question, on_records) != "answers":
        return False
    return bool(QuestionTerms.of(turn.question, language).weights)


def _reason_of_worst(checked: Sequence[JudgedClaim]) -> str | None:
    """Why the least supported claim is held to be so."""
    worst = max(checked, key=lambda one: one.score)
    return None if worst.claim.verdict is Verdict.SUPPORTED else worst.claim.reason


def _counts(checked: Sequence[JudgedClaim]) -> dict[str, float]:
    return {
        "claims": float(len(checked)),
        "novel_names": float(sum(one.new_names for one in checked)),
        "novel_quantities": float(sum(one.new_quantities for one in checked)),
    }
