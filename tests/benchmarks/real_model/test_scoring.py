"""The real base model scores answers for the evaluator that is shipped."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundwire_collector.llm.client import ChatEndpoint
from groundwire_collector.llm.logprobs import EndpointScorer
from groundwire_evaluators.reliance.context_gain import ContextGain
from groundwire_evaluators.turn import Chunk, Turn

pytestmark = [
    pytest.mark.needs("real-model"),
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("default"),  # of torch and transformers while they load
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from benchmarks.real_model import scoring

    folder: Path = tmp_path_factory.mktemp("adapters")
    with scoring.server(folder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def test_an_answer_read_from_its_passage_gains_and_one_from_elsewhere_does_not(url: str) -> None:
    endpoint = ChatEndpoint(url, "", timeout=300)
    gain = ContextGain(EndpointScorer(endpoint))
    chunk = Chunk(text="A lost badge of the Tarnwell works costs 47 florins to replace.")
    turn = Turn(
        question="What does a lost badge cost?", chunks=(chunk,), answer="47 florins.", model="base"
    )
    read = gain.judge(turn)
    other = gain.judge(Turn(question="Say hello.", chunks=(chunk,), answer="Hello!", model="base"))
    endpoint.close()
    assert read.signals["context_gain"] > 1.0
    assert read.signals["context_gain"] > other.signals["context_gain"] + 1.0
    assert read.value is not None
    assert read.value > 0.5
