"""Deduplication of long texts: cut from messages, stored once per day.

A message of n bytes is stored as its skeleton, the bytes that are left when the long texts are
taken out, and a list of (offset in the skeleton, keyed hash of the text). Joining is splicing, so a
message comes back byte for byte, whatever was cut.
"""

import re
import struct
import threading
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b

import zstandard as zstd

from groundwire_collector.storage.dictionary import COMMON

SHORTEST_TEXT = 192  # bytes; shorter texts cost more as a row than inline
DIGEST_BYTES = 16
_REFERENCE = struct.Struct(f"<I{DIGEST_BYTES}s")
_RAW, _PACKED = b"\x00", b"\x01"
_LEVEL = 3
_SMALL, _LARGE = 4096, 2**20  # bytes the compressors are made for: nearly all texts are small
_JSON_STRING = re.compile(rb'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_JSON = b"[{"

DamagedError = zstd.ZstdError
Cut = tuple[int, bytes]  # offset in the skeleton, what stood there


def cut(message: bytes, texts: Iterable[bytes]) -> tuple[bytes, list[Cut]]:
    """Skeleton of `message` and the texts cut from it; `texts` in message order."""
    fields: list[bytes] = []
    cuts: list[Cut] = []
    end = length = 0
    for text in texts:
        for piece in _strings_in(text) if text[0] in _JSON else (text,):
            start = message.find(piece, end)
            if start < 0:
                continue
            fields.append(message[end:start])
            length += start - end
            cuts.append((length, piece))
            end = start + len(piece)
    fields.append(message[end:])
    return b"".join(fields), cuts


def join(skeleton: bytes, cuts: Iterable[Cut]) -> bytes:
    """The message that `cut` took apart."""
    parts: list[bytes] = []
    end = 0
    for offset, text in cuts:
        parts += skeleton[end:offset], text
        end = offset
    parts.append(skeleton[end:])
    return b"".join(parts)


def _strings_in(text: bytes) -> Iterator[bytes]:
    """The long strings in a text that is JSON: the chunks recur, not their list."""
    for match in _JSON_STRING.finditer(text):
        if match.end(1) - match.start(1) >= SHORTEST_TEXT:
            yield match[1]


def digest(text: bytes, key: bytes) -> bytes:
    return blake2b(text, digest_size=DIGEST_BYTES, key=key).digest()


def pack_references(references: Sequence[tuple[int, bytes]]) -> bytes:
    """Offsets and digests as one column; the first is the origin, which is cut from nowhere."""
    return b"".join([_REFERENCE.pack(offset, digest) for offset, digest in references])


def references_of(packed: bytes) -> list[tuple[int, bytes]]:
    return list(_REFERENCE.iter_unpack(packed))


class _Packing(threading.local):
    """Thread-local zstd compressors and decompressors (they are not thread-safe)."""

    def __init__(self) -> None:
        common = zstd.ZstdCompressionDict(COMMON, dict_type=zstd.DICT_TYPE_RAWCONTENT)
        form = zstd.FORMAT_ZSTD1_MAGICLESS
        self.small, self.large = (
            zstd.ZstdCompressor(
                dict_data=common,
                compression_params=zstd.ZstdCompressionParameters.from_level(
                    _LEVEL,
                    source_size=size,
                    dict_size=len(COMMON),
                    format=form,
                    write_checksum=False,
                    write_dict_id=False,
                ),
            )
            for size in (_SMALL, _LARGE)
        )
        self.unpacker = zstd.ZstdDecompressor(dict_data=common, format=form)


_packing = _Packing()


def compress(data: bytes) -> bytes:
    """Zstandard with a dictionary of what telemetry is full of, unless that makes it longer."""
    packer = _packing.small if len(data) <= _SMALL else _packing.large
    packed = packer.compress(data)
    return _PACKED + packed if len(packed) < len(data) else _RAW + data


def expand(stored: bytes) -> bytes:
    """DamagedError where it is not what `compress` made."""
    return stored[1:] if stored[:1] == _RAW else _packing.unpacker.decompress(stored[1:])
