"""Stance of a response towards a mentioned answer: asserted, rejected, conceded."""

import re
from enum import Enum

from groundwire_evaluators.text.sentences import sentences


class Stance(Enum):
    """Stance of a mention towards its answer."""

    ASSERTED = "asserted"
    REJECTED = "rejected"  # "not X", "X is wrong"
    CONCEDED = "conceded"  # "although many say X", "formerly X"


# § is the mention judged, ¤ any other; gaps are bounded.
_SOURCE = r"(?:context|passages?|documents?|texts?|pages?|articles?|sources?|excerpts?|paragraphs?)"
_WRONG = (
    r"(?:\w+\s+){0,2}?(?:wrong|incorrect|mistaken|inaccurate|false|untrue|outdated|erroneous"
    r"|not\s+(?:correct|right|true|accurate)|an?\s+(?:error|mistake|typo))"
)
_IS = r"\s+(?:is|was|seems?|looks?|appears?|sounds?|must\s+be)\s+"
_GAP = r"(?:(?!but\b|or\b)[\w’'-]+\s+){0,4}"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE | re.MULTILINE)


_REJECTS = _any(
    r"(?:\bnot|n[’']t|\bnever|\bunlike|\bnor)\s+(?!only\b|just\b)" + _GAP + "§",
    r"\b(?:rather\s+than|instead\s+of|as\s+opposed\s+to|no\s+longer|contrary\s+to)\s+" + _GAP + "§",
    r"\bneither\s[^.;§]{0,60}§",
    r"§[^.;§]{0,40}?\b(?:is|was|are|were|seems?|looks?|would\s+be|being)\s+" + _WRONG,
    r"§[^.;§]{0,60}?\b(?:this|that|which|it)(?:\s+\w+){0,2}?" + _IS + _WRONG,
    r"\b(?:incorrectly|wrongly|mistakenly|erroneously|falsely)\s+(?:[\w’'-]+\s+){0,6}§",
    r"§\s+(?:is|was)\s+(?:not|no\s+longer)\b",
    r"§\s+(?:isn|wasn)[’']t\b",
)
_NEXT_REJECTS = _any(r"\A\W*(?:but\s+|however,?\s+)?(?:this|that|which|it)" + _IS + _WRONG)
_CONCEDES = _any(
    r"(?:^|[,;(]\s*|\bbut\s+|\band\s+)(?:(?:even\s+)?though|although|while|whereas|whilst|despite)\b"
    r"[^,.;§]{0,120}§[^.;¤]{0,80}[,;]",
    r"\b(?:formerly|previously|originally|once|used\s+to\s+be|historically)\b[^,.;]{0,40}§",
    r"\bfrom\s+(?:[\w’'-]+\s+){0,3}§\s+(?:[\w’'-]+\s+){0,2}to\s",
    r"\b(?:first|initially|originally)\s+(?:thought|assumed|believed|guessed|recall(?:ed)?)\b"
    r"[^.;]{0,60}§",
    r"\b(?:might|may|would|could)\s+(?:\w+\s+)?(?:expect|think|guess|assume|suppose)\b"
    r"[^.;§]{0,60}§[^.;]{0,40}\bbut\b",
)
_ATTRIBUTES = _any(
    rf"\b(?:according\s+to|based\s+on|per)\s+(?:the\s+|this\s+)?(?:\w+\s+)?{_SOURCE}\b[^.;]{{0,80}}§",
    rf"\b{_SOURCE}\s+(?:\w+\s+)?(?:says?|claims?|states?|mentions?|names?|gives?|suggests?|lists?)\b"
    r"[^.;]{0,80}§",
)
_OVERRULES = _any(
    r"\b(?:in\s+reality|actually|in\s+fact|in\s+truth)\b[^.;]{0,80}¤",
    r"\bthe\s+(?:correct|right|true|actual|real)\s+answer\b[^.;]{0,80}¤",
)
_ANSWERS = _any(
    r"(?:\bfinal\s+answer|^\s*answer|\bthe\s+(?:correct\s+)?answer)"
    r"\s*(?:is|:|would\s+be|must\s+be)\s*"
)


def stance(text: str, mention: tuple[int, int], others: list[tuple[int, int]]) -> Stance:
    """The stance of `text` towards one mention; `others` are the other answer's mentions."""
    masked, place = _masked(text, mention, others)
    extents = list(sentences(masked))
    index = next((i for i, each in enumerate(extents) if each[0] <= place < each[1]), None)
    if index is None:
        return Stance.ASSERTED
    sentence = masked[slice(*extents[index])]
    after = masked[extents[index][1] :]
    if _REJECTS.search(sentence) or _NEXT_REJECTS.search(after):
        return Stance.REJECTED
    if _ATTRIBUTES.search(sentence) and _OVERRULES.search(sentence[sentence.index("§") :] + after):
        return Stance.REJECTED
    return Stance.CONCEDED if _CONCEDES.search(sentence) else Stance.ASSERTED


def conclusion(text: str) -> int:
    """Start of the announced answer ("Final answer: …"), else 0."""
    found = 0
    for match in _ANSWERS.finditer(text):
        found = match.end()
    return found


def _masked(text: str, mention: tuple[int, int], others: list[tuple[int, int]]) -> tuple[str, int]:
    pieces, at, place = [], 0, 0
    for start, end in sorted({mention, *others}):
        if start < at:
            continue
        pieces += [text[at:start], "§" if (start, end) == mention else "¤"]
        if (start, end) == mention:
            place = sum(map(len, pieces)) - 1
        at = end
    return "".join([*pieces, text[at:]]), place
