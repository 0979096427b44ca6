"""Resumable runs of a probe pack, into a file."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from groundwire_collector.errors import UsageError
from groundwire_collector.llm.client import ChatTarget
from groundwire_collector.llm.logprobs import NoScoringError
from groundwire_collector.llm.rate_limiter import RateLimiter
from groundwire_evaluators.reliance.probe.arms import (
    ALL_ARMS,
    CONFLICT_ARMS,
    Arm,
    ProbePrompting,
    Trial,
    trials,
)
from groundwire_evaluators.reliance.probe.item import ProbePack
from groundwire_evaluators.reliance.probe.run import ProbeResult, ProbeRun, RunIdentity, judge


@dataclass(frozen=True)
class ProbeRunner:
    """Sends every trial of a pack to a target, rate-limited and concurrent.

    A failed call is a result with its kind of failure and no outcome; nothing stops the run but
    the day's budget. Order of the results is that of the pack.
    """

    pack: ProbePack
    target: ChatTarget
    prompting: ProbePrompting = field(default_factory=ProbePrompting)
    arms: Sequence[Arm] = ALL_ARMS
    pace: RateLimiter = field(default_factory=lambda: RateLimiter(per_minute=6000.0))
    at_once: int = 4
    scorer: Callable[[Trial], float] | None = None  # the conflict margin of a trial

    def identity(
        self, model: str = "", model_version: str = "", prompt_version: str = ""
    ) -> RunIdentity:
        """Identity of this run, started now."""
        return RunIdentity(
            pack=self.pack.name,
            digest=self.pack.digest,
            prompt=self.prompting.version,
            model=model,
            model_version=model_version,
            prompt_version=prompt_version,
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def results(self, done: Iterable[str] = ()) -> Iterator[ProbeResult]:
        """Results of the trials whose keys are not in `done`, in order."""
        finished = set(done)
        left = [each for each in trials(self.pack, self.arms) if each.key not in finished]
        with ThreadPoolExecutor(self.at_once) as pool:
            try:
                for result in pool.map(self._result, left):
                    if result is None:
                        return
                    yield result
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _result(self, trial: Trial) -> ProbeResult | None:
        if not self.pace.wait():
            return None
        messages = self.prompting.messages(trial)
        reply = self.target.ask(messages, trial.item.question, trial.chunks)
        return judge(
            trial,
            reply.text,
            margin=self._margin(trial),
            error=reply.failure.value if reply.failure else None,
            seconds=reply.seconds,
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
        )

    def _margin(self, trial: Trial) -> float | None:
        """None under an arm without a conflict, and where this one call could not be scored."""
        if self.scorer is None or trial.arm not in CONFLICT_ARMS:
            return None
        try:
            return self.scorer(trial)
        except NoScoringError:
            return None


def read_run(path: Path) -> ProbeRun:
    """A run from its file: the identity in the first line, one result in each other.

    A line that was cut short (the run was killed as it wrote) is left out. Raises `UsageError`.
    """
    try:
        first, *rest = path.read_text(encoding="utf-8").split("\n")
        identity = RunIdentity(**json.loads(first)["run"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UsageError(f"{path}: not a probe run: {error}") from error
    return ProbeRun(identity, tuple(result for line in rest if (result := _result_of(line))))


def _result_of(line: str) -> ProbeResult | None:
    try:
        return ProbeResult.from_record(json.loads(line))
    except (ValueError, LookupError, TypeError):
        return None


def resume(path: Path, identity: RunIdentity) -> tuple[IO[str], list[ProbeResult]]:
    """Open a run file for appending, with its previous successful results.

    Failed calls are tried again; they and lines cut short are dropped from the file. Raises
    `UsageError` where the file holds a run of another pack, prompt or model.
    """
    if not path.exists() or path.stat().st_size == 0:
        file = path.open("w", encoding="utf-8")
        file.write(json.dumps({"run": asdict(identity)}) + "\n")
        return file, []
    begun = read_run(path)
    if not begun.identity.comparable(identity) or begun.identity.model != identity.model:
        raise UsageError(
            f"{path} contains a run of another pack, prompt or model; set another --out"
        )
    answered = [result for result in begun.results if result.error is None]
    fresh = path.with_suffix(f"{path.suffix}.part")
    lines = [json.dumps({"run": asdict(begun.identity)}), *map(result_line, answered)]
    fresh.write_text("\n".join(lines) + "\n", encoding="utf-8")
    fresh.replace(path)
    return path.open("a", encoding="utf-8"), answered


def result_line(result: ProbeResult) -> str:
    return json.dumps(result.as_record(), ensure_ascii=False)
