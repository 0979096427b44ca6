"""What the model is sent: as the demo's help desk sends it, with two passages."""

from collections.abc import Sequence

from benchmarks.real_model.handbooks import LINDNER, Handbook
from groundwire_demo.corpus import CorpusPassage

Messages = list[tuple[str, str]]
"""(role, text) of each message."""

PASSAGES = 2
_WORDS = {LINDNER: ("Abschnitte", "Frage", "Stand")}
_ENGLISH = ("Passages", "Question", "edited")


def open_book(handbook: Handbook, question: str, passages: Sequence[CorpusPassage]) -> Messages:
    """The question with its passages."""
    heading, asks, edited = _WORDS.get(handbook.name, _ENGLISH)
    context = "\n\n".join(
        f"[{number}] {passage.title} ({edited} {passage.edited.isoformat()})\n{passage.text}"
        for number, passage in enumerate(passages, start=1)
    )
    return [
        ("system", handbook.system),
        ("user", f"{heading}:\n\n{context}\n\n{asks}: {question}"),
    ]


def closed_book(handbook: Handbook, question: str) -> Messages:
    """The question alone, and nothing said of passages."""
    asks = _WORDS.get(handbook.name, _ENGLISH)[1]
    return [("system", handbook.closed_book), ("user", f"{asks}: {question}")]


def bare(handbook: Handbook, question: str) -> Messages:
    """The question alone, without any system prompt."""
    return closed_book(handbook, question)[1:]
