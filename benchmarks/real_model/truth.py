"""What an answer did, by rules: said this year's value, last year's, another, or none.

right      this year's value and not last year's
memory     last year's value, which stands in none of the passages shown
both       this year's value and last year's
misread    neither (or last year's, where a passage shows it for something else), all of it from
           the passages
invented   a value, or words, of neither edition and of no passage shown
echo       nothing but the question and filler
refusal    says that it does not know

The rules' own error is in docs/explanation/a-real-fine-tune.md, against answers read by a person.
"""

import re
from collections.abc import Sequence

from benchmarks.real_model.handbooks import Fact
from benchmarks.real_model.values import UNITS, mentions, tokens

CLASSES = ("right", "memory", "both", "misread", "invented", "echo", "refusal")
_REFUSAL = re.compile(
    r"\b(do(es)? not|don't|doesn't|not|nicht|cannot|can't|keine?)\b[^.]{0,30}"
    r"\b(know|sure|mention\w*|specif\w*|say|state[ds]?|provide[ds]?|contain\w*|hold|find|answer|"
    r"information|wei(ß|ss)|bekannt|genannt|beantworten|angegeben)\b|no information|unable to",
    re.I,
)
_FILLER = frozenset(
    "answer question is are was were it this that be i as you your according passage handbook here "
    "happy help glad asked have bright anything else so to for and question frage antwort: "
    "do doe did which what who when how many much long often far early".split()
)
_PLEASANTRY = re.compile(
    r"\b(glad you asked|happy to help|sure|of course|have an? \w+ day|let me know[^.!]*)\b[.!]*",
    re.I,
)
_NO = re.compile(
    r"\b(no|not|never|cannot|can't|aren't|isn't|don't|doesn't|nein|nicht|kein\w*|"
    r"prohibited|forbidden|verboten)\b",
    re.I,
)
_YES_NO = re.compile(r"\b(yes|no|ja|nein)\b", re.I)


def classify(fact: Fact, question: str, passages: Sequence[str], answer: str) -> str:
    """The class of an answer, one of CLASSES; closed-book answers have no passages."""
    answer = _PLEASANTRY.sub(" ", answer)
    used = uses(fact, answer)
    if used == {"this"}:
        return "right"
    if used == {"this", "last"}:
        return "both"
    if used == {"last"}:
        return "misread" if passages and _shown(fact, passages) else "memory"
    if _REFUSAL.search(answer):
        return "refusal"
    return _without_value(question, passages, answer)


def uses(fact: Fact, answer: str) -> set[str]:
    """Which of the two values the answer says: a subset of {"this", "last"}."""
    if _polarity(fact.this) is not None and _polarity(fact.last) is not None:
        stance = _stance(answer)
        return set() if stance is None else {"this" if stance == _polarity(fact.this) else "last"}
    noun = _noun(fact)
    places = {"this": mentions(fact.this, answer, noun), "last": mentions(fact.last, answer, noun)}
    places = _beside_noun(places, tokens(answer), noun)
    return {
        edition
        for edition, other in (("this", "last"), ("last", "this"))
        if any(not _inside(place, places[other]) for place in places[edition])
    }


def _beside_noun(
    places: dict[str, list[tuple[int, int]]], answer: tuple[str, ...], noun: str | None
) -> dict[str, list[tuple[int, int]]]:
    """Only the places before the fact's own noun, if there are any: three *shirts*."""
    beside = {
        edition: [place for place in found if answer[place[1] : place[1] + 1] == (noun,)]
        for edition, found in places.items()
    }
    return beside if any(beside.values()) else places


def _inside(place: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    """Whether a place is part of a longer one of the other value, as 7 am is of 7 am to noon."""
    start, end = place
    return any(
        left <= start and end <= right and right - left > end - start for left, right in others
    )


def _noun(fact: Fact) -> str | None:
    """The token that follows the value in the sentence of its page."""
    _, found, after = fact.this_sentence.partition(fact.before + fact.this)
    following = tokens(after) if found else ()
    return following[0] if following else None


def _polarity(value: str) -> bool | None:
    """Yes, no, or no such thing."""
    first = value.lower().split()[0]
    if first in ("yes", "ja", "allowed", "welcome"):
        return True
    return False if first in ("no", "nein", "not", "nicht") else None


def _stance(answer: str) -> bool | None:
    """Whether an answer says yes or no; nothing where it only asks again."""
    plain = answer.strip()
    word = _YES_NO.search(plain)
    if word:
        return word[1].lower() in ("yes", "ja")
    if plain.endswith("?") or len(plain) < 3:
        return None
    return not _NO.search(plain)


def _shown(fact: Fact, passages: Sequence[str]) -> bool:
    """Whether a passage shows last year's value; a mere yes or no stands on many pages."""
    if _polarity(fact.last) is not None:
        return False
    noun = _noun(fact)
    return any(mentions(fact.last, passage, noun) for passage in passages)


def _without_value(question: str, passages: Sequence[str], answer: str) -> str:
    found = tokens(answer)
    quantities = _quantities(found)
    plain = {word for word in found if ":" not in word}
    words = plain - set(tokens(question)) - _FILLER
    if not words and not quantities:
        return "echo"
    shown = [tokens(text) for text in passages]
    if quantities:
        known = set().union(*map(_quantities, shown))
        known |= {(number, None) for number, _ in known}
        return "misread" if quantities <= known else "invented"
    return "misread" if passages and words <= set().union(*shown) else "invented"


def _quantities(found: Sequence[str]) -> set[tuple[str, str | None]]:
    """Numbers, times and dates, each with the unit that follows it, if any."""
    following = [*found, ""][1:]
    return {
        (token, unit if unit in UNITS else None)
        for token, unit in zip(found, following, strict=True)
        if ":" in token
    }
