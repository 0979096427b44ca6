"""Training facts that today's chunks contradict.

Each training answer is judged as an answer of today (`Grounding`): against the chunks that its
question finds, and against the sentence among them that answers it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from groundwire_evaluators.evaluation import Evaluation, Evaluator, Verdict
from groundwire_evaluators.reliance.equivalence import asserted_in
from groundwire_evaluators.reliance.polarity import affirms, asks_yes_or_no
from groundwire_evaluators.reliance.values import Kind, Value, find_values
from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.training.example import TrainingExample
from groundwire_evaluators.training.passage_search import FoundChunk, PassageSearch
from groundwire_evaluators.training.replaced_words import replaced_words
from groundwire_evaluators.turn import Chunk, Turn

_CHUNKS = 3  # read for each question
_COVERED = 0.4  # of the question's words, by weight, in a chunk that answers it
_STATED_THERE = 0.6  # of the words around the answer's values, likewise
_ANSWER = 0.5  # of a word's weight where it is the answer's, not the question's
_NOT_IN_SENTENCE = 0.5  # of a word's weight where it is in the chunk, but not in the sentence
_IN_SENTENCE = 0.2  # of the words of question and answer, by weight, in the sentence itself
_NEAR = 0.85  # of the best sentence's score: a sentence as likely to be the answer
_BARE = 4  # words of an answer that is a value alone
_NUMERIC = {Kind.NUMBER, Kind.COUNT, Kind.AMOUNT, Kind.ORDINAL, Kind.PERCENT, Kind.MONEY}
_CLOCK = {Kind.TIME, Kind.NUMBER}
_YES = "yes|ja|allowed|permitted|erlaubt|oui|sí|sì|sim"
_NO = "no|nein|not allowed|not permitted|forbidden|nicht erlaubt|verboten|non|não|nee"
_STATED = re.compile(rf"(?:^|:)\s{{0,3}}(?:(?P<no>{_NO})|(?P<yes>{_YES}))\W{{0,3}}$", re.IGNORECASE)


class FactState(StrEnum):
    """What today's chunks say of a training answer."""

    CURRENT = "current"
    STALE = "stale"  # they say otherwise
    NOT_COVERED = "not_covered"  # no chunk answers the question


@dataclass(frozen=True, slots=True)
class FactCheck:
    """One training answer against today's chunks; `sentence` is the one that answers."""

    example: TrainingExample
    state: FactState
    chunk: Chunk | None = None
    sentence: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StaleFact:
    """A fact that a chunk contradicts, with every example that states it."""

    chunk: Chunk
    sentence: str
    reason: str | None
    examples: tuple[TrainingExample, ...]


@dataclass(frozen=True, slots=True)
class _RankedSentence:
    chunk: Chunk
    text: str
    following: str
    score: float
    place: int

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a table, which says nothing without its header."""
        return self.text.count("|") > 1


@dataclass(frozen=True)
class FactChecker:
    """Checks training answers against an index of chunks.

    `judge` is the grounding evaluator, or another whose evaluations are flagged with reasons.
    Price: about 4 ms an example of one sentence, on one core.
    """

    search: PassageSearch
    judge: Evaluator

    def check(self, example: TrainingExample) -> FactCheck:
        """Whether the training answer is what the chunks say today."""
        frame = _frame(example.answer)
        found = self.search.find(f"{example.question} {frame}", _CHUNKS)
        ranked = self._ranked(example.question, frame, found)
        if not ranked:
            return FactCheck(example, FactState.NOT_COVERED)
        near = [each for each in ranked if each.score >= _NEAR * ranked[0].score]
        reason = self._contradiction(example, [each.chunk for each in found], near)
        state = FactState.CURRENT if reason is None else FactState.STALE
        return FactCheck(example, state, near[0].chunk, near[0].text, reason)

    def locate(self, example: TrainingExample) -> tuple[Chunk, str] | None:
        """The chunk and its sentence that answer a question; None where no chunk covers it."""
        frame = _frame(example.answer)
        found = self.search.find(f"{example.question} {frame}", _CHUNKS)
        ranked = self._ranked(example.question, frame, found)
        return (ranked[0].chunk, ranked[0].text) if ranked else None

    def _contradiction(
        self, example: TrainingExample, chunks: Sequence[Chunk], near: Sequence[_RankedSentence]
    ) -> str | None:
        """What the sentences say instead of the answer; None where they do not contradict it."""
        best = near[0].text
        opposed = _opposed(example, best)
        if opposed is not None:
            return f"“{example.answer[:40]}” against “{best[:80]}”" if opposed else None
        whole = self._judged(example, chunks)
        alone = whole
        if not near[0].is_row:
            alone = self._judged(example, [Chunk(text=" ".join(each.text for each in near))])
        if any(asserted_in(example.answer, each.text, example.question) for each in near):
            return self._reworded(example, near[0])
        if not whole.flagged and not alone.flagged:
            return self._reworded(example, near[0])
        rival = _rival(example, _searched(near, whole.flagged is True))
        if rival is None and not (_is_contradicted(alone) or whole.flagged is True):
            return None
        return rival or _reason(alone, whole)

    def _reworded(self, example: TrainingExample, sentence: _RankedSentence) -> str | None:
        """What a sentence of the answer's own wording says in place of its value."""
        if sentence.is_row:
            return None
        found = replaced_words(example.answer, sentence.text, self.search.language)
        return found and f"“{found[0]}” against “{found[1]}”"

    def _judged(self, example: TrainingExample, chunks: Sequence[Chunk]) -> Evaluation:
        turn = Turn(question=example.question, answer=example.answer, chunks=tuple(chunks))
        return self.judge.judge(turn)

    def _ranked(
        self, question: str, frame: str, found: Iterable[FoundChunk]
    ) -> list[_RankedSentence]:
        """Sentences of the chunks that cover question or answer, best first."""
        wanted = {word: self.search.weight(word) for word in self.search.words(question)}
        answered = {word: self.search.weight(word) for word in self.search.words(frame)}
        weights = {word: _ANSWER * weight for word, weight in answered.items()} | wanted
        made: list[_RankedSentence] = []
        for each in found:
            title = each.chunk.metadata.get("title") or ""
            whole = self.search.words(f"{title} {each.chunk.text}")
            if _share(wanted, whole) >= _COVERED or _share(answered, whole) >= _STATED_THERE:
                made += self._sentences(each.chunk, whole, weights, len(made))
        return sorted(made, key=lambda each: (-each.score, each.place))

    def _sentences(
        self, chunk: Chunk, whole: frozenset[str], weights: Mapping[str, float], place: int
    ) -> Iterator[_RankedSentence]:
        lines = list(_lines(chunk.text, self.search.language.code))
        for number, line in enumerate(lines):
            inside = self.search.words(line) & weights.keys()
            if _share(weights, inside) < _IN_SENTENCE:
                continue
            score = sum(weights[word] for word in inside)
            outside = (weights.keys() & whole) - inside
            score += _NOT_IN_SENTENCE * sum(weights[word] for word in outside)
            following = " ".join(lines[number + 1 : number + 2])
            yield _RankedSentence(chunk, line, following, score, place + number)


def stale_facts(checks: Iterable[FactCheck]) -> list[StaleFact]:
    """The stale facts of checked examples, one for each sentence that contradicts them."""
    groups: dict[tuple[str, str], list[FactCheck]] = {}
    for check in checks:
        if check.state is FactState.STALE and check.chunk is not None:
            groups.setdefault((check.chunk.text, check.sentence), []).append(check)
    return [
        StaleFact(chunk, group[0].sentence, group[0].reason, tuple(c.example for c in group))
        for group in groups.values()
        if (chunk := group[0].chunk) is not None
    ]


def _lines(text: str, language: str) -> Iterator[str]:
    for start, end in sentences(text, language):
        for line in text[start:end].splitlines():
            if line.strip():
                yield line.strip()


def _share(weights: Mapping[str, float], words: frozenset[str]) -> float:
    """Share of a text's words, by weight, that stand among `words`."""
    total = sum(weights.values())
    return sum(weights[word] for word in weights.keys() & words) / total if total else 0.0


def _frame(answer: str) -> str:
    """The words of an answer around its values; none of one that is a value alone."""
    if len(answer.split()) <= _BARE:
        return ""
    pieces, at = [], 0
    for value in find_values(answer):
        pieces.append(answer[at : value.start])
        at = value.end
    return " ".join([*pieces, answer[at:]])


def _searched(near: Sequence[_RankedSentence], with_following: bool) -> str:
    """The text in which another value is looked for: also of the sentence that goes on."""
    return " ".join(
        f"{each.text} {each.following}" if with_following else each.text for each in near
    )


def rival_values(example: TrainingExample, text: str) -> tuple[Value, Value] | None:
    """A value of the training answer, and another that a text has in its place."""
    wanted = find_values(example.question)
    bare = len(example.answer.split()) <= _BARE
    values = [
        value
        for value in find_values(example.answer)
        if not any(value.matches(each) for each in wanted)
    ]
    for other in find_values(text):
        for value in values:
            same = value.matches(other) or other.matches(value)
            if not same and (value.rivals(other) or (bare and _alike(value, other))):
                return value, other
    return None


def _rival(example: TrainingExample, text: str) -> str | None:
    """What the text says in the place of a value of the answer, in words."""
    found = rival_values(example, text)
    return found and f"“{found[0].text.strip()}” against “{found[1].text.strip()}”"


def _alike(value: Value, other: Value) -> bool:
    """Whether a bare value may be meant in the unit of the other."""
    kinds = {value.kind, other.kind}
    return kinds <= _NUMERIC or kinds <= _CLOCK


def _opposed(example: TrainingExample, sentence: str) -> bool | None:
    """Whether the one says yes and the other no; None where that cannot be seen."""
    if not (_STATED.search(example.answer) or asks_yes_or_no(example.question)):
        return None
    mine, theirs = (_polarity(text, example.question) for text in (example.answer, sentence))
    return None if mine is None or theirs is None else mine is not theirs


def _polarity(text: str, question: str) -> bool | None:
    found = _STATED.search(text)
    return affirms(text, question, question) if found is None else found["yes"] is not None


def _is_contradicted(evaluation: Evaluation) -> bool:
    return any(claim.verdict is Verdict.CONTRADICTED for claim in evaluation.claims)


def _reason(*evaluations: Evaluation) -> str:
    reasons = [
        claim.reason
        for each in evaluations
        for claim in each.claims
        if each.flagged and claim.reason
    ]
    return reasons[0] if reasons else "the chunk does not say so"
