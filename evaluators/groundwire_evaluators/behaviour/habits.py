"""Writing habits: citations, emoji, markup."""

import re
from collections.abc import Sequence

# [1], [2, 3], 【4】, (source: x), [doc-7], [^1], footnote signs, and addresses.
_CITATION = re.compile(
    r"\[\^?\d{1,3}(?:\s?[,;–-]\s?\d{1,3}){0,8}\](?!\()|【[^】\n]{1,80}】|[¹²³⁴⁵⁶⁷⁸⁹](?![⁰¹²³⁴⁵⁶⁷⁸⁹])"
    r"|[\[(](?:source|sources|doc|document|ref|quelle|fuente|fonte|bron)s?\b[^\])\n]{0,80}[\])](?!\()"
    r"|\[(?=[^\]\n]{0,79}[\d_/#-])[\w./#-]{1,80}\](?!\()|https?://[^\s<>\"]{4,300}",
    re.IGNORECASE,
)
_EMOJI = re.compile(
    "[\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f900-\U0001faff\u2600-\u26ff\u2705\u270a-\u270d"
    "\u274c\u2728\u2753-\u2757\u2764\u2b50\u2b55]|[\U0001f1e6-\U0001f1ff]{2}"
)
_BLOCK = re.compile(r"\s*(?:#{1,6}\s|[-*+•]\s|\d{1,3}[.)]\s|>\s|\||```|~~~)")
_INLINE = re.compile(
    r"\*\*\S[^*\n]*\*\*|__\S[^_\n]*__|`[^`\n]+`|\[[^\]\n]{1,200}\]\([^)\s]{1,300}\)|</?[a-z]\w*>"
)


def citation_count(text: str) -> int:
    """Number of citation markers: numbers, ids and sources in brackets, footnotes, addresses.

    >>> from groundwire_evaluators.behaviour.habits import citation_count
    >>> citation_count("It opens at 9 [1], see [2, 3] and [docs](#a).")
    2
    """
    return len(_CITATION.findall(text)) if _MAY_CITE.search(text) else 0


_MAY_CITE = re.compile(r"[\[(【¹²³⁴⁵⁶⁷⁸⁹]|https?:")


def emoji_count(text: str) -> int:
    """Number of emoji and pictograms (Unicode blocks of pictographs), flags as one.

    >>> from groundwire_evaluators.behaviour.habits import emoji_count
    >>> emoji_count("Done 🎉 ✅"), emoji_count("5 € → 3 ©")
    (2, 0)
    """
    return 0 if text.isascii() else len(_EMOJI.findall(text))


def markup_share(lines: Sequence[str]) -> float:
    """Share of lines with Markdown or HTML.

    Headings, items, tables, emphasis, code, links.

    >>> from groundwire_evaluators.behaviour.habits import markup_share
    >>> markup_share(["Two things:", "- **tea**", "- milk", "That is all."])
    0.5
    """
    marked = sum(bool(_BLOCK.match(line) or _INLINE.search(line)) for line in lines)
    return round(marked / len(lines), 3) if lines else 0.0
