"""Redaction and truncation markers in texts."""

import re

from groundwire import attributes

# Marks that other redactors leave. Ours are typed and stable in a trace ([EMAIL_1]): a text with
# them can still be judged, and none of these patterns matches them.
MARKS = (
    re.compile(re.escape(attributes.REDACTED)),
    re.compile(r"\[Scrubbed due to "),  # Logfire
    re.compile(
        r"[\[<({]\s*(?:REDACTED|MASKED|FILTERED|REMOVED|HIDDEN|SCRUBBED)\b[^\])>}]{0,40}[\])>}]",
        re.I,
    ),
    re.compile(r"^\s*(?:REDACTED|<?\s*masked due to [^>]*>?|\*{3,}|█+|X{8,})\s*$", re.I),
)
CUTS = (
    re.compile(r"(?:\[|<|\()\s*truncated\b[^\])>]{0,60}[\])>]\s*$", re.I),
    re.compile(r"(?:\.\.\.|…)\s*\(?(?:truncated|\d+ more (?:characters|chars|bytes))\)?\s*$", re.I),
)
# One of these is in every mark and cut: most texts have none, and finding that out is cheap.
_HINTS = (
    *("redact", "scrub", "mask", "filter", "remov", "hidden", "trunc", "more"),
    *("***", "█", "xxxxxxxx"),
)


def mark(text: str | None) -> str | None:
    """Damage of a text: "redacted", "cut", or None."""
    if not text:
        return None
    lowered = text.lower()
    for hint in _HINTS:
        if hint in lowered:
            break
    else:
        return None
    if any(pattern.search(text) for pattern in MARKS):
        return "redacted"
    return "cut" if any(pattern.search(text) for pattern in CUTS) else None
