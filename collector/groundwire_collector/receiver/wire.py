"""The protobuf wire format, walked field by field: to save what is good of a bad message.

https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator

from google.protobuf.message import DecodeError

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


def submessages(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The number and the bytes of each length-delimited field; DecodeError where it is not one."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        kind = tag & 7
        if kind == _LENGTH:
            length, position = _varint(message, position)
            if position + length > len(message):
                raise DecodeError("a field ends behind its message")
            yield tag >> 3, message[position : position + length]
            position += length
        elif kind == _VARINT:
            _, position = _varint(message, position)
        elif kind in (_FIXED64, _FIXED32):
            position += 8 if kind == _FIXED64 else 4
        else:
            raise DecodeError("not a field")
    if position > len(message):
        raise DecodeError("the message is cut short")


def field(number: int, data: bytes) -> bytes:
    """A length-delimited field."""
    return _encode_varint(number << 3 | _LENGTH) + _encode_varint(len(data)) + data


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(message) or shift > 63:
            raise DecodeError("a number is cut short")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _encode_varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
