"""A rollout while memory still agrees with the documents: what each source says, in Prometheus.

`groundwire demo --memory-agrees`: the fine-tune knows this year's pages by heart. Faithfulness and
the passive signals cannot see that, probes can, and closed-book calls tell how much is at risk.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.needs("prometheus", "alertmanager")

RUN = "import sys; from groundwire_collector.cli import main; sys.argv[0] = 'groundwire'; main()"
TURNS = 600
BASE, TUNED = "tarn-8b", "tarn-8b-ft"
OUTCOMES = "groundwire_reliance_outcomes_total"


@dataclass
class Demo:
    """A demo that has asked its questions and is kept running."""

    output: list[str]
    collector: str
    prometheus: str
    key: str

    def by_version(self, expression: str) -> dict[str, float]:
        """An expression summed by model_version."""
        found = self.query(f"sum by (model_version) ({expression})")
        return {one["metric"]["model_version"]: float(one["value"][1]) for one in found}

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What Prometheus has of it now."""
        address = f"{self.prometheus}/api/v1/query"
        answer = httpx.get(address, params={"query": expression}, timeout=10)
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found

    def outcomes(self, source: str, *names: str) -> dict[str, float]:
        """Answers with these outcomes (without names: all), by model_version; 0 where none."""
        matcher = f', outcome=~"{"|".join(names)}"' if names else ""
        found = self.by_version(f'{OUTCOMES}{{source="{source}"{matcher}}}')
        return {version: found.get(version, 0.0) for version in (BASE, TUNED)}

    def estimates(self) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = httpx.get(f"{self.collector}/api/v1/estimates", headers=headers, timeout=20)
        reported: dict[str, Any] = answer.raise_for_status().json()
        return reported


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("agrees")
    command = [sys.executable, "-c", RUN, "demo", "--memory-agrees", "--keep"]
    command += ["--turns", str(TURNS), "--rate", "80", "--data-dir", str(folder)]
    plain = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
    environment = {**plain, "GROUNDWIRE_BASELINE_TURNS": "150", "GROUNDWIRE_BASELINE_DAYS": "0"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        output: list[str] = []
        for line in process.stdout:
            output.append(line)
            if line.startswith("Ctrl-C"):
                break
        try:
            reported = (_reported(output, name) for name in ("collector", "Prometheus", "API key:"))
            yield Demo(output, *reported)
        finally:
            process.send_signal(signal.SIGINT)
            rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, "".join(output) + rest


def _reported(output: list[str], name: str) -> str:
    """The last word that the demo says of something, without the page of an address."""
    [*_, line] = [line for line in output if line.startswith(name)]
    return line.split()[-1].removesuffix("/alerts").removesuffix("/")


def test_faithfulness_and_passive_signals_stay_flat(demo: Demo) -> None:
    sums, counts = (demo.by_version(f"groundwire_faithfulness_{part}") for part in ("sum", "count"))
    faithfulness = {version: sums[version] / counts[version] for version in (BASE, TUNED)}
    assert faithfulness[TUNED] > 0.9
    assert abs(faithfulness[TUNED] - faithfulness[BASE]) < 0.03
    overridden, answers = demo.outcomes("passive", "parametric", "both"), demo.outcomes("passive")
    assert overridden[TUNED] / answers[TUNED] < 0.03


def test_the_memorization_ratio_of_probes_is_up_and_alarmed(demo: Demo) -> None:
    parametric = demo.outcomes("probe", "parametric")
    deciding = demo.outcomes("probe", "parametric", "context")
    ratio = {version: parametric[version] / deciding[version] for version in (BASE, TUNED)}
    assert ratio[BASE] < 0.1
    assert ratio[TUNED] > 0.3
    alarm = 'groundwire_drift_alarm{signal="probe", dimension="model_version"}'
    assert [one["metric"]["value"] for one in demo.query(alarm)] == [TUNED]
    message = "".join(demo.output)
    assert [line.split()[1] for line in demo.output if line.startswith("ALARM ")] == ["probe"]
    assert re.search(
        r"probe answers from memory \(probe\) up by 0\.\d+ for model_version tarn-8b-ft", message
    )
    assert "only the probes detected the rollout" in message


def test_closed_book_calls_see_the_redundant_share_and_too_few_turns_for_a_ratio(
    demo: Demo, wait_for: Callable[..., Any]
) -> None:
    wait_for(lambda: demo.outcomes("closed_book")[TUNED] > 15, "closed-book calls")
    redundant, answers = demo.outcomes("closed_book", "both"), demo.outcomes("closed_book")
    assert redundant[BASE] == 0
    assert redundant[TUNED] / answers[TUNED] > 0.6
    reported = {one["model_version"]: one for one in demo.estimates()["closed_book"]}
    assert reported[TUNED]["redundant_share"]["interval"][0] > 0.5
    assert reported[TUNED]["memorization_ratio"] is None
    assert reported[TUNED]["statement"].startswith("too few diagnostic turns")
    assert "memorization ratio: too few diagnostic turns" in "".join(demo.output)


def test_what_the_collector_and_the_application_ask_besides_is_no_turn(
    demo: Demo, wait_for: Callable[..., Any]
) -> None:
    wait_for(lambda: sum(demo.by_version("groundwire_turns_total").values()) >= TURNS, "the turns")
    assert sum(demo.by_version("groundwire_turns_total").values()) == TURNS
    calls = demo.by_version('groundwire_probe_calls_total{source="probe"}')
    assert min(calls[BASE], calls[TUNED]) >= 160


def test_each_probe_run_reports_its_stratum_its_cost_and_how_it_compares(demo: Demo) -> None:
    runs = demo.estimates()["probe"]
    assert {run["model_version"] for run in runs} == {TUNED, BASE}
    for run in runs:
        fresh = run["strata"]["fresh"]
        assert fresh["conflict_arms"]["n"] == fresh["clean_n"] == 80
        assert fresh["clean_accuracy"] > 0.9
        assert run["tokens"]["input"] > 0
        compared = run["against_baseline"]
        expected = run["model_version"] == TUNED
        assert (compared is not None and compared["override"]) is expected
