"""False refusals: answers that decline although a chunk answers the question."""

from collections.abc import Sequence

from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.retrieval.relevance import QuestionTerms
from groundwire_evaluators.text.words import Language

# Weight of the asked words that one sentence must hold. On the handbook's 766 questions .90 of the
# sets with the answering passage have such a sentence, and .05 of those without it.
ANSWERING = 0.75


def answering_chunk(
    question: str | None, passages: Sequence[Passage], language: Language
) -> int | None:
    """The first chunk with a sentence that holds nearly all that is asked; None where none has."""
    terms = QuestionTerms.of(question, language)
    for at, passage in enumerate(passages):
        if terms.relevance(passage.places.keys()) < ANSWERING:
            continue  # no sentence holds more than its passage
        for index in range(len(passage.bounds)):
            keys = {token.key for token in passage.sentence(index)}
            if terms.relevance(keys) >= ANSWERING:
                return at
    return None
