"""OTLP request handling, shared by HTTP and gRPC."""

import asyncio
from collections.abc import Callable

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from groundwire_collector.llm.rate_limiter import RateLimiter
from groundwire_collector.receiver import blocks
from groundwire_collector.receiver.admission import ValidatedRequest, Validator
from groundwire_collector.receiver.body import MemoryBudget, RequestRejectedError
from groundwire_collector.receiver.redaction import Redaction
from groundwire_collector.receiver.request_cost import RequestLimits
from groundwire_collector.receiver.writer import SpanWriter
from groundwire_collector.receiver_metrics import ReceiverMetrics
from groundwire_collector.settings import Settings
from groundwire_collector.storage.keys import Access, Scope
from groundwire_collector.storage.spans import SpanBatch

LARGE_BODY = 256 * 1024  # decoded in a thread, so that others are not kept waiting
LARGE_AT_ONCE = 2  # decoded at one time: what is decoded takes more memory than its bytes


class OtlpService:
    """Shared service of both transports: budget, validation, writer.

    Every method may raise RequestRejectedError, UnstorableError, and what passes (PASSING).
    """

    def __init__(
        self,
        settings: Settings,
        writer: SpanWriter,
        intake: ReceiverMetrics,
        redaction: Redaction | None,
    ) -> None:
        self.budget = MemoryBudget(settings.max_pending_bytes)
        self.largest_body = settings.max_body_bytes
        self.intake = intake
        self._writer = writer
        self._admission = Validator(settings.max_attribute_bytes, redaction)
        self._rate = settings.ingest_rate
        self._limiters: dict[str, RateLimiter] = {}
        self._limits = RequestLimits(
            settings.max_request_items, settings.max_request_values, settings.max_item_bytes
        )
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    def admit(self, access: Access) -> None:
        """Whether this key may send now; before anything of its request is read."""
        if not access.allows(Scope.INGEST):
            raise RequestRejectedError(403, "The key lacks the scope ingest.")
        if self._rate and not self._limiter(access.key_id).take():
            raise RequestRejectedError(429, "The rate limit of this key is exceeded; retry later.")

    def _limiter(self, key_id: str) -> RateLimiter:
        """Rate limiter of a key; bursts of one second are allowed."""
        if key_id not in self._limiters:
            self._limiters[key_id] = RateLimiter(
                per_minute=60.0 * self._rate, burst=max(1.0, self._rate)
            )
        return self._limiters[key_id]

    async def traces(
        self, data: bytes, access: Access, *, json: bool
    ) -> ExportTraceServiceResponse:
        decode = blocks.json_trace_blocks if json else blocks.trace_blocks
        admitted, batch = await self._prepared(
            data, lambda: self._admission.spans(decode(data, self._limits), access)
        )
        rejected = admitted.refused.total()
        self.intake.spans(len(admitted.spans) + rejected, rejected)
        await self._commit(batch)
        answer = ExportTraceServiceResponse()
        if admitted.message:
            answer.partial_success.rejected_spans = rejected
            answer.partial_success.error_message = admitted.message
        return answer

    async def logs(self, data: bytes, access: Access, *, json: bool) -> ExportLogsServiceResponse:
        decode = blocks.json_log_blocks if json else blocks.log_blocks
        admitted, batch = await self._prepared(
            data, lambda: self._admission.logs(decode(data, self._limits), access)
        )
        await self._commit(batch)
        answer = ExportLogsServiceResponse()
        if admitted.message:
            answer.partial_success.rejected_log_records = admitted.refused.total()
            answer.partial_success.error_message = admitted.message
        return answer

    async def metrics(
        self, data: bytes, _access: Access, *, json: bool
    ) -> ExportMetricsServiceResponse:
        """Taken, so that an SDK which sends all three signals is content; not kept."""
        answer = ExportMetricsServiceResponse()
        if data.strip(b"{} \n" if json else b""):
            answer.partial_success.error_message = "Metrics are not stored here."
        return answer

    async def _prepared(
        self, data: bytes, decode: Callable[[], ValidatedRequest]
    ) -> tuple[ValidatedRequest, SpanBatch]:
        def prepare() -> tuple[ValidatedRequest, SpanBatch]:
            admitted = decode()
            return admitted, self._writer.prepare(admitted.spans, admitted.logs)

        if len(data) < LARGE_BODY:
            return prepare()
        async with self._large:
            return await asyncio.to_thread(prepare)

    async def _commit(self, batch: SpanBatch) -> None:
        if len(batch):
            await self._writer.commit(batch)
