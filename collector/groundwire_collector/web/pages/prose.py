"""Minimal Markdown parser for runbooks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

_ITEM = re.compile(r"(?:- |(\d+)\. )(.*)")
_INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*")


@dataclass(slots=True)
class MarkdownBlock:
    """Heading, paragraph, or list (`ordered` or not) of texts."""

    kind: str  # "h1", "p", "ul", "ol"
    texts: list[Markup]


def blocks(text: str) -> Iterator[MarkdownBlock]:
    """Blocks are apart by an empty line; an indented line continues the item before it."""
    for part in re.split(r"\n\s*\n", text.strip()):
        lines = part.splitlines()
        first = _ITEM.match(lines[0])
        if lines[0].startswith("# "):
            yield MarkdownBlock("h1", [_inline(lines[0][2:])])
        elif first:
            yield MarkdownBlock(
                "ol" if first.group(1) else "ul", [_inline(item) for item in _items(lines)]
            )
        else:
            yield MarkdownBlock("p", [_inline(" ".join(lines))])


def _items(lines: list[str]) -> list[str]:
    items: list[str] = []
    for line in lines:
        found = _ITEM.match(line)
        if found:
            items.append(found.group(2))
        else:
            items[-1] += f" {line.strip()}"
    return items


def _inline(text: str) -> Markup:
    shown = Markup()
    at = 0
    for match in _INLINE.finditer(text):
        tag = ("code", "b", "i")[match.lastindex - 1] if match.lastindex else "i"
        shown += escape(text[at : match.start()])
        shown += Markup("<{0}>{1}</{0}>").format(tag, match.group(match.lastindex or 0))
        at = match.end()
    return shown + escape(text[at:])
