"""Protobuf wire format reader without decoding or copying.

https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator

from google.protobuf.message import DecodeError

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
NO_SUBMESSAGE = 0  # marks a field that is not length-delimited


def fields(message: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, start and end of each length-delimited field of message[start:end].

    A field of another kind comes as (NO_SUBMESSAGE, end, end), so that it can be counted.
    Raises DecodeError where the bytes are no message.
    """
    position = start
    while position < end:
        tag, position = _varint(message, position, end)
        kind = tag & 7
        if kind == _LENGTH:
            length, position = _varint(message, position, end)
            if position + length > end:
                raise DecodeError("a field exceeds its message")
            yield tag >> 3, position, position + length
            position += length
            continue
        if kind == _VARINT:
            _, position = _varint(message, position, end)
        elif kind in (_FIXED64, _FIXED32):
            position += 8 if kind == _FIXED64 else 4
        else:
            raise DecodeError("not a field")
        yield NO_SUBMESSAGE, position, position
    if position > end:
        raise DecodeError("the message is truncated")


def field(number: int, data: bytes) -> bytes:
    """A length-delimited field."""
    return _encode_varint(number << 3 | _LENGTH) + _encode_varint(len(data)) + data


def _varint(message: bytes, position: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= end or shift > 63:
            raise DecodeError("a number is truncated")
        byte = message[position]
        position += 1
        if byte < 0x80:
            return value | byte << shift, position
        value |= (byte & 0x7F) << shift
        shift += 7


def _encode_varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
