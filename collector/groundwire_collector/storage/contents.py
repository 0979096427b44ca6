"""Long texts, cut out of messages and kept once a day: chunks recur, and so do answers.

A message of n bytes is stored as its skeleton, the bytes that are left when the long texts are
taken out, and a list of (offset in the skeleton, keyed hash of the text). Joining is splicing, so a
message comes back byte for byte, whatever was cut.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import chain

from groundwire_collector.storage.dictionary import COMMON

SHORTEST_TEXT = 192  # bytes; a shorter one costs more as a row than where it stands
DIGEST_BYTES = 16
_REFERENCE = struct.Struct(f"<I{DIGEST_BYTES}s")
_RAW, _DEFLATED = b"\x00", b"\x01"
_LEVEL = 6
_SMALL = 8192  # below, a window of 4 KiB compresses as well, and sets up five times as fast
_JSON_STRING = re.compile(rb'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)

Cut = tuple[int, bytes]  # offset in the skeleton, what stood there


def cut(message: bytes, texts: Iterable[bytes]) -> tuple[bytes, list[Cut]]:
    """The skeleton of `message` and what was cut from it; `texts` come in the message's order."""
    kept: list[bytes] = []
    cuts: list[Cut] = []
    end = length = 0
    for text in chain.from_iterable(map(_pieces, texts)):
        start = message.find(text, end)
        if start < 0:
            continue
        kept.append(message[end:start])
        length += start - end
        cuts.append((length, text))
        end = start + len(text)
    kept.append(message[end:])
    return b"".join(kept), cuts


def join(skeleton: bytes, cuts: Iterable[Cut]) -> bytes:
    """The message that `cut` took apart."""
    parts: list[bytes] = []
    end = 0
    for offset, text in cuts:
        parts += skeleton[end:offset], text
        end = offset
    parts.append(skeleton[end:])
    return b"".join(parts)


def _pieces(text: bytes) -> Iterator[bytes]:
    """A text, or the long strings in it where it is JSON: the chunks recur, not their list."""
    if text[:1] not in (b"[", b"{"):
        yield text
        return
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


def compress(data: bytes) -> bytes:
    """Deflate with a dictionary of what telemetry is full of, unless that makes it longer."""
    small = len(data) < _SMALL
    window, memory = (-12, 5) if small else (-15, 8)
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, window, memory, zdict=COMMON)
    deflated = compressor.compress(data) + compressor.flush()
    return _DEFLATED + deflated if len(deflated) < len(data) else _RAW + data


def expand(stored: bytes) -> bytes:
    if stored[:1] == _RAW:
        return stored[1:]
    decompressor = zlib.decompressobj(-15, zdict=COMMON)
    return decompressor.decompress(stored[1:]) + decompressor.flush()
