"""Antonyms, synonyms and verb forms of WordNet 3.1, inflected alike.

Only words in their first sense, so that few replacements go wrong.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

PARTS = {"adj": "a", "verb": "v", "noun": "n", "adv": "r"}
_FEWEST_TAGGED = 2  # senses of a word in tagged texts from which it may stand for another
_IRREGULAR = (
    "beat began bought bound brought broke built caught chose cut drew drove fed fought found gave "
    "hit held hurt kept knew led left lost made met overcame overthrew paid put ran read sang saw "
    "sent set shot shook sold sought spent stole struck swept taught threw took told tore won wore "
    "wrote"
).split()
_NOTES = re.compile(r"\(.*\)")


class _First(NamedTuple):
    offset: str
    tagged: int


class _Synset(NamedTuple):
    offset: str
    members: list[str]
    pointers: list[list[str]]


@dataclass
class WordNet:
    """Tables of words: `past` maps the past tense of a verb to itself, `present` the "-s" form."""

    words: set[str] = field(default_factory=set)
    antonyms: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    synonyms: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    past: set[str] = field(default_factory=set)
    present: set[str] = field(default_factory=set)


def read(folder: Path) -> WordNet:
    """The tables from the database files in a folder."""
    found = WordNet()
    for part in PARTS:
        first = _first_senses(folder / f"index.{part}")
        synsets = list(_synsets(folder / f"data.{part}"))
        at = {(s.offset, k): word for s in synsets for k, word in enumerate(s.members)}
        found.words.update(word for word, one in first.items() if one.tagged)
        for synset in synsets:
            mains = [
                word
                for word in synset.members
                if "_" not in word and (one := first.get(word)) and one.offset == synset.offset
                and one.tagged
            ]  # fmt: skip
            if part != "adj":
                _add_synonyms(found, part, [w for w in mains if first[w].tagged >= _FEWEST_TAGGED])
            for word, opposite in _opposites(synset, at, PARTS[part]):
                if word in mains and first.get(opposite, _First("", 0)).tagged:
                    _add(found.antonyms, word, opposite, part)
        if part == "verb":
            _add_verbs(found, [word for word, one in first.items() if one.tagged])
    return found


def _first_senses(path: Path) -> dict[str, _First]:
    first = {}
    for line in path.read_text().splitlines():
        if not line.startswith("  "):
            cells = line.split()
            pointers = int(cells[3])
            first[cells[0]] = _First(cells[6 + pointers], int(cells[5 + pointers]))
    return first


def _synsets(path: Path) -> Iterator[_Synset]:
    for line in path.read_text().splitlines():
        if line.startswith("  "):
            continue
        cells = line.split(" | ")[0].split()
        size = int(cells[3], 16)
        members = [_NOTES.sub("", cells[4 + 2 * k]).lower() for k in range(size)]
        at = 4 + 2 * size
        pointers = [cells[at + 1 + 4 * k : at + 5 + 4 * k] for k in range(int(cells[at]))]
        yield _Synset(cells[0], members, pointers)


def _opposites(
    synset: _Synset, at: dict[tuple[str, int], str], tag: str
) -> Iterator[tuple[str, str]]:
    for symbol, offset, kind, ends in synset.pointers:
        if symbol != "!" or kind not in (tag, "s"):
            continue
        here = synset.members[int(ends[:2], 16) - 1]
        opposite = at.get((offset, int(ends[2:], 16) - 1), "_")
        if "_" not in opposite and len(here) > 2:
            yield here, opposite


def _add_synonyms(found: WordNet, part: str, words: list[str]) -> None:
    for word in words:
        for other in words:
            if other != word and len(word) > 4 and len(other) > 3:
                _add(found.synonyms, word, other, part)


def _add(table: dict[str, list[str]], word: str, other: str, part: str) -> None:
    table[word].append(other)
    if part == "verb":
        for ending in ("s", "ed", "ing"):
            table[inflected(word, ending)].append(inflected(other, ending))
    elif part == "noun":
        table[word + "s"].append(other + "s")


def _add_verbs(found: WordNet, verbs: list[str]) -> None:
    plain = [verb for verb in verbs if verb.isalpha() and len(verb) > 2]
    found.past.update(inflected(verb, "ed") for verb in plain)
    found.past.update(_IRREGULAR)
    found.present.update(inflected(verb, "s") for verb in plain)


def inflected(verb: str, ending: str) -> str:
    """A verb with "s", "ed" or "ing", by the regular rules."""
    if verb.endswith("e") and ending in ("ed", "ing"):
        verb = verb[:-1]
    elif verb.endswith("y") and ending in ("ed", "s") and verb[-2:-1] not in tuple("aeiou"):
        return verb[:-1] + ("ied" if ending == "ed" else "ies")
    elif ending == "s" and verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return verb + "es"
    return verb + ending
