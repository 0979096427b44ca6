"""Probe items of the stale stratum, made from stale training facts."""

import re
from collections.abc import Iterable, Iterator

from groundwire_evaluators.reliance.probe.building import ANSWER_TYPES
from groundwire_evaluators.reliance.probe.item import AnswerType, Edit, ProbeItem, ProbeStratum
from groundwire_evaluators.reliance.probe.substitution import exchange
from groundwire_evaluators.reliance.probe.validators import ValidatedItems, validate
from groundwire_evaluators.reliance.values import Value
from groundwire_evaluators.text.languages import language_of
from groundwire_evaluators.text.words import ENGLISH
from groundwire_evaluators.training.example import TrainingExample
from groundwire_evaluators.training.replaced_words import replaced_words
from groundwire_evaluators.training.stale_facts import StaleFact, rival_values

_NUMBER = re.compile(r"\d[\d,.]*|[a-z]+(?:-[a-z]+)?(?= )", re.IGNORECASE)


def stale_probes(facts: Iterable[StaleFact]) -> ValidatedItems:
    """Items whose context is today's chunk and whose original is the training answer's value.

    One item a question of a fact; rejected ones come with a reason.
    """
    made = [
        item
        for number, fact in enumerate(facts)
        for place, example in enumerate(_questions(fact))
        if (item := _item(f"{number}.{place}", fact, example)) is not None
    ]
    return validate(made)


def _questions(fact: StaleFact) -> Iterator[TrainingExample]:
    """The examples of a fact without those that only frame another's question."""
    plain = [example.question.lower() for example in fact.examples]
    for example, question in zip(fact.examples, plain, strict=True):
        if not any(other in question and other != question for other in plain):
            yield example


def _item(number: str, fact: StaleFact, example: TrainingExample) -> ProbeItem | None:
    values = rival_values(example, fact.sentence)
    if values is not None:
        original, substitute, kind = _of_values(*values)
        clean = exchange(fact.chunk.text, values[1], original)
        support = exchange(fact.sentence, values[1], original)
    else:
        language = language_of(fact.sentence) or ENGLISH
        words = replaced_words(example.answer, fact.sentence, language)
        if words is None:
            return None
        original, substitute, kind = *words, AnswerType.NAME
        clean = fact.chunk.text.replace(substitute, original)
        support = fact.sentence.replace(substitute, original)
    source = fact.chunk.id or ""
    return ProbeItem(
        id=f"{source or 'chunk'}/{number}",
        stratum=ProbeStratum.STALE,
        relation=f"{source}:{kind}",
        type=kind,
        subject=f"{source} {example.question}",
        question=example.question,
        original=original,
        substitute=substitute,
        clean=clean,
        conflict=fact.chunk.text,
        support=support,
        edit=Edit.SWAP,
        source=source or None,
    )


def _of_values(trained: Value, current: Value) -> tuple[str, str, AnswerType]:
    """Both values as texts, a bare number in the unit of the other, and their type."""
    original = trained.text.strip()
    number = _NUMBER.match(current.text)
    if trained.kind is not current.kind and number is not None:
        original += current.text[number.end() :]
    return original, current.text.strip(), ANSWER_TYPES.get(current.kind, AnswerType.NAME)
