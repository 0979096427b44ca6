"""Every dashboard in every state, drawn by Grafana's own components in Chromium."""

import json
import subprocess
from pathlib import Path

import pytest
from dashboards.build import BOARDS, document
from dashboards.drawing.__main__ import checked
from dashboards.drawing.checks import complaints
from dashboards.drawing.states import CHECKED, STATES

from dashboards.drawing import drawing

TOOL = Path(__file__).parents[3] / "tools/grafana"
GRAFANA_AGPL = {"@grafana/prometheus", "@grafana/sql"}


@pytest.mark.needs("node", "prometheus", "chromium")
@pytest.mark.timeout(1800)
def test_every_dashboard_is_well_drawn_in_every_state(tmp_path: Path):
    boards = {name: document(board()) for name, board in BOARDS.items()}
    drawing.prepare()
    drawn = checked(boards, tmp_path, [], STATES)
    assert len(drawn) == len(CHECKED) * len(boards) + len(STATES) - len(CHECKED)
    assert [line for each in drawn for line in complaints(each)] == []


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
