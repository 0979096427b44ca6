"""What the last live run recorded still gives what it gave then."""

import json
from dataclasses import asdict
from pathlib import Path

from groundwire_collector.assembly.reference import RESULTS, fields_read
from groundwire_collector.assembly.turns import assemble_all
from groundwire_collector.receiver import blocks
from groundwire_collector.receiver.admission import Validator
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.keys import Access
from groundwire_collector.storage.spans import SpanStore, spans_of

ROOT = Path(__file__).parents[2]
ADMISSION, ACCESS = Validator(longest=2**20), Access(key_id="test")


def recorded_turns(folder: Path, data_dir: Path):
    engine = open_engine(Settings(data_dir=data_dir))
    make_schema(engine)
    store, ids = SpanStore(engine), set()
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
    return [asdict(turn) for turn in assemble_all(traces)]


def test_a_recording_gives_what_it_gave_live(emitter, judge, tmp_path):
    folder = ROOT / "tests" / "captures" / f"matrix-{emitter.slug}"
    assert folder.exists(), "never recorded: make test-matrix"
    rows = json.loads((ROOT / RESULTS).read_text(encoding="utf-8"))["emitters"]
    [row] = [row for row in rows if row["name"] == emitter.name]
    assert judge(emitter, recorded_turns(folder, tmp_path)) == row["found"]


def test_nearly_all_fields_that_emitters_send_are_read_as_sent():
    results = json.loads((ROOT / RESULTS).read_text(encoding="utf-8"))
    right, sent = fields_read(results)
    print(f"{right} of {sent} fields: {right / sent:.1%}")
    assert right >= 0.97 * sent
    assert len({row["name"] for row in results["emitters"] if row["date"]}) >= 16
