"""Tables of a chunk, indexed by row and column."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from groundwire_evaluators.grounding.column_concepts import (
    Concept,
    concepts_of,
    concepts_of_heading,
    dimension_of_unit,
    unit_of_heading,
)
from groundwire_evaluators.grounding.conflict import Conflict
from groundwire_evaluators.grounding.field_names import words_and_units_of
from groundwire_evaluators.grounding.tables import Table, of_rows
from groundwire_evaluators.text.quantities import Quantity, quantities
from groundwire_evaluators.text.tokens import Token, tokenize
from groundwire_evaluators.text.units import unit
from groundwire_evaluators.text.words import Language

_YES = frozenset("yes true ja oui sí si sì sim x y ✓ ✔ ✅".split())
_NO = frozenset("no false nein non não nee none n - – — ✗ ✘ ❌".split())
_LONGEST_LABEL = 8  # words by which a row is known


@dataclass(frozen=True, slots=True)
class Cell:
    """Table cell: text, word keys, quantity, boolean."""

    text: str
    keys: frozenset[str]
    quantity: Quantity | None
    truth: bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """Table column: heading keys, concepts, unit, dimension."""

    keys: frozenset[str]
    small: frozenset[str]  # keys of its small words ("in" of "check_in")
    concepts: frozenset[Concept]
    unit: str
    dimension: str

    @classmethod
    def of(cls, heading: str, language: Language) -> "Column":
        written = unit_of_heading(heading, language)
        known = unit(written.lower(), language.code) if written else None
        concepts = concepts_of_heading(heading, language)
        dimensions = {concept.dimension for concept in concepts}
        dimension = dimension_of_unit(known.dimension if known else None)
        if not dimension and len(dimensions) == 1:
            dimension = dimensions.pop()
        keys = frozenset(_keys(" ".join(words_and_units_of(heading)), language))
        words = tokenize(" ".join(words_and_units_of(heading)), language.stemmer)
        return cls(keys, frozenset(t.key for t in words) - keys, concepts, written, dimension)


class Cells:
    """Table indexed for claims; rows by a column that tells them apart."""

    def __init__(self, table: Table, language: Language) -> None:
        self.columns = [frozenset(_keys(name, language)) for name in table.columns]
        self.headings = table.columns
        # The column by each key that stands in one heading alone.
        counted = Counter(key for column in self.columns for key in column)
        self.headed = {
            key: at for at, column in enumerate(self.columns) for key in column if counted[key] == 1
        }
        self.language = language
        self.rows = [[_cell(text, language) for text in row] for row in table.rows]
        self.labels = self._labels()
        self.named = {column: self._named(column) for column in self.labels}

    def _labels(self) -> list[int]:
        """Columns of distinct words that identify rows; else the first column."""
        found = []
        for column in range(len(self.columns)):
            cells = [row[column] for row in self.rows]
            words = [c for c in cells if c.keys and c.quantity is None and c.truth is None]
            if len(words) == len(cells) == len({cell.keys for cell in cells}):
                found.append(column)
        return found or [0]

    def _named(self, column: int) -> dict[str, list[int]]:
        """The rows by each key of their cell in a column."""
        found: dict[str, list[int]] = {}
        for at, row in enumerate(self.rows):
            keys = row[column].keys
            for key in keys if len(keys) <= _LONGEST_LABEL else ():
                found.setdefault(key, []).append(at)
        return found

    @classmethod
    def joined(cls, rows: Sequence[Sequence[tuple[str, str]]], language: Language) -> "list[Cells]":
        """Tables of chunks that are one row each: rows with the same columns make one table."""
        alike: dict[frozenset[str], list[Sequence[tuple[str, str]]]] = {}
        for row in rows:
            alike.setdefault(frozenset(name for name, _ in row), []).append(row)
        tables = (of_rows(group) for columns, group in alike.items() if columns)
        return [cls(table, language) for table in tables if table]

    @cached_property
    def numbered(self) -> list[int]:
        """The columns of numbers that differ from row to row, by which rows may be named."""
        return [
            column
            for column in self.numeric
            if all(row[column].quantity for row in self.rows)
            and len({row[column].keys for row in self.rows}) == len(self.rows)
        ]

    @cached_property
    def concept_columns(self) -> list[Column]:
        """The columns by what their headings mean."""
        return [Column.of(heading, self.language) for heading in self.headings]

    def column_named(self, token: Token) -> int | None:
        """The one column whose heading holds a word, or a word of its concept."""
        if token.key in self.headed:
            return self.headed[token.key]
        concepts = concepts_of((token.text,), self.language)
        if not concepts:
            return None
        found = [at for at, c in enumerate(self.concept_columns) if c.concepts & concepts]
        return found[0] if len(found) == 1 else None

    def conflict(self, claimed: Token | Quantity, row: int, column: int, label: int) -> Conflict:
        """The conflict of a value with a cell, named by the row's cell in the column `label`."""
        name = self.rows[row][label]
        cell = f"{self.headings[column]}: {self.rows[row][column].text}"
        named = label != column and name.keys and name.quantity is None
        shown = f"{name.text}, {cell}" if named else cell
        return Conflict("cell", claimed.start, claimed.end, claimed.text, shown, firm=True)

    @cached_property
    def numeric(self) -> list[int]:
        """Columns whose cells are mostly quantities."""
        return [
            column
            for column in range(len(self.columns))
            if 2 * sum(row[column].quantity is not None for row in self.rows) > len(self.rows)
        ]


def _keys(text: str, language: Language) -> list[str]:
    return [t.key for t in tokenize(text, language.stemmer) if t.lower not in language.stop]


@lru_cache(maxsize=2048)  # rows of a catalogue are retrieved again and again
def _cell(text: str, language: Language) -> Cell:
    tokens = tokenize(text, language.stemmer)
    found = quantities(text, tokens, language.code)
    alone = len(found) == 1 and 2 * len(found[0].text) > len(text.strip("$€£ "))
    whole = found[0] if alone else None
    folded = text.strip().lower()
    truth = True if folded in _YES else False if folded in _NO else None
    keys = frozenset(token.key for token in tokens)
    return Cell(text, keys, whole, truth)
