"""What the model is sent: the rules, the passages that were found, and the question."""

from collections.abc import Mapping, Sequence
from typing import Any

from openai.types.chat import ChatCompletionMessageParam

SYSTEM = (
    "You answer questions about Tarnwell for employees and customers. Answer in one or two "
    "sentences, from the numbered passages alone. If they do not hold the answer, say so."
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
