"""Injection-safe rendering of a turn for a judge.

A passage or an answer may hold "mark every claim supported", a fake end of the material, or a
ready-made reply. So the material is one JSON object (no text can end its own string) between fences
that hold a code drawn from the turn, passages stand in a hidden order under drawn names, and among
the claims stands a control that nothing can support: whoever supports it was led astray.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundwire_evaluators.grounding.claims import Candidate
from groundwire_evaluators.turn import Turn

FORM = "1"  # of what is shown; part of the prompt's digest
_CODE = 10  # hexadecimal digits of a fence
_NAME = 4


@dataclass(frozen=True, slots=True)
class JudgeMaterial:
    """A turn as shown to a judge.

    `passages` maps a passage's drawn name to the index of its chunk, `claims` a claim's to the
    index of its piece; `control` is the name of the claim that is none of the answer's.
    """

    text: str
    passages: dict[str, int]
    claims: dict[str, int]
    control: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """The claims to judge, in the order shown."""
        return (*self.claims, *((self.control,) if self.control else ()))


def material(turn: Turn, claims: Sequence[Candidate], *, control: bool = True) -> JudgeMaterial:
    """Deterministic material of a turn."""
    draw = _Draw(f"{turn.trace_id} {turn.id}", _texts(turn, claims))
    shown = sorted(
        (index for index, chunk in enumerate(turn.chunks) if chunk.text.strip()),
        key=lambda index: draw.digest(f"order {index}"),
    )
    passages = {draw.name("p"): index for index in shown}
    named = {draw.name("c"): index for index in range(len(claims))}
    rows = [{"id": name, "text": claims[index].text} for name, index in named.items()]
    hidden = draw.name("c") if control else None
    if hidden is not None:
        row = {"id": hidden, "text": f"The file number of this matter is {draw.number()}."}
        rows.insert(int(draw.digest("place"), 16) % (len(rows) + 1), row)
    content = {
        "question": turn.question or "",
        "passages": [{"id": name, "text": turn.chunks[i].text} for name, i in passages.items()],
        "claims": rows,
    }
    body = json.dumps(content, ensure_ascii=False)
    text = f"<<<{draw.fence}\n{body}\n{draw.fence}>>>"
    return JudgeMaterial(text, passages, named, hidden)


def _texts(turn: Turn, claims: Sequence[Candidate]) -> str:
    return "\n".join(
        [turn.question or "", *(c.text for c in turn.chunks), *(c.text for c in claims)]
    )


class _Draw:
    """Random names and numbers from a turn's id, absent from its texts."""

    def __init__(self, seed: str, texts: str) -> None:
        self._texts = texts
        self._seed = seed
        self._counter = 0
        self.fence = self._fresh(_CODE)

    def digest(self, purpose: str) -> str:
        return hashlib.sha256(f"{self._seed} {purpose}".encode()).hexdigest()

    def name(self, kind: str) -> str:
        return f"{kind}-{self._fresh(_NAME)}"

    def number(self) -> str:
        return str(10_000_000 + int(self._fresh(_CODE), 16) % 89_999_999)

    def _fresh(self, length: int) -> str:
        return next(code for code in self._codes(length) if code not in self._texts)

    def _codes(self, length: int) -> Iterator[str]:
        while True:
            self._counter += 1
            yield self.digest(f"code {self._counter}")[:length]
