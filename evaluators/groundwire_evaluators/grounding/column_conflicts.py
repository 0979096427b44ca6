"""Conflicts of a value with the column that its question asks for.

"€3" to "What does the lamp cost?" beside {"price": 49.9, "stock": 3}. The column is the one whose
heading has the words of the question, or their concept (`column_concepts`). A value of another
column is a conflict only if that column surely is another thing; a column named in words unknown
here is not.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise

from groundwire_evaluators.grounding.cells import Cells, Column
from groundwire_evaluators.grounding.column_concepts import (
    ASKING,
    GENERIC,
    Concept,
    concepts_of,
    dimension_of_unit,
    open_dimension,
)
from groundwire_evaluators.grounding.conflict import Conflict
from groundwire_evaluators.grounding.evidence import Statement
from groundwire_evaluators.grounding.field_names import words_of
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.quantities import Quantity, agree, quantities
from groundwire_evaluators.text.tokens import Token, fold, tokenize
from groundwire_evaluators.text.words import Language

_HOW_MUCH = re.compile(r"\bhow much (?:is|are|was|were|for)\b")
_SMALL = 0.5  # score of the small words of a heading ("check_in", "To")
_MOST_VALUES = 12  # of a claim
_MOST_COLUMNS = 60
_DETERMINERS = frozenset(
    "the my our your this that der die das meine unsere le la ma notre el mi nuestro il mio o a "
    "meu de het mijn".split()
)


@dataclass(frozen=True, slots=True)
class Target:
    """Columns and concepts of a question, and its other words."""

    columns: frozenset[int] = frozenset()
    concepts: frozenset[Concept] = frozenset()
    dimensions: frozenset[str] = frozenset()
    unexplained: frozenset[str] = frozenset()
    by_name: bool = False  # whether the question has a word of the heading itself
    keys: frozenset[str] = frozenset()  # of the question's content


@dataclass(frozen=True, slots=True)
class _Row:
    cells: Cells
    index: int
    columns: Sequence[Column]
    values: dict[int, list[Quantity]] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Cells, index: int, language: Language) -> "_Row":
        row = cls(cells, index, cells.concept_columns[:_MOST_COLUMNS])
        for at, column in enumerate(row.columns):
            row.values[at] = quantities(
                _with_unit(cells.rows[index][at].text, column), language=language.code
            )
        return row


def _with_unit(cell: str, column: Column) -> str:
    """A cell's number with the unit of its heading: "12" under "weight_kg" is 12 kg."""
    bare = cell.strip().replace(".", "").replace(",", "").isdecimal()
    return f"{cell.strip()} {column.unit}" if bare and column.unit else cell


def column_conflicts(
    statement: Statement, question: str, named: Sequence[tuple[Cells, int]], language: Language
) -> list[tuple[Conflict, Set[str]]]:
    """Conflicts of kind `cell`, each with the keys of its value.

    `named` are the rows that question and claim speak of, one a table. Every row that has a value
    must hold it in a column that was not asked for.
    """
    tokens = tokenize(question, language.stemmer)
    rows = [_Row.of(cells, index, language) for cells, index in named]
    if not rows:
        return []
    found: list[tuple[Conflict, Set[str]]] = []
    for value in _values(statement, rows, {token.key for token in tokens}):
        verdicts = [
            each
            for row in rows
            if (each := _verdict(value, statement, tokens, row, language)) is not None
        ]
        conflicts = [each for each in verdicts if isinstance(each, Conflict)]
        if conflicts and len(conflicts) == len(verdicts):
            found.append((conflicts[0], value.keys))
    return found


@dataclass(frozen=True, slots=True)
class _Value:
    """A quantity or the words of a cell, as the claim says them."""

    place: Quantity | Token
    keys: frozenset[str]

    @property
    def quantity(self) -> Quantity | None:
        return self.place if isinstance(self.place, Quantity) else None


def _values(statement: Statement, rows: Sequence[_Row], question_keys: Set[str]) -> list[_Value]:
    """Values of the claim that its question does not have."""
    found = [
        _Value(each, frozenset((each.text,)))
        for each in statement.quantities[:_MOST_VALUES]
        if each.text not in question_keys
    ]
    claimed = {token.key: token for token in reversed(statement.content)}
    for row in rows:
        for at, _ in enumerate(row.columns):
            cell = row.cells.rows[row.index][at]
            keys = cell.keys
            if (
                keys
                and cell.quantity is None
                and keys <= claimed.keys()
                and not keys & question_keys
            ):
                found.append(_Value(min(claimed[key] for key in keys), keys))
    return found[:_MOST_VALUES]


def _verdict(
    value: _Value, statement: Statement, question: Sequence[Token], row: _Row, language: Language
) -> "Conflict | bool | None":
    """A conflict of a value with a row; True if the row backs it, None if it does not have it."""
    holders = [at for at in row.values if _holds(row, at, value)]
    bare = [] if holders else [at for at in row.values if _holds_without_unit(row, at, value)]
    if not holders and not bare:
        return None
    target = target_columns(question, row, language)
    if bare:  # "$49.90" under "price_eur"
        wrong = not _states_value_of(statement, target.columns, row)
    elif target.columns:
        wrong = target.columns.isdisjoint(holders) and (
            not _states_value_of(statement, target.columns, row)
            and all(_is_another(at, value, target, row) for at in holders)
        )
    else:
        wrong = all(_has_other_dimension(at, value, target, row) for at in holders)
    if not wrong:
        return True
    at = min(target.columns or holders or bare)
    return row.cells.conflict(value.place, row.index, at, row.cells.labels[0])


def _own_words(row: _Row) -> frozenset[str]:
    """Words of the row's cells: a question that has them names the row by them."""
    return frozenset[str]().union(*(cell.keys for cell in row.cells.rows[row.index]))


def _holds(row: _Row, at: int, value: _Value) -> bool:
    quantity = value.quantity
    if quantity is None:
        return row.cells.rows[row.index][at].keys == value.keys
    return any(agree(quantity, shown) for shown in row.values[at])


def _holds_without_unit(row: _Row, at: int, value: _Value) -> bool:
    """Whether a cell has the number of a value, under a heading of another unit."""
    quantity, shown = value.quantity, row.cells.rows[row.index][at].quantity
    if quantity is None or shown is None or not row.columns[at].unit or not quantity.unit:
        return False
    return shown.unit is None and shown.value == (
        quantity.value if quantity.face is None else quantity.face
    )


def _states_value_of(statement: Statement, columns: Set[int], row: _Row) -> bool:
    """Whether the claim says the value of a column that was asked for, too."""
    claimed = {token.key for token in statement.content}
    for at in columns:
        cell = row.cells.rows[row.index][at]
        if cell.quantity is None and cell.keys & claimed:
            return True
        if any(agree(q, shown) for q in statement.quantities for shown in row.values[at]):
            return True
    return False


def _is_another(at: int, value: _Value, target: Target, row: _Row) -> bool:
    """Whether a column surely is another than the one that was asked for."""
    column = row.columns[at]
    comparable = any(_same_sort(value, other, row) for other in target.columns)
    if column.concepts and target.concepts:
        if not column.concepts.isdisjoint(target.concepts):
            return comparable and _is_less_specific(column, target, row)
        return comparable or column.dimension not in {"", *target.dimensions}
    sure = comparable and target.by_name and bool(column.concepts or not target.unexplained)
    return sure and not _dimension_fits(column, value, target)


def _is_less_specific(column: Column, target: Target, row: _Row) -> bool:
    """Whether the question has a word that all columns it asks for have and this one has not."""
    shared = frozenset.intersection(*(row.columns[at].keys for at in target.columns))
    return bool(shared & target.keys - column.keys)


def _same_sort(value: _Value, at: int, row: _Row) -> bool:
    cell = row.cells.rows[row.index][at]
    return bool(row.values[at]) if value.quantity is not None else bool(cell.keys)


def _dimension_fits(column: Column, value: _Value, target: Target) -> bool:
    written = dimension_of_unit(value.quantity.unit if value.quantity else None)
    return column.dimension != "" and column.dimension in {written, *target.dimensions}


def _has_other_dimension(at: int, value: _Value, target: Target, row: _Row) -> bool:
    """Whether a value's unit, or what is target, cannot be what a column holds."""
    column = row.columns[at]
    quantity = value.quantity
    if quantity is None or not column.dimension or row.cells.rows[row.index][at].quantity is None:
        return False
    wanted = dimension_of_unit(quantity.unit)
    if not wanted:
        wanted = next(iter(target.dimensions)) if len(target.dimensions) == 1 else ""
        return _are_apart(wanted, column.dimension) and not target.unexplained
    shown = row.values[at]
    return _are_apart(wanted, column.dimension) and all(each.unit is None for each in shown)


_MEASURED = frozenset(
    "money mass length area duration temperature speed power data percent".split()
)


def _are_apart(wanted: str, held: str) -> bool:
    """Whether no value can be both: an amount of money, a count, a length …"""
    return wanted in _MEASURED and held in _MEASURED | {"count", "date"} and wanted != held


def target_columns(question: Sequence[Token], row: _Row, language: Language) -> Target:
    """Columns that a question asks for, by words, concepts, "when" or "who"."""
    columns, own = row.columns, _own_words(row)
    words = [t for t in question if t.key not in own and fold(t.text) not in ASKING]
    keys = {token.key for token in words if token.lower not in language.stop} - GENERIC
    concepts = concepts_of((token.text for token in words), language)
    if not concepts and _HOW_MUCH.search(" ".join(token.lower for token in question)):
        concepts = concepts_of(("price",), language)
    every = {token.key for token in words}
    scores = {
        at: len(column.keys & keys)
        + len(column.concepts & concepts)
        + _SMALL * bool(column.small and column.small <= every)
        for at, column in enumerate(columns)
    }
    opened = open_dimension(token.text for token in question)
    if opened == "date":
        scores = _of_dates(scores, question, row)
    best = max(scores.values(), default=0)
    if best:
        found = frozenset(at for at, score in scores.items() if score == best)
    else:
        wanted = None if concepts else opened
        found = frozenset(at for at, c in enumerate(columns) if wanted and c.dimension == wanted)
    named = frozenset[str]().union(*(columns[at].keys for at in found))
    headings = frozenset[str]().union(*(column.keys for column in columns))
    left = frozenset(
        token.key
        for token in words
        if token.key in keys - named - headings and not concepts_of((token.text,), language)
    )
    if any(_related(columns[at], left) for at in range(len(columns)) if at not in found):
        return Target(unexplained=left)
    dimensions = {concept.dimension for concept in concepts} | ({opened} if opened else set())
    return Target(
        found,
        concepts,
        frozenset(dimensions) - {""},
        left,
        not named.isdisjoint(keys),
        frozenset(keys),
    )


def _of_dates(scores: dict[int, float], question: Sequence[Token], row: _Row) -> dict[int, float]:
    """The scores where "when" asks for one of several dates.

    Other columns count no longer, nor does one named by a thing whose heading is an act: "the
    order" names no column `ordered`.
    """
    dated = {
        at for at, values in row.values.items() if any(q.kind in ("date", "time") for q in values)
    }
    if len(dated) < 2:
        return scores
    things = [word for before, word in pairwise(question) if before.lower in _DETERMINERS]
    found: dict[int, float] = {}
    for at, score in scores.items():
        heading = {word.lower() for word in words_of(row.cells.headings[at])}
        named = {t.key for t in question if t.key in row.columns[at].keys}
        acted = [t for t in things if t.key in named and t.lower not in heading]
        only_things = bool(acted) and named <= {t.key for t in acted}
        found[at] = score if at in dated and not only_things else 0
    return found


def _related(column: Column, words: Set[str]) -> bool:
    table = lexicon()
    return any(not column.keys.isdisjoint(table.synonyms_of(word)) for word in words)
