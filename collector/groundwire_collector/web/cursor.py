"""URL-safe pagination cursor for turns."""

import base64
import json

from fastapi import HTTPException

Position = tuple[float | None, int, str]  # p_unsupported, start, id of the last turn


def write_cursor(position: Position) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def read_cursor(cursor: str, order: str) -> Position:
    """Raises HTTPException (400) for what `write_cursor` did not write."""
    try:
        p_unsupported, started, turn_id = json.loads(base64.urlsafe_b64decode(cursor))
        number = float(p_unsupported) if order == "worst" else None
        turn_id = str(turn_id)
        if not (turn_id.isascii() and turn_id.isprintable()):
            raise ValueError("no id")
        return number, int(started), turn_id
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise HTTPException(400, "Invalid cursor.") from error
