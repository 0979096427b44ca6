"""Compact exact text encoding of long number lists."""

import base64
from typing import Any

import numpy as np

SHORTEST = 12  # numbers worth packing
KINDS = {"f": "<f8", "i": "<i8"}


def packed(value: Any) -> Any:
    """The same JSON value with its long lists of numbers, or of equal rows of them, packed."""
    if isinstance(value, dict):
        return {name: packed(each) for name, each in value.items()}
    if not isinstance(value, list):
        return value
    array = _array(value)
    if array is None:
        return [packed(each) for each in value]
    kind = KINDS[array.dtype.kind]
    text = base64.b64encode(array.astype(kind).tobytes()).decode()
    return {"packed": kind, "shape": list(array.shape), "data": text}


def unpacked(value: Any) -> Any:
    """What `packed` was given."""
    if isinstance(value, list):
        return [unpacked(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "packed" not in value:
        return {name: unpacked(each) for name, each in value.items()}
    data = base64.b64decode(value["data"])
    return np.frombuffer(data, dtype=value["packed"]).reshape(value["shape"]).tolist()


def _array(value: list[Any]) -> Any:
    """As an array of floats or of integers; None where that would not give the list back."""
    first = value[0] if value else None
    inner = first if isinstance(first, list) else [first]
    if len(value) * len(inner) < SHORTEST or not inner:
        return None
    kind = type(inner[0])
    rows = value if isinstance(first, list) else [value]
    if kind not in (float, int) or not all(
        isinstance(row, list) and len(row) == len(rows[0]) and all(type(x) is kind for x in row)
        for row in rows
    ):
        return None
    try:
        return np.array(value, dtype=np.float64 if kind is float else np.int64)
    except OverflowError:
        return None
