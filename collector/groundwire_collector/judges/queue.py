"""Enqueueing of sampled turns for judges, in the worker's transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection

from groundwire_collector.evaluation.batch import JudgedBatch
from groundwire_collector.evaluation.sampling import TurnSampler, factors_of
from groundwire_collector.judges.budget import SkipReason
from groundwire_collector.judges.metrics import tally_not_sampled
from groundwire_collector.settings import Settings
from groundwire_collector.storage import judging
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.judging import JudgeTask
from groundwire_collector.storage.turns import JudgedTurn

# Judges that need a reference answer: they see the turns that a person gave one, and no sample.
REFERENCED = frozenset({"ragas_context_precision", "ragas_context_recall"})


def draw_of(settings: Settings) -> TurnSampler | None:
    """Turn sampler of the settings; None without judges."""
    rates = {key: rate for key, rate in settings.judge_rates.items() if key not in REFERENCED}
    if not rates:
        return None
    return TurnSampler(
        rates, settings.judge_uncertainty_boost, factors_of(settings.judge_rate_overrides)
    )


def await_judges(
    connection: Connection,
    increments: Increments | None,
    draw: TurnSampler,
    judged: Sequence[JudgedTurn],
    now_ns: int,
) -> None:
    """Queue the sampled turns and count the others.

    Without `increments` the turns were counted before: their existing judgements are kept, and not
    counted again.
    """
    tasks = []
    for item in judged:
        drawn = draw.drawn(item)
        tasks += [_task(item, judge, chance, now_ns, increments) for judge, chance in drawn.items()]
        for judge in draw.rates.keys() - drawn.keys():
            if increments is not None:
                tally_not_sampled(increments, item.turn.service, judge, SkipReason.RATE)
    judging.enqueue(connection, tasks)


class JudgeQueue:
    """Queues sampled turns for the judges of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._draw = draw_of(settings)

    def take(self, batch: JudgedBatch, connection: Connection) -> None:
        if self._draw is not None:
            now_ns = batch.now_ns
            await_judges(connection, batch.increments, self._draw, batch.new, now_ns)
            await_judges(connection, None, self._draw, batch.again, now_ns)


def _task(
    item: JudgedTurn, judge: str, chance: float, now_ns: int, increments: Increments | None
) -> JudgeTask:
    return JudgeTask(
        turn_id=item.turn.id,
        judge=judge,
        service=item.turn.service,
        probability=chance,
        sampled_ns=now_ns,
        due_ns=now_ns,
        counts=increments is not None,
    )
