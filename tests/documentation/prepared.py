"""A folder, a store and a collector as the commands of the documents presuppose them."""

import gzip
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from groundwire_collector.settings import Settings
from groundwire_collector.storage import turns
from groundwire_collector.storage.encoding import message_of
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.turn import Chunk, Turn

ROOT = Path(__file__).parents[2]
ADAPTER = ROOT / "benchmarks/real_model/data/adapters/tarnwell/facts-144"
EACH = 36  # turns of a service and version: the commands need 30
THINGS = "badge parcel invoice form key bike room seat plan visit pass locker".split()


def prepare(place: Path) -> None:
    """Write the files and the store that the documents name below `place`."""
    _store(place / "groundwire-data")
    answered = [_line(number) for number in range(EACH)]
    _lines(place / "baseline.jsonl", answered)
    _lines(place / "candidate.jsonl", answered)
    with gzip.open(place / "answers.jsonl.gz", "wt") as packed:
        packed.writelines(json.dumps(line) + "\n" for line in answered)
    asked = [(line["question"], line["answer"]) for line in answered]
    _lines(place / "train.jsonl", [{"prompt": q, "completion": a} for q, a in asked])
    _lines(place / "finetune.jsonl", [{"prompt": q, "completion": a} for q, a in asked])
    for folder, days in (("docs", 14), ("docs-2026", 14), ("docs-2025", 10), ("pages", 21)):
        _corpus(place / folder, days)
    _lines(place / "export.jsonl", [{"id": "p1", "text": _passage(0, 21)}])
    (place / "limits.toml").write_text("min_turns = 100\n", encoding="utf-8")
    targets = "default: {effect: 0.03}\nservices:\n  support-bot: {effect: 0.05}\n"
    (place / "targets.yaml").write_text(targets, encoding="utf-8")
    (place / "system.txt").write_text("Answer from the context.\n", encoding="utf-8")
    shutil.copytree(ADAPTER, place / "models" / "ft-2026-11")
    package = place / "my_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "judges.py").write_text(POLITE, encoding="utf-8")


POLITE = """
from groundwire_evaluators.evaluation import Evaluation, State


class Polite:
    name, revision = "polite", "1"

    def judge(self, turn):
        value = float("please" in (turn.answer or "").lower())
        identity = {"evaluator": self.name, "revision": self.revision}
        return Evaluation(**identity, state=State.SCORED, value=value)
"""


def traces() -> Iterator[bytes]:
    """Exports of a traced application: a known one, and one with names of its own."""
    line = _line(0)
    messages = [json.dumps([{"role": r, "content": t}]) for r, t in _spoken(line)]
    names = ("gen_ai.input.messages", "gen_ai.output.messages")
    known = {"gen_ai.operation.name": "chat", **dict(zip(names, messages, strict=True))}
    own = {"shop.customer_says": line["question"], "shop.we_say": line["answer"]}
    for number, attributes in enumerate((known, own), 1):
        span = Span(
            trace_id=f"{number:032x}",
            span_id=f"{number:016x}",
            name="ask",
            service="shop",
            start_ns=number * 10**9,
            end_ns=(number + 1) * 10**9,
            attributes=attributes,
        )
        message, origin = message_of(span)
        origin.scope_spans[0].spans.append(message)
        yield ExportTraceServiceRequest(resource_spans=[origin]).SerializeToString()


def _spoken(line: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [("user", line["question"]), ("assistant", line["answer"])]


def _passage(number: int, days: int) -> str:
    thing = THINGS[number % len(THINGS)]
    return (
        f"The {thing} of building {number} is handed out by the office within {days + number} days."
        f" The office of building {number} opens at {7 + number % 5} o'clock."
        f" Visitors of building {number} sign in at the front desk and receive a paper with the"
        f" rules of the house. The desk holds lost things for {30 + number} days and then sends"
        f" them to the city. A room for {10 + number} people can be booked on the second floor,"
        " and the kitchen next to it has hot drinks. Bikes stand in the yard behind the house,"
        f" where {40 + number} places are free for everybody who works here."
    )


def _line(number: int) -> dict[str, Any]:
    thing, days = THINGS[number % len(THINGS)], 14 + number
    handed_out = f"The {thing} of building {number} is handed out by the office"
    return {
        "id": f"q{number}",
        "question": f"How many days does the {thing} of building {number} take?",
        "contexts": [_passage(number, 14)],
        "answer": f"{handed_out} within {days} days.",
        "reference": f"{days} days",
    }


def _corpus(folder: Path, days: int) -> None:
    folder.mkdir()
    for number in range(8):
        page = f"# Building {number}\n\n{_passage(number, days)}\n"
        (folder / f"building-{number}.md").write_text(page, encoding="utf-8")


def _lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def _store(folder: Path) -> None:
    """A store with judged turns of each service and version that the documents name."""
    engine = open_engine(Settings(data_dir=folder))
    make_schema(engine)
    versions = [("support", "ft-1"), ("support", "ft-2"), ("support-bot", "ft-2026-11")]
    now = datetime.now(UTC)
    made = [
        _turn(place, number, service, version, now - timedelta(hours=1 + number))
        for place, (service, version) in enumerate(versions)
        for number in range(EACH)
    ]
    dated = datetime(2026, 11, 2, tzinfo=UTC)
    made += [_turn(9, n, "bot", "ft-3", dated + timedelta(hours=7 * n)) for n in range(EACH)]
    judged = zip(made, Grounding(reader=None).evaluate_batch(made), strict=True)
    with engine.begin() as connection:
        turns.save(connection, [JudgedTurn(turn, (found,)) for turn, found in judged])
    engine.dispose()


def _turn(place: int, number: int, service: str, version: str, at: datetime) -> Turn:
    line = _line(number)
    trace = f"{place * 1000 + number + 1:032x}"
    return Turn(
        id=f"{trace}-{number + 1:016x}",
        trace_id=trace,
        span_id=f"{number + 1:016x}",
        service=service,
        model_version=version,
        user_id="u-4711",
        question=line["question"],
        answer=line["answer"],
        chunks=(Chunk(id=f"p{number}", text=line["contexts"][0]),),
        started_at=at,
        ended_at=at + timedelta(seconds=1),
    )
