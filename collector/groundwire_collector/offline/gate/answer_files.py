"""Gate over files of answers, an asked candidate, or probe runs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import Record, read_records, tracked
from groundwire_collector.offline.gate.asking import QueriedModel, ask_candidate
from groundwire_collector.offline.gate.probe_answers import probe_answers, require_same_pack
from groundwire_collector.offline.gate.report import GateReport, report_of_answers
from groundwire_collector.probing.runner import read_run
from groundwire_evaluators.gate.answer_measures import AnswerMeasures
from groundwire_evaluators.gate.margins import Rules
from groundwire_evaluators.gate.measured_answer import MeasuredAnswer
from groundwire_evaluators.gate.quality_gate import NotComparableError, run_gate

TRUTH = ("reference", "rule", "stratum")  # of a question, whoever answered it


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFiles:
    """Files of a gate: candidate, baseline, earlier versions.

    The candidate's holds its answers, or the questions to ask it.
    """

    candidate: Path
    baseline: Path
    earlier: Sequence[Path] = ()

    @classmethod
    def named(cls, candidate: str, baseline: str, earlier: Sequence[str]) -> "AnswerFiles":
        return cls(
            candidate=Path(candidate), baseline=Path(baseline), earlier=tuple(map(Path, earlier))
        )

    @property
    def every(self) -> tuple[Path, ...]:
        return (self.candidate, self.baseline, *self.earlier)


def are_probe_runs(files: AnswerFiles) -> bool:
    """Whether the files are results of `groundwire probe run`; UsageError where only some are."""
    found = {_is_probe_run(path) for path in files.every}
    if len(found) > 1:
        raise UsageError("probe runs can only be compared with probe runs")
    return found == {True}


def gate_probe_runs(files: AnswerFiles, rules: Rules, *, strict: bool) -> GateReport:
    """Compare probe runs of one pack and prompt."""
    runs = [read_run(path) for path in files.every]
    with usage_errors():
        require_same_pack(runs)
        after, before, *others = (probe_answers(run) for run in runs)
        earlier = _named(files.earlier, others)
        found = run_gate(before, after, rules, earlier)
    return report_of_answers(files.candidate.stem, files.baseline.stem, found, strict=strict)


def gate_answers(
    files: AnswerFiles,
    measures: AnswerMeasures,
    rules: Rules,
    *,
    candidate: QueriedModel | None = None,
    further: Sequence[Record] = (),
    every: bool = False,
    strict: bool = False,
) -> tuple[GateReport, Sequence[MeasuredAnswer]]:
    """Compare files of answers; with a candidate, its answers to the questions of the first.

    `further` are records to ask beside those of the file, `every`: all are to be asked.

    Raises:
        UsageError: a file is none of answers, calls fail, or nothing can be compared.
    """
    records, baseline, *others = with_shared_truth([read_records(path) for path in files.every])
    with usage_errors():
        before = measured(measures, files.baseline, baseline)
        versions = zip(files.earlier, others, strict=True)
        earlier = _named(files.earlier, [measured(measures, *version) for version in versions])
        names = (files.candidate.stem, files.baseline.stem)
        if candidate is None:
            after = measured(measures, files.candidate, records)
            found = run_gate(before, after, rules, earlier)
            return report_of_answers(*names, found, strict=strict), after
        queried = ask_candidate(
            candidate,
            [*records, *_new(further, records)],
            before,
            measures,
            rules,
            earlier,
            every=every,
            progress=lambda part: tracked(part, "asking"),
        )
        report = report_of_answers(
            "candidate", names[1], queried.result, strict=strict, spending=queried.spending
        )
        return report, queried.answers


def with_shared_truth(files: Sequence[Sequence[Record]]) -> list[list[Record]]:
    """Records with the reference, rule and stratum that another file has for the same id.

    They belong to the question: a baseline saved before somebody wrote them down has them too.
    """
    known: dict[str, Record] = {}
    for record in (record for records in files for record in records):
        named = known.setdefault(str(record.get("id")), {})
        for name in TRUTH:
            if record.get(name) is not None:
                named.setdefault(name, record[name])
    return [
        [{**known.get(str(record.get("id")), {}), **_without_nulls(record)} for record in records]
        for records in files
    ]


def _without_nulls(record: Record) -> Record:
    return {name: value for name, value in record.items() if name not in TRUTH or value is not None}


def _new(further: Sequence[Record], records: Sequence[Record]) -> list[Record]:
    """Further records to ask whose ids the file does not have (a baseline with retention items)."""
    present = {str(record.get("id")) for record in records}
    return [record for record in further if record["id"] not in present]


def measured(
    measures: AnswerMeasures, path: Path, records: Sequence[Record]
) -> list[MeasuredAnswer]:
    """Measured answers of a file; raises ValueError with the file's name."""
    try:
        return measures.measure(list(tracked(list(records), "judging")))
    except ValueError as error:
        raise ValueError(f"{path}: {error}".replace(": record", ", record", 1)) from error


@contextmanager
def usage_errors() -> Iterator[None]:
    """ValueErrors of the gate as errors that a user reads."""
    try:
        yield
    except ValueError as error:
        raise UsageError(str(error)) from error


def _named(
    paths: Sequence[Path], answers: Sequence[Sequence[MeasuredAnswer]]
) -> Mapping[str, Sequence[MeasuredAnswer]]:
    named = dict(zip((path.stem for path in paths), answers, strict=True))
    if len(named) != len(paths):
        raise NotComparableError("two earlier versions have files of the same name")
    return named


def _is_probe_run(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            first = json.loads(file.readline() or b"null")
    except (OSError, ValueError):
        return False
    return isinstance(first, dict) and "run" in first
