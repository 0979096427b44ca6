"""Plain text of Markdown, HTML and reasoning blocks, with offsets.

A model writes `**30** days`, `<b>30</b>` or `| Pro | 29 EUR |`; the parsers need "30 days", with
offsets into the original. Blocks are those of CommonMark (https://spec.commonmark.org), found by
markdown-it-py; indented code, reference links and raw HTML blocks, which answers rarely intend, are
treated as text. Time is linear in the text.
"""

import html
import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from groundwire_evaluators.text.calendars import MONTHS

Kind = Literal["text", "heading", "item", "header", "row", "code"]
Part = str | tuple[int, int]

_LINE = re.compile(r"[^\n]*\n?")
_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_ITEM = re.compile(
    r"\s*(?:>\s?)*\s*"
    r"(?P<sign>(?:(?:[-*+•–·‣▪●]|\(?\d{1,3}[.):]|\(?[a-zA-Z][.)])\s+(?:\[[ xX]\]\s+)?)*)"
)
_BULLET = re.compile(r"\s*(?:>\s?)*\s*(?P<sign>(?:[-*+•–·‣▪●]\s+(?:\[[ xX]\]\s+)?)*)")
_GERMAN_MONTH = "|".join(sorted(MONTHS["de"], key=len, reverse=True))  # "1. März" is a date
_COUNTED = re.compile(
    r"^[ \t>]*\(?(?:\d{1,3}[.):]|[a-zA-Z][.)])[ \t](?![ \t]*(?:" + _GERMAN_MONTH + r")\b)",
    re.MULTILINE | re.IGNORECASE,
)
_HEADING = re.compile(r"\s*(?:>\s?)*#{1,6}(?:\s+|\Z)")
_RULE = re.compile(r"[\s|:+=*_#~>-]*\Z")
_MARKED = re.compile(r"[*_`~\\\[&<]")
_BLOCKY = re.compile(r"^[ \t]*(?:[#>|+*-]|`{3}|~{3}|\d{1,9}[.)])|\|", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Plain:
    """Plain text with the original range of each character.

    `starts[i]` and `ends[i]` are the half-open range, in code points of the original, of character
    `i`.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, text: str) -> "Plain":
        """Plain text that is its own original."""
        return cls(text, range(len(text)), range(1, len(text) + 1))

    def part(self, start: int, end: int) -> "Plain":
        return Plain(self.text[start:end], self.starts[start:end], self.ends[start:end])

    def stripped(self) -> "Plain":
        """Strip whitespace from both ends."""
        start = len(self.text) - len(self.text.lstrip())
        return self.part(start, max(len(self.text.rstrip()), start))

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Range in the original of a non-empty range of this text."""
        return self.starts[start], self.ends[end - 1]

    def rewritten(
        self, pattern: re.Pattern[str], parts: Callable[[re.Match[str]], Sequence[Part]]
    ) -> "Plain":
        """Replace each match by parts: ranges of this text, or new words.

        New words map to the whole range of the match.
        """
        return self._joined(
            (match.start(), match.end(), parts(match)) for match in pattern.finditer(self.text)
        )

    def without(self, cuts: Sequence[tuple[int, int]]) -> "Plain":
        """Remove ranges, given in order; a range that starts inside another belongs to it."""
        return self._joined((start, end, ()) for start, end in cuts) if cuts else self

    def _joined(self, edits: Iterator[tuple[int, int, Sequence[Part]]]) -> "Plain":
        text: list[str] = []
        starts, ends = array("q"), array("q")

        def keep(first: int, last: int) -> None:
            text.append(self.text[first:last])
            starts.extend(self.starts[first:last])
            ends.extend(self.ends[first:last])

        at = 0
        for start, end, parts in edits:
            if start < at:
                continue
            keep(at, start)
            for part in parts:
                if isinstance(part, tuple):
                    keep(*part)
                elif end > start:
                    text.append(part)
                    starts.extend([self.starts[start]] * len(part))
                    ends.extend([self.ends[end - 1]] * len(part))
            at = end
        if at == 0:
            return self
        keep(at, len(self.text))
        return Plain("".join(text), starts, ends)


@dataclass(frozen=True, slots=True)
class Block:
    """One line of a text with its kind.

    `lead` is the line that a list item or a table row continues: the introduction of the list, the
    parent item, or the column headings. `bold`: the whole line is bold.
    """

    kind: Kind
    plain: Plain
    lead: str = ""
    bold: bool = False


def _nothing(_: re.Match[str]) -> tuple[Part, ...]:
    return ()


def _newline(_: re.Match[str]) -> tuple[Part, ...]:
    return ("\n",)


# Reasoning

_NAMES = (
    r"think|thinking|thoughts?|reasoning|reflection|scratchpad|inner_?monologue|chain_of_thought|"
    r"begin_of_thought|seed:think|analysis"
)
_OPENING = re.compile(
    rf"(?m)^[ \t]*(?:<(?P<tag>{_NAMES})>|\[(?P<square>THINK)\]|◁(?P<mark>think)▷"
    r"|<\|(?P<bar>begin_of_thought)\|>|<\|channel\|>(?P<channel>analysis)<\|message\|>)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    rf"(?<!`)(?:</(?P<tag>{_NAMES})>|\[/(?P<square>THINK)\]|◁/(?P<mark>think)▷"
    r"|<\|(?P<bar>end_of_thought)\|>"
    r"|<\|end\|>(?:<\|start\|>assistant)?(?:<\|channel\|>final<\|message\|>)?"
    r"|<\|channel\|>final<\|message\|>)",
    re.IGNORECASE,
)
_WRAPPING = re.compile(
    r"</?(?:answer|final|final_answer|response|output|result)>|<\|(?:begin|end)_of_solution\|>"
    r"|<\|(?:channel\|>final<\|message|return|end|im_end|eot_id)\|>",
    re.IGNORECASE,
)


class UnfinishedError(ValueError):
    """The text ends inside its reasoning block."""


def without_reasoning(answer: str) -> Plain:
    """Remove `<think>` blocks and similar, and tags that wrap the answer.

    A closing tag alone ends reasoning that started in the prompt. Raises `UnfinishedError` if the
    reasoning is not closed.
    """
    whole = Plain.of(answer)
    if "<" not in answer and "[" not in answer and "◁" not in answer:
        return whole
    cuts: list[tuple[int, int]] = []
    at = 0
    while True:
        opening, closing = _OPENING.search(answer, at), _CLOSING.search(answer, at)
        if opening and (closing is None or opening.start() < closing.start()):
            closing = _CLOSING.search(answer, opening.end())
            if closing is None:
                raise UnfinishedError("the answer ends inside its reasoning")
            cuts.append((opening.start(), closing.end()))
        elif closing and not cuts and not closing.group().startswith("<|"):
            cuts.append((0, closing.end()))
        else:
            break
        at = cuts[-1][1]
    return whole.without(cuts).rewritten(_WRAPPING, _nothing)


# HTML

_BREAKING = (
    "p|div|br|hr|ul|ol|li|dl|dt|dd|table|thead|tbody|tfoot|tr|td|th|caption|h[1-6]|blockquote|pre|"
    "section|article|header|footer|details|summary|figure|figcaption"
)
_INLINE = (
    "b|i|u|s|em|strong|mark|ins|sub|sup|small|big|span|font|a|abbr|code|kbd|samp|var|tt|q|cite|"
    "time|data|label|dfn|img|center|html|body"
)
_TAG = re.compile(
    rf"<(?P<end>/)?(?:(?P<block>{_BREAKING})|(?P<inline>{_INLINE}))(?:\s[^<>]{{0,500}})?/?>",
    re.IGNORECASE,
)
_UNSEEN = re.compile(r"<(script|style|del|template)\b", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


def without_tags(plain: Plain) -> Plain:
    """Convert HTML to lines of text, with Markdown signs for items, headings and rows."""
    if "<" in plain.text:
        plain = plain.without(list(_hidden_ranges(plain.text)))
        plain = plain.rewritten(_TAG, _MarkdownSigns().of)
    if "&" in plain.text:
        plain = plain.rewritten(_ENTITY, lambda match: (html.unescape(match.group()),))
    return plain


def _hidden_ranges(text: str) -> Iterator[tuple[int, int]]:
    """Ranges of comments and of elements that browsers do not show."""
    lowered, at = text.lower(), 0
    while (start := lowered.find("<", at)) >= 0:
        at = start + 1
        unseen = _UNSEEN.match(lowered, start)
        closing = f"</{unseen.group(1)}>" if unseen else "-->"
        if unseen is None and not lowered.startswith("<!--", start):
            continue
        end = lowered.find(closing, at)
        if end < 0:
            return
        at = end + len(closing)
        yield start, at


class _MarkdownSigns:
    """Markdown for each HTML tag; counts the cells of a row to underline a header."""

    def __init__(self) -> None:
        self.cells, self.header = 0, False

    def of(self, match: re.Match[str]) -> tuple[str, ...]:
        name, ends = (match.group("block") or "").lower(), match.group("end")
        if name == "":
            return ()
        if name in ("td", "th"):
            self.cells += not ends
            self.header = self.header or name == "th"
            return () if ends else (" | " if self.cells > 1 else "| ",)
        if name == "tr":
            return (self._row(bool(ends)),)
        if name in ("thead", "tbody", "tfoot"):
            return ()
        if ends or name == "br":
            return ("\n",)
        heading = "#" * int(name[1]) + " " if name[0] == "h" and name[1:].isdecimal() else ""
        return ("\n- " if name == "li" else f"\n{heading}",)

    def _row(self, ends: bool) -> str:
        if not ends:
            self.cells, self.header = 0, False
            return "\n"
        underline = "\n|" + "---|" * self.cells if self.header and self.cells > 1 else ""
        return " |" + underline


# Marks inside a line

_RUN = re.compile(r"\\[!-/:-@\[-`{-~]|`+|\*+|_+|~~")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\((?:[^()\s]|\([^()\s]{0,200}\)){0,500}\s?\)")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,500})>")
_MATH = re.compile(r"\\(?:boxed|text(?:bf|it|rm)?|math(?:bf|rm|it)|emph)\{([^{}\n]{0,200})\}")
_MATH_MARK = re.compile(r"\\[()\[\]]")


_NOTE = re.compile(r"(?<=[^\W\d_]{4})[¹²³⁰⁴-⁹]{1,3}")  # "weeks¹" is a note, "km²" a unit


def without_marks(plain: Plain) -> Plain:
    """Remove emphasis, code marks, link addresses, strikethrough text and escapes."""
    text = plain.text
    if not text.isascii():
        plain = plain.rewritten(_NOTE, _nothing)
        text = plain.text
    if not _MARKED.search(text):
        return plain
    if "](" in text:
        plain = plain.rewritten(_LINK, _link)
    if "<" in text:
        plain = plain.rewritten(_AUTOLINK, lambda match: (match.span(1),))
    if "\\" in text:
        plain = plain.rewritten(_MATH, lambda match: (match.span(1),))
        plain = plain.rewritten(_MATH_MARK, _nothing)
    return plain.without(_marks(plain.text))


def _link(match: re.Match[str]) -> Sequence[Part]:
    label = match.group(1)
    if match.group().startswith("!"):
        return ()
    return (match.span(1),) if not label.isdecimal() else ((match.start(1) - 1, match.end(1) + 1),)


@dataclass(frozen=True, slots=True)
class _Delimiter:
    """Delimiter run: whether it can open and close emphasis (CommonMark 6.2)."""

    start: int
    end: int
    opens: bool
    closes: bool


def _marks(text: str) -> list[tuple[int, int]]:
    """Ranges of the emphasis and code marks of a line, in order."""
    cuts: list[tuple[int, int]] = []
    open_runs: dict[str, _Delimiter] = {}
    spans = _code_spans(text)
    until = 0
    for match in _RUN.finditer(text):
        mark, start, end = match.group(), match.start(), match.end()
        if start < until:
            continue
        if mark[0] == "\\":
            cuts.append((start, start + 1))
        elif mark[0] == "`":
            closing = spans.get(start)
            if closing is not None:
                cuts += [(start, end), closing]
                until = closing[1]
        else:
            _emphasis(text, mark, _run(text, start, end), open_runs, cuts)
    return sorted(cuts)


def _code_spans(text: str) -> dict[int, tuple[int, int]]:
    """Each opening run of backticks (its start), with its closing run of equal length."""
    if "`" not in text:
        return {}
    following: dict[int, tuple[int, int]] = {}
    found: dict[int, tuple[int, int]] = {}
    for match in reversed(list(re.finditer("`+", text))):
        length = match.end() - match.start()
        if length in following:
            found[match.start()] = following[length]
        following[length] = match.span()
    return found


def _run(text: str, start: int, end: int) -> _Delimiter:
    before, after = text[start - 1 : start] or " ", text[end : end + 1] or " "
    left = not after.isspace() and (after.isalnum() or not before.isalnum())
    right = not before.isspace() and (before.isalnum() or not after.isalnum())
    if text[start] == "_":
        left, right = left and not before.isalnum(), right and not after.isalnum()
    return _Delimiter(start, end, left, right)


def _emphasis(
    text: str,
    mark: str,
    run: _Delimiter,
    open_runs: dict[str, _Delimiter],
    cuts: list[tuple[int, int]],
) -> None:
    """Cut both runs of a closed emphasis; otherwise remember the opening run."""
    opening = open_runs.get(mark) if run.closes else None
    if opening is not None:
        del open_runs[mark]
        struck = mark == "~~"
        cuts += [(opening.start, run.end)] if struck else [_span(opening), _span(run)]
    elif run.opens:
        open_runs[mark] = run
        if mark in ("**", "***") and not text[run.start - 1 : run.start].strip():
            cuts.append(_span(run))  # never closed where the text is cut; cut twice does no harm
    elif mark in ("**", "***") and run.closes:
        cuts.append(_span(run))


def _span(run: _Delimiter) -> tuple[int, int]:
    return run.start, run.end


_FENCE = re.compile(r"[ \t>]*(?P<mark>`{3,}|~{3,})")


def without_code(answer: str) -> Plain:
    """Remove reasoning and blank out code: markers such as "[1]" elsewhere are citations.

    Raises `UnfinishedError` if the answer ends inside its reasoning.
    """
    plain = without_reasoning(answer)
    if "`" not in plain.text and "~~~" not in plain.text:
        return plain
    lines: list[str] = []
    fence = ""
    for line in plain.text.split("\n"):
        mark = _FENCE.match(line)
        opens = mark.group("mark") if mark and not fence else ""
        if fence or opens:
            closes = bool(fence and mark and mark.group("mark").startswith(fence))
            fence = "" if closes else fence or opens
            lines.append(" " * len(line))
        else:
            lines.append(_without_code_spans(line))
    return Plain("\n".join(lines), plain.starts, plain.ends)


def _without_code_spans(line: str) -> str:
    parts: list[str] = []
    at = 0
    for start, (_, end) in sorted(_code_spans(line).items()):
        if start >= at:
            parts += [line[at:start], " " * (end - start)]
            at = end
    return "".join([*parts, line[at:]])


# Blocks


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"maxNesting": 20})
    parser.enable(["fence", "blockquote", "hr", "list", "heading", "table"])
    parser.core.ruler.disable(["inline", "text_join"], True)
    return parser


_PARSER = _parser()


@lru_cache(maxsize=64)
def blocks(answer: str) -> tuple[Block, ...]:
    """Split an answer into its lines of text, without marks and reasoning.

    Raises `UnfinishedError` if the answer ends inside its reasoning.
    """
    plain = without_tags(without_reasoning(answer))
    if _BREAKS.search(plain.text):
        plain = plain.rewritten(_BREAKS, _newline)
    lines = [plain.part(*match.span()) for match in _LINE.finditer(plain.text)]
    signs = _ITEM if _is_counted(plain.text) else _BULLET
    found: tuple[Block, ...] = ()
    if _BLOCKY.search(plain.text):
        found = tuple(_blocks(_PARSER.parse(plain.text), lines, signs))
    return found or tuple(_lines("text", lines, signs))  # "1." alone is an empty list item


def _is_counted(text: str) -> bool:
    """Whether numbers at line starts number items: a single "12. Juli" does not."""
    found = [match.group().strip(" \t>(").lower() for match in islice(_COUNTED.finditer(text), 2)]
    return len(found) == 2 or (bool(found) and found[0][:-1] in ("1", "a"))


def visible(answer: str) -> str:
    """Text of an answer as rendered: lines without marks and reasoning.

    Raises `UnfinishedError` if the answer ends inside its reasoning.
    """
    return "\n".join(block.plain.text for block in blocks(answer) if block.plain.text)


def _lines(
    kind: Kind, lines: Sequence[Plain], signs: re.Pattern[str], lead: str = ""
) -> Iterator[Block]:
    for line in lines:
        body, signed = (line.stripped(), None) if kind == "row" else _unsigned(line, signs)
        if not body.text or _RULE.match(body.text):
            continue
        shown = without_marks(body).stripped()
        named = signed if kind == "text" and signed else kind
        if named == "text" and body.text.startswith("|"):
            named = "row"
        yield Block(named, shown, lead, _is_bold(body.text, shown.text))


def _unsigned(line: Plain, signs: re.Pattern[str]) -> tuple[Plain, Kind | None]:
    """Strip the sign of a heading, list item or quotation; return the line and its kind."""
    heading = _HEADING.match(line.text)
    item = None if heading else signs.match(line.text)
    sign = heading or item
    body = line.part(sign.end() if sign else 0, len(line.text)).stripped()
    if not body.text:
        return line.stripped(), None
    return body, "heading" if heading else "item" if item and item.group("sign") else None


def _is_bold(marked: str, shown: str) -> bool:
    strong = marked.startswith(("**", "__")) and marked.rstrip(".:! ").endswith(("**", "__"))
    return strong and shown == marked.strip("*_ ")


class _Leads:
    """Lead-in lines of the lists around the current line."""

    def __init__(self) -> None:
        self.stack: list[str] = []
        self.last = ""

    def of_item(self) -> str:
        return self.stack[-1] if self.stack else ""


def _blocks(
    tokens: Sequence[Token], lines: Sequence[Plain], signs: re.Pattern[str]
) -> Iterator[Block]:
    leads, header, heads, done = _Leads(), "", False, 0
    for token in tokens:
        first, last = token.map or (0, 0)
        if token.type.endswith("_list_open"):
            leads.stack.append(leads.last)
        elif token.type.endswith("_list_close"):
            leads.last = leads.stack.pop()
        elif token.type == "fence":
            yield from _code(lines[first:last])
            done = last
        elif token.type in ("thead_open", "tbody_open"):
            heads = token.type == "thead_open"
        elif token.type == "tr_open":
            found = list(_lines("row", lines[first:last], signs, "" if heads else header))
            header = " ".join(block.plain.text for block in found) if heads else header
            yield from (Block("header" if heads else "row", b.plain, b.lead) for b in found)
            done = last
        elif token.type == "inline" and first >= done:
            for block in _lines("text", lines[first:last], signs, leads.of_item()):
                leads.last = block.plain.text
                yield block
            done = last


def _code(lines: Sequence[Plain]) -> Iterator[Block]:
    whole = [line for line in lines if line.text.strip()]
    if whole:
        starts, ends = array("q"), array("q")
        for line in whole:
            starts.extend(line.starts)
            ends.extend(line.ends)
        yield Block("code", Plain("".join(line.text for line in whole), starts, ends).stripped())
