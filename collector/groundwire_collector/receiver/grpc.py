"""OTLP over gRPC (extra [grpc]), on its own port.

https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
"""

from asyncio import Semaphore, timeout
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from groundwire_collector.auth.access import presented_key
from groundwire_collector.auth.middleware import Authenticator
from groundwire_collector.errors import StorageUnavailableError, UsageError
from groundwire_collector.receiver.body import RequestRejectedError
from groundwire_collector.receiver.otlp_service import OtlpService
from groundwire_collector.receiver.writer import UnstorableError
from groundwire_collector.responses import otlp
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import PASSING
from groundwire_collector.storage.keys import Access

READ_AT_ONCE = 8  # messages that are read, and so in memory, before they count as pending
READ_SECONDS = 30.0  # for a turn to read and for the reading
MOST_CALLS = 1000
LARGEST_MESSAGE = 16 * 2**20  # bytes, uncompressed; gRPC's own default is 4 MiB
LONGEST_METADATA = 16 * 2**10  # bytes
_COMMON = "opentelemetry.proto.collector"
_CODES = {code.value[0]: code for code in grpc.StatusCode}

Handler = Callable[..., Awaitable[Message]]


class GrpcReceiver:
    """The three OTLP export services, on undecoded requests."""

    def __init__(self, reception: OtlpService, door: Authenticator) -> None:
        self._reception = reception
        self._door = door
        self._reading = Semaphore(READ_AT_ONCE)

    def services(self) -> list[grpc.GenericRpcHandler]:
        return [
            self._service("trace.v1.TraceService", self._reception.traces),
            self._service("logs.v1.LogsService", self._reception.logs),
            self._service("metrics.v1.MetricsService", self._reception.metrics),
        ]

    def _service(self, name: str, handler: Handler) -> grpc.GenericRpcHandler:
        async def export(messages: AsyncIterator[bytes], context: Any) -> bytes:
            return await self._export(handler, messages, context)

        # As a stream of one message, which is read when it is asked for and not before: the wire
        # is the same, and no one without a key makes this process hold a message.
        method = grpc.stream_unary_rpc_method_handler(export)  # no deserialiser: bytes
        return grpc.method_handlers_generic_handler(f"{_COMMON}.{name}", {"Export": method})

    async def _export(
        self, handler: Handler, messages: AsyncIterator[bytes], context: Any
    ) -> bytes:
        budget = self._reception.budget
        taken = 0
        try:
            access = await self._access(context)
            self._reception.admit(access)
            data = await self._read(messages)
            budget.take(len(data))
            taken = len(data)
            answer = await handler(data, access, json=False)
        except RequestRejectedError as refusal:
            await _abort(context, refusal.status, refusal.message)
        except PASSING:
            await _abort(context, 503, StorageUnavailableError.__doc__ or "")
        except UnstorableError as error:
            await _abort(context, 400, str(error))
        finally:
            budget.give_back(taken)
        return answer.SerializeToString()

    async def _read(self, messages: AsyncIterator[bytes]) -> bytes:
        """Read the single message of a call, with limited concurrency; RequestRejectedError."""
        try:
            async with timeout(READ_SECONDS), self._reading:
                return await anext(messages)
        except TimeoutError as error:
            raise RequestRejectedError(503, "The receiver is overloaded; retry later.") from error
        except StopAsyncIteration as error:
            raise RequestRejectedError(400, "The call contains no message.") from error

    async def _access(self, context: Any) -> Access:
        headers = {key.encode(): _bytes(value) for key, value in context.invocation_metadata()}
        key = presented_key(headers, cookie=False)
        address = _address(context.peer())
        access = await self._door.access(key, address)
        if access is None:
            message = "A key is needed: metadata authorization: Bearer KEY."
            raise RequestRejectedError(self._door.refused(key, address), message)
        return access


async def start(settings: Settings, reception: OtlpService, door: Authenticator) -> grpc.aio.Server:
    """Listen on `grpc_port`; the caller stops it. UsageError: the port is taken."""
    options = [
        ("grpc.max_receive_message_length", min(settings.max_body_bytes, LARGEST_MESSAGE)),
        ("grpc.max_metadata_size", LONGEST_METADATA),
    ]
    server = grpc.aio.server(options=options, maximum_concurrent_rpcs=MOST_CALLS)
    for service in GrpcReceiver(reception, door).services():
        server.add_generic_rpc_handlers((service,))
    address = f"{settings.host}:{settings.grpc_port}"
    try:
        if settings.tls_certificate and settings.tls_key:
            pair = (settings.tls_key.read_bytes(), settings.tls_certificate.read_bytes())
            server.add_secure_port(address, grpc.ssl_server_credentials([pair]))
        else:
            server.add_insecure_port(address)
    except RuntimeError as error:
        raise UsageError(f"cannot listen on {address}: {error}; set another grpc_port") from error
    await server.start()
    return server


async def _abort(context: Any, status: int, message: str) -> None:
    """Abort the call; for temporary errors with RetryInfo, so that clients retry."""
    code = otlp.grpc_code(status)
    details = Status(code=code, message=message)
    if status in otlp.RETRIED:
        wait = RetryInfo(retry_delay=Duration(seconds=otlp.RETRY_SECONDS))
        details.details.add().Pack(wait)
    packed = ("grpc-status-details-bin", details.SerializeToString())
    await context.abort(_CODES[code], message, trailing_metadata=(packed,))


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _address(peer: str) -> str:
    """Of `ipv4:127.0.0.1:4711` or `ipv6:%5B::1%5D:4711` what one machine has in common."""
    return unquote(peer).partition(":")[2].rpartition(":")[0].strip("[]")
