"""Every command line that the documents print is run here, or by the test that stands beside it.

A command that is new in the documents and in neither table fails.
"""

import ast
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.documentation.prepared import POLITE, ROOT, prepare, traces
from tests.model_server import ChatServer, serving
from tests.ports import free_port
from tests.running import Collector, collector

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", re.M | re.S)
INDENTED = re.compile(r"(?:^ {4}.*\n)+", re.M)
SHELLS = ("", "sh", "bash", "console", "shell")
BEGINS = re.compile(
    r"(?:[A-Z_]+=\S+ )*(?:groundwire(?: |$)|python -m groundwire|pip install|make(?: |$)|curl )"
)
QUOTED = re.compile(r'"[^"]*"')
BIN = Path(sys.executable).parent
KEY = "gw_test"


def printed() -> Iterator[str]:
    """Command lines of the documents, without prompts and comments."""
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        blocks = [block for language, block in FENCE.findall(text) if language in SHELLS]
        for block in (*blocks, *INDENTED.findall(FENCE.sub("", text))):
            for line in QUOTED.sub(_on_one_line, block.replace("\\\n", " ")).splitlines():
                bare = re.split(r"\s# ", line.strip().removeprefix("$ "))[0]
                if BEGINS.match(command := " ".join(bare.split())):
                    yield command


def _on_one_line(quoted: re.Match[str]) -> str:
    return quoted[0].replace("\n", " ")


COMMANDS = sorted(set(printed()))

# Run here as printed, in this order, in a folder with what the documents presuppose.
RUN = (
    "groundwire doctor",
    "groundwire score answers.jsonl.gz --out judged.jsonl",
    "groundwire gate candidate.jsonl --baseline baseline.jsonl",
    "groundwire compare ft-1 ft-2 --service support --since 7d",
    "groundwire tone tone.json --answers train.jsonl",
    "groundwire tone tone.json --service support-bot --model-version ft-2026-11",
    "groundwire finetune add train.jsonl --model-version ft-2026-11",
    "groundwire finetune show ft-2026-11",
    "groundwire finetune stale ft-2026-11 --probes stale.jsonl",
    "groundwire finetune stale ft-2026-11 --chunks pages/ --chunks export.jsonl",
    "groundwire finetune export ft-2026-11 teach.jsonl --system system.txt",
    "groundwire finetune adapter models/ft-2026-11 --model-version ft-2026-11",
    "groundwire probe build --corpus docs/ --training finetune.jsonl --out mine.jsonl",
    "groundwire probe build --stored groundwire-data --out from-turns.jsonl",
    "groundwire probe build --corpus docs-2026/ --previous docs-2025/ --out stale.jsonl",
    "OPENAI_API_KEY=… groundwire probe run --endpoint https://api.example.com/v1 --model my-model"
    " --out baseline.jsonl --price-in 0.15 --price-out 0.60",
    "groundwire keys add assistant --scope read",
    "groundwire keys add anna --scope read --scope label --service support-bot",
    "groundwire keys add support-bot --scope ingest --service support-bot",
    "groundwire keys list",
    "groundwire keys rotate ID",
    "groundwire keys revoke ID",
    'curl -H "Authorization: Bearer $KEY" -H \'Content-Type: application/json\' -d \'{"turn_id": '
    '"5b8e…-9d2c…", "verdict": "unsupported"}\' http://127.0.0.1:4318/api/v1/labels',
    "groundwire labels export golden.jsonl --with-text",
    "groundwire labels export labels.jsonl.gz --with-text",
    "groundwire labels import labels.jsonl.gz",
    'curl -X POST -H "Authorization: Bearer $GROUNDWIRE_API_KEY" -H "Content-Type: '
    'application/json" -d \'{"service": "bot", "since": "2026-11-01T00:00:00Z", "until": '
    '"2026-11-15T00:00:00Z", "why": "the fortnight before ft-3"}\' '
    "http://127.0.0.1:4318/api/v1/baselines",
    'curl -X POST -H "Authorization: Bearer $GROUNDWIRE_API_KEY" -H "Content-Type: '
    'application/json" -d \'{"service": "bot", "index_version": "rebuilt 2026-11-21", "note": '
    '"new chunking"}\' http://127.0.0.1:4318/api/v1/rollouts',
    "groundwire rollout --service support --model-version ft-2026-12 --release 4f1c2aa"
    ' --trained-at 2026-11-30 --note "fewer refusals"',
    'curl -s http://127.0.0.1:4318/api/v1/judge -H "Authorization: Bearer $GROUNDWIRE_API_KEY"'
    ' -H \'Content-Type: application/json\' -d \'{"question": "Price?", "contexts": ["The lamp'
    ' costs 49 euros."], "answer": "It costs 94 euros."}\'',
    'curl -s -H "Authorization: Bearer $GROUNDWIRE_API_KEY"'
    " 'http://127.0.0.1:4318/api/v1/turns?order=worst&limit=1'",
    "groundwire keys add prometheus --scope read > /etc/prometheus/groundwire.key",
    "groundwire rules --config limits.toml --out /etc/prometheus/groundwire",
    "groundwire rules --config limits.toml --targets targets.yaml --out /etc/prometheus/groundwire",
    "groundwire rules --simulate --turns-per-hour 100 --level 0.05",
    "groundwire dashboards --out /etc/groundwire --config limits.toml --datasource prometheus",
    "groundwire dashboards --out /etc/groundwire --managed-alerts --notify oncall@example.com",
    "groundwire deploy --out stack",
    "groundwire doctor --suggest > mine.toml",
    "groundwire rescore --since 2026-11-01T00:00:00Z --evaluator grounding --workers 4",
    "groundwire retention forget --user u-4711",
    "groundwire retention apply --days 7",
)
# Started here until they are ready, each on a folder of its own.
STARTED = (
    "groundwire up",
    "GROUNDWIRE_PATH_PREFIX=/api/public/otel groundwire up",
    "GROUNDWIRE_JUDGES=context_gain=0.02 GROUNDWIRE_PROBE_ENDPOINT=http://127.0.0.1:8000/v1"
    " groundwire up",
    "GROUNDWIRE_JUDGE_GOLDEN=golden.jsonl groundwire up",
    "GROUNDWIRE_EVALUATORS=grounding,override,retrieval,behaviour,my_package.judges:Polite"
    " groundwire up",
    "GROUNDWIRE_ALARM_SLACK_URL=https://hooks.slack.com/services/... groundwire up",
    "GROUNDWIRE_FAMILIES=mine.toml groundwire up",
    'GROUNDWIRE_PUBLISH_ENDPOINT=http://127.0.0.1:14318 GROUNDWIRE_PUBLISH_HEADERS="api-key=..."'
    " groundwire up",
    "groundwire up --workers 4",
)


@dataclass(frozen=True)
class Elsewhere:
    """Why a command is not run here, and the test that runs what it does."""

    reason: str
    test: str


DEMO = "tests/end_to_end/test_demo.py"
JUDGES = "tests/collector/judges/test_job.py"
REAL = Elsewhere("takes minutes", f"{DEMO}::test_a_real_fine_tune_raises_an_alarm_that_names_it")
OPTIONS = Elsewhere("takes minutes", f"{DEMO}::test_the_options_are_explained")
ELSEWHERE = {
    "groundwire retrieval retrieved.jsonl --k 1,5": Elsewhere(
        "needs labelled retrievals",
        "tests/collector/commands/test_retrieval.py::"
        "test_ids_and_a_list_of_all_relevant_ones_give_every_measure",
    ),
    "make demo": REAL,
    "make test": Elsewhere(
        "is what runs this",
        "tests/test_makefile.py::test_make_alone_lists_every_command_with_what_it_does",
    ),
    "groundwire demo --no-rollout": Elsewhere(
        "takes minutes", f"{DEMO}::test_without_a_rollout_the_collector_stays_silent"
    ),
    "groundwire demo --keep": Elsewhere(
        "does not end", f"{DEMO}::test_ending_the_demo_ends_what_it_started"
    ),
    "GROUNDWIRE_BASELINE_TURNS=150 groundwire demo --turns 600": REAL,
    "groundwire demo --scripted": Elsewhere(
        "takes minutes", f"{DEMO}::test_a_rollout_that_stops_reading_its_context_raises_the_alarm"
    ),
    "groundwire demo --live": Elsewhere(
        "needs the weights of a model",
        "tests/examples/test_live.py::"
        "test_the_base_model_reads_its_passages_and_its_fine_tune_recalls_last_year",
    ),
    "groundwire demo --memory-agrees": OPTIONS,
    "groundwire demo --turns 1300 --rate 2": OPTIONS,
    "GROUNDWIRE_JUDGES=llm_judge,ragas_faithfulness=0.002,ragas_context_utilization=0.002"
    " groundwire up": Elsewhere(
        "needs [ragas]", f"{JUDGES}::test_judges_of_one_library_share_a_process"
    ),
    "GROUNDWIRE_JUDGES=hf:vectara/hallucination_evaluation_model groundwire up": Elsewhere(
        "needs the weights of a model", "tests/evaluators/judges/test_local.py"
    ),
    "groundwire probe run … --model my-finetune --out ft.jsonl --baseline base-1.jsonl --baseline"
    " base-2.jsonl --baseline base-3.jsonl --baseline base-4.jsonl --earlier checkpoint-1.jsonl"
    " --earlier checkpoint-2.jsonl --alarms 1 --runs 30": Elsewhere(
        "needs seven earlier runs",
        "tests/collector/commands/test_probe.py::"
        "test_a_model_that_recites_exits_with_2_against_baseline_and_best",
    ),
    "groundwire rescore --engine ray --ray-address ray://head:10001 --workers 16 --gpus 0.25": (
        Elsewhere(
            "needs a Ray cluster",
            "tests/collector/evaluation/test_engines.py::test_two_processes_judge_all_turns_in_order",
        )
    ),
    "groundwire query \" SELECT model_version, date_trunc('day', started_at) AS day,"
    " avg(signals['p_unsupported']) FROM scores WHERE evaluator = 'grounding' GROUP BY ALL"
    ' ORDER BY day"': Elsewhere(
        "needs [archive]",
        "tests/collector/commands/test_query.py::"
        "test_a_pipe_gets_a_json_line_a_row_of_stored_and_archived_turns",
    ),
    "GROUNDWIRE_ARCHIVE_URL=/var/lib/groundwire/archive groundwire up": Elsewhere(
        "needs [archive]",
        "tests/collector/commands/test_query.py::"
        "test_a_pipe_gets_a_json_line_a_row_of_stored_and_archived_turns",
    ),
    "groundwire doctor --send-test": Elsewhere(
        "needs a channel",
        "tests/collector/commands/test_alarm_channels.py::"
        "test_a_test_reaches_every_channel_and_ends_there",
    ),
    'curl -X POST -H "Authorization: Bearer $GROUNDWIRE_API_KEY"'
    " http://127.0.0.1:4318/api/v1/alarms/7/acknowledge": Elsewhere(
        "needs an alarm",
        "tests/collector/web/api/test_alarms.py::"
        "test_an_acknowledged_alarm_names_who_is_on_it_and_stays_open",
    ),
    'curl -X POST -H "Authorization: Bearer $GROUNDWIRE_API_KEY" -H "Content-Type: '
    'application/json" -d \'{"why": "ft-3 answers more briefly and cites less; agreed with the '
    "product owner\"}' http://127.0.0.1:4318/api/v1/alarms/7/accept": Elsewhere(
        "needs an alarm",
        "tests/collector/web/api/test_alarms.py::"
        "test_accepting_a_level_is_a_recorded_act_and_makes_it_the_baseline",
    ),
}


def test_every_printed_command_is_run_somewhere():
    tables = {*RUN, *STARTED, *ELSEWHERE}
    installing = {command for command in COMMANDS if command.startswith("pip install")}
    assert set(COMMANDS) - installing - tables == set(), "new in the documents"
    assert tables - set(COMMANDS) == set(), "no longer in the documents"


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("pip install")])
def test_what_is_installed_has_the_extras_that_are_named(command):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = re.findall(r"[\w-]+", "".join(re.findall(r"\[(.*?)\]", command)))
    groups = re.findall(r"--group (\S+)", command)
    assert set(extras) <= project["project"]["optional-dependencies"].keys()
    assert set(groups) <= project["dependency-groups"].keys()


@pytest.mark.parametrize("command", ELSEWHERE)
def test_the_test_that_runs_a_command_elsewhere_exists(command):
    path, _, name = ELSEWHERE[command].test.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert name in names or (not name and any(n.startswith("test_") for n in names))


@pytest.mark.parametrize("command", [c for c in ELSEWHERE if "groundwire demo" in c])
def test_a_command_that_is_run_elsewhere_has_its_options(command):
    words = shlex.split(command)
    name = words[words.index("groundwire") + 1]
    shown = subprocess.run(
        [BIN / "groundwire", name, "--help"], capture_output=True, text=True, check=True
    ).stdout
    options = [word for word in words if word.startswith("--")]
    assert [option for option in options if option not in shown] == []


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("printed")
    prepare(folder)
    return folder


@pytest.fixture(scope="module")
def running(place) -> Iterator[Collector]:
    with collector(place / "groundwire-data") as started:
        for body in traces():
            assert started.post(body) == 200
        yield started


@pytest.fixture(scope="module")
def model() -> Iterator[ChatServer]:
    with serving() as server:
        server.says("The answer is 42.")
        yield server


def run(command: str, place: Path, running: Collector, model: ChatServer) -> str:
    """What a command printed, its placeholders replaced; raises where it failed."""
    shown = command.replace("http://127.0.0.1:4318", running.url)
    shown = _in_folder(shown, place)
    shown = shown.replace("curl ", "curl --silent --show-error --fail-with-body ")
    if "probe run" in command:
        (place / "baseline.jsonl").unlink()  # the gate's; a run would go on with it
        shown = shown.replace("https://api.example.com/v1", f"{model.url}/v1").replace("…", "none")
        shown += " --limit 24 --arms clean,conflict"
    if "5b8e" in command:
        shown = shown.replace("5b8e…-9d2c…", _ids(running, "/api/v1/turns", "turns")[0])
    if command.endswith(" ID"):
        listed = json.loads(run("groundwire keys list", place, running, model))
        keys = listed if isinstance(listed, list) else listed["keys"]
        shown = shown.replace("ID", next(key["id"] for key in keys if key["name"] == "anna"))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
    environment |= {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "KEY": KEY}
    environment |= {"GROUNDWIRE_API_KEY": KEY, "GROUNDWIRE_ENDPOINT": running.url}
    done = subprocess.run(
        ["bash", "-c", shown], cwd=place, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise AssertionError(f"exit {done.returncode}: {done.stdout[-400:]} {done.stderr[-800:]}")
    return done.stdout


def _in_folder(command: str, folder: Path) -> str:
    """The command with the folders of a machine below `folder`."""
    for path in ("/etc/prometheus", "/etc/groundwire"):
        if path in command:
            (folder / path[1:]).mkdir(parents=True, exist_ok=True)
            command = command.replace(path, str(folder / path[1:]))
    return command


def _ids(running: Collector, path: str, of: str) -> list[str]:
    request = urllib.request.Request(
        f"{running.url}{path}", headers={"Authorization": f"Bearer {KEY}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return [item["id"] for item in json.load(answer)[of]]


@pytest.mark.timeout(600)
def test_each_printed_command_runs(place, running, model):
    failed = {}
    for command in RUN:
        try:
            run(command, place, running, model)
        except AssertionError as error:
            failed[command] = str(error)
    assert not failed, "\n".join(f"{command}\n    {why}" for command, why in failed.items())


@pytest.mark.parametrize("command", STARTED)
def test_each_printed_start_gets_ready(command, tmp_path):
    prepare_start(tmp_path)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
    environment |= {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(tmp_path),
        "GROUNDWIRE_PORT": str(free_port()),
        "GROUNDWIRE_GRPC_PORT": str(free_port()),
    }
    started = subprocess.Popen(
        ["bash", "-c", f"exec env {_in_folder(command, tmp_path)}"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with started:
        assert started.stdout is not None
        lines = []
        for line in started.stdout:
            lines.append(line)
            if "is ready" in line:
                break
        os.killpg(started.pid, signal.SIGKILL)
    assert any("is ready" in line for line in lines), lines


def prepare_start(folder: Path) -> None:
    """What the variables of the printed starts name."""
    package = folder / "my_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "judges.py").write_text(POLITE, encoding="utf-8")
    golden = {
        "question": "Price?",
        "contexts": ["49 euros."],
        "answer": "49.",
        "verdict": "faithful",
    }
    (folder / "mine.toml").write_text('name = "mine"\n', encoding="utf-8")
    (folder / "golden.jsonl").write_text(json.dumps(golden) + "\n", encoding="utf-8")
