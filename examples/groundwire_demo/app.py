"""The application that is watched: a help desk that answers from the handbook.

`gw.init`, three decorators, and which model answers this time: nothing else of it is ours.
"""

from dataclasses import dataclass
from typing import Any

import openai

import groundwire as gw
from groundwire import observe
from groundwire_demo import prompt
from groundwire_demo.corpus import Passage
from groundwire_demo.retriever import Retriever

SERVICE = "tarnwell-helpdesk"
PROMPT_VERSION = "3"
INDEX_VERSION = "handbook-2026"


@dataclass(frozen=True, slots=True)
class HelpDesk:
    """Questions in, answers out: BM25, then a model behind the `openai` client."""

    retriever: Retriever
    client: openai.OpenAI

    @observe
    def ask(self, question: str, model: str) -> str:
        """The answer of `model`, which is named as the turn's version."""
        gw.annotate(model_version=model)
        chunks = self.search(question)
        completion = self.generate(question, chunks, model)
        return completion.choices[0].message.content or ""

    @observe.retrieval
    def search(self, question: str) -> list[dict[str, Any]]:
        return [chunk_of(passage, score) for passage, score in self.retriever.search(question)]

    @observe.generation
    def generate(
        self, question: str, chunks: list[dict[str, Any]], model: str
    ) -> openai.types.chat.ChatCompletion:
        return self.client.chat.completions.create(
            model=model, messages=prompt.messages(question, chunks), temperature=0.0
        )


def chunk_of(passage: Passage, score: float) -> dict[str, Any]:
    """A passage in a form common among retrievers."""
    return {
        "id": passage.id,
        "text": passage.text,
        "score": score,
        "metadata": {
            "title": passage.title,
            "area": passage.area,
            "edited": passage.edited.isoformat(),
        },
    }
