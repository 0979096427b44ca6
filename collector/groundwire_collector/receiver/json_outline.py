"""Extents of JSON objects, found without parsing their content.

So that a large body is parsed item by item, and one of a million empty objects not at all.
"""

import json
import re
from collections.abc import Iterator

from groundwire_collector.receiver.body import RequestRejectedError
from groundwire_collector.receiver.request_cost import Count

DEEPEST = 7  # { resourceSpans [ { scopeSpans [ { spans [ {
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_STEP = re.compile(rb'(?:[^"{}\[\],]++|%s)*+([{}\[\],])' % _STRING, re.DOTALL)
_SPACE = re.compile(rb"[ \t\r\n]*+")
_KEY = re.compile(rb"[ \t\r\n]*+(%s)[ \t\r\n]*+:[ \t\r\n]*+" % _STRING, re.DOTALL)
_SCALAR = re.compile(rb'%s|[^\s"{}\[\],:]++' % _STRING, re.DOTALL)
_OPENING, _CLOSING, _COMMA = b"{[", b"}]", ord(",")
_OBJECT, _ARRAY = ord("{"), ord("[")

Extent = tuple[int, int]  # half-open, in bytes


class Outline:
    """Objects and arrays of a body down to `DEEPEST`.

    Raises RequestRejectedError 400 or 413.
    """

    def __init__(self, body: bytes, count: Count) -> None:
        self.body = body
        self._ends = _ends(body, count)

    def root(self) -> Extent:
        """The object that the body is."""
        start = self._past_space(0)
        if start not in self._ends or self.body[start] != _OBJECT:
            raise RequestRejectedError(400, "The body is not a JSON object.")
        if self._past_space(self._ends[start]) < len(self.body):
            raise _not_json()
        return start, self._ends[start]

    def members(self, extent: Extent) -> dict[str, Extent]:
        """Positions of an object's values by key; the last of a repeated key."""
        found: dict[str, Extent] = {}
        for position in self._places(extent):
            key = _KEY.match(self.body, position)
            if key is None:
                raise _not_json()
            found[_parsed_key(key[1])] = (key.end(), self._end(key.end()))
        return found

    def elements(self, extent: Extent, name: str) -> Iterator[Extent]:
        """The objects of an array, none of null; RequestRejectedError 400."""
        start, end = extent
        if self.body[start:end] == b"null":
            return
        wrong = RequestRejectedError(400, f"{name} is not a list of objects.")
        if self.body[start] != _ARRAY:
            raise wrong
        for position in self._places(extent):
            if position >= end or self.body[position] != _OBJECT:
                raise wrong
            yield position, self._end(position)

    def _places(self, extent: Extent) -> Iterator[int]:
        """Start of each object member or array element."""
        position, end = self._past_space(extent[0] + 1), extent[1] - 1
        while position < end:
            yield position
            key = _KEY.match(self.body, position)
            position = self._past_space(self._end(key.end() if key else position))
            if position < end and self.body[position] != _COMMA:
                raise _not_json()
            position = self._past_space(position + 1)

    def _end(self, start: int) -> int:
        if start in self._ends:
            return self._ends[start]
        scalar = _SCALAR.match(self.body, start)
        if scalar is None:
            raise _not_json()
        return scalar.end()

    def _past_space(self, position: int) -> int:
        space = _SPACE.match(self.body, position)
        return space.end() if space else position


def _ends(body: bytes, count: Count) -> dict[int, int]:
    """By where an object or array begins, where it ends; values are counted on the way."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    position = 0
    while step := _STEP.match(body, position):
        position = step.end()
        mark = body[position - 1]
        if mark in _CLOSING:
            if not opened:
                raise _not_json()
            start = opened.pop()
            if len(opened) < DEEPEST:
                ends[start] = position
            continue
        count.value()
        if mark != _COMMA:
            opened.append(position - 1)
    if opened or not ends:
        raise _not_json()
    return ends


def _parsed_key(key: bytes) -> str:
    try:
        return str(json.loads(key))
    except ValueError as error:
        raise _not_json() from error


def _not_json() -> RequestRejectedError:
    return RequestRejectedError(400, "The body is not JSON.")
