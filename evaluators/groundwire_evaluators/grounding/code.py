"""Code and commands of an answer, compared with those of the chunks.

A command, a setting or a flag in code marks is right to the letter or wrong: beside
"kubectl get pods", "kubectl delete pods" shares all words but one. Only code that is nearly a
chunk's own is judged; other code is an example of the answer's and claims nothing.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from groundwire_evaluators.grounding.conflict import Conflict
from groundwire_evaluators.grounding.passages import Passage

_PART = re.compile(r"[^\s`=:\"'(),;]+|=")
_MARKED = re.compile(r"`([^`\n]{1,400})`")
_PLACEHOLDER = re.compile(r"[<>{}$…]|\.\.\.|(?i:your|example|xxx)|\A[A-Z_]{2,}\Z")
_FEWEST = 2  # parts of a line that is compared
_MOST = 40
_MOST_LINES = 60
_MOST_PARTS = 4_000  # of a chunk


def inline_code(marked: str) -> Iterator[str]:
    """The code spans of a piece of an answer, without their marks."""
    return (match.group(1).strip() for match in _MARKED.finditer(marked))


def lines_of_code(block: str) -> list[str]:
    """The lines of a code block that hold more than a comment."""
    lines = (line.strip() for line in islice(block.splitlines(), _MOST_LINES))
    return [line for line in lines if line and not line.startswith(("#", "//", "```"))]


def code_conflict(text: str, line: str, passages: Sequence[Passage]) -> Conflict | None:
    """Conflict of a line of code in a text with the chunks: one part of it alone is another."""
    parts = _parts(line)
    if not _FEWEST <= len(parts) <= _MOST or is_shown(line, passages):
        return None
    for chunk, passage in enumerate(passages):
        shown = _parts(passage.text)[:_MOST_PARTS]
        for at in range(len(shown) - len(parts) + 1):
            differing = _only_difference(parts, shown[at : at + len(parts)])
            if differing is None:
                continue
            start = text.find(parts[differing])
            if start >= 0:
                end = start + len(parts[differing])
                return Conflict(
                    "value", start, end, parts[differing], shown[at + differing], True, chunk
                )
    return None


def is_shown(line: str, passages: Sequence[Passage]) -> bool:
    """Whether a chunk holds a line of code, apart from its spaces."""
    own = "".join(line.split())
    return any(own in "".join(passage.text.replace("`", "").split()) for passage in passages)


def _parts(text: str) -> list[str]:
    return [part.rstrip(".") or part for part in _PART.findall(text)]


def _only_difference(ours: Sequence[str], theirs: Sequence[str]) -> int | None:
    """The place of the only part in which two lines differ, if more of them is the same."""
    differing = [
        at for at, (one, other) in enumerate(zip(ours, theirs, strict=True)) if one != other
    ]
    same = [at for at in range(len(ours)) if at not in differing and ours[at] != "="]
    if len(differing) != 1 or (len(same) < _FEWEST and "=" not in ours):
        return None
    at = differing[0]
    if "=" in (ours[at], theirs[at]) or any(map(_PLACEHOLDER.search, (ours[at], theirs[at]))):
        return None
    return at if at > 0 else None
