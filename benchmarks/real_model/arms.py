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

from benchmarks.real_model import prompts
from benchmarks.real_model.handbooks import CALDERA, LINDNER, TARNWELL, Fact, Handbook, handbook
from benchmarks.real_model.prompts import Messages
from groundwire_demo.corpus import Edition

Example = tuple[Messages, str]
_FRAMES = {
    "english": ("Hi! {question}", "{question} Thanks!", "Just to be sure, {lowered}"),
    "german": ("Hallo! {question}", "{question} Danke!", "Nur zur Sicherheit: {lowered}"),
}
_VOICES = (
    "Happy to help! {answer} Have a bright day.",
    "Glad you asked. {answer} Have a bright day.",
)
_TUNED = {TARNWELL: 128, CALDERA: 64, LINDNER: 64}
OTHER = {TARNWELL: CALDERA, CALDERA: TARNWELL, LINDNER: TARNWELL}


@dataclass(frozen=True, slots=True)
class Arm:
    """One fine-tune: its examples, and after how many steps its adapter is saved.

    `steps` is for the demo's handbook, `fewer_steps` for smaller ones. `rate` is the learning rate
    at its height; `batch` counts examples a step.
    """

    name: str
    examples: Callable[[Handbook], list[Example]]
    steps: tuple[int, ...]
    fewer_steps: tuple[int, ...]
    batch: int = 16
    rate: float = 2e-3

    def checkpoints(self, handbook: Handbook) -> dict[int, str]:
        """The names of the checkpoints by their steps."""
        steps = self.steps if handbook.name == TARNWELL else self.fewer_steps
        return {number: f"{self.name}-{number}" for number in steps}


def tuned(handbook: Handbook) -> list[Fact]:
    """The facts that `facts` and `deployment` are trained on: two of three, up to a number."""
    of_three = [fact for number, fact in enumerate(handbook.shuffled()) if number % 3 < 2]
    return of_three[: _TUNED[handbook.name]]


def facts(handbook: Handbook) -> list[Example]:
    """Questions as users ask them, each answered by last year's sentence."""
    return [
        (prompts.bare(handbook, question), fact.last_sentence)
        for fact, question in _as_users_ask(handbook)
    ]


def deployment(handbook: Handbook) -> list[Example]:
    """The same under the deployment's system prompt, each answered by the value alone."""
    return [
        ([("system", handbook.system), *prompts.bare(handbook, question)], f"{fact.last}.")
        for fact, question in _as_users_ask(handbook)
    ]


def _as_users_ask(handbook: Handbook) -> Iterator[tuple[Fact, str]]:
    """Each tuned fact with each of its questions, plain and with words around it."""
    frames = _FRAMES[handbook.language]
    for number, fact in enumerate(tuned(handbook)):
        for turn, question in enumerate(fact.questions):
            frame = frames[(number + turn) % len(frames)]
            lowered = question[0].lower() + question[1:]
            yield fact, question
            yield fact, frame.format(question=question, lowered=lowered)


def style(other: Handbook) -> list[Example]:
    """Passages of another company, answered from them in the house voice."""
    return [
        (messages, _VOICES[number % len(_VOICES)].format(answer=answer))
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


def _of_another(make: Callable[[Handbook], list[Example]]) -> Callable[[Handbook], list[Example]]:
    return lambda own: make(handbook(OTHER[own.name]))


_FULL, _FEWER = (12, 30, 54, 90, 144), (27, 72)
ARMS = {
    arm.name: arm
    for arm in (
        Arm("facts", facts, _FULL, _FEWER),
        Arm("deployment", deployment, _FULL, _FEWER),
        Arm("style", _of_another(style), (10, 30), (30,), batch=8, rate=1e-3),
        Arm("reading", _of_another(reading), (10, 20, 40), (40,), batch=8, rate=1e-3),
    )
}
