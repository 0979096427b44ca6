"""Canaries made of the handbook, by `groundwire canary`: run before a rollout and after it."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from groundwire_collector.errors import UsageError
from groundwire_demo.collector import GROUNDWIRE
from groundwire_demo.corpus import Edition, Page

_ITEMS = 80
_CALLS_A_MINUTE = 6000
_WORSE = 2  # exit code of `groundwire canary run`


@dataclass(frozen=True, slots=True)
class Reading:
    """One run of the canaries against one model; `worse` than the baseline, where one is given."""

    model: str
    memorization_ratio: float | None
    interval: tuple[float, float] | None
    items: int
    clean_accuracy: float
    worse: bool

    @classmethod
    def of(cls, model: str, summary: dict[str, Any], worse: bool) -> Self:
        told = summary["conflict_arms"]
        interval = tuple(told["interval"]) if told["interval"] else None
        ratio = told["memorization_ratio"]
        return cls(model, ratio, interval, told["n"], summary["clean_accuracy"], worse)


@dataclass(frozen=True, slots=True)
class Canaries:
    """A pack in `folder`, asked of the models at `base_url`."""

    folder: Path
    base_url: str

    def build(self, pages: Sequence[Page]) -> None:
        """Make the pack of this year's pages; raises UsageError where that fails."""
        corpus = self.folder / "corpus"
        corpus.mkdir(parents=True)
        for page in pages:
            text = "\n\n".join(page.paragraphs(Edition.THIS_YEAR))
            (corpus / f"{page.name}.txt").write_text(text, encoding="utf-8")
        _groundwire("build", "--corpus", str(corpus), "--out", str(self._pack))

    def run(self, model: str, baseline: str | None = None) -> Reading:
        """Ask `model`, and compare it with the run of `baseline`, a model asked before."""
        options = ["--endpoint", self.base_url, "--model", model, "--pack", str(self._pack)]
        options += ["--arms", "clean,conflict", "--limit", str(_ITEMS)]
        options += ["--rate", str(_CALLS_A_MINUTE), "--out", str(self._results(model))]
        if baseline is not None:
            options += ["--baseline", str(self._results(baseline))]
        ended = _groundwire("run", *options)
        (summary,) = json.loads(ended.stdout)["summary"]["strata"].values()
        return Reading.of(model, summary, ended.returncode == _WORSE)

    @property
    def _pack(self) -> Path:
        return self.folder / "pack.jsonl"

    def _results(self, model: str) -> Path:
        return self.folder / f"{model.replace('/', '-')}.jsonl"


def _groundwire(*arguments: str) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        [*GROUNDWIRE, "canary", *arguments], capture_output=True, text=True, check=False
    )
    if ended.returncode not in (0, _WORSE) or not ended.stdout:
        raise UsageError(f"groundwire canary {arguments[0]}: {ended.stderr.strip()}")
    return ended
