"""English lexicon: frequency, synonyms, antonyms.

From WordNet 3.1 (Princeton University, free use with its notice: `lexicon.LICENSE`), reduced by
`benchmarks/build_lexicon.py` to the words with a count in its sense-tagged texts.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Word relations between keys (stems).

    `commonness`: floor of log2 of the count in the tagged texts; words that are absent are rare.
    `related`: synonyms, derived words, hypernyms and hyponyms. `opposites`: antonyms.
    """

    commonness: dict[str, int]
    synonyms: dict[str, frozenset[str]]
    related: dict[str, frozenset[str]]
    opposites: dict[str, frozenset[str]]

    def synonyms_of(self, key: str) -> frozenset[str]:
        return self.synonyms.get(key, _NONE)

    def related_to(self, key: str) -> frozenset[str]:
        return self.related.get(key, _NONE)

    def opposed(self, key: str) -> frozenset[str]:
        return self.opposites.get(key, _NONE)


_NONE: frozenset[str] = frozenset()


@cache
def lexicon() -> Lexicon:
    """Load the lexicon, once per process (some 30 ms, 15 MB)."""
    commonness: dict[str, int] = {}
    synonyms: dict[str, set[str]] = {}
    related: dict[str, set[str]] = {}
    opposites: dict[str, set[str]] = {}
    text = files("groundwire_evaluators.text").joinpath("lexicon.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        word, count, *relations = line.split("\t")
        near, opposed, general = (relation.split() for relation in [*relations, "", "", ""][:3])
        commonness[word] = int(count)
        for other in near:
            synonyms.setdefault(word, set()).add(other)
            synonyms.setdefault(other, set()).add(word)
        for other in general:
            related.setdefault(word, set()).add(other)
            related.setdefault(other, set()).add(word)
        for other in opposed:
            opposites.setdefault(word, set()).add(other)
            opposites.setdefault(other, set()).add(word)
    return Lexicon(
        commonness,
        {word: frozenset(others) for word, others in synonyms.items()},
        {word: frozenset(others) for word, others in related.items()},
        {word: frozenset(others) for word, others in opposites.items()},
    )
