"""The pieces of an answer, each with its range: what is checked, and what claims nothing."""
# ruff: noqa: E501  (tables of words and patterns)

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from groundwire_evaluators.text.refusal import declines
from groundwire_evaluators.text.sentences import sentences

_LINE = re.compile(r"[^\r\n\u2028\u2029\x0b\x0c\x85]+")
_MARKER = re.compile(r"\s*(?:#{1,6}\s+|>\s?|(?:[-*•–·‣▪●]|\(?\d{1,3}[.):]|\(?[a-zA-Z][.)])\s+)*")
_RULE = re.compile(r"[\s|:+=*_#~-]*\Z")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_ASIDE = re.compile(
    r"(?:(?:hi|hello|hey|dear|sure|certainly|of course|great question|good question|thanks|thank you|"
    r"you['’]re welcome|absolutely|okay|hallo|guten tag|gerne|natürlich|bonjour|bien sûr|hola|"
    r"claro|por supuesto|ciao|certo|olá)\b[^.:]{0,40}[.!,:]*\Z"
    r"|(?:i['’]m |i am )?(?:happy|glad|pleased) to (?:help|assist)\b[^.:]{0,20}[.!]*\Z"
    r"|(?:i )?(?:hope|trust) (?:this|that|it)\b|(?:please )?(?:let me know|feel free|don['’]t hesitate)\b"
    r"|if you (?:have|need|want|would like)\b.{0,60}\b(?:question|help|let me|ask|information)"
    r"|(?:here|below|following|these) (?:is|are|'s|’s)\b[^.]{0,120}:\Z"
    r"|here['’]s\b[^.]{0,120}:\Z|is there anything|how can i (?:help|assist)"
    r"|ich hoffe|bitte (?:lassen|wenden|melden)|n['’]hésitez|no dude|espero que)",
    re.IGNORECASE,
)
_SHORT = 12  # words a heading or lead-in has at most
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, list item or table row of an answer; `aside` says why it claims nothing."""

    start: int
    end: int
    text: str
    aside: str | None = None


def pieces(answer: str, language: str = "en") -> Iterator[Piece]:
    """The answer cut into pieces, in order, each with its exact range.

    A line is a piece of its own or several sentences; list markers, heading signs and the rules of
    a table belong to none. Code between fences is one piece that claims nothing.
    """
    code: tuple[int, int] | None = None
    for line in _LINE.finditer(answer):
        if _FENCE.match(line.group()):
            if code is None:
                code = line.span()
            else:
                yield _piece(answer, code[0], line.end(), "code")
                code = None
        elif code is not None:
            code = code[0], line.end()
        elif not _RULE.match(line.group()):
            yield from _of_line(answer, line.start(), line.end(), language)
    if code is not None:
        yield _piece(answer, *code, "code")


def _piece(answer: str, start: int, end: int, aside: str | None = None) -> Piece:
    return Piece(start, end, answer[start:end], aside)


def _of_line(answer: str, start: int, end: int, language: str) -> Iterator[Piece]:
    marker = _MARKER.match(answer, start, end)
    body = marker.end() if marker else start
    line = answer[body:end].strip()
    body += len(answer[body:end]) - len(answer[body:end].lstrip())
    if not line:
        return
    words = sum(1 for _ in islice(_WORDS.finditer(line), _SHORT + 1))
    heading = "#" in answer[start:body] or (line.startswith("**") and line.endswith("**"))
    if words <= _SHORT and (heading or line.endswith((":", ":**"))):
        yield _piece(answer, body, body + len(line), "heading")
    elif line.startswith("|") or line.count("|") >= 2:
        yield _piece(answer, body, body + len(line))
    else:
        for first, last in sentences(answer[body:end], language):
            yield _sentence(answer, body + first, body + last)


def _sentence(answer: str, start: int, end: int) -> Piece:
    text = answer[start:end]
    if text.rstrip("\"'”’*_) ").endswith(("?", "？")):
        return Piece(start, end, text, "question")
    if _WORDS.search(text) is None:
        return Piece(start, end, text, "no words")
    if _ASIDE.match(text):
        return Piece(start, end, text, "courtesy")
    if declines(text):
        return Piece(start, end, text, "declines")
    return Piece(start, end, text)
