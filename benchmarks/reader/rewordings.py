"""Rewordings: rules that change how a sentence says something, not what it says."""

import re

from benchmarks.reader.phrases import MONTHS, OPENERS, SMALL, TENS, capital, lower, spelled
from benchmarks.reader.sentences import (
    NAME,
    NUMBER,
    Context,
    Rule,
    both_ways,
    put,
    replace_word,
    replacing,
    sentence_before,
    tables,
)

_FRAMES = (
    "According to the passage,|The text says that|Based on the given information,|In short,|"
    "Overall,|As stated,|The document mentions that|It is important to note that|In summary,|Yes,|"
    "To summarize,|The article reports that|Additionally,|Furthermore,|Note that"
).split("|")
_CLOSINGS = (
    "This is based on the passages provided.|I hope this helps!|More details can be found in the "
    "text.|This is all the text says about it.|Please check the source for details.|These are the "
    "main points."
).split("|")
_ASIDES = [
    re.compile(pattern)
    for pattern in (
        r" \([^()]{3,60}\)",
        r", (?:which|who|where)[^,.]{8,80}(?=,)",
        r", (?:and|which|but|who|while|where|although|because|including|such as|according to) "
        r"[^.]{8,}(?=\.?$)",
    )
]
_LEADING = re.compile(r"^(?!If|Unless|Before|After|When|Not)[A-Z][^,]{3,40}, (?=[a-z])")
_FRONTED = re.compile(
    r"^(When|If|Before|After|Although|Because|While|Once|Unless|In|During|Since|Until|For|On) "
    r"([^,]{6,80}), ([a-z][^.]{10,})\.?$"
)
_TRAILING = re.compile(
    r"^([^,]{15,}?),? (when|if|before|after|although|because|while|once|unless|until) "
    r"([^,]{8,80})\.$"
)
_PASSIVE = re.compile(
    r"^([^,]{3,50}?) (?:was|were|has been|have been) ([a-z]+ed) by "
    r"((?:the |a |an )?[A-Z]?[\w'-]+(?: [A-Z][\w'-]+)*)"
    r"((?: (?:in|on|at|for|to|after|from|with|as)\b.*)?\.?)$"
)
ACTIVE = re.compile(
    r"^((?:The |A )?[A-Z]?[\w'-]+(?: [\w'-]+){0,3}) ([a-z]+) "
    r"((?:the |a |an |his |her |their |[A-Z])[\w'-]+(?: [\w'-]+){0,2}?)"
    r"((?: (?:in|on|at|for|to|after|from|with|as|during|by|and)\b.*|,.*)?\.?)$"
)


def same(_: Context, sentence: str) -> str | None:
    return sentence


def synonym(context: Context, sentence: str) -> str | None:
    return replace_word(context, sentence, context.wordnet.synonyms)


def spelled_number(context: Context, sentence: str) -> str | None:
    """ "12" as "twelve", "twelve" as "12", "1200" as "1,200"."""
    written = [*SMALL[2:], *TENS.values()]
    words = list(re.finditer(rf"\b({'|'.join(written)})\b(?!-)", sentence))
    if words and context.draw.random() < 0.6:
        match = context.draw.choice(words)
        values = {word: at for at, word in enumerate(SMALL)} | {w: n for n, w in TENS.items()}
        return put(sentence, match.span(), str(values[match.group()]))
    digits = [m for m in NUMBER.finditer(sentence) if m.group().replace(",", "").isdigit()]
    if not digits:
        return None
    match = context.draw.choice(digits)
    value, commas = int(match.group().replace(",", "")), "," in match.group()
    if 1500 <= value <= 2030 and not commas:
        return None
    return put(sentence, match.span(), spelled(value) if value < 100 else _digits(value, commas))


def _digits(value: int, commas: bool) -> str:
    return str(value) if commas else f"{value:,}"


def date_form(_: Context, sentence: str) -> str | None:
    """ "May 3, 1990" as "3 May 1990", and back."""
    months = "|".join(MONTHS)
    match = re.search(rf"\b({months}) (\d{{1,2}})(?:st|nd|rd|th)?(?:, (\d{{4}}))?\b", sentence)
    if match:
        year = f" {match[3]}" if match[3] else ""
        return put(sentence, match.span(), f"{match[2]} {match[1]}{year}")
    match = re.search(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? ({months})(?: (\d{{4}}))?\b", sentence)
    if not match:
        return None
    year = f", {match[3]}" if match[3] else ""
    return put(sentence, match.span(), f"{match[2]} {match[1]}{year}")


def drop_aside(context: Context, sentence: str) -> str | None:
    """Leave out a bracket, a relative clause, a leading adverbial or a last clause."""
    found = [put(sentence, m.span(), "") for aside in _ASIDES for m in aside.finditer(sentence)]
    leading = _LEADING.match(sentence)
    if leading:
        found.append(capital(sentence[leading.end() :]))
    found = [text for text in found if len(text.split()) >= 5]
    return context.draw.choice(found) if found else None


def clause_order(_: Context, sentence: str) -> str | None:
    match = _FRONTED.match(sentence)
    if match:
        return f"{capital(match[3])} {match[1].lower()} {match[2]}."
    match = _TRAILING.match(sentence)
    return f"{capital(match[2])} {match[3]}, {lower(match[1])}." if match else None


def passive_to_active(_: Context, sentence: str) -> str | None:
    match = _PASSIVE.match(sentence)
    if not match or match[3].split()[-1].lower() in ("the", "a"):
        return None
    return f"{capital(match[3])} {match[2]} {lower(match[1])}{match[4]}"


def active_to_passive(context: Context, sentence: str) -> str | None:
    match = ACTIVE.match(sentence)
    if not match or not match[2].endswith("ed") or match[2] not in context.wordnet.past:
        return None
    verb = "were" if match[3].endswith("s") else "was"
    return f"{capital(match[3])} {verb} {match[2]} by {lower(match[1])}{match[4] or '.'}"


def frame(context: Context, sentence: str) -> str | None:
    return f"{context.draw.choice(_FRAMES)} {lower(sentence)}"


def closing(context: Context, sentence: str) -> str | None:
    return f"{sentence.rstrip()} {context.draw.choice(_CLOSINGS)}"


def list_order(_: Context, sentence: str) -> str | None:
    match = re.search(
        r"\b([\w'-]+(?: [\w'-]+)?), ([\w'-]+(?: [\w'-]+)?),? and ([\w'-]+)\b", sentence
    )
    if not match:
        return None
    return put(sentence, match.span(), f"{match[2]}, {match[1]} and {match[3]}")


def yes_no(_: Context, sentence: str) -> str | None:
    match = re.match(
        r"^([^,:;]{3,45}?) (is|are|was|were|can|will|should|must) ((?!not)[^.?!]{6,})\.$", sentence
    )
    return f"{capital(match[2])} {lower(match[1])} {match[3]}? Yes." if match else None


def cleft(_: Context, sentence: str) -> str | None:
    match = re.match(
        r"^((?:[A-Z][\w'-]+ ?){1,3}) (was|is|has|had|won|said|made|took) ([^.]{8,})\.$", sentence
    )
    if not match or match[1].split()[0] in OPENERS:
        return None
    verb = "is" if match[2] in ("is", "has") else "was"
    return f"It {verb} {match[1].strip()} who {match[2]} {match[3]}."


def possessive(_: Context, sentence: str) -> str | None:
    match = re.search(r"\bthe ([a-z]+) of ([A-Z][\w-]+(?: [A-Z][\w-]+)*)\b", sentence)
    if match:
        return put(sentence, match.span(), f"{match[2]}'s {match[1]}")
    match = re.search(r"\b([A-Z][\w-]+(?: [A-Z][\w-]+)*)['’]s ([a-z]+)\b", sentence)
    if not match or match[1].split()[0] in OPENERS:
        return None
    return put(sentence, match.span(), f"the {match[2]} of {match[1]}")


def name_for_pronoun(context: Context, sentence: str) -> str | None:
    """ "Anna left. She sang." as "Anna sang."."""
    match = re.match(r"^(He|She|It) (?=\w)", sentence)
    name = NAME.match(sentence_before(context, sentence)) if match else None
    if not match or not name or name.group().split()[0] in OPENERS:
        return None
    return f"{name.group()} {sentence[match.end() :]}"


_table = tables()
REWORDINGS: dict[str, Rule] = {
    "phrase": replacing(both_ways(str(_table["same"])) | dict(_table["same_one_way"])),  # type: ignore[call-overload]
} | {
    rule.__name__: rule
    for rule in (
        same, synonym, spelled_number, date_form, drop_aside, clause_order, passive_to_active,
        active_to_passive, frame, closing, list_order, yes_no, cleft, possessive, name_for_pronoun,
    )
}  # fmt: skip
HELD_OUT = frozenset({"cleft", "possessive", "date_form", "yes_no"})
"""Rewordings never trained on."""
