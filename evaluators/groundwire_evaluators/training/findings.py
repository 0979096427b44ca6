"""Findings for a remedy: stale training facts, and turns that went wrong."""

import zlib
from collections.abc import Iterator, Sequence

from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.training.example import TrainingExample
from groundwire_evaluators.training.passage_search import PassageSearch
from groundwire_evaluators.training.remedy import Finding, FindingKind
from groundwire_evaluators.training.stale_facts import FactChecker, StaleFact
from groundwire_evaluators.turn import Chunk, Turn

_DISTRACTORS = 8  # looked for, of which a remedy takes the first


def of_stale_facts(facts: Sequence[StaleFact], search: PassageSearch) -> Iterator[Finding]:
    """One finding a training question whose answer a chunk contradicts."""
    for fact in facts:
        for example in fact.examples:
            yield Finding(
                kind=FindingKind.STALE_FACT,
                question=example.question,
                chunk=shown(fact.chunk),
                answer=fact.sentence,
                distractors=_distractors(example.question, fact.chunk, search),
                rejected=example.answer,
                source=f"line {example.line}",
            )


def of_turn(
    turn: Turn, kind: FindingKind, judge: Evaluator, search: PassageSearch | None = None
) -> Finding | None:
    """The finding of a turn; None where no chunk of it answers its question.

    Its reference is the answer, where there is one; else the sentence that answers the question.
    `search` gives distractors where the turn has too few chunks of its own.
    """
    if not turn.question or not turn.chunks:
        return None
    example = TrainingExample(line=0, question=turn.question, answer=turn.reference or "")
    answering = FactChecker(PassageSearch(turn.chunks), judge).locate(example)
    if answering is None:
        return None
    chunk, sentence = answering
    own = tuple(shown(each) for each in turn.chunks if each.text != chunk.text)
    more = () if search is None else _distractors(turn.question, chunk, search)
    return Finding(
        kind=kind,
        question=turn.question,
        chunk=shown(chunk),
        answer=turn.reference or sentence,
        distractors=tuple(dict.fromkeys((*own, *more))),
        rejected=None if kind is FindingKind.FALSE_REFUSAL else turn.answer,
        source=turn.id,
    )


def as_turn(finding: Finding) -> Turn:
    """The turn that a finding teaches: its question, its chunk alone, and the answer."""
    return Turn(
        question=finding.question, chunks=(Chunk(text=finding.chunk),), answer=finding.answer
    )


def shown(chunk: Chunk) -> str:
    """A chunk as it stands in a prompt: its title, where it has one, and its text."""
    title = chunk.metadata.get("title")
    return f"{title}\n{chunk.text}" if isinstance(title, str) and title else chunk.text


def _distractors(question: str, chunk: Chunk, search: PassageSearch) -> tuple[str, ...]:
    """Chunks that resemble the question and do not answer it, then others of the index."""
    found = [each.chunk for each in search.find(question, _DISTRACTORS)]
    start = zlib.crc32(question.encode("utf-8", "surrogatepass"))
    number = len(search.chunks)
    others = (search.chunks[(start + step) % number] for step in range(min(number, _DISTRACTORS)))
    texts = (shown(each) for each in (*found, *others) if each.text != chunk.text)
    return tuple(dict.fromkeys(texts))[:_DISTRACTORS]
