"""`pip install groundwire` brings OpenTelemetry only, and `import groundwire` loads no more."""

import re
import subprocess
import sys
from importlib import metadata

from packaging.requirements import Requirement

# What OpenTelemetry's api, sdk and OTLP/HTTP exporter need themselves.
OF_OPENTELEMETRY = {
    "certifi",
    "charset-normalizer",
    "deprecated",
    "googleapis-common-protos",
    "idna",
    "importlib-metadata",
    "protobuf",
    "requests",
    "typing-extensions",
    "urllib3",
    "wrapt",
    "zipp",
}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required(distribution: str) -> set[str]:
    """The names a distribution needs when installed without extras."""
    found = map(Requirement, metadata.requires(distribution) or ())
    return {normal(r.name) for r in found if r.marker is None or r.marker.evaluate({"extra": ""})}


def needed_by(distribution: str) -> set[str]:
    """The names that come with a distribution, directly or not."""
    found: set[str] = set()
    waiting = [*required(distribution)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += required(name)
    return found


def test_the_bare_install_is_opentelemetry_and_what_it_needs() -> None:
    direct = required("groundwire")
    assert direct == {
        "opentelemetry-api",
        "opentelemetry-sdk",
        "opentelemetry-exporter-otlp-proto-http",
    }
    others = {name for name in needed_by("groundwire") if not name.startswith("opentelemetry-")}
    assert others <= OF_OPENTELEMETRY


def test_importing_and_using_it_loads_nothing_else() -> None:
    code = """
import sys
before = set(sys.modules)
import groundwire as gw
from groundwire import observe
gw.init(endpoint="http://127.0.0.1:1", exit_timeout=0.1)
observe(lambda question: "yes")("why?")
gw.flush(0.1)
print(*{name.partition(".")[0] for name in set(sys.modules) - before})
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.split()) - set(sys.stdlib_module_names)
    allowed = {"groundwire", "opentelemetry", "google", "typing_extensions", "importlib_metadata"}
    allowed |= {"zipp", "psutil"}  # OpenTelemetry's resources use psutil where there is one
    assert {name for name in loaded if not name.startswith("_")} <= allowed
