"""Every dashboard in every state, drawn by Grafana's own components in Chromium."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from dashboards.drawing.states import INCIDENTS

from dashboards.drawing import drawing

ROOT = Path(__file__).parents[3]
TOOL = ROOT / "tools/grafana"
SEVEN = {"overview", "faithfulness", "reliance", "behaviour", "drift", "finetune", "health"}
GRAFANA_AGPL = {"@grafana/prometheus", "@grafana/sql"}


@pytest.mark.needs("node", "prometheus", "chromium")
@pytest.mark.timeout(1800)
def test_every_dashboard_is_well_drawn_in_every_state(tmp_path: Path):
    command = [sys.executable, "-m", "dashboards.drawing", "--out", str(tmp_path / "images")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    pictures = {path.stem for path in (tmp_path / "images").glob("*.png")}
    assert pictures == SEVEN | {f"incident-{name}" for name in INCIDENTS if name != "alarm"}


def test_packages_of_the_tool_have_exact_versions_and_the_lock_names_no_registry():
    wanted = json.loads((TOOL / "package.json").read_text())["dependencies"]
    assert all(version[0].isdigit() for version in wanted.values())
    lock = json.loads((TOOL / "package-lock.json").read_text())["packages"]
    assert not any("resolved" in package for package in lock.values())
    installed = {path.removeprefix("node_modules/") for path in lock}
    assert not installed & GRAFANA_AGPL
    assert "omit-lockfile-registry-resolved=true" in (TOOL / ".npmrc").read_text()


@pytest.mark.needs("node")
def test_what_node_complains_about_is_raised(tmp_path: Path):
    (tmp_path / "jobs.json").write_text("[]")
    with pytest.raises(RuntimeError, match="missing-script"):
        drawing._run("node", "missing-script.mjs")
    assert subprocess.run(["node", "--version"], capture_output=True).returncode == 0
