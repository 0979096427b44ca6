"""CPU time of mapping a span to its turn, beside that of storing it.

The recorded exports of tests/captures, in copies with ids and texts of their own (the store keeps
equal texts once, which would flatter it). Storing is what the receiver does with a request, from
its bytes to the commit, many requests a commit as under load. Mapping is what the worker does with
stored spans, 64 traces at a time, reading them excluded. One process, one core: the ratio counts.
"""

import gc
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import process_time

from groundwire_collector.assembly.alias_table import families
from groundwire_collector.assembly.turns import assemble_all
from groundwire_collector.receiver import blocks
from groundwire_collector.receiver.admission import Validator
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.keys import Access
from groundwire_collector.storage.records import LogRecord, SpanRecord
from groundwire_collector.storage.spans import SpanStore, spans_of

CAPTURES = Path(__file__).parent.parent / "tests" / "captures"
COPIES = 60
REPEATS = 3  # the best of each counts: what else runs on the machine enters through its caches
REQUESTS = 30  # a commit, as under load
TRACES = 64  # mapped at once
ADMISSION, ACCESS = Validator(longest=2**20), Access(key_id="benchmark")


def main() -> None:
    families()  # read once, not with the first folder
    for folder in sorted(path for path in CAPTURES.iterdir() if any(path.glob("traces-*.pb"))):
        requests = list(_requests(folder))
        runs = [measure(requests) for _ in range(REPEATS)]
        spans, storing, mapping = (min(column) for column in zip(*runs, strict=True))
        print(
            f"{folder.name:38} {spans:5} spans: storing {storing / spans * 1e6:4.0f} us a span, "
            f"mapping {mapping / spans * 1e6:4.0f} us a span, ratio {mapping / storing:.2f}"
        )


def measure(requests: list[tuple[bytes, bool]]) -> tuple[int, float, float]:
    """Spans, and CPU seconds of storing and of mapping them all."""
    with tempfile.TemporaryDirectory() as path:
        engine = open_engine(Settings(data_dir=Path(path)))
        make_schema(engine)
        store, ids = SpanStore(engine), dict[str, None]()
        began = process_time()
        for start in range(0, len(requests), REQUESTS):
            spans, logs = _decoded(requests[start : start + REQUESTS])
            store.write(spans, logs)
            ids |= dict.fromkeys(span.trace_id.hex() for span in spans)
        storing = process_time() - began
        with engine.connect() as connection:
            traces = spans_of(connection, ids)
        engine.dispose()
    gc.collect()
    gc.freeze()  # the worker holds one batch at a time, not all that was stored
    began = process_time()
    for start in range(0, len(ids), TRACES):
        assemble_all({trace_id: traces[trace_id] for trace_id in list(ids)[start : start + TRACES]})
    mapping = process_time() - began
    gc.unfreeze()
    return sum(map(len, traces.values())), storing, mapping


def _decoded(requests: list[tuple[bytes, bool]]) -> tuple[list[SpanRecord], list[LogRecord]]:
    spans: list[SpanRecord] = []
    logs: list[LogRecord] = []
    for body, is_logs in requests:
        if is_logs:
            logs += ADMISSION.logs(blocks.log_blocks(body), ACCESS).logs
        else:
            spans += ADMISSION.spans(blocks.trace_blocks(body), ACCESS).spans
    return spans, logs


def _requests(folder: Path) -> Iterator[tuple[bytes, bool]]:
    """Copies of the recorded bodies, with other trace ids and texts of the same length."""
    bodies = [(path.read_bytes(), False) for path in sorted(folder.glob("traces-*.pb"))]
    ids = {record.trace_id for record in _decoded(bodies)[0]}
    bodies += [(path.read_bytes(), True) for path in sorted(folder.glob("logs-*.pb"))]
    for number in range(COPIES):
        for body, is_logs in bodies:
            for trace_id in ids:
                body = body.replace(trace_id, number.to_bytes(4, "big") + trace_id[4:])
            yield body.replace(b"purchase", b"purch%03d" % number), is_logs


if __name__ == "__main__":
    main()
