"""The documents hold together: links lead somewhere, commands exist, examples run."""

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
IDS = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.M | re.S)

READERS_OWN = """
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
import groundwire as gw
from groundwire import observe

request = SimpleNamespace(session="s-1", tenant="t-1", question="How long?")
question, questions = "How long?", ["How long?"]
executor, cache = ThreadPoolExecutor(), {}
rolled_out = bool
store = SimpleNamespace(similarity_search=lambda question, k: ["30 days"])
message = SimpleNamespace(role="assistant", content="30 days")
completion = SimpleNamespace(choices=[SimpleNamespace(message=message)], model="gpt-4o")
create = lambda model, messages: completion
client = SimpleNamespace(chat=SimpleNamespace(completions=SimpleNamespace(create=create)))
prompt = lambda question, chunks: [{"role": "user", "content": question}]
"""


def blocks(path: Path, *languages: str) -> list[str]:
    found = FENCE.findall(path.read_text(encoding="utf-8"))
    return [text for language, text in found if language in languages]


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_every_relative_link_leads_to_a_file(path):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.S)
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    missing = [
        link
        for link in links
        if not re.match(r"[a-z]+:", link) and not (path.parent / link).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_every_command_exists(path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    commands = set(entry_points(group="groundwire.commands").names)
    for block in blocks(path, "sh", "bash", "console"):
        assert set(re.findall(r"^\s*\$?\s*make ([a-z-]+)", block, re.M)) <= targets
        assert set(re.findall(r"\bgroundwire ([a-z]+)\b(?! &&)", block)) <= commands


@pytest.mark.parametrize(
    "path", [path for path in DOCUMENTS if blocks(path, "python")], ids=lambda path: path.stem
)
def test_every_python_example_runs(path, tmp_path):
    """The examples of a document, one after the other, among the names a reader would have."""
    program = "\n".join([READERS_OWN, *blocks(path, "python")])
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stderr


def test_the_readme_example_runs_without_a_collector_and_without_a_word():
    [example] = blocks(ROOT / "README.md", "python")
    program = example + "\nassert ask('How long do I have?') is None\n"
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr


def test_nothing_speaks_of_a_machine():
    """No path of a machine and no host of a package registry in anything that is shipped."""
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    telling = re.compile(rb"/work/|/root/\.|/home/[a-z]+/|pypi\.org/simple|registry\.npmjs")
    own = str(Path(__file__).relative_to(ROOT))
    found = [
        name
        for name in tracked
        if name != own and (ROOT / name).is_file() and telling.search((ROOT / name).read_bytes())
    ]
    assert found == []
