"""Conflicts of a claim with the cells of a table row."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from groundwire_evaluators.grounding.cells import Cell, Cells
from groundwire_evaluators.grounding.conflict import Conflict
from groundwire_evaluators.grounding.denials import is_denied
from groundwire_evaluators.grounding.evidence import Statement, parse_statement
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.quantities import Quantity, agree, comparable
from groundwire_evaluators.text.tokens import Token
from groundwire_evaluators.text.words import Language

_HIGHEST = frozenset(
    "highest largest biggest greatest most longest oldest dearest maximum priciest".split()
)
_LOWEST = frozenset("lowest smallest cheapest least shortest fewest youngest minimum".split())
_PRICED = frozenset("cheapest expensive dearest priciest costly".split())
_PRICES = frozenset("price cost fee rate charg".split())
_NEAR = 3  # tokens between a value and the heading that it is said to belong to
_MOST_ROWS_NAMED = 60  # by one claim
_MOST_ROWS = 2_000  # of a table that are named by a number
_MOST_QUANTITIES = 60


@dataclass(frozen=True, slots=True)
class _Named:
    """Rows that a claim names, as (token, row) in order, and the column of their names."""

    label: int
    rows: Sequence[tuple[int, int]]


def cell_conflicts(statement: Statement, cells: Cells) -> list[Conflict]:
    """Firm conflicts of kind `cell` between a claim that names rows and what these rows hold."""
    named = _rows_named(statement, cells)
    found = list(_quantities(statement, cells, named))
    found += _truths(statement, cells, named)
    found += _words(statement, cells, named)
    found += _extremes(statement, cells, named)
    return found


def only_row(statement: Statement, question: str, cells: Cells, language: Language) -> int | None:
    """The one row that question and claim name together, or that a table has; else None."""
    if len(cells.rows) == 1:
        return 0
    both = parse_statement(f"{question}\n{statement.text}", language)
    rows = {row for _, row in _rows_named(both, cells).rows}
    return rows.pop() if len(rows) == 1 else None


def answer_conflicts(
    statement: Statement, question: str, cells: Cells, language: Language
) -> list[Conflict]:
    """Conflicts of a short answer with the cells of the one row that its question names."""
    read_with_question = parse_statement(f"{question}\n{statement.text}", language)
    named = _rows_named(read_with_question, cells)
    own = {token.key: at for at, token in enumerate(statement.tokens)}
    if len({row for _, row in named.rows}) != 1 or _rows_by(named.label, own, cells):
        return []
    shift = len(question) + 1
    found = [
        *_quantities(read_with_question, cells, named),
        *_words(read_with_question, cells, named),
    ]
    return [
        replace(conflict, start=conflict.start - shift, end=conflict.end - shift)
        for conflict in found
        if conflict.start >= shift
    ]


def other_row_conflicts(
    statement: Statement, question: str, cells: Cells, language: Language
) -> list[Conflict]:
    """Conflicts of a named row with the one that has the value of the question.

    "IC 701" to "Which train arrives at 10:01?", which another row holds alone.
    """
    question_statement = parse_statement(question, language)
    by_question = _rows_named(question_statement, cells)
    if len(cells.rows) < 2 or (by_question.rows and by_question.label in cells.labels):
        return []
    named = _rows_named(statement, cells)
    rows = {row for _, row in named.rows}
    for value in question_statement.quantities[:_MOST_QUANTITIES] if len(rows) == 1 else ():
        holders = [at for at, row in enumerate(cells.rows[:_MOST_ROWS]) if _holds(row, value)]
        if len(holders) == 1 and holders[0] not in rows:
            token = statement.tokens[named.rows[0][0]]
            return [cells.conflict(token, holders[0], named.label, named.label)]
    return []


def _holds(row: Sequence[Cell], value: Quantity) -> bool:
    return any(cell.quantity is not None and agree(value, cell.quantity) for cell in row)


def count_of_rows(quantity: Quantity, keys: Set[str], cells: Cells) -> str | None:
    """The rule by which a number counts the rows with a cell that is spoken of; else None."""
    if quantity.kind != "number" or quantity.unit is not None:
        return None
    for column in range(len(cells.columns)):
        found = [row[column] for row in cells.rows[:_MOST_ROWS] if row[column].keys]
        shown = [cell for cell in found if cell.keys <= keys and cell.quantity is None]
        if shown and len(shown) == quantity.value:
            return f"count of rows with {shown[0].text}"
    return None


def _rows_named(statement: Statement, cells: Cells) -> _Named:
    """The rows by the first column that names one; the longest name at a place."""
    claimed = {token.key: at for at, token in reversed(list(enumerate(statement.tokens)))}
    for column in cells.labels:
        if rows := _rows_by(column, claimed, cells):
            return _Named(column, rows)
    for column in (
        cells.numbered if len(cells.rows) > 1 else ()
    ):  # "line 7", where the heading is "Line"
        if cells.columns[column] and cells.columns[column] <= claimed.keys():
            rows = [
                (min(claimed[key] for key in keys), at)
                for at, row in enumerate(cells.rows[:_MOST_ROWS])
                if (keys := row[column].keys) and keys <= claimed.keys()
            ]
            if len(rows) == 1:
                return _Named(column, rows)
    return _Named(cells.labels[0], [])


def _rows_by(column: int, claimed: Mapping[str, int], cells: Cells) -> list[tuple[int, int]]:
    named = cells.named.get(column, {})
    possible = {
        row for key in claimed.keys() & named.keys() for row in named[key][:_MOST_ROWS_NAMED]
    }
    labels = {row: cells.rows[row][column].keys for row in possible}
    whole = {row: keys for row, keys in labels.items() if keys <= claimed.keys()}
    best = {
        row: keys
        for row, keys in whole.items()
        if not any(keys < other for other in whole.values())
    }
    return sorted((min(claimed[key] for key in keys), row) for row, keys in best.items())


def _row_at(place: int, rows: Sequence[tuple[int, int]]) -> int | None:
    """The row that a claim speaks of at a token: the last one named before it, else the first."""
    before = [row for at, row in rows if at <= place]
    return before[-1] if before else rows[0][1] if rows else None


def _place(tokens: Sequence[Token], start: int) -> int:
    return next((at for at, token in enumerate(tokens) if token.start >= start), len(tokens))


def _columns_of(statement: Statement, cells: Cells) -> dict[int, int]:
    """Column of each quantity, by index: the one with the nearest heading."""
    places = [
        (_place(statement.tokens, q.start), _place(statement.tokens, q.end))
        for q in statement.quantities
    ]
    found: dict[int, tuple[int, int]] = {}
    for at, token in enumerate(statement.tokens):
        column = cells.column_named(token) if places else None
        if column is None:
            continue
        distances = [(max(first - at, at - last + 1), i) for i, (first, last) in enumerate(places)]
        distance, nearest = min(distances)
        if distance <= _NEAR and (nearest not in found or distance < found[nearest][0]):
            found[nearest] = distance, column
    return {quantity: column for quantity, (_, column) in found.items()}


def _quantities(statement: Statement, cells: Cells, named: _Named) -> Iterator[Conflict]:
    rows = named.rows
    alone = not rows and len(cells.rows) == 1  # the one row that there is, though not named
    if alone:
        rows = [(0, 0)]
    columns = _columns_of(statement, cells) if rows else {}
    for index, claimed in enumerate(statement.quantities[:_MOST_QUANTITIES]):
        row = _row_of(statement, claimed, cells, rows)
        if row is None:
            continue
        own = {at: q for at in cells.numeric if (q := cells.rows[row][at].quantity) is not None}
        column = columns.get(index)
        held = {column: own[column]} if column is not None and column in own else own
        if alone and (held is own or not any(agree(claimed, q) for q in own.values())):
            continue
        shown = {at: q for at, q in held.items() if _same_kind(claimed, q)}
        if not shown or any(agree(claimed, quantity) for quantity in shown.values()):
            continue
        beside = (
            q
            for at, q in enumerate(statement.quantities)
            if not (alone and columns.get(at, column) != column)
            and _row_of(statement, q, cells, rows) == row
        )
        if any(agree(other, quantity) for other in beside for quantity in shown.values()):
            continue  # "Bob has more, 71 against 17": the row's own value is said beside another's
        other_places = [at for at in shown if _is_in_another_place(claimed, cells, row, at)]
        if held is own and not other_places:
            continue
        at = next(iter(other_places or shown))
        yield cells.conflict(claimed, row, at, named.label)


def _row_of(
    statement: Statement, claimed: Quantity, cells: Cells, rows: Sequence[tuple[int, int]]
) -> int | None:
    """The row a quantity is said of; None for a count of rows ("three rooms: Alder, Birch …")."""
    place = _place(statement.tokens, claimed.start)
    if len(rows) > 1 and place < rows[0][0]:
        return None
    if claimed.unit is None and claimed.value in (len(rows), len(cells.rows)) and len(rows) > 1:
        return None
    return _row_at(place, rows)


def _same_kind(claimed: Quantity, shown: Quantity) -> bool:
    if comparable(claimed, shown):
        return True
    plain = {claimed.kind, shown.kind} <= {"number", "money", "amount"}
    return plain and (claimed.unit is None or shown.unit is None)


def _is_in_another_place(claimed: Quantity, cells: Cells, row: int, column: int) -> bool:
    """Whether another row holds the value in a column."""
    return any(
        at != row and (quantity := other[column].quantity) is not None and agree(claimed, quantity)
        for at, other in enumerate(cells.rows)
    )


def _truths(statement: Statement, cells: Cells, named: _Named) -> Iterator[Conflict]:
    """ "Birch has wifi", though its cell says no."""
    rows, label = named.rows, named.label
    for column, heading in enumerate(cells.columns):
        places = [at for at, token in enumerate(statement.tokens) if token.key in heading]
        if not places or not rows or column == label:
            continue
        if len(cells.rows) == 1 and not heading <= {token.key for token in statement.tokens}:
            continue  # of one row, which needs no name, the heading must be said whole
        row = _row_at(places[0], rows)
        cell = cells.rows[row][column] if row is not None else None
        if cell is None or cell.truth is None or row is None:
            continue
        if cell.truth == is_denied(statement.tokens, places[0]):
            token = statement.tokens[places[0]]
            yield cells.conflict(token, row, column, label)


def _words(statement: Statement, cells: Cells, named: _Named) -> Iterator[Conflict]:
    """Words of another row's cell, where one row is named and its own cell is not said."""
    rows, label = named.rows, named.label
    if len(rows) != 1:
        return
    row = rows[0][1]
    claimed = {token.key for token in statement.content}
    own = frozenset().union(*(cell.keys for cell in cells.rows[row]))
    for column in range(len(cells.columns)):
        mine = cells.rows[row][column]
        if column == label or column in cells.numeric or not mine.keys or mine.keys & claimed:
            continue
        for other in cells.rows:
            keys = other[column].keys
            if keys and keys <= claimed and not keys & own and other[column].truth is None:
                token = next(token for token in statement.tokens if token.key in keys)
                yield cells.conflict(token, row, column, label)
                return


def _extremes(statement: Statement, cells: Cells, named: _Named) -> Iterator[Conflict]:
    """ "The cheapest room is Cedar", though another row's price is lower."""
    rows, label = named.rows, named.label
    words = {token.lower: token for token in statement.tokens}
    claimed = next((word for word in words if word in _HIGHEST | _LOWEST), None)
    column = _extreme_column(words.keys(), cells) if claimed and len(rows) == 1 else None
    if claimed is None or column is None:
        return
    known = [q.value for row in cells.rows if (q := row[column].quantity) is not None]
    mine = cells.rows[rows[0][1]][column].quantity
    if mine is None or len(known) < len(cells.rows):
        return
    if mine.value != (max(known) if claimed in _HIGHEST else min(known)):
        token = words[claimed]
        yield cells.conflict(token, rows[0][1], column, label)


def _extreme_column(words: Set[str], cells: Cells) -> int | None:
    """The column of numbers that a superlative speaks of."""
    if not words & _PRICED:
        return cells.numeric[0] if len(cells.numeric) == 1 else None
    for column in cells.numeric:
        shown = [q for row in cells.rows if (q := row[column].quantity) is not None]
        if shown[0].kind == "money" or _is_price(cells.columns[column]):
            return column
    return None


def _is_price(heading: frozenset[str]) -> bool:
    return any(key in _PRICES or _PRICES & lexicon().synonyms_of(key) for key in heading)
