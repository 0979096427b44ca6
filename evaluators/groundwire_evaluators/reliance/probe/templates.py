"""Probe items from relation tables and context templates."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from groundwire_evaluators.reliance.probe.item import (
    AnswerPosition,
    AnswerType,
    Edit,
    ProbeItem,
    ProbeStratum,
)

_PLACES = (AnswerPosition.FIRST, AnswerPosition.MIDDLE, AnswerPosition.LAST)
_REWRITTEN = 3  # every third item's conflict is rewritten rather than swapped


def read_templates(path: Path, stratum: ProbeStratum) -> Iterator[ProbeItem]:
    """The items of a file of relations (see `pack/known.toml` for its form)."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    for offset, relation in enumerate(tables["relation"]):
        for number, row in enumerate(relation["items"]):
            yield _item(relation, row, number, offset, stratum)


def _item(
    relation: Mapping[str, Any], row: list[str], number: int, offset: int, stratum: ProbeStratum
) -> ProbeItem:
    """Item of a row; answer position and kind of edit rotate by number."""
    subject, original, substitute, detail = row
    kind = AnswerType(relation["type"])
    place = _PLACES[(number + offset) % len(_PLACES)]
    edit = Edit.COHERENT if (2 * number + offset) % _REWRITTEN == 0 else Edit.SWAP
    original_values, instead = original.split("="), substitute.split("=")
    original_text, substitute_text = (_spelled(each, kind) for each in (original_values, instead))
    frame = [*relation["context"].split(" | "), detail]

    def text(form: str, answer: str) -> str:
        sentence = _capital(relation[form].format(subject=subject, answer=answer))
        return _set_in(frame, sentence, place, subject)

    return ProbeItem(
        id=f"{stratum}/{relation['name']}/{number + 1}",
        stratum=stratum,
        relation=relation["name"],
        type=kind,
        subject=subject,
        question=_capital(relation["question"].format(subject=subject)),
        original=original_values[0],
        original_aliases=_aliases(original_values, kind),
        substitute=instead[0],
        substitute_aliases=_aliases(instead, kind),
        clean=text("fact", original_text),
        conflict=text("coherent" if edit is Edit.COHERENT else "fact", substitute_text),
        support=_capital(relation["support"].format(subject=subject, answer=original_text)),
        edit=edit,
        place=place,
    )


def _spelled(spellings: list[str], kind: AnswerType) -> str:
    """Text of an answer: the name, or the yes/no sentence."""
    return spellings[-1] if kind is AnswerType.BOOLEAN else spellings[0]


def _aliases(spellings: list[str], kind: AnswerType) -> tuple[str, ...]:
    return () if kind is AnswerType.BOOLEAN else tuple(spellings[1:])


def _set_in(frame: list[str], sentence: str, place: AnswerPosition, subject: str) -> str:
    """The sentence among those of the frame: its first three, and a detail after the first."""
    opening, *rest, detail = (part.strip().format(subject=subject) for part in frame)
    body = [_capital(opening), detail, *rest]
    at = {AnswerPosition.FIRST: 0, AnswerPosition.MIDDLE: 2, AnswerPosition.LAST: len(body)}[place]
    return " ".join([*body[:at], sentence, *body[at:]])


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
