"""An answer as people read it: Markdown rendered, with its claims marked.

Marks are set around the texts of the rendered answer, found again one after the other in the raw
one, so that no mark breaks a list or a table. Nothing in an answer becomes a link, an image or HTML
of its own: addresses are shown as text.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from groundwire_collector.web.pages.passages import AnswerSegment
from groundwire_evaluators.evaluation import Claim, Verdict

LONGEST = 200_000  # characters that are rendered; a longer answer is shown as it is
_PLAIN = frozenset({"paragraph_open", "paragraph_close", "inline"})
_PLAIN_INLINE = frozenset({"text", "softbreak"})

# After each marked text its claim's number: the last one becomes the claim's note. No text of an
# answer holds it, as Markdown replaces it.
_END = "\0"
_ENDS = re.compile(f"{_END}(\\d+){_END}")

Piece = tuple[int, int, str, str]  # start, end, what opens it, what closes it


class MarkedRenderer(RendererHTML):
    """Renderer of Markdown that wraps texts in the marks of their claims."""

    def __init__(self, parser: Any = None) -> None:
        super().__init__(parser)
        self.answer, self.pieces, self.at = "", list[Piece](), 0
        self.addresses: list[str] = []  # of the links that are open

    def text(self, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
        return self._marked(tokens[at].content)

    def code_inline(self, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
        return f"<code>{self._marked(tokens[at].content)}</code>"

    def code_block(self, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
        return f'<pre tabindex="0"><code>{self._marked(tokens[at].content)}</code></pre>\n'

    def fence(self, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
        return self.code_block(tokens, at)

    def heading_open(self, *_rest: Any) -> str:
        return '<p class="heading">'

    def heading_close(self, *_rest: Any) -> str:
        return "</p>\n"

    def link_open(self, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
        self.addresses.append(str(tokens[at].attrGet("href") or ""))
        return ""

    def link_close(self, *_rest: Any) -> str:
        return f' <span class="target">({escape(self.addresses.pop())})</span>'

    def image(self, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
        address = str(tokens[at].attrGet("src") or "")
        words = self._marked(tokens[at].content)
        return f'{words} <span class="target">(image: {escape(address)})</span>'

    def _marked(self, content: str) -> str:
        """Escaped text with the marks of the claims that it is part of."""
        start = self.answer.find(content, self.at) if content else -1
        if start < 0:
            return escape(content)
        self.at = end = start + len(content)
        parts, at = [], start
        for first, last, opening, closing in self._overlapping(start, end):
            first, last = max(first, at), min(last, end)
            if first >= last:
                continue
            parts.append(escape(self.answer[at:first]))
            parts.append(f"{opening}{escape(self.answer[first:last])}{closing}")
            at = last
        return "".join([*parts, escape(self.answer[at:end])])

    def _overlapping(self, start: int, end: int) -> Iterator[Piece]:
        """Pieces that the text is part of; those before it will not be met again."""
        while self.pieces and self.pieces[0][1] <= start:
            self.pieces.pop(0)
        for piece in self.pieces:
            if piece[0] >= end:
                return
            yield piece


def rendered(answer: str, found: Sequence[AnswerSegment], *, blind: bool = False) -> Markup | None:
    """Answer as HTML with its claims marked; None without Markdown."""
    if len(answer) > LONGEST:
        return None
    parser = _parser()
    tokens = parser.parse(answer, {})
    if _is_plain(tokens):
        return None
    renderer = parser.renderer
    assert isinstance(renderer, MarkedRenderer)
    renderer.answer, renderer.pieces, renderer.at = answer, list(_pieces(found, blind)), 0
    text = renderer.render(tokens, parser.options, {})
    notes = {str(one.number): one for one in found if one.claim is not None}

    def noted(match: re.Match[str]) -> str:
        number = match[1]
        if f"{_END}{number}{_END}" in text[match.end() :]:
            return ""  # the claim goes on
        return blind_note(int(number)) if blind else note(notes[number])

    return Markup(_ENDS.sub(noted, text))


def _parser() -> MarkdownIt:
    options = {"html": False, "linkify": False, "breaks": True}
    return MarkdownIt("commonmark", options, renderer_cls=MarkedRenderer).enable("table")


def _is_plain(tokens: Sequence[Token]) -> bool:
    """Whether the answer is nothing but paragraphs of text."""
    return all(
        token.type in _PLAIN and all(c.type in _PLAIN_INLINE for c in token.children or ())
        for token in tokens
    )


def _pieces(found: Sequence[AnswerSegment], blind: bool) -> Iterator[Piece]:
    """Every piece of every claim with its HTML, in the order of the answer."""
    at = 0
    for segment in found:
        for piece in segment.pieces:
            end = at + len(piece.text)
            if segment.claim is not None:
                yield at, end, *_tags(segment, segment.claim, piece.stressed and not blind, blind)
            at = end


def _tags(segment: AnswerSegment, claim: Claim, stressed: bool, blind: bool) -> tuple[str, str]:
    name = "blind" if blind else claim.verdict.value
    opening = f'<mark class="{name} c{segment.number}">' + ("<u>" if stressed else "")
    closing = ("</u>" if stressed else "") + "</mark>"
    if claim.verdict is not Verdict.NOT_A_CLAIM:
        closing += f"{_END}{segment.number}{_END}"
    return opening, closing


def blind_note(number: int) -> str:
    """Number after a claim whose verdict is hidden."""
    return f"<sup>{number}</sup>"


def note(segment: AnswerSegment) -> str:
    """Number, verdict and link to the chunk after a claim, as HTML."""
    claim, number = segment.claim, segment.number
    assert claim is not None
    words = "" if claim.verdict.value == "supported" else f" {claim.verdict.value}"
    link = ""
    if claim.chunk is not None:
        place = claim.chunk + 1
        link = f' <a class="c{number}" href="#chunk-{place}">→&nbsp;chunk&nbsp;{place}</a>'
    name = f'id="claim-{number}" aria-label="claim {number}: why"'
    why = f'<a {name} href="#finding-{number}">{number}</a>'
    return f"<sup>{why}{words}{link}</sup>"
