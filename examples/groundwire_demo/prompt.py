"""What the model is sent: the rules, the passages that were found, and the question."""

from collections.abc import Sequence

from groundwire_demo.corpus import Passage

SYSTEM = (
    "You answer questions about Tarnwell for employees and customers. Answer in one or two "
    "sentences, from the numbered passages alone. If they do not hold the answer, say so."
)


def messages(question: str, found: Sequence[Passage]) -> list[dict[str, str]]:
    """Chat messages, as every OpenAI-compatible endpoint takes them."""
    context = "\n\n".join(
        f"[{number}] {passage.title} (edited {passage.edited.isoformat()})\n{passage.text}"
        for number, passage in enumerate(found, start=1)
    )
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": f"Passages:\n\n{context}\n\nQuestion: {question}"},
    ]
