"""Recorded exports as the spans that the worker gets, and the alias tables that they exercise."""

from collections.abc import Iterable
from pathlib import Path

from groundwire_collector.assembly.alias_table import AliasTable, families
from groundwire_collector.assembly.span_view import SpanView
from groundwire_collector.receiver import blocks
from groundwire_collector.receiver.admission import Validator
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.keys import Access
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import SpanStore, spans_of

ADMISSION, ACCESS = Validator(longest=2**20), Access(key_id="test")


def recorded_traces(folder: Path, data_dir: Path) -> dict[str, list[Span]]:
    """Spans of a recording by trace id, received and stored as they were live."""
    engine = open_engine(Settings(data_dir=data_dir))
    make_schema(engine)
    store, ids = SpanStore(engine), set[str]()
    for path in sorted(folder.iterdir()):
        body, is_json = path.read_bytes(), path.suffix == ".json"
        if path.name.startswith("logs"):
            decode = blocks.json_log_blocks if is_json else blocks.log_blocks
            store.write([], ADMISSION.logs(decode(body), ACCESS).logs)
        else:
            decode = blocks.json_trace_blocks if is_json else blocks.trace_blocks
            spans = ADMISSION.spans(decode(body), ACCESS).spans
            ids |= {span.trace_id.hex() for span in spans}
            store.write(spans)
    with engine.connect() as connection:
        traces = spans_of(connection, sorted(ids))
    engine.dispose()
    return traces


def families_in(spans: Iterable[Span]) -> list[str]:
    """Names of the tables whose emitters or attributes are among spans, sorted."""
    readings = [SpanView(span) for span in spans]
    return sorted(t.name for t in families() if any(_is_of(reading, t) for reading in readings))


def _is_of(reading: SpanView, table: AliasTable) -> bool:
    marked = any(key.startswith(table.marks) for key in reading.span.attributes)
    return marked or reading.span.scope.startswith(table.scopes)
