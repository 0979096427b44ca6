"""Each emitter, live, against a running collector; its turns as the API gives them."""

import importlib.util
import json
import time
import urllib.parse
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.matrix.recordings import families_in, recorded_traces

from groundwire_collector.assembly.reference import RESULTS, write

ROOT = Path(__file__).parents[2]
PROVIDED = ("yes", "none asked", "the prompt", "as one text")
WAIT_SECONDS = 90
REQUESTED_AFTER_SECONDS = 4  # the collector's quiet time here, and a little


@pytest.fixture
def recorder(collector):
    path = Path(__file__).parent / "recorder.py"
    spec = importlib.util.spec_from_file_location("recorder", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    recorder = module.Recorder(collector.url)
    yield recorder
    recorder.shutdown()
    recorder.server_close()


@pytest.fixture(scope="session")
def results():
    """Kept from run to run by emitter; written with the page when the run ends."""
    path = ROOT / RESULTS
    retained = json.loads(path.read_text(encoding="utf-8"))["emitters"] if path.exists() else []
    rows = {row["name"]: row for row in retained}
    yield rows
    facts = list(next(iter(rows.values()))["found"]) if rows else []
    found = {"facts": facts, "emitters": sorted(rows.values(), key=_name)}
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    write(ROOT)


def _name(row):
    return row["name"]


def turns_of(collector, service):
    query = urllib.parse.urlencode({"service": service, "limit": 50})
    found = collector.get(f"/api/v1/turns?{query}")["turns"]
    return [collector.get(f"/api/v1/turns/{turn['id']}") for turn in found]


def settled_turns(collector, service):
    """The turns of a service once they stopped coming."""
    deadline, before = time.monotonic() + WAIT_SECONDS, None
    while time.monotonic() < deadline:
        time.sleep(REQUESTED_AFTER_SECONDS)
        found = turns_of(collector, service)
        if found and before == [turn["id"] for turn in found]:
            return found
        before = [turn["id"] for turn in found]
    return []


@pytest.mark.timeout(3600)
def test_each_emitter_gives_its_turns_or_says_what_it_withholds(
    emitter, collector, recorder, model_url, judge, results, tmp_path
):
    program = emitter.prepare()
    environment = {
        "MODEL_URL": model_url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": recorder.url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{collector.key}",
        "OTEL_SERVICE_NAME": emitter.slug,
        "OTEL_RESOURCE_ATTRIBUTES": "service.version=1.4.2",
        "GROUNDWIRE_ENDPOINT": recorder.url,
        "GROUNDWIRE_API_KEY": collector.key,
        "GROUNDWIRE_SERVICE": emitter.slug,
        "GATEWAY_KEY": collector.key,
    }
    emitter.run(program, environment)
    turns = settled_turns(collector, emitter.slug)
    assert turns, "no turn came"
    found = judge(emitter, turns)
    lacking = {fact: message for fact, message in found.items() if message not in PROVIDED}
    assert {f: s for f, s in lacking.items() if f not in emitter.withholds} == {}
    assert set(emitter.withholds) <= set(lacking), "more is sent than emitters.toml says"
    assert not any(message.startswith("wrong") for message in found.values()), found
    versions = emitter.versions(program)
    date = datetime.now(UTC).date().isoformat()
    folder = ROOT / "tests" / "captures" / f"matrix-{emitter.slug}"
    recorder.write(folder)
    traces = recorded_traces(folder, tmp_path)
    of = families_in(span for trace in traces.values() for span in trace)
    row = {"name": emitter.name, "versions": versions, "date": date, "families": of, "found": found}
    results[emitter.name] = row
