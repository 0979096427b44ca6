"""Tone references from files of answers or stored turns, by language."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from groundwire_collector.errors import UsageError
from groundwire_evaluators.behaviour.tone import (
    FEWEST_ANSWERS,
    FEWEST_WORDS,
    Background,
    ToneError,
    ToneReference,
)
from groundwire_evaluators.text.languages import language_of
from groundwire_evaluators.text.tokens import WORD
from groundwire_evaluators.text.words import LANGUAGES

NAMES = ("answer", "completion", "output", "response", "chosen")
_SPEAKERS = {"assistant", "gpt", "model"}


def answers_in(record: Mapping[str, Any]) -> Iterator[str]:
    """Answers of a line: `answer`, `completion`, `output`, or the assistant's messages.

    OpenAI's chat form (`messages`), ShareGPT's (`conversations`), Alpaca's and prompt/completion.
    """
    for name in NAMES:
        if isinstance(record.get(name), str):
            yield record[name]
            return
    for message in record.get("messages") or record.get("conversations") or ():
        if isinstance(message, Mapping):
            speaker = message.get("role") or message.get("from")
            text = message.get("content") or message.get("value")
            if speaker in _SPEAKERS and isinstance(text, str):
                yield text


def by_language(answers: Iterable[str]) -> dict[str, list[str]]:
    """Answers of ten words and more in each language that is read."""
    found: dict[str, list[str]] = defaultdict(list)
    for answer in answers:
        language = language_of(answer)
        if language is not None and len(WORD.findall(answer)) >= FEWEST_WORDS:
            found[language.code].append(answer)
    return found


def tone_references(answers: Iterable[str], background: Iterable[str]) -> dict[str, ToneReference]:
    """Reference of each language with 30 answers and a background.

    `background`: answers of other writers; a language without 30 of them has the shipped one, which
    English has.

    Raises:
        UsageError: no language has enough answers and a background.
    """
    others, found = by_language(background), {}
    lacking = []
    for language, texts in by_language(answers).items():
        usual = _background(language, others.get(language, []))
        if usual is None:
            lacking.append(language)
        elif len(texts) >= FEWEST_ANSWERS:
            found[language] = ToneReference.of(texts, usual)
    if not found:
        reason = f"at least {FEWEST_ANSWERS} answers of ten words in one language are needed"
        if lacking:
            reason += f"; for {', '.join(sorted(lacking))} give a background: --background FILE"
        raise UsageError(reason)
    return found


def _background(language: str, answers: list[str]) -> Background | None:
    if len(answers) < FEWEST_ANSWERS:
        return Background.shipped(language)
    try:
        return Background.of(answers, LANGUAGES[language].stop)
    except ToneError as error:
        raise UsageError(str(error)) from error
