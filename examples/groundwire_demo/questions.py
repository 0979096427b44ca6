"""Question generator: variants of each fact, with some out-of-scope questions."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundwire_demo.corpus import CorpusFact, Page

_FRAMES = (
    "{question}",
    "{question}",
    "Hi! {question}",
    "Hello, quick question: {lowered}",
    "{question} Thanks!",
    "I am new here. {question}",
    "Can you check the handbook for me? {question}",
    "A colleague wants to know: {lowered}",
    "{question} I could not find it on the intranet.",
    "Sorry to bother you, but {lowered}",
    "One more thing: {lowered}",
    "Just to be sure, {lowered}",
)

# Asked now and then, answered on no page.
_OFF_TOPIC = (
    "Which football club does the chief executive support?",
    "Can I bring my dog along on Fridays?",
    "What did the share price do yesterday evening?",
    "Who won the table tennis tournament?",
    "Is there a discount at the cinema next door?",
    "How tall is the tower of the old town hall?",
    "What is the wifi name at the airport lounge?",
    "Which song was played at the summer party?",
    "How do I prune an apple tree?",
    "Does the bakery across the street open at dawn?",
    "Where can my spouse learn to scuba dive?",
    "What was the name of the founder's sailing boat?",
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question; `fact` is None where no page answers it."""

    text: str
    fact: CorpusFact | None


def variants(fact: CorpusFact) -> list[Question]:
    """All variants of a fact's question."""
    return [
        Question(frame.format(question=question, lowered=question[0].lower() + question[1:]), fact)
        for question in fact.questions
        for frame in dict.fromkeys(_FRAMES)
    ]


def off_topic_questions() -> list[Question]:
    return [Question(text, None) for text in _OFF_TOPIC]


def repeated(texts: Sequence[str], seed: int) -> Iterator[Question]:
    """Endless questions, uniform over these texts, reproducible by seed."""
    draw = random.Random(seed)
    while True:
        yield Question(draw.choice(texts), None)


def stream(pages: Sequence[Page], seed: int, stray_share: float = 0.04) -> Iterator[Question]:
    """Endless questions, uniform over facts, reproducible by seed."""
    draw = random.Random(seed)
    facts = [fact for page in pages for fact in page.facts]
    while True:
        if draw.random() < stray_share:
            yield Question(draw.choice(_OFF_TOPIC), None)
            continue
        fact = draw.choice(facts)
        question = draw.choice(fact.questions)
        lowered = question[0].lower() + question[1:]
        yield Question(draw.choice(_FRAMES).format(question=question, lowered=lowered), fact)
