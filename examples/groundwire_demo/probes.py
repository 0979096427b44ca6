"""Probe pack from the handbook, scheduled against both models."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from groundwire_collector.errors import UsageError
from groundwire_demo.collector import GROUNDWIRE
from groundwire_demo.corpus import Edition, Page
from groundwire_demo.endpoint import DemoEndpoint

_ITEMS = 80
_CALLS_A_MINUTE = 6000
_SHARED_LABEL = "fresh"  # the stratum of everything that is built from a corpus alone


@dataclass(frozen=True, slots=True)
class ProbeReading:
    """One probe run; `worse` than the baseline, where there is one."""

    model: str
    memorization_ratio: float | None
    interval: tuple[float, float] | None
    items: int
    clean_accuracy: float
    worse: bool
    started_at: datetime

    @classmethod
    def of(cls, run: Mapping[str, Any]) -> Self:
        """Parse a run of `/api/v1/estimates`."""
        report = run["strata"][_SHARED_LABEL]
        conflict, compared = report["conflict_arms"], run["against_baseline"]
        low, high = conflict["interval"]
        return cls(
            run["model_version"],
            conflict["memorization_ratio"],
            (low, high),
            conflict["n"],
            report["clean_accuracy"],
            compared is not None and (compared["override"] or compared["general"]),
            datetime.fromisoformat(run["started_at"]),
        )


@dataclass(frozen=True, slots=True)
class ProbeSchedule:
    """Schedule of a pack in `folder`: every `interval` seconds at `endpoint`."""

    folder: Path
    endpoint: DemoEndpoint
    interval: float

    def build(self, pages: Sequence[Page]) -> None:
        """Make the pack of this year's pages; raises UsageError where that fails."""
        corpus = self.folder / "corpus"
        corpus.mkdir(parents=True)
        for page in pages:
            text = "\n\n".join(page.paragraphs(Edition.THIS_YEAR))
            (corpus / f"{page.name}.txt").write_text(text, encoding="utf-8")
        command = [*GROUNDWIRE, "probe", "build", "--corpus", str(corpus)]
        ended = subprocess.run(
            [*command, "--out", str(self._pack)], capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise UsageError(f"groundwire probe build: {ended.stderr.strip()}")

    def settings(self, service: str, api_key: str | None) -> dict[str, str]:
        """Collector settings for the schedule, current model first (baseline)."""
        models = (self.endpoint.model, self.endpoint.tuned_model)
        values = {
            "PROBE_ENDPOINT": self.endpoint.base_url,
            "PROBE_MODELS": ",".join(model for model in models if model),
            "PROBE_SERVICE": service,
            "PROBE_INTERVAL_SECONDS": str(self.interval),
            "PROBE_PACK": str(self._pack.resolve()),
            "PROBE_ITEMS": str(_ITEMS),
            "PROBE_ARMS": "clean,conflict",
            "PROBE_CALLS_PER_MINUTE": str(_CALLS_A_MINUTE),
            **({"PROBE_API_KEY": api_key} if api_key else {}),
        }
        return {f"GROUNDWIRE_{name}": value for name, value in values.items()}

    @property
    def _pack(self) -> Path:
        return self.folder / "pack.jsonl"
