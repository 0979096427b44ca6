"""Judge process: judges queued turns until stopped.

A process of its own, so that a model that takes its time holds up no other judgement. Whatever goes
wrong in it is logged and counted, and tried again in its time.
"""

from threading import Event

from sqlalchemy import Engine

from groundwire_collector.evaluation.publishing import ScorePublisher
from groundwire_collector.judges.golden import GoldenSet
from groundwire_collector.judges.golden_job import GoldenJob
from groundwire_collector.judges.job import JudgeJob
from groundwire_collector.judges.registry import Judge, close, judges
from groundwire_collector.processes.job_loop import Step, go_round_in_threads, interruptible_sleep
from groundwire_collector.processes.standby import lead, until_signalled
from groundwire_collector.settings import Settings
from groundwire_collector.storage import judging
from groundwire_collector.storage.leadership import Leadership

ROLE = "judge"


def judge(settings: Settings) -> None:
    """Judge until SIGTERM or SIGINT."""
    with until_signalled(settings) as (engine, stop):
        found = judges(settings, interruptible_sleep(stop))
        lead(Leadership(engine, ROLE), stop, lambda over: _judge(settings, engine, found, over))
        close(one.evaluator for one in found)


def _judge(settings: Settings, engine: Engine, found: list[Judge], stop: Event) -> None:
    with engine.begin() as connection:  # no other process judges now
        judging.release(connection)
    publisher = ScorePublisher.of(settings)
    path, interval = settings.judge_golden, settings.judge_golden_interval_seconds
    golden = GoldenSet.load(path) if path else None
    rounds = ([step] for step in steps(found, engine, publisher, golden, interval))
    go_round_in_threads(rounds, stop)
    if publisher is not None:
        publisher.stop()


def steps(
    found: list[Judge],
    engine: Engine,
    publisher: ScorePublisher | None = None,
    golden: GoldenSet | None = None,
    interval_seconds: float = 86_400.0,
) -> list[Step]:
    """What is to be done again and again, by a thread for each: turns that wait, and the replay of
    the golden set, which shares the judge's budget and breaker."""
    made: list[Step] = []
    for one in found:
        rounds = JudgeJob(
            engine=engine,
            key=one.key,
            evaluator=one.evaluator,
            budget=one.budget,
            batch=one.batch,
            price=one.price,
            currency=one.currency,
            referenced=one.referenced,
            publisher=publisher,
        )
        made += [rounds.step] * one.at_once
        if golden is not None:
            replay = GoldenJob(
                engine=engine,
                key=one.key,
                evaluator=one.evaluator,
                golden=golden,
                interval_seconds=interval_seconds,
                budget=one.budget,
                breaker=rounds.breaker,
                price=one.price,
                currency=one.currency,
            )
            made.append(replay.step)
    return made
