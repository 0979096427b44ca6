"""LLM judge: one call per turn, a verdict and evidence per claim."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from groundwire_evaluators.evaluation import Claim, Evaluation, Extent, State, Usage, Verdict
from groundwire_evaluators.grounding.claims import Candidate, candidates
from groundwire_evaluators.judges.chat import ANSWERED, CallTally, ChatModel, ReplyProblem
from groundwire_evaluators.judges.prompt import DIGEST, SCHEMA, SCHEMA_VERSION, messages
from groundwire_evaluators.judges.quotes import locate
from groundwire_evaluators.judges.replies import Ruling, UnusableReplyError, read_completion
from groundwire_evaluators.judges.turn_rendering import JudgeMaterial, material
from groundwire_evaluators.preconditions import not_judged
from groundwire_evaluators.text.languages import language_of
from groundwire_evaluators.turn import Turn

REVISION = "1"  # of the code: how claims are cut, and what is made of a reply
MOST_CLAIMS = 100
LONGEST_CONTEXT = 200_000  # code points of all chunks
_TOKENS_AT_LEAST, _TOKENS_A_CLAIM = 300, 120


@dataclass(frozen=True)
class LLMJudge:
    """Asks `model` once for verdicts on all claims of an answer.

    Claims are cut before the call (`grounding.claims`), so each has its exact range and none can be
    invented. `value` is the faithfulness: supported claims / claims; `flagged` says that one is
    not supported. A reply that cannot be used is asked for once more; one that still cannot, a
    refusal of the judge and a call that failed are `failed`, with the kind first in the reason.

    Price: one call a turn (two where the reply was no use), whose tokens are `usage`. Its verdicts
    are a model's opinion: how good they are is unmeasured until you have labels or a golden set.
    `control` adds a claim that nothing supports; whoever supports it was led by a text it read.
    """

    model: ChatModel
    name: str = "llm_judge"
    control: bool = True
    at_once: int = 1

    @property
    def revision(self) -> str:
        control = "" if self.control else "-bare"
        return f"{REVISION}-{self.model.identity}-p{DIGEST}-s{SCHEMA_VERSION}{control}"

    def evaluate_batch(self, turns: Sequence[Turn]) -> list[Evaluation]:
        """One evaluation per turn, in order, with `at_once` concurrent calls."""
        with ThreadPoolExecutor(self.at_once) as pool:
            return list(pool.map(self._guarded, turns))

    def _guarded(self, turn: Turn) -> Evaluation:
        try:
            return self.judge(turn)
        except Exception as error:  # a repeated batch would be paid for twice
            return self._without(State.FAILED, f"{type(error).__name__}: {error}")

    def _without(self, state: State, reason: str, usage: Usage | None = None) -> Evaluation:
        return Evaluation(
            evaluator=self.name, revision=self.revision, state=state, reason=reason, usage=usage
        )

    def judge(self, turn: Turn) -> Evaluation:
        """A verdict on every claim of one answer, by one call."""
        if known := not_judged(turn):
            return self._without(*known)
        answer = turn.answer or ""
        language = language_of(answer)
        cut = list(candidates(answer, language.code if language else "en"))
        claims = [candidate for candidate in cut if candidate.skip_reason is None]
        if not claims:
            return self._without(State.NO_CLAIMS, "nothing in the answer claims anything")
        if len(claims) > MOST_CLAIMS:
            return self._without(State.NOT_EVALUABLE, f"more than {MOST_CLAIMS} claims")
        if sum(len(chunk.text) for chunk in turn.chunks) > LONGEST_CONTEXT:
            return self._without(
                State.NOT_EVALUABLE, f"context beyond {LONGEST_CONTEXT} characters"
            )
        return self._judged(material(turn, claims, control=self.control), cut, claims)

    def _judged(
        self, shown: JudgeMaterial, cut: Sequence[Candidate], claims: Sequence[Candidate]
    ) -> Evaluation:
        limit = _TOKENS_AT_LEAST + _TOKENS_A_CLAIM * len(shown.names)
        tally, kind, detail = CallTally(), "", ""
        for _ in range(2):
            chat = messages(shown, detail or None)
            completion = self.model.complete(chat, SCHEMA, limit)
            try:
                rulings = read_completion(completion, shown)
            except UnusableReplyError as error:
                tally.add(completion, error.kind)
                kind, detail = error.kind, str(error)
                if error.kind != ReplyProblem.NONSENSE:
                    break
            else:
                tally.add(completion, ANSWERED)
                return replace(self._scored(cut, claims, rulings), usage=tally.usage)
        failed = self._without(State.FAILED, f"{kind}: {detail}", tally.usage)
        return replace(failed, failure=kind)

    def _scored(
        self, cut: Sequence[Candidate], judged: Sequence[Candidate], rulings: Mapping[int, Ruling]
    ) -> Evaluation:
        ruled = {id(judged[index]): ruling for index, ruling in rulings.items()}
        claims = tuple(_claim(candidate, ruled.get(id(candidate))) for candidate in cut)
        checked = [claim for claim in claims if claim.verdict is not Verdict.NOT_A_CLAIM]
        if not checked:
            return self._without(State.NO_CLAIMS, "nothing in the answer claims anything")
        unsupported = [claim for claim in checked if claim.verdict is not Verdict.SUPPORTED]
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=1 - len(unsupported) / len(checked),
            reason=unsupported[0].reason if unsupported else None,
            flagged=bool(unsupported),
            claims=claims,
        )


def _claim(candidate: Candidate, ruling: Ruling | None) -> Claim:
    if ruling is None:
        return Claim(
            start=candidate.start,
            end=candidate.end,
            text=candidate.text,
            verdict=Verdict.NOT_A_CLAIM,
            reason=candidate.skip_reason,
        )
    return Claim(
        start=candidate.start,
        end=candidate.end,
        text=candidate.text,
        verdict=ruling.verdict,
        chunk=ruling.chunk,
        spans=_spans(candidate, ruling),
        reason=ruling.reason,
    )


def _spans(candidate: Candidate, ruling: Ruling) -> tuple[Extent, ...]:
    if ruling.verdict not in (Verdict.UNSUPPORTED, Verdict.CONTRADICTED):
        return ()
    found = locate(ruling.words, candidate.text)
    if found is None:
        return ()
    return (Extent(candidate.start + found.start, candidate.start + found.end),)
