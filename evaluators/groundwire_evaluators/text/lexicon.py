"""English lexicon: frequency, synonyms, antonyms.

From WordNet 3.1 (Princeton University, free use with its notice: `lexicon.LICENSE`), reduced by
`benchmarks/build_lexicon.py` to the words with a count in its sense-tagged texts.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Word relations between keys (stems).

    `commonness`: floor of log2 of the count in the tagged texts; words that are absent are rare.
    Relations are kept as words joined by spaces, which takes a fifth of the memory of sets:
    `synonyms`; `related`: synonyms, derived words, hypernyms, hyponyms; `opposites`: antonyms.
    """

    commonness: dict[str, int]
    synonyms: dict[str, str]
    related: dict[str, str]
    opposites: dict[str, str]

    def synonyms_of(self, key: str) -> frozenset[str]:
        return _words(self.synonyms.get(key, ""))

    def related_to(self, key: str) -> frozenset[str]:
        return _words(self.related.get(key, ""))

    def opposed(self, key: str) -> frozenset[str]:
        return _words(self.opposites.get(key, ""))


@lru_cache(maxsize=2048)
def _words(joined: str) -> frozenset[str]:
    return frozenset(joined.split())


@cache
def lexicon() -> Lexicon:
    """Load the lexicon, once per process (some 50 ms, 9 MB)."""
    found = Lexicon({}, {}, {}, {})
    path = files("groundwire_evaluators.text").joinpath("lexicon.tsv")
    with path.open(encoding="utf-8") as lines:  # line by line: garbage of a load is never returned
        for line in lines:
            word, count, *relations = line.rstrip("\n").split("\t")
            found.commonness[word] = int(count)
            tables = (found.synonyms, found.opposites, found.related)
            for table, others in zip(tables, relations, strict=False):
                if others:
                    _relate(table, word, others)
    return found


def _relate(table: dict[str, str], word: str, others: str) -> None:
    """Add a symmetric relation between a word and others, which are joined by spaces."""
    table[word] = f"{table[word]} {others}" if word in table else others
    for other in others.split():
        table[other] = f"{table[other]} {word}" if other in table else word
