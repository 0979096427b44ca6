"""The shipped evaluator `context_gain`, over HTTP, on answers of the real checkpoints.

Its prompt is its own, not the one that was sent, as it is for a collector that knows question,
chunks and answer alone. Price: about 1 CPU second an answer.
"""

import random
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.real_model import scoring
from benchmarks.real_model.answers import Answer
from benchmarks.real_model.gain import auroc
from benchmarks.real_model.handbooks import TARNWELL
from benchmarks.real_model.judged import turn
from benchmarks.real_model.tables import header, line
from groundwire_collector.llm.client import ChatEndpoint
from groundwire_collector.llm.logprobs import EndpointScorer
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.reliance.context_gain import ContextGain

DRAWN = 25  # answers from memory and right ones, of each checkpoint


def table(answers: Sequence[Answer], checkpoints: Iterable[str], folder: Path) -> Iterator[str]:
    """Lines of a Markdown table: AUROC of answers from memory against right ones."""
    server = scoring.server(folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = ChatEndpoint(f"http://127.0.0.1:{server.server_port}/v1", "", timeout=600)
    evaluator = ContextGain(EndpointScorer(endpoint))
    yield from header("checkpoint", "from memory", "right", "AUROC: utilization", "gain")
    for checkpoint in checkpoints:
        memory, right = (
            [
                evaluator.judge(replace(turn(each), model=checkpoint))
                for each in _drawn(answers, checkpoint, truth)
            ]
            for truth in ("memory", "right")
        )
        cells = [str(len(memory)), str(len(right))]
        cells += [
            f"{auroc(_read(memory, name), _read(right, name)):.2f}"
            for name in ("value", "context_gain")
        ]
        yield line([checkpoint, *cells])
    endpoint.close()
    server.shutdown()


def _drawn(answers: Sequence[Answer], checkpoint: str, truth: str) -> list[Answer]:
    found = [
        each
        for each in answers
        if (each.handbook, each.mode, each.checkpoint) == (TARNWELL, "open", checkpoint)
        and each.truth == truth
        and each.tuned
    ]
    return random.Random(1).sample(found, min(DRAWN, len(found)))


def _read(evaluations: Sequence[Evaluation], name: str) -> list[float]:
    scored = [each for each in evaluations if each.state is State.SCORED]
    return [each.signals.get(name, each.value or 0.0) for each in scored]
