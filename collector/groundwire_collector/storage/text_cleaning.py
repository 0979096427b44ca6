"""NUL and lone surrogates removed from the texts of every statement.

PostgreSQL refuses NUL, both drivers refuse what is not UTF-8, and either would cost the turn that
carries it. In one place, so that no column is forgotten.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, event

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def clean_text(text: str) -> str:
    """Remove NUL; replace lone surrogates by U+FFFD."""
    if "\0" not in text and (text.isascii() or _UNSTORABLE.search(text) is None):
        return text
    return _UNSTORABLE.sub(lambda found: "" if found[0] == "\0" else "\ufffd", text)


def to_json(value: Any) -> str:
    """JSON for a column, its texts cleaned."""
    text = json.dumps(value)
    return json.dumps(_cleaned(value)) if _ESCAPED.search(text) else text


def clean_statements(engine: Engine) -> None:
    """Clean every text that a statement of this engine carries."""

    def clean(
        _connection: object,
        _cursor: object,
        statement: str,
        parameters: Any,
        _context: object,
        many: bool,
    ) -> tuple[str, Any]:
        if many:
            return statement, [_row(row) for row in parameters]
        return statement, _row(parameters) if parameters else parameters

    event.listen(engine, "before_cursor_execute", clean, retval=True)


def _row(row: Any) -> Any:
    """Cleaned parameters of one execution; the same object if nothing changes."""
    values = row.values() if isinstance(row, Mapping) else row
    if not any(type(value) is str and clean_text(value) is not value for value in values):
        return row
    return _cleaned(row)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_cleaned(item) for item in value)
    return [_cleaned(item) for item in value] if isinstance(value, list) else value
