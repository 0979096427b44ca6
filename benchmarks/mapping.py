"""CPU time of mapping a span to its turn, beside that of storing it: `python benchmarks/mapping.py`.

The recorded exports of tests/captures, each copy with ids and texts of its own (the store keeps
equal texts once, which would flatter it). Storing is one commit of many spans, as under load; the
commit of a single request costs more. Both in one run on one core, so the ratio is what counts.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

from groundwire_collector.assembly.strays import joined
from groundwire_collector.assembly.turns import assemble
from groundwire_collector.receiver import blocks
from groundwire_collector.receiver.admission import Admission
from groundwire_collector.settings import Settings
from groundwire_collector.span import Span
from groundwire_collector.storage.encoding import message_of
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.keys import Access
from groundwire_collector.storage.records import SpanRecord, span_record
from groundwire_collector.storage.spans import SpanStore, spans_of

CAPTURES = Path(__file__).parent.parent / "tests" / "captures"
COPIES = 40
COMMIT = 1000  # spans


def main() -> None:
    for folder in sorted(path for path in CAPTURES.iterdir() if any(path.glob("traces-*.pb"))):
        originals = _stored(folder)
        spans = [copy for number in range(COPIES) for copy in _copies(originals, number)]
        storing = _storing([_record(span) for span in spans])
        mapping = _mapping(spans)
        print(
            f"{folder.name:40} {len(spans):6} spans: storing {storing * 1e6:6.0f} us a span, "
            f"mapping {mapping * 1e6:6.0f} us a span, ratio {mapping / storing:.2f}"
        )


def _stored(folder: Path) -> list[Span]:
    """The spans of a recording, with the log records of each, as the worker gets them."""
    admission, access = Admission(longest=2**20), Access(key_id="benchmark")
    with tempfile.TemporaryDirectory() as path:
        engine = open_engine(Settings(data_dir=Path(path)))
        make_schema(engine)
        store, ids = SpanStore(engine), set()
        for file in sorted(folder.glob("traces-*.pb")):
            spans = admission.spans(blocks.trace_blocks(file.read_bytes()), access).spans
            ids |= {span.trace_id.hex() for span in spans}
            store.write(spans)
        for file in sorted(folder.glob("logs-*.pb")):
            store.write([], admission.logs(blocks.log_blocks(file.read_bytes()), access).logs)
        with engine.connect() as connection:
            traces = spans_of(connection, ids)
        engine.dispose()
    return [span for found in traces.values() for span in found]


def _copies(originals: list[Span], number: int) -> Iterator[Span]:
    for span in originals:
        yield replace(
            span,
            trace_id=f"{number + 1:08x}{span.trace_id[8:]}",
            attributes=_marked(span.attributes, f"purchase {number}"),
        )


def _marked(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return value.replace("purchase", text)
    if isinstance(value, list):
        return [_marked(item, text) for item in value]
    if isinstance(value, dict):
        return {key: _marked(item, text) for key, item in value.items()}
    return value


def _record(span: Span) -> SpanRecord:
    message, origin = message_of(span)
    return span_record(message, span.service, origin.SerializeToString())


def _storing(records: list[SpanRecord]) -> float:
    """CPU seconds a span, in commits of `COMMIT` spans."""
    with tempfile.TemporaryDirectory() as path:
        engine = open_engine(Settings(data_dir=Path(path)))
        make_schema(engine)
        store = SpanStore(engine)
        began = process_time()
        for start in range(0, len(records), COMMIT):
            store.write(records[start : start + COMMIT])
        spent = process_time() - began
        engine.dispose()
    return spent / len(records)


def _mapping(spans: list[Span]) -> float:
    """CPU seconds a span, from decoded spans to turns, 64 traces at a time as the worker does."""
    traces: dict[str, list[Span]] = {}
    for span in spans:
        traces.setdefault(span.trace_id, []).append(span)
    ids = list(traces)
    began = process_time()
    for start in range(0, len(ids), 64):
        batch = {trace_id: traces[trace_id] for trace_id in ids[start : start + 64]}
        for found in joined(batch):
            assemble(found)
    return (process_time() - began) / len(spans)


if __name__ == "__main__":
    main()
