"""Demo application: a help desk that answers from a handbook.

`gw.init`, three decorators, one function for closed-book calls, and which model answers this time:
nothing else of it is ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import openai

import groundwire as gw
from groundwire import observe
from groundwire_demo import prompt
from groundwire_demo.corpus import CorpusPassage
from groundwire_demo.retriever import Retriever

SERVICE = "tarnwell-helpdesk"
PROMPT_VERSION = "3"
INDEX_VERSION = "handbook-2026"


Generate = Callable[[str, list[dict[str, Any]]], openai.types.chat.ChatCompletion]

# A tenth of the questions is asked again without the passages, after the user has the answer.
CLOSED_BOOK_RATE = 0.1
CLOSED_BOOK_CALLS_A_MINUTE = 600


@dataclass
class HelpDesk:
    """RAG pipeline: BM25, then a model behind the `openai` client."""

    retriever: Retriever
    client: openai.OpenAI
    most_passages: int = 4

    def __post_init__(self) -> None:
        self._generators: dict[str, Generate] = {}

    @observe
    def ask(self, question: str, model: str) -> str:
        """The answer of `model`, which is named as the turn's version."""
        gw.annotate(model_version=model)
        chunks = self.search(question)
        completion = self.generate(question, chunks, model)
        return completion.choices[0].message.content or ""

    @observe.retrieval
    def search(self, question: str) -> list[dict[str, Any]]:
        found = self.retriever.search(question, self.most_passages)
        return [chunk_of(passage, score) for passage, score in found]

    def generate(
        self, question: str, chunks: list[dict[str, Any]], model: str
    ) -> openai.types.chat.ChatCompletion:
        if model not in self._generators:
            self._generators[model] = self._generator(model)
        return self._generators[model](question, chunks)

    def _generator(self, model: str) -> Generate:
        """Generation function of one model, with closed-book calls to it."""

        def ask_closed_book(question: str) -> openai.types.chat.ChatCompletion:
            return self.client.chat.completions.create(
                model=model, messages=prompt.closed_book(question), temperature=0.0
            )

        closed_book = gw.ClosedBook(CLOSED_BOOK_RATE, ask_closed_book, CLOSED_BOOK_CALLS_A_MINUTE)

        @observe.generation(closed_book=closed_book)
        def generate(
            question: str, chunks: list[dict[str, Any]]
        ) -> openai.types.chat.ChatCompletion:
            return self.client.chat.completions.create(
                model=model, messages=prompt.messages(question, chunks), temperature=0.0
            )

        return generate


def chunk_of(passage: CorpusPassage, score: float) -> dict[str, Any]:
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
