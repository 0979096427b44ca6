"""Sentences as the rules see them: names, numbers, words from a table, the text around."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from benchmarks.reader import wordnet
from benchmarks.reader.phrases import DAYS, MONTHS, OPENERS, like

NAME = re.compile(r"\b[A-Z][a-zA-Z-]+(?: (?:of |the )?[A-Z][a-zA-Z-]+)*")
NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?!\w)")
AUXILIARY = (
    r"is|are|was|were|can|will|may|has been|have been|had|should|would|could|did|does|must|might"
)
WORDS_FILE = Path(__file__).parent / "words.toml"


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may use beside the sentence: chance, the text it stands in, and WordNet."""

    draw: Random
    text: str
    wordnet: wordnet.WordNet


Rule = Callable[[Context, str], str | None]


@cache
def tables() -> Mapping[str, object]:
    """The tables of `words.toml`."""
    return tomllib.loads(WORDS_FILE.read_text(encoding="utf-8"))


def both_ways(pairs: str) -> dict[str, list[str]]:
    """ "a/b,c/d" as a table that maps a to b, b to a and so on."""
    table: dict[str, list[str]] = {}
    for pair in pairs.split(","):
        left, right = pair.strip().split("/")
        table.setdefault(left, []).append(right)
        table.setdefault(right, []).append(left)
    return table


def replacing(table: Mapping[str, Sequence[str]]) -> Rule:
    """A rule that replaces one word or phrase of a table by one of its partners."""
    longest_first = sorted(map(re.escape, table), key=len, reverse=True)
    pattern = re.compile(rf"(?<![a-zA-Z])({'|'.join(longest_first)})(?!\w)", re.IGNORECASE)

    def rule(context: Context, sentence: str) -> str | None:
        found = [m for m in pattern.finditer(sentence) if m.group().lower() in table]
        if not found:
            return None
        match = context.draw.choice(found)
        new = context.draw.choice(table[match.group().lower()])
        return put(sentence, match.span(), like(match.group(), new))

    return rule


def put(text: str, span: tuple[int, int], new: str) -> str:
    """The text with a range replaced."""
    return text[: span[0]] + new + text[span[1] :]


def replace_word(context: Context, sentence: str, table: Mapping[str, list[str]]) -> str | None:
    """One lower-case word replaced by the table, its article put right."""
    found = [m for m in re.finditer(r"\b[a-z]{3,}\b", sentence) if m.group() in table]
    if not found:
        return None
    match = context.draw.choice(found)
    new = context.draw.choice(table[match.group()])
    before = sentence[: match.start()]
    article = re.search(r" an? $", before)
    if article:
        before = before[: article.start()] + (" an " if new[0] in "aeiou" else " a ")
    return before + new + sentence[match.end() :]


def names(context: Context, text: str) -> list[re.Match[str]]:
    """Names of a text: capitalised words that are no opener, day, month or common first word."""
    found = []
    for match in NAME.finditer(text):
        first = match.group().split()[0]
        opens = match.start() == 0 and " " not in match.group()
        common = opens and match.group().lower() in context.wordnet.words
        if not (first in OPENERS or first in DAYS or first in MONTHS or common):
            found.append(match)
    return found


def sentence_before(context: Context, sentence: str) -> str:
    """The sentence that stands before this one in its text, or ""."""
    at = context.text.find(sentence)
    if at <= 0:
        return ""
    return re.split(r"(?<=[.!?])\s+", context.text[max(0, at - 400) : at].strip())[-1]
