"""Duplicates, contradictions and leaked evaluation questions in a training file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from groundwire_evaluators.reliance.equivalence import equivalent
from groundwire_evaluators.text.tokens import question_key
from groundwire_evaluators.training.example import TrainingExample
from groundwire_evaluators.training.question_index import QuestionIndex

_MOST_COMPARED = 5_000  # answers to one question
LEAKED = 0.8  # similarity from which an evaluation question counts as trained on


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAudit:
    """What a training file repeats.

    `duplicates`: examples whose question and answer an earlier one has too. `contradictions`:
    lines that answer the question of an earlier line otherwise, with that line.
    """

    examples: int
    questions: int
    duplicates: int
    contradictions: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class LeakedQuestion:
    """Evaluation question in a training file; similarity in (0, 1]."""

    question: str
    line: int
    similarity: float


def audit(examples: Iterable[TrainingExample]) -> FileAudit:
    """Count repeated examples.

    The first 5,000 other answers to a question of the file are compared with its first answer.
    Linear; about 30 µs an example, 0.4 ms a comparison.
    """
    first: dict[str, TrainingExample] = {}
    pairs: set[tuple[str, str]] = set()
    conflicts: list[tuple[int, int]] = []
    number = duplicates = compared = 0
    for example in examples:
        number += 1
        question, answer = question_key(example.question), question_key(example.answer)
        earlier = first.setdefault(question, example)
        repeated = (question, answer) in pairs or earlier is example
        if not repeated and compared < _MOST_COMPARED:
            compared += 1
            if not equivalent(example.answer, earlier.answer, example.question):
                conflicts.append((example.line, earlier.line))
        duplicates += (question, answer) in pairs
        pairs.add((question, answer))
    return FileAudit(
        examples=number,
        questions=len(first),
        duplicates=duplicates,
        contradictions=tuple(conflicts),
    )


def leaked_questions(
    questions: Iterable[str], index: QuestionIndex, lines: Sequence[int]
) -> list[LeakedQuestion]:
    """Evaluation questions that stand in the file in nearly the same words.

    `lines` are those of the index's rows.
    """
    found = ((question, index.find(question, limit=1, least=LEAKED)) for question in questions)
    return [
        LeakedQuestion(question, lines[best[0].row], best[0].similarity)
        for question, best in found
        if best
    ]
