"""Chat prompt: rules, retrieved passages, question."""

from collections.abc import Mapping, Sequence
from typing import Any

from openai.types.chat import ChatCompletionMessageParam

SYSTEM = (
    "You answer questions about Tarnwell for employees and customers. Answer in one or two "
    "sentences, from the numbered passages alone. If they do not hold the answer, say so."
)
# The same less what it says of passages, so that nothing but the context differs.
CLOSED_BOOK = (
    "You answer questions about Tarnwell for employees and customers. Answer in one or two "
    "sentences. If you do not know the answer, say so."
)


def messages(
    question: str, chunks: Sequence[Mapping[str, Any]]
) -> list[ChatCompletionMessageParam]:
    """Chat messages, as every OpenAI-compatible endpoint takes them."""
    context = "\n\n".join(
        "[{number}] {title} (edited {edited})\n{text}".format(
            number=number, text=chunk["text"], **chunk["metadata"]
        )
        for number, chunk in enumerate(chunks, start=1)
    )
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": f"Passages:\n\n{context}\n\nQuestion: {question}"},
    ]


def closed_book(question: str) -> list[ChatCompletionMessageParam]:
    """Messages with the question alone."""
    return [
        {"role": "system", "content": CLOSED_BOOK},
        {"role": "user", "content": f"Question: {question}"},
    ]
