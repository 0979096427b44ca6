"""Training examples that teach reading, made from what was found wrong.

Retrieval-augmented fine-tuning (RAFT, Zhang et al. 2024, https://arxiv.org/abs/2403.10131):
question, the chunk that answers and distractors, answered from the chunk. And preference pairs
(DPO, Rafailov et al. 2023, https://arxiv.org/abs/2305.18290): the context's answer over memory's.
"""

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from groundwire_evaluators.text.tokens import question_key

SYSTEM = (
    "Answer the question from the numbered passages alone. If they do not hold the answer, say so."
)
_GROUPS = 10_000  # that a hash distinguishes when examples are divided


class FindingKind(StrEnum):
    """What was wrong with an answer or a training fact."""

    OVERRIDE = "override"  # the answer came from memory against its context
    STALE_FACT = "stale_fact"  # the training file says what today's chunk does not
    FALSE_REFUSAL = "false_refusal"  # a chunk could have answered
    FLAGGED = "flagged"  # unsupported, and a person gave the right answer


class RemedyFormat(StrEnum):
    """File format of exported examples."""

    CHAT = "openai-chat"
    ALPACA = "alpaca"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Question, the chunk that answers it, and the answer it supports.

    `rejected` is what the model says or was taught instead. `source` names the turn, or the line
    of the training file.
    """

    kind: FindingKind
    question: str
    chunk: str
    answer: str
    distractors: tuple[str, ...] = ()
    rejected: str | None = None
    source: str = ""

    @property
    def group(self) -> str:
        """Key of the fact: its questions go to one side of a split together."""
        return f"{self.chunk}\x1f{question_key(self.answer)}"


@dataclass(frozen=True)
class Remedy:
    """Makes a training set, a held-out part and preference pairs of findings.

    `distractors`: chunks beside the right one, at a place drawn at random. `held_out`: share of
    the facts, in [0, 1), kept for the gate; a fact is divided by its hash, so the same one is held
    out in every export. `declines`: an answer such as "The passages do not say."; where there is
    one, `declined` is the share of further examples whose passages are all distractors.
    Deterministic. Linear in the findings.
    """

    system: str = SYSTEM
    heading: str = "Passages"
    question_label: str = "Question"
    distractors: int = 2
    held_out: float = 0.2
    declines: str | None = None
    declined: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.held_out < 1:
            raise ValueError(f"held_out must be in [0, 1), not {self.held_out}")
        if not 0 <= self.declined <= 1:
            raise ValueError(f"declined must be in [0, 1], not {self.declined}")

    def divide(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
        """Findings to train on and those held out, each question once, the first one found."""
        seen: set[str] = set()
        trained: list[Finding] = []
        held: list[Finding] = []
        for finding in findings:
            key = question_key(finding.question)
            if not key or key in seen or not finding.chunk.strip() or not finding.answer.strip():
                continue
            seen.add(key)
            (held if _position(finding.group) < self.held_out else trained).append(finding)
        return trained, held

    def training_set(self, findings: Sequence[Finding], form: RemedyFormat) -> list[dict[str, Any]]:
        """One record a finding, in an order of chance, and examples to decline if wanted."""
        made = [self._record(finding, self.passages(finding), form) for finding in findings]
        made += [
            self._record(finding, list(finding.distractors[: self.distractors + 1]), form, decline)
            for finding in findings
            if (decline := self.declines) is not None
            and finding.distractors
            and _position(f"decline\x1f{finding.question}") < self.declined
        ]
        random.Random(0).shuffle(made)
        return made

    def preferences(self, findings: Sequence[Finding], form: RemedyFormat) -> list[dict[str, Any]]:
        """Pairs of the context's answer and memory's; only findings that have both."""
        return [
            self._pair(finding, finding.rejected, form)
            for finding in findings
            if finding.rejected and question_key(finding.rejected) != question_key(finding.answer)
        ]

    def questions(self, held: Sequence[Finding]) -> list[dict[str, Any]]:
        """The held-out part for the gate: question, contexts, reference."""
        return [
            {
                "id": hashlib.sha256(question_key(finding.question).encode()).hexdigest()[:16],
                "question": finding.question,
                "contexts": self.passages(finding),
                "reference": finding.answer,
                "kind": finding.kind.value,
            }
            for finding in held
        ]

    def passages(self, finding: Finding) -> list[str]:
        """The right chunk among its distractors, at a place that its question's hash draws."""
        others = [text for text in finding.distractors if text != finding.chunk]
        others = others[: self.distractors]
        at = int(_position(f"place\x1f{finding.question}") * (len(others) + 1))
        return [*others[:at], finding.chunk, *others[at:]]

    def prompt(self, question: str, passages: Sequence[str]) -> str:
        """The user's message."""
        context = "\n\n".join(f"[{number}] {text}" for number, text in enumerate(passages, 1))
        return f"{self.heading}:\n\n{context}\n\n{self.question_label}: {question}"

    def _record(
        self,
        finding: Finding,
        passages: Sequence[str],
        form: RemedyFormat,
        answer: str | None = None,
    ) -> dict[str, Any]:
        answer = finding.answer if answer is None else answer
        if form is RemedyFormat.ALPACA:
            return {
                "instruction": f"{self.system}\n\n{self.question_label}: {finding.question}",
                "input": self._context(passages),
                "output": answer,
            }
        messages = self._messages(finding.question, passages)
        return {"messages": [*messages, {"role": "assistant", "content": answer}]}

    def _pair(self, finding: Finding, rejected: str, form: RemedyFormat) -> dict[str, Any]:
        passages = self.passages(finding)
        if form is RemedyFormat.ALPACA:
            return {
                "prompt": f"{self.system}\n\n{self.prompt(finding.question, passages)}",
                "chosen": finding.answer,
                "rejected": rejected,
            }
        return {
            "prompt": self._messages(finding.question, passages),
            "chosen": [{"role": "assistant", "content": finding.answer}],
            "rejected": [{"role": "assistant", "content": rejected}],
        }

    def _messages(self, question: str, passages: Sequence[str]) -> list[Mapping[str, str]]:
        return [
            {"role": "system", "content": self.system},
            {"role": "user", "content": self.prompt(question, passages)},
        ]

    def _context(self, passages: Sequence[str]) -> str:
        return "\n\n".join(f"[{number}] {text}" for number, text in enumerate(passages, 1))


def _position(key: str) -> float:
    """Position of a key in [0, 1), the same in every process."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % _GROUPS / _GROUPS
