"""Endpoint of the demo: recorded answers, scripted stand-in or a named server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import httpx

from groundwire_collector.errors import UsageError
from groundwire_demo import live, recording
from groundwire_demo.corpus import Edition
from groundwire_demo.process import ended_at_last
from groundwire_demo.standin.server import BASE, TUNED

LLM = "GROUNDWIRE_DEMO_LLM"
TUNED_MODEL = "GROUNDWIRE_DEMO_TUNED_MODEL"
_KNOCK_SECONDS = 10.0


class ModelKind(StrEnum):
    """What answers in the demo."""

    RECORDED = "recorded"
    LIVE = "live"  # the recorded models, run here
    SCRIPTED = "scripted"
    NAMED = "named"  # by the environment

    @property
    def is_recorded_model(self) -> bool:
        """Whether the recording holds this model's answers and what they did."""
        return self in (ModelKind.RECORDED, ModelKind.LIVE)


@dataclass(frozen=True, slots=True)
class DemoEndpoint:
    """OpenAI-compatible server with its current and its rolled-out model."""

    base_url: str
    model: str
    tuned_model: str | None
    kind: ModelKind

    def describe(self) -> str:
        if self.kind is ModelKind.RECORDED:
            return f"{self.model}, a real model's recorded answers (set {LLM} to ask one)"
        if self.kind is ModelKind.LIVE:
            return f"{self.model}, run here by llama.cpp (about a second an answer)"
        if self.kind is ModelKind.SCRIPTED:
            return f"a scripted stand-in (set {LLM} to use a real model)"
        return f"{self.model} at {self.base_url}"


def from_environment(rollout: bool) -> DemoEndpoint | None:
    """Endpoint configured in the environment, if any.

    Raises:
        UsageError: it is only half described, or nothing listens there.
    """
    wanted = os.environ.get(LLM, "").split()
    if not wanted:
        return None
    tuned = os.environ.get(TUNED_MODEL)
    if len(wanted) != 2 or not wanted[0].startswith(("http://", "https://")):
        raise UsageError(f'{LLM} is "BASE_URL MODEL", as in "http://127.0.0.1:11434/v1 llama3.2"')
    if rollout and not tuned:
        raise UsageError(f"{TUNED_MODEL} must name the rolled-out model (or use --no-rollout)")
    _knock(wanted[0])
    return DemoEndpoint(wanted[0], wanted[1], tuned, ModelKind.NAMED)


def _knock(base_url: str) -> None:
    try:
        httpx.get(f"{base_url.rstrip('/')}/models", timeout=_KNOCK_SECONDS)  # any answer will do
    except httpx.HTTPError as error:
        raise UsageError(
            f"{LLM}: the model server at {base_url} does not answer: {error}"
        ) from error


@contextmanager
def stand_in_endpoint(ramp: int, learnt: Edition, log: Path) -> Iterator[DemoEndpoint]:
    """Run the scripted stand-in as a child process for the block."""
    with _serving(["--ramp", str(ramp), "--learnt", learnt.name], log) as base_url:
        yield DemoEndpoint(base_url, BASE, TUNED, ModelKind.SCRIPTED)


@contextmanager
def replaying(log: Path) -> Iterator[DemoEndpoint]:
    """Serve the recorded answers from a child process for the block."""
    with _serving(["--recorded"], log) as base_url:
        yield DemoEndpoint(base_url, recording.BASE, recording.TUNED, ModelKind.RECORDED)


@contextmanager
def running_live(log: Path) -> Iterator[DemoEndpoint]:
    """Run the recorded models with llama.cpp in a child process for the block.

    Raises:
        UsageError: a part is missing; the message says what to install.
    """
    live.require()
    with _serving(["--live"], log) as base_url:
        yield DemoEndpoint(base_url, recording.BASE, recording.TUNED, ModelKind.LIVE)


@contextmanager
def _serving(options: list[str], log: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "groundwire_demo.standin", *options]
    with (
        log.open("wb") as errors,
        ended_at_last(
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        ) as process,
    ):
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        if not base_url:
            raise UsageError(f"the model server did not start; see {log}")
        yield base_url
