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

COMMON = (
    b"telemetry.sdk.language\x12\x08\n\x06pythontelemetry.sdk.name\x12\x0f\n\ropentelemetry"
    b"telemetry.sdk.version\x12\x08\n\x061.service.nameservice.versionservice.instance.id"
    b"deployment.environment.namehost.nameprocess.pidexception.typeexception.message"
    b'exception.stacktraceTraceback (most recent call last):\n  File "/usr/lib/python3/'
    b"session.iduser.idmetadatainput.mime_typeoutput.mime_typeapplication/jsontext/plain"
    b"llm.model_namellm.providerllm.systemllm.invocation_parameters"
    b"llm.token_count.promptllm.token_count.completionllm.token_count.total"
    b"llm.input_messages.0.message.rolesystemllm.input_messages.1.message.roleuser"
    b"llm.input_messages.1.message.contentllm.input_messages.0.message.content"
    b"llm.output_messages.0.message.roleassistantllm.output_messages.0.message.content"
    b"retrieval.documents.4.document.metadataretrieval.documents.3.document.id"
    b"retrieval.documents.2.document.scoreretrieval.documents.1.document.content"
    b"retrieval.documents.0.document.contentretrieval.documents.0.document.id"
    b"openinference.span.kind\x12\x07\n\x05CHAINRETRIEVERLLMEMBEDDINGRERANKERTOOLAGENT"
    b"traceloop.span.kindtraceloop.entity.nametraceloop.entity.inputtraceloop.entity.output"
    b"langfuse.observation.typelangfuse.observation.inputlangfuse.observation.output"
    b"gen_ai.prompt.0.contentgen_ai.completion.0.contentgen_ai.systemgen_ai.agent.name"
    b"gen_ai.usage.prompt_tokensgen_ai.usage.completion_tokensgen_ai.request.temperature"
    b"gen_ai.response.finish_reasonsgen_ai.response.idgen_ai.response.modelgen_ai.data_source.id"
    b"gen_ai.response.time_to_first_chunkgen_ai.conversation.idgen_ai.prompt.version"
    b"groundwire.model_versiongroundwire.index_versiongroundwire.routeretrieval"
    b"groundwire.answer.logprob_meangroundwire.answer_complete\x12\x02\x10\x01"
    b'{"type": "text", "content": "[{"role": "user", "parts": [{"type": "text", "content": "'
    b'[{"role": "assistant", "parts": [{"type": "text", "content": ""}], "finish_reason": "stop"}]'
    b'"page_content": "", "metadata": {"source": "", "score": 0.[{"id": "", "content": "", '
    b"gen_ai.retrieval.top_kgen_ai.retrieval.query.textgen_ai.retrieval.documents"
    b"gen_ai.provider.nameopenaigen_ai.request.modelgen_ai.input.messagesgen_ai.output.messages"
    b"gen_ai.usage.input_tokensgen_ai.usage.output_tokensgen_ai.operation.nameinvoke_workflow"
    b"gen_ai.operation.name\x12\x0b\n\tretrievalgen_ai.operation.name\x12\x06\n\x04chat"
    b"input.value\x12output.value\x12 because which would about their have been were that are "
    b"will not for can you your this from with has was in the of the to the and the "
)


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
