"""Scores to another backend, over real HTTP."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from groundwire_collector.assembly.evaluation_events import evaluation_of
from groundwire_collector.evaluation import publishing
from groundwire_collector.evaluation.publishing import ScorePublisher
from groundwire_collector.settings import Settings
from groundwire_collector.storage.encoding import event_of
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

TURN = Turn(
    id=f"{'a' * 32}-{'b' * 16}",
    trace_id="a" * 32,
    span_id="b" * 16,
    service="bot",
    answer="An answer.",
    response_id="r-1",
)
EVALUATION = Evaluation(
    evaluator="grounding",
    revision="3",
    state=State.SCORED,
    value=0.25,
    reason="3 of 4 unsupported",
    flagged=True,
    signals={"p_unsupported": 0.9},
)


class Backend(ThreadingHTTPServer):
    """Answers with `statuses` in turn, then 200; keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = []
        self.bodies: list[bytes] = []
        self.keys: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def records(self):
        for body in self.bodies:
            for group in ExportLogsServiceRequest.FromString(body).resource_logs:
                yield from group.scope_logs[0].log_records


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        if status == 200 and self.path == "/v1/logs":
            self.server.bodies.append(body)
            self.server.keys.append(self.headers.get("api-key"))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def backend() -> Iterator[Backend]:
    server = Backend()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(publishing, "PAUSE_SECONDS", 0.01)


def test_a_score_is_a_log_event_of_the_span_that_answered(backend):
    publisher = ScorePublisher(backend.url, headers="api-key=secret")
    publisher.publish([JudgedTurn(TURN, (EVALUATION,))])
    publisher.stop()
    (record,) = backend.records()
    assert (record.trace_id.hex(), record.span_id.hex()) == (TURN.trace_id, TURN.span_id)
    event = event_of(record)
    assert event.name == "gen_ai.evaluation.result"
    assert event.attributes == {
        "gen_ai.evaluation.name": "grounding",
        "gen_ai.evaluation.score.value": 0.25,
        "gen_ai.evaluation.score.label": "flagged",
        "gen_ai.evaluation.explanation": "3 of 4 unsupported",
        "gen_ai.response.id": "r-1",
        "groundwire.evaluation.revision": "3",
        "groundwire.evaluation.state": "scored",
        "groundwire.evaluation.signal.p_unsupported": 0.9,
    }
    assert evaluation_of(event) is None  # ours, should it come back
    assert backend.keys == ["secret"]


def test_a_backend_that_is_busy_is_tried_again(backend):
    backend.statuses = [503, 429]
    publisher = ScorePublisher(backend.url)
    publisher.publish([JudgedTurn(TURN, (EVALUATION,))])
    publisher.stop()
    assert len(list(backend.records())) == 1
    assert publisher.dropped == 0


def test_what_a_backend_refuses_is_counted_and_not_tried_again(backend):
    backend.statuses = [400]
    publisher = ScorePublisher(backend.url)
    publisher.publish([JudgedTurn(TURN, (EVALUATION,))])
    publisher.stop()
    assert publisher.dropped == 1
    assert backend.bodies == []


def test_a_backend_that_is_away_costs_the_worker_nothing():
    publisher = ScorePublisher("http://127.0.0.1:9")
    publisher.publish([JudgedTurn(TURN, (EVALUATION,))])
    publisher.stop()
    assert publisher.dropped == 1


def test_turns_without_a_judgement_and_diagnostics_are_not_sent(backend):
    publisher = ScorePublisher(backend.url)
    closed_book = Turn(id="s", trace_id="c" * 32, span_id="d" * 16, closed_book=True)
    publisher.publish([JudgedTurn(TURN, ()), JudgedTurn(closed_book, (EVALUATION,))])
    publisher.stop()
    assert backend.bodies == []


def test_nothing_is_published_unless_an_endpoint_is_set():
    assert ScorePublisher.of(Settings()) is None
