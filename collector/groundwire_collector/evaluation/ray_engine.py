"""Ray actors that map evaluators over turns, with GPUs if wanted.

An actor that dies with its node is started again on another, and its batches with it. Ray's job
and client ports have no authentication: they belong into the cluster's own network.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import cycle
from time import monotonic
from typing import Any

import ray

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.engines import Identity, Timed, mapped_in_order
from groundwire_collector.evaluation.registry import evaluators
from groundwire_collector.evaluation.runner import judge
from groundwire_collector.settings import Settings
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.turn import Turn

START_SECONDS = 300.0


class RayJudge:
    """Actor that judges batches with the configured evaluators."""

    def __init__(self, settings: Settings, names: Sequence[str] | None) -> None:
        every = evaluators(settings)
        self._evaluators = [each for each in every if names is None or each.name in names]

    def identities(self) -> list[Identity]:
        """Name and revision of each evaluator."""
        return [(each.name, each.revision) for each in self._evaluators]

    def judge(self, batch: list[Turn]) -> Timed:
        """Judged turns and the seconds that they took."""
        began = monotonic()
        return judge(self._evaluators, batch), monotonic() - began


class RayEngine:
    """Judges on a Ray cluster."""

    def __init__(
        self,
        settings: Settings,
        actors: int,
        names: Sequence[str] | None = None,
        address: str | None = None,
        gpus: float = 0.0,
    ) -> None:
        """`address`: of a cluster ("auto", "ray://host:10001"); None: one on this machine.

        `gpus`: share of a GPU for each actor, for local judges and reader models.

        Raises:
            UsageError: the cluster does not answer, or has no room for an actor.
        """
        try:
            ray.init(address=address, ignore_reinit_error=True, log_to_driver=False)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise UsageError(f"Ray at {address or 'this machine'}: {error}") from error
        options = ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=-1, max_task_retries=-1)
        actor: Any = options(RayJudge)
        self._actors = [actor.remote(settings, names) for _ in range(actors)]
        self._next = cycle(self._actors)
        try:
            identities = self._actors[0].identities.remote()
            self.identities: Sequence[Identity] = ray.get(identities, timeout=START_SECONDS)
        except ray.exceptions.GetTimeoutError as error:
            raise UsageError(
                f"Ray has no room for an actor with 1 CPU and {gpus:g} GPU after"
                f" {START_SECONDS:.0f} s"
            ) from error

    def map(self, turns: Iterable[Turn]) -> Iterator[JudgedTurn]:
        """Judge turns, in their order."""
        return mapped_in_order(turns, self._submit, len(self._actors))

    def close(self) -> None:
        """End the actors and leave the cluster."""
        for actor in self._actors:
            ray.kill(actor)
        ray.shutdown()

    def _submit(self, batch: list[Turn]) -> Callable[[], Timed]:
        reference = next(self._next).judge.remote(batch)

        def wait() -> Timed:
            found: Timed = ray.get(reference)
            return found

        return wait
