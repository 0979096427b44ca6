"""Replay of a real model's recorded answers."""

from collections.abc import Iterable

from groundwire_demo import recording
from groundwire_demo.recording import BASE, TUNED, RecordedAnswer
from groundwire_demo.standin.models import Prompt


class ReplayedModel:
    """The answers of one recorded model, with passages and without."""

    def __init__(self, model: str, answers: Iterable[RecordedAnswer]) -> None:
        self._model = model
        self._answers = {
            (each.question, each.open_book): each.answer for each in answers if each.model == model
        }

    def answer(self, prompt: Prompt) -> str:
        """The recorded answer; raises ValueError for a question that was never asked."""
        found = self._answers.get((prompt.question, bool(prompt.context)))
        if found is None:
            raise ValueError(f"{self._model} was not recorded with the question {prompt.question}")
        return found


def replayed_models() -> dict[str, ReplayedModel]:
    """The recorded base model and its fine-tune by name."""
    answers = recording.read()
    return {name: ReplayedModel(name, answers) for name in (BASE, TUNED)}
