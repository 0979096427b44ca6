"""Export of scores to another backend as OTLP log events.

Best effort beside the database, which holds every score: what the other side does not take is
retried a few times, then dropped and counted, and never keeps the worker waiting.
"""

import logging
import threading
from collections.abc import Iterable, Sequence
from queue import Empty, Full, Queue
from time import time_ns

import httpx
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import (
    SEVERITY_NUMBER_INFO,
    LogRecord,
    ResourceLogs,
    ScopeLogs,
)
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from groundwire_collector import __version__
from groundwire_collector.assembly.evaluation_events import RESULT, attributes_of
from groundwire_collector.settings import Settings
from groundwire_collector.storage.span import Json
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation
from groundwire_evaluators.turn import Turn

log = logging.getLogger(__name__)

SCOPE = "groundwire.evaluation"
LONGEST_QUEUE = 2048  # batches
TRIES = 4
PAUSE_SECONDS = 1.0  # before the second try; doubled each time
TIMEOUT_SECONDS = 10.0
PASSING = {408, 429, 502, 503, 504}


class ScorePublisher:
    """Background exporter of scores; `dropped` counts undelivered ones."""

    def __init__(self, endpoint: str, headers: str = "") -> None:
        """`endpoint` as OTEL_EXPORTER_OTLP_ENDPOINT, without /v1/logs; `headers` as `a=b,c=d`."""
        self.dropped = 0
        self._url = f"{endpoint.rstrip('/')}/v1/logs"
        self._client = httpx.Client(headers=_headers(headers), timeout=TIMEOUT_SECONDS)
        self._queue: Queue[Sequence[JudgedTurn] | None] = Queue(LONGEST_QUEUE)
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    @classmethod
    def of(cls, settings: Settings) -> "ScorePublisher | None":
        """Publisher of the settings; None if none is configured."""
        if settings.publish_endpoint is None:
            return None
        return cls(settings.publish_endpoint, settings.publish_headers)

    def publish(self, judged: Sequence[JudgedTurn]) -> None:
        """Queue scores for sending; returns at once. Our own probes are not sent."""
        sent = [item for item in judged if item.evaluations and not item.turn.closed_book]
        try:
            if sent:
                self._queue.put_nowait(sent)
        except Full:
            self.dropped += _count(sent)

    def stop(self, timeout: float = TIMEOUT_SECONDS) -> None:
        """Send what waits, for as long as `timeout` seconds."""
        self._queue.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while (batch := self._queue.get()) is not None:
            gathered = [*batch, *self._waiting()]
            if not self._delivered(request(gathered).SerializeToString()):
                self.dropped += _count(gathered)

    def _waiting(self) -> list[JudgedTurn]:
        gathered: list[JudgedTurn] = []
        try:
            while len(gathered) < LONGEST_QUEUE:
                batch = self._queue.get_nowait()
                if batch is None:
                    self._queue.put(None)
                    break
                gathered += batch
        except Empty:
            pass
        return gathered

    def _delivered(self, body: bytes) -> bool:
        tries = Retrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_attempt(TRIES),
            wait=wait_exponential(multiplier=PAUSE_SECONDS),
            reraise=True,
        )
        try:
            tries(self._send, body)
        except httpx.HTTPStatusError as error:
            log.warning(
                "scores were rejected by %s: status %d", self._url, error.response.status_code
            )
        except httpx.HTTPError as error:
            log.warning(
                "scores could not be sent to %s: %s: %s", self._url, type(error).__name__, error
            )
        else:
            return True
        return False

    def _send(self, body: bytes) -> None:
        headers = {"Content-Type": "application/x-protobuf"}
        self._client.post(self._url, content=body, headers=headers).raise_for_status()


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in PASSING
    return isinstance(error, httpx.HTTPError)


def request(judged: Iterable[JudgedTurn]) -> ExportLogsServiceRequest:
    """One log record a judgement, by service; each names the span that answered."""
    groups: dict[str, ResourceLogs] = {}
    for item in judged:
        service = item.turn.service
        group = groups.setdefault(service, _group(service))
        group.scope_logs[0].log_records.extend(
            _record(item.turn, evaluation) for evaluation in item.evaluations
        )
    return ExportLogsServiceRequest(resource_logs=groups.values())


def _group(service: str) -> ResourceLogs:
    group = ResourceLogs(scope_logs=[ScopeLogs()])
    group.resource.attributes.append(_pair("service.name", service))
    group.scope_logs[0].scope.name = SCOPE
    group.scope_logs[0].scope.version = __version__
    return group


def _record(turn: Turn, evaluation: Evaluation) -> LogRecord:
    return LogRecord(
        time_unix_nano=time_ns(),
        observed_time_unix_nano=time_ns(),
        severity_number=SEVERITY_NUMBER_INFO,
        event_name=RESULT,
        trace_id=bytes.fromhex(turn.trace_id or ""),
        span_id=bytes.fromhex(turn.span_id or ""),
        attributes=[_pair(key, value) for key, value in attributes_of(turn, evaluation).items()],
    )


def _pair(key: str, value: Json) -> KeyValue:
    if isinstance(value, float | int):
        return KeyValue(key=key, value=AnyValue(double_value=value))
    return KeyValue(key=key, value=AnyValue(string_value=str(value)))


def _headers(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split(",") if "=" in pair)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _count(judged: Iterable[JudgedTurn]) -> int:
    return sum(len(item.evaluations) for item in judged)
