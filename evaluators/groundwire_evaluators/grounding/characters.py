"""Comparison by characters, for languages without stemmer and word lists.

Japanese, Chinese, Korean, Arabic, Hindi, Russian, Polish and Swedish have no stemmer, stop words
or synonyms here, so a paraphrase cannot be told from an invention. What can be told: a number in
no chunk, a sentence of a chunk with one word exchanged, a negation more or less, and a sentence
that a chunk has nearly as it is. Anything else is left open, and with it the turn. Time is linear
in answer and chunks, but for the comparison with one sentence of limited length.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from groundwire_evaluators.evaluation import Claim, Extent, Verdict

_NEGATIONS = {
    "Japanese": "ない ません なかった なし ぬ 不可 禁止",
    "Chinese": "不 没 沒 未 无 無 非 勿",
    "Korean": "않 못 없 아니",
    "Russian or another language in Cyrillic letters": "не нет ни нельзя без",
    "Polish": "nie bez żaden",
    "Swedish": "inte ej aldrig ingen inget inga utan",
    "Arabic": "لا لم لن ليس ليست غير بدون",
    "Hindi": "नहीं न मत बिना",
}  # fmt: skip
JUDGED = frozenset(_NEGATIONS)
_UNSPACED = frozenset(("Japanese", "Chinese"))
_END = re.compile(r"(?<=[。！？।؟])|(?<=[.!?])\s+|\n+")
_UNIT = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:[̀-ͯ\u0900-\u0903\u093a-\u094f]+[^\W\d_]*)*")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_TENS = {"万": 1e4, "萬": 1e4, "만": 1e4, "億": 1e8, "亿": 1e8, "억": 1e8, "千": 1e3, "천": 1e3}
_HIRAGANA = re.compile(r"[ぁ-ゖー]+\Z")
_LONGEST = 400  # characters of a sentence that are compared
_MOST_SENTENCES = 2_000  # of the chunks
_MOST_CLAIMS = 200
_ALIKE = 0.65  # share of a claim in the order of one sentence from which they say one thing
_COPIED = 0.9  # share of a claim's units in one sentence from which it is supported
_LONGEST_SLOT = {True: 10, False: 3}  # units; by whether the language has no spaces
_STEM = 0.6  # share of a word that two forms of it have in common
_SAME_BUT_DENIED = 0.8  # share of the shorter sentence that is the same beside a negation
_LAST = 4  # units of a sentence that a reason quotes for its negation


@dataclass(frozen=True, slots=True)
class CharacterJudgement:
    """Claims with verdicts, and whether all of them could be told."""

    claims: tuple[Claim, ...]
    decided: bool
    lowest_coverage: float  # of the supported claims, 0 to 1

    @property
    def bad(self) -> bool:
        """Whether a claim is unsupported or contradicted."""
        return any(
            claim.verdict in (Verdict.UNSUPPORTED, Verdict.CONTRADICTED) for claim in self.claims
        )


def judge_by_characters(answer: str, chunks: Sequence[str], language: str) -> CharacterJudgement:
    """The sentences of an answer in one of the `JUDGED` languages, by its name in English."""
    index = _Index.of(tuple(chunks), language)
    claims: list[Claim] = []
    decided, lowest = True, 1.0
    for start, end in _sentences(answer):
        if len(claims) == _MOST_CLAIMS:
            decided = False
            break
        text = answer[start:end]
        if not _units(text, language):
            continue
        claim, coverage = _judge(text, start, index, language)
        if claim is None:
            decided = False
            continue
        claims.append(claim)
        lowest = min(lowest, coverage)
    return CharacterJudgement(tuple(claims), decided, lowest)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in [*_END.finditer(text), None]:
        end = len(text) if match is None else match.start()
        part = text[start:end]
        if part.strip():
            lead = len(part) - len(part.lstrip(" \t*-•#"))
            yield start + lead, start + len(part.rstrip())
        start = end if match is None else match.end()


def _units(text: str, language: str) -> list[str]:
    """Characters of Japanese and Chinese (a number is one), words of the others."""
    plain = _plain(text)
    if language not in _UNSPACED:
        return _UNIT.findall(plain)
    return re.findall(r"\d+(?:[.,]\d+)*|[a-z]+|[^\W_]|ー", plain)


@lru_cache(maxsize=4_096)
def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text[:_LONGEST]).casefold()
    return "".join(str(unicodedata.digit(c, c)) if c.isdecimal() else c for c in folded)


def numbers(text: str) -> list[tuple[str, frozenset[float]]]:
    """The numbers of a text with their possible values ("1.500": 1500 or 1.5)."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(str(unicodedata.digit(c, c)) if c.isdecimal() else c for c in plain)
    plain = re.sub(r"(?<=\d)[\s\u00a0\u202f](?=\d{3}(?!\d))", "", plain)
    plain = plain.replace("٫", ".").replace("٬", ",")
    found = []
    for match in _DIGITS.finditer(plain):
        scale = _TENS.get(plain[match.end() : match.end() + 1], 1.0)
        values = {value * scale for value in _values(match.group())}
        found.append((match.group(), frozenset(values)))
    return found


def _values(digits: str) -> set[float]:
    parts = re.split(r"[.,]", digits)
    if len(parts) == 1:
        return {float(digits)}
    whole = float("".join(parts))
    found = {whole} if all(len(part) == 3 for part in parts[1:]) else set()
    if len(parts) == 2:
        found.add(float(".".join(parts)))
    return found or {whole}


@dataclass(frozen=True, slots=True)
class _Index:
    """Sentences of the chunks with their units, grams of units and numbers."""

    sentences: tuple[tuple[int, tuple[str, ...], str], ...]  # chunk, units, text
    by_unit: dict[str, list[int]]
    values: frozenset[float]

    @classmethod
    @lru_cache(maxsize=16)
    def of(cls, chunks: tuple[str, ...], language: str) -> "_Index":
        found: list[tuple[int, tuple[str, ...], str]] = []
        by_unit: dict[str, list[int]] = {}
        values: set[float] = set()
        for chunk, text in enumerate(chunks):
            values |= {value for _, known in numbers(text) for value in known}
            for start, end in _sentences(text):
                units = tuple(_units(text[start:end], language))
                if not units or len(found) == _MOST_SENTENCES:
                    continue
                for unit in set(_grams(units)):
                    by_unit.setdefault(unit, []).append(len(found))
                found.append((chunk, units, text[start:end]))
        return cls(tuple(found), by_unit, frozenset(values))

    def best(self, units: Sequence[str]) -> tuple[int, tuple[str, ...], str] | None:
        """The sentence that shares most grams with a claim; rare ones count most."""
        votes: dict[int, float] = {}
        for gram in set(_grams(units)):
            places = self.by_unit.get(gram, ())
            for place in places[:_MOST_SENTENCES]:
                votes[place] = votes.get(place, 0.0) + 1 / len(places)
        if not votes:
            return None
        top = max(votes.values())
        return self.sentences[min(at for at, vote in votes.items() if vote >= top - 1e-9)]


def _grams(units: Sequence[str]) -> list[str]:
    return [*units, *("".join(units[i : i + 2]) for i in range(len(units) - 1))]


def _judge(text: str, start: int, index: _Index, language: str) -> tuple[Claim | None, float]:
    units = _units(text, language)
    best = index.best(units)
    chunk = best[0] if best else None
    new = [shown for shown, values in numbers(text) if index.values.isdisjoint(values)]
    conflict = _conflict(units, best[1], language) if best else None
    if conflict or new:
        reason = (
            f"“{conflict[0]}” against “{conflict[1]}” in chunk {(chunk or 0) + 1}"
            if conflict
            else "in no chunk: " + ", ".join(f"“{each}”" for each in new[:8])
        )
        verdict = Verdict.CONTRADICTED if conflict else Verdict.UNSUPPORTED
        span = _span(text, conflict[0] if conflict else new[0], start)
        return _claim(start, text, verdict, 0.1, chunk, (span,), reason), 0.0
    coverage = _coverage(units, best[1]) if best else 0.0
    if coverage < _COPIED:
        return None, coverage
    return _claim(start, text, Verdict.SUPPORTED, coverage, chunk), coverage


def _claim(
    start: int,
    text: str,
    verdict: Verdict,
    support: float,
    chunk: int | None,
    spans: tuple[Extent, ...] = (),
    reason: str | None = None,
) -> Claim:
    return Claim(
        start=start,
        end=start + len(text),
        text=text,
        verdict=verdict,
        support=support,
        chunk=chunk,
        spans=spans,
        reason=reason,
    )


def _span(text: str, words: str, start: int) -> Extent:
    at = text.casefold().find(words.casefold())
    if at < 0:
        return Extent(start, start + len(text))
    return Extent(start + at, start + at + len(words))


def _coverage(units: Sequence[str], shown: Sequence[str]) -> float:
    """Share of units that a sentence has, in any order; word forms count as the word."""
    known = Counter(shown)
    found = sum((Counter(units) & known).values())
    return found / len(units)


def _conflict(units: Sequence[str], shown: Sequence[str], language: str) -> tuple[str, str] | None:
    """The words exchanged between two sentences that are otherwise one, or the negation."""
    matcher = SequenceMatcher(None, units, shown, autojunk=False)
    opcodes = matcher.get_opcodes()
    same = sum(i2 - i for tag, i, i2, _, _ in opcodes if tag == "equal")
    if same < _ALIKE * len(units) or same < 3:
        return None
    spaced = language not in _UNSPACED
    joint = " " if spaced else ""
    for at, (tag, i, i2, j, j2) in enumerate(opcodes):
        if tag != "replace" or max(i2 - i, j2 - j) > _LONGEST_SLOT[not spaced]:
            continue
        ours, theirs = joint.join(units[i:i2]), joint.join(shown[j:j2])
        sides = [opcodes[k] for k in (at - 1, at + 1) if 0 <= k < len(opcodes)]
        flanks = sum(o[2] - o[1] for o in sides)
        if flanks >= 3 and _differ(ours, theirs, spaced):
            return ours, theirs
    denied, denies = (_negations(side, language) for side in (units, shown))
    if denied != denies and same >= _SAME_BUT_DENIED * min(len(units), len(shown)):
        return joint.join(units[-_LAST:]), joint.join(shown[-_LAST:])
    return None


def _differ(ours: str, theirs: str, spaced: bool) -> bool:
    """Whether two fillers of a slot are two things: not forms of a word, nor endings of kana."""
    if spaced:
        pairs = list(zip(ours.split(), theirs.split(), strict=False))
        return any(not _is_form(one, other) for one, other in pairs)
    return not (_HIRAGANA.match(ours) or _HIRAGANA.match(theirs))


def _is_form(one: str, other: str) -> bool:
    if one[:1].isdecimal() or other[:1].isdecimal():
        return not _values_of(one).isdisjoint(_values_of(other))
    common = 0
    while common < min(len(one), len(other)) and one[common] == other[common]:
        common += 1
    return common >= max(3, _STEM * min(len(one), len(other))) or min(len(one), len(other)) < 3


def _values_of(word: str) -> set[float]:
    return {value for _, values in numbers(word) for value in values}


def _negations(units: Sequence[str], language: str) -> int:
    """How many negations a sentence has."""
    words = _NEGATIONS[language].split()
    if language in _UNSPACED or language == "Korean":
        text = "".join(units)
        return sum(text.count(word) for word in words)
    return sum(unit in words for unit in units)
