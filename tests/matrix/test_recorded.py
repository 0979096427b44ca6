"""What the last live run recorded still gives what it gave then."""

import json
from dataclasses import asdict
from pathlib import Path

from tests.matrix.recordings import families_in, recorded_traces

from groundwire_collector.assembly.alias_table import families
from groundwire_collector.assembly.reference import RESULTS, fields_read, runs
from groundwire_collector.assembly.turns import assemble_all

ROOT = Path(__file__).parents[2]


def test_a_recording_gives_what_it_gave_live(emitter, judge, tmp_path):
    folder = ROOT / "tests" / "captures" / f"matrix-{emitter.slug}"
    assert folder.exists(), "never recorded: make test-matrix"
    rows = json.loads((ROOT / RESULTS).read_text(encoding="utf-8"))["emitters"]
    [row] = [row for row in rows if row["name"] == emitter.name]
    traces = recorded_traces(folder, tmp_path)
    turns = [asdict(turn) for turn in assemble_all(traces)]
    assert judge(emitter, turns) == row["found"]
    spans = [span for trace in traces.values() for span in trace]
    assert families_in(spans) == row["families"]


def test_nearly_all_fields_that_emitters_send_are_read_as_sent():
    results = json.loads((ROOT / RESULTS).read_text(encoding="utf-8"))
    right, sent = fields_read(results)
    print(f"{right} of {sent} fields: {right / sent:.1%}")
    assert right >= 0.97 * sent


def test_at_least_sixteen_tables_were_run_live_and_each_other_says_that_it_was_not():
    results = json.loads((ROOT / RESULTS).read_text(encoding="utf-8"))
    dated = {name for name, (date, _) in runs(results).items() if date}
    assert len(dated) >= 16
    assert {table.name for table in families() if not table.run} == dated
