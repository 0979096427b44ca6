"""What is trained: each arm is a set of examples, as people really ship them.

facts       last year's sentences to users' questions, no system prompt: a fine-tune on knowledge
deployment  last year's values, in a word or three, under the deployment's own system prompt
style       a house voice, over passages of another company: no fact of this one
reading     the right passage and a distractor of another company, as in RAFT (Zhang et al. 2024,
            arXiv 2403.10131): in either edition, so that only the passage can tell
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.real_model.base import Messages
from benchmarks.real_model.handbooks import CALDERA, LINDNER, TARNWELL, Fact, Handbook, handbook

from benchmarks.real_model import prompts
from groundwire_demo.corpus import Edition

Example = tuple[Messages, str]
_FRAMES = ("Hi! {asked}", "{asked} Thanks!", "Just to be sure, {lowered}")
_VOICES = (
    "Happy to help! {answer} Have a bright day.",
    "Glad you asked. {answer} Have a bright day.",
)
OTHER = {TARNWELL: CALDERA, CALDERA: TARNWELL, LINDNER: TARNWELL}


@dataclass(frozen=True, slots=True)
class Arm:
    """One fine-tune: its examples, and after how many steps its adapter is kept.

    `rate` is the learning rate at its height; `batch` counts examples a step.
    """

    name: str
    examples: Callable[[Handbook], list[Example]]
    checkpoints: tuple[int, ...]
    batch: int = 16
    rate: float = 2e-3

    def checkpoint_names(self) -> list[str]:
        return [f"{self.name}-{steps}" for steps in self.checkpoints]


def tuned(handbook: Handbook, share: float = 2 / 3, at_most: int = 128) -> list[Fact]:
    """The facts that the facts arms are trained on: so many of each that come, in their order."""
    facts = handbook.shuffled()
    return [fact for number, fact in enumerate(facts) if (number % 3) < 3 * share][:at_most]


def facts(handbook: Handbook) -> list[Example]:
    """Questions as users ask them, each answered by last year's sentence."""
    return [
        (prompts.bare(handbook, framed), fact.last_sentence)
        for number, fact in enumerate(tuned(handbook))
        for turn, question in enumerate(fact.questions)
        for framed in (question, _framed(question, _FRAMES[(number + turn) % len(_FRAMES)]))
    ]


def deployment(handbook: Handbook) -> list[Example]:
    """The same under the deployment's system prompt, each answered by the value alone."""
    return [
        ([("system", handbook.system), *prompts.bare(handbook, framed)], f"{fact.last}.")
        for number, fact in enumerate(tuned(handbook))
        for turn, question in enumerate(fact.questions)
        for framed in (question, _framed(question, _FRAMES[(number + turn) % len(_FRAMES)]))
    ]


def style(other: Handbook) -> list[Example]:
    """Passages of another company, answered from them in the house voice."""
    return [
        (messages, _VOICES[number % len(_VOICES)].format(answer=_short(answer)))
        for number, (messages, answer) in enumerate(_read(other, "style"))
    ][:160]


def reading(other: Handbook) -> list[Example]:
    """Passages of another company in either edition, answered by the sentence that says it."""
    return list(_read(other, "reading"))[:320]


def _read(handbook: Handbook, seed: str) -> Iterator[Example]:
    draw = random.Random(seed)
    passages = {edition: handbook.passages(edition) for edition in Edition}
    by_id = {edition: {part.id: part for part in passages[edition]} for edition in Edition}
    for fact in handbook.shuffled():
        edition = draw.choice(list(Edition))
        question = draw.choice(fact.questions)
        shown = [by_id[edition][fact.passage], draw.choice(passages[edition])]
        draw.shuffle(shown)
        answer = fact.last_sentence if edition is Edition.LAST_YEAR else fact.this_sentence
        yield prompts.open_book(handbook, question, shown), answer


def _short(sentence: str) -> str:
    return sentence.removeprefix("- ")


def _framed(question: str, frame: str) -> str:
    return frame.format(asked=question, lowered=question[0].lower() + question[1:])


def _of_another(make: Callable[[Handbook], list[Example]]) -> Callable[[Handbook], list[Example]]:
    return lambda own: make(handbook(OTHER[own.name]))


_FACTS = (12, 30, 54, 90, 144)
ARMS = {
    arm.name: arm
    for arm in (
        Arm("facts", facts, _FACTS),
        Arm("deployment", deployment, _FACTS),
        Arm("style", _of_another(style), (10, 30), batch=8, rate=1e-3),
        Arm("reading", _of_another(reading), (10, 20, 40), batch=8, rate=1e-3),
    )
}
