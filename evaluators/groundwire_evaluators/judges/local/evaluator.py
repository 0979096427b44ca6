"""Local model judge: claims against chunks, in windows and batches."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from groundwire_evaluators.evaluation import Claim, Evaluation, Extent, State, Verdict
from groundwire_evaluators.grounding.claims import Candidate, candidates
from groundwire_evaluators.judges.local.models import (
    Belief,
    ModelName,
    PairModel,
    SpanModel,
    identity_of,
    load_model,
)
from groundwire_evaluators.preconditions import not_judged
from groundwire_evaluators.text.languages import language_of
from groundwire_evaluators.turn import Turn

REVISION = "1"  # of the code: windows, and what is made of what a model says
LEAST_ROOM = 32  # tokens of a premise without which a claim is too long
_QUESTION = """
Briefly answer the following question:
{question}
Bear in mind that your response should be strictly based on the following {number} passages:
{context}
In case the passages do not contain the necessary information to answer the question, please reply \
with: "Unable to answer based on given passages."
output:
"""
_SUMMARY = "\nSummarize the following text:\n{context}\noutput:\n"


@dataclass(frozen=True)
class LocalJudge:
    """Judge with a local NLI model, MiniCheck, HHEM-2.1-Open or LettuceDetect.

    `model` is a Hugging Face name or a folder.

    A claim is supported where the best window of a chunk, or of all chunks together, is believed to
    support it with at least `threshold`; `support` is that belief, `chunk` the chunk. `value` is
    the faithfulness, `flagged` says that a claim is not supported.

    Price: one pass of the model a claim and window; minutes a turn on a CPU for a large one. How
    good its verdicts are on your traffic is unmeasured until you have labels or a golden set.
    """

    model: str
    threshold: float = 0.5
    _loaded: PairModel | SpanModel = field(init=False, repr=False, compare=False)
    _identity: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        name = ModelName.parse(self.model)
        object.__setattr__(self, "_loaded", load_model(name))
        object.__setattr__(self, "_identity", identity_of(name))

    @property
    def name(self) -> str:
        return f"hf:{ModelName.parse(self.model).path.rstrip('/').rpartition('/')[2]}"

    @property
    def revision(self) -> str:
        return f"{REVISION}-{self._identity}-{self.threshold:g}"

    def judge(self, turn: Turn) -> Evaluation:
        """Verdicts on the claims of one answer."""
        return self.evaluate_batch([turn])[0]

    def evaluate_batch(self, turns: Sequence[Turn]) -> list[Evaluation]:
        """One evaluation per turn, in order; pairs are batched across turns."""
        readings = [self._reading(turn) for turn in turns]
        if isinstance(self._loaded, SpanModel):
            return [self._by_spans(reading, self._loaded) for reading in readings]
        pairs = [pair for reading in readings for pair in reading.pairs]
        beliefs = iter(self._loaded.believe([(pair.premise, pair.claim) for pair in pairs]))
        return [
            self._by_pairs(reading, [next(beliefs) for _ in reading.pairs]) for reading in readings
        ]

    def _reading(self, turn: Turn) -> "_Reading":
        if known := not_judged(turn):
            return _Reading(turn, (), self._without(*known))
        language = language_of(turn.answer or "")
        cut = tuple(candidates(turn.answer or "", language.code if language else "en"))
        reading = _Reading(turn, cut)
        if not reading.claims:
            reason = "nothing in the answer claims anything"
            return _Reading(turn, cut, self._without(State.NO_CLAIMS, reason))
        if isinstance(self._loaded, SpanModel):
            return reading
        for at, piece in reading.claims:
            room = self._loaded.room(piece.text)
            if room < LEAST_ROOM:
                reason = "a claim is longer than the model reads"
                return _Reading(turn, cut, self._without(State.NOT_EVALUABLE, reason))
            reading.pairs += _pairs(self._loaded, turn, at, piece.text, room)
        return reading

    def _by_pairs(self, reading: "_Reading", beliefs: Sequence[Belief]) -> Evaluation:
        if reading.known is not None:
            return reading.known
        best: dict[int, tuple[Belief, int | None]] = {}
        conflict: dict[int, float] = {}
        for pair, belief in zip(reading.pairs, beliefs, strict=True):
            conflict[pair.piece] = max(conflict.get(pair.piece, 0.0), belief.conflict)
            before = best.get(pair.piece)
            if before is None or belief.support > before[0].support:
                best[pair.piece] = belief, pair.chunk
        claims = []
        for at, piece in enumerate(reading.cut):
            if piece.skip_reason is not None:
                claims.append(_no_claim(piece))
                continue
            belief, chunk = best[at]
            verdict = Verdict.UNSUPPORTED
            if belief.support >= self.threshold:
                verdict = Verdict.SUPPORTED
            elif conflict[at] >= self.threshold:
                verdict = Verdict.CONTRADICTED
            claims.append(_claim(piece, verdict, belief.support, chunk))
        return self._scored(claims)

    def _by_spans(self, reading: "_Reading", model: SpanModel) -> Evaluation:
        if reading.known is not None:
            return reading.known
        answer = reading.turn.answer or ""
        room = model.room(answer) - model.count(_prompt(reading.turn, [""]))
        if room < LEAST_ROOM:
            return self._without(State.NOT_EVALUABLE, "the answer is longer than the model reads")
        texts = [chunk.text for chunk in reading.turn.chunks if chunk.text.strip()]
        context = "\n".join(f"passage {at}: {text}" for at, text in enumerate(texts, start=1))
        prompts = [_prompt(reading.turn, texts, part) for part in model.pieces(context, room)]
        doubts = model.doubts(prompts, answer)
        claims = []
        for piece in reading.cut:
            if piece.skip_reason is not None:
                claims.append(_no_claim(piece))
                continue
            inside = [
                (max(start, piece.start), min(end, piece.end), share)
                for start, end, share in doubts
                if start < piece.end and end > piece.start
            ]
            support = 1.0 - max((share for *_, share in inside), default=0.0)
            spans = _joined([d for d in inside if d[2] > 1.0 - self.threshold])
            verdict = Verdict.UNSUPPORTED if spans else Verdict.SUPPORTED
            claims.append(_claim(piece, verdict, support, None, spans))
        return self._scored(claims)

    def _scored(self, claims: Sequence[Claim]) -> Evaluation:
        checked = [claim for claim in claims if claim.verdict is not Verdict.NOT_A_CLAIM]
        supported = sum(claim.verdict is Verdict.SUPPORTED for claim in checked)
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=supported / len(checked),
            flagged=supported < len(checked),
            claims=tuple(claims),
        )

    def _without(self, state: State, reason: str) -> Evaluation:
        return Evaluation(evaluator=self.name, revision=self.revision, state=state, reason=reason)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Chunk window (None: all chunks together) and the claim to check."""

    premise: str
    claim: str
    piece: int
    chunk: int | None


@dataclass
class _Reading:
    """Claims of a turn with their pairs; `known`: decided without a model."""

    turn: Turn
    cut: Sequence[Candidate]
    known: Evaluation | None = None
    pairs: list[_Pair] = field(default_factory=list)

    @property
    def claims(self) -> list[tuple[int, Candidate]]:
        return [(at, piece) for at, piece in enumerate(self.cut) if piece.skip_reason is None]


def _pairs(model: PairModel, turn: Turn, at: int, claim: str, room: int) -> list[_Pair]:
    found = []
    texts = [(index, chunk.text) for index, chunk in enumerate(turn.chunks) if chunk.text.strip()]
    for index, text in texts:
        found += [_Pair(part, claim, at, index) for part in model.pieces(text, room)]
    if 1 < len(texts) == len(found):  # each fits; what only several say together
        together = model.pieces("\n".join(text for _, text in texts), room)
        found += [_Pair(part, claim, at, None) for part in together]
    return found


def _prompt(turn: Turn, texts: Sequence[str], context: str = "") -> str:
    """Prompt format of LettuceDetect's training data (RAGTruth)."""
    if not turn.question:
        return _SUMMARY.format(context=context)
    return _QUESTION.format(question=turn.question, number=len(texts), context=context)


def _joined(doubts: Sequence[tuple[int, int, float]]) -> tuple[Extent, ...]:
    """Neighbouring tokens as one extent, blanks between them included."""
    found: list[Extent] = []
    for start, end, _ in doubts:
        if found and start - found[-1].end <= 1:
            found[-1] = Extent(found[-1].start, end)
        else:
            found.append(Extent(start, end))
    return tuple(found)


def _claim(
    piece: Candidate,
    verdict: Verdict,
    support: float,
    chunk: int | None,
    spans: tuple[Extent, ...] = (),
) -> Claim:
    return Claim(
        start=piece.start,
        end=piece.end,
        text=piece.text,
        verdict=verdict,
        support=support,
        chunk=chunk,
        spans=spans,
    )


def _no_claim(piece: Candidate) -> Claim:
    return Claim(
        start=piece.start,
        end=piece.end,
        text=piece.text,
        verdict=Verdict.NOT_A_CLAIM,
        reason=piece.skip_reason,
    )
