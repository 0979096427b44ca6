"""Table extraction: Markdown, HTML, CSV and lists of fields.

A row becomes a line that names its columns ("Room Birch, Beds 4, Price 140 euros"), so that words
that belong together stand together. Time is linear in the text.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from groundwire_evaluators.text.markup import Plain, without_marks, without_tags

_DELIMITER = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*\Z")
_TAG = re.compile(
    r"</?(?:table|tr|td|th|p|div|br|li|ul|ol|b|strong|i|em|span|h[1-6])\b", re.IGNORECASE
)
_FIELD = re.compile(
    r"\s*(?P<item>[-*]\s+)?(?P<name>[^\W\d][\w ()/.&'%€$£°²³-]{0,40}?)\s{0,3}:"
    r"\s+(?P<value>\S.{0,160})\Z"
)
_MARKED = re.compile(r"[*_`~]")
_FEWEST_LINES = 2  # of a CSV file, its header among them
_LONGEST_HEADING = 40  # code points
_MOST_ROWS = 2_000
_MOST_COLUMNS = 60


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns and rows of text cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def line(self, row: Sequence[str]) -> str:
        """A row as one line of facts; empty cells are left out."""
        facts = zip(self.columns, row, strict=True)
        return ", ".join(f"{name} {cell}" for name, cell in facts if cell)


@dataclass(frozen=True, slots=True)
class Content:
    """A chunk's text with its tables written as lines, and the tables."""

    text: str
    tables: tuple[Table, ...] = ()


def read_content(text: str) -> Content:
    """The text of a chunk as words read it: without tags and emphasis, tables as lines."""
    if "<" in text and _TAG.search(text):
        text = without_tags(Plain.of(text)).text
    if (
        "|" not in text
        and ":" not in text
        and "," not in text
        and ";" not in text
        and "\t" not in text
    ):
        return Content(_without_emphasis(text))
    lines = text.splitlines()
    whole = _separated(lines) or _listed(lines)
    if whole is not None:
        return Content("\n".join(whole.line(row) for row in whole.rows), (whole,))
    if "|" not in text:
        return Content(_without_emphasis(text))
    return _with_pipes(lines)


def _without_emphasis(text: str) -> str:
    if not _MARKED.search(text):
        return text
    return "\n".join(without_marks(Plain.of(line)).text for line in text.split("\n"))


def _with_pipes(lines: Sequence[str]) -> Content:
    shown: list[str] = []
    tables: list[Table] = []
    at = 0
    while at < len(lines):
        end = _end_of_table(lines, at)
        if end > at:
            rows = [_cells(line) for line in (lines[at], *lines[at + 2 : end])]
            table = _table(rows)
            tables.append(table)
            shown += [table.line(row) for row in table.rows]
            at = end
        else:
            shown.append(lines[at])
            at += 1
    return Content(_without_emphasis("\n".join(shown)), tuple(tables))


def _end_of_table(lines: Sequence[str], at: int) -> int:
    """The line after the Markdown table that begins at a line; that line where none does."""
    if "|" not in lines[at] or at + 2 >= len(lines) or "|" not in lines[at + 1]:
        return at
    if not _DELIMITER.match(lines[at + 1][:2_000]):
        return at
    end = at + 2
    while end < len(lines) and "|" in lines[end] and lines[end].strip():
        end += 1
    return end if end > at + 2 else at


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [_without_emphasis(cell.strip()) for cell in inner.split("|")[:_MOST_COLUMNS]]


def _table(rows: Sequence[Sequence[str]]) -> Table:
    columns = tuple(rows[0])
    width = len(columns)
    padded = ([*row[:width], *[""] * (width - len(row))] for row in rows[1 : _MOST_ROWS + 1])
    return Table(columns, tuple(tuple(row) for row in padded))


def _separated(lines: Sequence[str]) -> Table | None:
    """A whole text of comma, semicolon or tab separated values under a line of headings."""
    filled = [line for line in lines if line.strip()]
    if len(filled) < _FEWEST_LINES:
        return None
    for mark in ("\t", ";", ","):
        count = filled[0].count(mark)
        if not 0 < count < _MOST_COLUMNS or (mark == "," and ", " in filled[0] and count < 2):
            continue
        try:
            rows = [[cell.strip() for cell in row] for row in csv.reader(filled, delimiter=mark)]
        except csv.Error:
            continue
        if all(len(row) == count + 1 for row in rows) and _are_headings(rows[0]):
            return _table(rows)
    return None


def _are_headings(cells: Sequence[str]) -> bool:
    return all(
        0 < len(cell) <= _LONGEST_HEADING and not cell[0].isdecimal() and cell[-1] not in ".!?:"
        for cell in cells
    )


def _listed(lines: Sequence[str]) -> Table | None:
    """A whole text of fields by item ("- name: Alder", "  beds: 2"), as YAML writes them."""
    rows: list[dict[str, str]] = []
    for line in lines:
        if not line.strip():
            continue
        match = _FIELD.match(line)
        if match is None:
            if line.rstrip().endswith(":") and not rows:
                continue
            return None
        if match.group("item"):
            rows.append({})
        if not rows:
            return None
        rows[-1][match.group("name").strip()] = match.group("value").strip()
    if len(rows) < _FEWEST_LINES or sum(len(row) for row in rows) < 2 * len(rows):
        return None
    columns = list(dict.fromkeys(name for row in rows for name in row))[:_MOST_COLUMNS]
    return _table([columns, *([row.get(name, "") for name in columns] for row in rows)])


def single_row(text: str) -> tuple[tuple[str, str], ...]:
    """The fields of a text that is one row ("name: Ada", "orders: 17"), as CSV loaders write it."""
    found: dict[str, str] = {}
    for line in text.splitlines()[: _MOST_COLUMNS + 1]:
        if not line.strip():
            continue
        match = _FIELD.match(line)
        if match is None:
            return ()  # prose, by its first line
        name = match.group("name").strip()
        if name in found or len(found) == _MOST_COLUMNS:
            return ()
        found[name] = match.group("value").strip()
    return tuple(found.items()) if len(found) >= _FEWEST_LINES else ()


def of_rows(rows: Sequence[Sequence[tuple[str, str]]]) -> Table | None:
    """The table that rows of (column, cell) make, as records of JSON have them."""
    if not rows:
        return None
    columns = list(dict.fromkeys(name for row in rows for name, _ in row))[:_MOST_COLUMNS]
    return _table([columns, *(_row(dict(row), columns) for row in rows)])


def _row(cells: dict[str, str], columns: Sequence[str]) -> list[str]:
    return [cells.get(name, "") for name in columns]
