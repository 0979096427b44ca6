"""Exceptions: "every day except Monday" opens on Sunday and not on Monday.

A sentence that takes something out says the contrary of it; one that speaks of every day says the
same of all days it does not take out. A claim, or the question of a bare "yes", is compared with
it by its sign: negations and "closed" turn it. Seven languages.
"""
# ruff: noqa: E501  (tables of words)

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import cast

from groundwire_evaluators.grounding.conflict import Conflict, Kind
from groundwire_evaluators.grounding.opposition import NEGATORS
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.text.calendars import WEEKDAYS
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.tokens import Token
from groundwire_evaluators.text.words import META, Language

_EXCEPT = {
    "en": "except excepting excluding", "de": "außer ausgenommen", "fr": "sauf excepté hormis",
    "es": "salvo excepto menos", "it": "tranne eccetto salvo", "pt": "exceto salvo menos",
    "nl": "behalve uitgezonderd",
}  # fmt: skip
_DAILY = {
    "en": "every day|daily|all week|seven days|each day", "de": "täglich|jeden tag|alle tage",
    "fr": "tous les jours|chaque jour|quotidiennement", "es": "todos los días|cada día|diariamente",
    "it": "tutti i giorni|ogni giorno", "pt": "todos os dias|diariamente|cada dia",
    "nl": "dagelijks|elke dag|iedere dag|alle dagen",
}  # fmt: skip
_OPEN = frozenset(
    "open opens opened geöffnet offen öffnet auf ouvert ouverte ouverts ouvre abierto abierta abre aperto aperta apre aberto aberta geopend opent".split()
)
_CLOSED = frozenset(
    "closed closes shut geschlossen zu fermé fermée fermés ferme cerrado cerrada cierra chiuso chiusa chiude fechado fechada fecha gesloten dicht sluit".split()
)
_NOT = frozenset("not nicht pas no non não niet".split())
_MOST_WORDS = 40  # of a sentence
_LONGEST = 8  # words that are taken out


@dataclass(frozen=True, slots=True)
class ExceptionComparison:
    """Conflict of a claim with an exception, or agreement."""

    conflict: Conflict | None = None
    agrees: bool = False


@dataclass(frozen=True, slots=True)
class _Exception:
    excepted: frozenset[str]
    days: frozenset[int]
    daily: bool
    affirmed: bool  # of what is not taken out
    place: int  # of the word that takes out
    keys: frozenset[str]  # of the whole sentence


def compare_exceptions(
    tokens: Sequence[Token], passages: Sequence[Passage], language: Language
) -> ExceptionComparison:
    """Compare a claim with the exceptions of the chunks; one that agrees outweighs others."""
    taking_out = frozenset(_EXCEPT.get(language.code, "").split())
    if not tokens or len(tokens) > _MOST_WORDS or any(t.lower in taking_out for t in tokens):
        return ExceptionComparison()
    conflict: Conflict | None = None
    for chunk, passage in enumerate(passages):
        for index, made in _exceptions(passage, taking_out, language):
            sign = _sign_of(tokens, made, language)
            if sign is None:
                continue
            if sign == _affirms(tokens, language):
                return ExceptionComparison(agrees=True)
            shown = passage.sentence(index)[made.place]
            kind: Kind = "negated" if sign else "affirmed"
            start, end = tokens[0].start, tokens[-1].end
            claimed = " ".join(token.text for token in tokens)
            conflict = conflict or Conflict(kind, start, end, claimed, shown.text, True, chunk)
    return ExceptionComparison(conflict)


def _exceptions(
    passage: Passage, taking_out: Set[str], language: Language
) -> list[tuple[int, _Exception]]:
    """The sentences of a chunk that make an exception; kept with the chunk."""
    found = passage.notes.get("exceptions")
    if found is None:
        found = []
        if passage.record is None and not (taking_out | _NOT).isdisjoint(passage.lowers):
            read = (
                (index, _read(passage.sentence(index), passage.text, taking_out, language))
                for index in range(len(passage.bounds))
            )
            found = [(index, made) for index, made in read if made is not None]
        passage.notes["exceptions"] = found
    return cast(list[tuple[int, _Exception]], found)


def _read(
    tokens: Sequence[Token], text: str, taking_out: Set[str], language: Language
) -> _Exception | None:
    place = next(
        (
            at
            for at, t in enumerate(tokens)
            if t.lower in taking_out or _is_contrast(tokens, at, text)
        ),
        None,
    )
    if place is None or len(tokens) > _MOST_WORDS:
        return None
    behind: list[Token] = []
    for before, token in zip(
        tokens[place:], tokens[place + 1 : place + 1 + _LONGEST], strict=False
    ):
        if any(mark in text[before.end : token.start] for mark in ",;:()–"):
            break
        behind.append(token)
    main = [*tokens[:place], *tokens[place + 1 + len(behind) :]]
    days = frozenset(_days(behind, language))
    words = f" {' '.join(t.lower for t in main)} "
    daily = any(f" {phrase} " in words for phrase in _DAILY.get(language.code, "").split("|"))
    excepted = frozenset([t.key for t in behind if _has_content(t, language)])
    if not excepted:
        return None
    keys = frozenset([token.key for token in tokens])
    return _Exception(excepted, days, daily, _affirms(main, language), place, keys)


def _is_contrast(tokens: Sequence[Token], at: int, text: str) -> bool:
    """Whether a denial behind a comma takes something out: "by train, not by bus"."""
    if not at or tokens[at].lower not in _NOT:
        return False
    return "," in text[tokens[at - 1].end : tokens[at].start]


def _sign_of(tokens: Sequence[Token], made: _Exception, language: Language) -> bool | None:
    """Whether the sentence affirms what a claim speaks of; None where it says nothing of it."""
    days = frozenset(_days(tokens, language))
    table, weekdays = lexicon(), WEEKDAYS[language.code]
    own = [t for t in tokens if _has_content(t, language) and t.lower not in weekdays]
    topic = [t for t in own if t.lower not in _OPEN and t.lower not in _CLOSED]
    known = made.keys
    held = all(t.key in known or not known.isdisjoint(table.synonyms_of(t.key)) for t in topic)
    if not held or not own:
        return None
    if made.days:
        if not days or not made.daily:
            return None
        if days <= made.days:
            return not made.affirmed
        return made.affirmed if days.isdisjoint(made.days) else None
    return not made.affirmed if made.excepted <= {t.key for t in own} else None


def _days(tokens: Sequence[Token], language: Language) -> Iterator[int]:
    table = WEEKDAYS[language.code]
    return (table[token.lower] for token in tokens if token.lower in table)


def _affirms(tokens: Sequence[Token], language: Language) -> bool:
    negators = NEGATORS.get(language.code, frozenset())
    turns = sum(t.lower.replace("’", "'") in negators or t.lower in _CLOSED for t in tokens)
    return turns % 2 == 0


def _has_content(token: Token, language: Language) -> bool:
    return token.lower not in language.stop and token.key not in META
