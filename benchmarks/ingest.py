"""What receiving costs: throughput, crash loss and bad input, beside the floor and the peers.

    python benchmarks/ingest.py load  --target floor=VENV/bin --target groundwire-store=VENV/bin
    python benchmarks/ingest.py crash --target groundwire-store=VENV/bin --repeats 50
    python benchmarks/ingest.py bad   --target groundwire-store=VENV/bin
    python benchmarks/ingest.py kills [--kills 50]
    python benchmarks/ingest.py size  [--traces 300]

The first three run the shared benches (GROUNDWIRE_BENCH, by default ../shared/bench) with our
targets beside theirs, all in one run, so that a busy machine falls on all alike; further options
are passed on. `kills` is tests/end_to_end/test_crash.py at length: kill -9 under load, also while
the disk fills, the clock jumps and PostgreSQL restarts, every acknowledged id compared. `size`
stores traces with the contexts of the ragtruth development set (labelled data: GROUNDWIRE_DATA) and
prints the KB a trace takes, with new chunks and with chunks that recur; it is what runs without
arguments.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.retention import used_bytes
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import SpanStore

REPOSITORY = Path(__file__).parents[1]
BENCH = Path(os.environ.get("GROUNDWIRE_BENCH", REPOSITORY.parent / "shared/bench"))
DATA = Path(os.environ.get("GROUNDWIRE_DATA", REPOSITORY.parent / "shared/data"))
SCRIPTS = {"load": "otlp_load.py", "crash": "crash_loss.py", "bad": "bad_otlp.py"}
CRASH_TEST = "tests/end_to_end/test_crash.py"
RECURRENCE = 10


def size(traces: int) -> None:
    """KB a trace, of three spans as our SDK sends them; the empty database is not counted."""
    by_context = {tuple(line["contexts"]): line for line in _ragtruth() if line["contexts"]}
    lines = list(by_context.values())[:traces]  # the set asks several models about each context
    recurring = [
        {**line, "contexts": lines[number // RECURRENCE]["contexts"]}
        for number, line in enumerate(lines)
    ]
    print(f"| {len(lines)} traces | KB a trace | KB of text a trace |\n|---|---|---|")
    for name, chosen in (("new chunks", lines), (f"each {RECURRENCE} times", recurring)):
        text = sum(len("".join([*line["contexts"], line["answer"]])) for line in chosen)
        print(f"| {name} | {_stored_kb(chosen):.2f} | {text / len(chosen) / 1000:.2f} |")


def _stored_kb(lines: list[dict[str, Any]]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(Settings.load(None, data_dir=Path(folder)))
        make_schema(engine)
        empty = used_bytes(engine) or 0
        store = SpanStore(engine)
        for number, line in enumerate(lines):
            store.add(list(_trace(number + 1, line)))
        taken = (used_bytes(engine) or 0) - empty
        engine.dispose()
    return taken / len(lines) / 1000


def _trace(number: int, line: dict[str, Any]) -> Iterator[Span]:
    documents = [
        {"id": f"doc-{rank}", "score": 0.9 - rank / 10, "content": text}
        for rank, text in enumerate(line["contexts"])
    ]
    question, answer = str(line.get("question") or ""), line["answer"]
    answered = [{"role": "assistant", "parts": [{"type": "text", "content": answer}]}]
    asked = [{"role": "user", "parts": [{"type": "text", "content": question}]}]
    model = {"gen_ai.request.model": "acme-1", "gen_ai.usage.input_tokens": 900}
    yield _span(number, 1, "invoke_workflow", input=asked, output=answered)
    yield _span(number, 2, "retrieval", documents=documents, query=question)
    yield _span(number, 3, "chat", input=asked, output=answered, **model)


def _span(trace: int, number: int, operation: str, **given: Any) -> Span:
    names = {
        "input": "gen_ai.input.messages",
        "output": "gen_ai.output.messages",
        "documents": "gen_ai.retrieval.documents",
        "query": "gen_ai.retrieval.query.text",
    }
    attributes = {
        names.get(key, key): json.dumps(value) if isinstance(value, list) else value
        for key, value in given.items()
    }
    start = 1_700_000_000_000_000_000 + trace * 10**9
    return Span(
        trace_id=f"{trace * 2**64 + trace:032x}",
        span_id=f"{trace * 10**6 + number:016x}",
        parent_span_id=None if number == 1 else f"{trace * 10**6 + 1:016x}",
        name=operation,
        service="bench",
        start_ns=start,
        end_ns=start + 900_000_000,
        attributes={"gen_ai.operation.name": operation, **attributes},
        resource={"telemetry.sdk.language": "python", "service.version": "1"},
        scope="groundwire",
    )


def _ragtruth() -> Iterator[dict[str, Any]]:
    with gzip.open(DATA / "grounding/ragtruth.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def kills(count: str) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-rP", "--timeout=0", CRASH_TEST]
    environment = {**os.environ, "GROUNDWIRE_CRASH_KILLS": count}
    return subprocess.run(command, cwd=REPOSITORY, env=environment).returncode


def main(what: str, *options: str) -> int:
    if what == "size":
        size(int(options[1]) if options[:1] == ("--traces",) else 300)
        return 0
    if what == "kills":
        return kills(options[1] if options[:1] == ("--kills",) else "50")
    return subprocess.run([sys.executable, BENCH / SCRIPTS[what], *options]).returncode


if __name__ == "__main__":
    arguments = sys.argv[1:] or ["size"]
    if arguments[0] not in {*SCRIPTS, "kills", "size"}:
        sys.exit(__doc__)
    sys.exit(main(*arguments))
