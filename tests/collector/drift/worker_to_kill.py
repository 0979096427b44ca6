"""A worker on the database of a folder that says when it has committed; to be killed by a test."""

import sys
from pathlib import Path

from groundwire_collector.processes import pipeline
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

LATER = 4_000_000_000 * 10**9


class Reported:
    """The answer is its own p_unsupported."""

    name = "grounding"
    revision = "test"

    def judge(self, turn: Turn) -> Evaluation:
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=1 - float(turn.answer or 0),
            signals={"p_unsupported": float(turn.answer or 0)},
        )


def main(folder: Path) -> None:
    settings = Settings(data_dir=folder, baseline_turns=100, baseline_days=0)
    engine = open_engine(settings)
    make_schema(engine)
    pipeline.TRACES = 8
    working = pipeline.Pipeline(settings, engine, [Reported()])
    while working.step(LATER):
        print("committed", flush=True)
    engine.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
