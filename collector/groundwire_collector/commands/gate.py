"""`groundwire gate`: CI quality gate of a candidate against its baseline."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import typer

from groundwire_collector.commands import gate_options as options
from groundwire_collector.commands import moments
from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.commands.output import AsJson, wants_json
from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.loading import GROUP
from groundwire_collector.jsonl import record_sink, write_record
from groundwire_collector.judges.registry import close
from groundwire_collector.llm.client import target_of
from groundwire_collector.metrics.prices import PriceList
from groundwire_collector.offline.answers import evaluator_of
from groundwire_collector.offline.gate.answer_files import (
    AnswerFiles,
    are_probe_runs,
    gate_answers,
    gate_probe_runs,
    usage_errors,
)
from groundwire_collector.offline.gate.asking import LONGEST, SYSTEM, QueriedModel
from groundwire_collector.offline.gate.json_form import as_json as json_form
from groundwire_collector.offline.gate.junit import as_junit
from groundwire_collector.offline.gate.markdown import as_markdown
from groundwire_collector.offline.gate.report import GateReport
from groundwire_collector.offline.gate.retention_questions import retention_questions
from groundwire_collector.offline.gate.stored_versions import StoredVersion, gate_stored, pair_of
from groundwire_collector.offline.gate.terminal import print_report
from groundwire_collector.offline.version_comparison import VersionPair
from groundwire_collector.settings import Settings
from groundwire_evaluators.behaviour.answer_rules import AnswerRule, rule_of
from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.gate.answer_measures import AnswerMeasures
from groundwire_evaluators.gate.decision import MeasureOutcome
from groundwire_evaluators.gate.margins import Rules, default_text, load_rules
from groundwire_evaluators.gate.measured_answer import MeasuredAnswer
from groundwire_evaluators.gate.task_scores import scorer_of

WORSE = 2  # exit code
BEHAVIOUR = "behaviour"  # evaluator whose signals are shown where it is installed


def gate(
    candidate: options.Candidates = None,
    baseline: options.Baseline = None,
    earlier: options.Earlier = None,
    endpoint: options.Endpoint = None,
    model: options.ModelName = "",
    function: options.AnswerFunction = None,
    system: options.SystemPrompt = None,
    retention: options.Retention = None,
    evaluator: options.EvaluatorName = "grounding",
    also: options.Also = None,
    task: options.Task = None,
    schema: options.Schema = None,
    margin: options.Margin = None,
    margins_file: options.MarginsFile = None,
    margins: options.PrintMargins = False,
    strict: options.Strict = False,
    out: options.Out = None,
    markdown: options.Markdown = None,
    junit: options.Junit = None,
    prices: options.Prices = None,
    service: options.Service = None,
    since: options.When = None,
    until: options.When = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Compare a candidate with its baseline. Exit code 0: pass, 2: worse, 1: not comparable.

    A line of a file: id, question, contexts, answer, and where known reference (the right answer),
    rule (of the task), stratum, seconds, input_tokens, output_tokens, cost, measures. Answers of
    one id are compared in pairs; intervals are clustered by question. "worse": shown to be worse
    by a measure that decides; "pass": all of them shown to be within their margin; else
    "undecided", exit code 0, or 2 with --strict. A candidate that is asked is asked in random
    order, and no further than the outcome needs.
    """
    if margins:
        typer.echo(default_text(), nl=False)
        return
    if candidate is None or baseline is None:
        raise UsageError("missing CANDIDATE or --baseline (see `groundwire gate --help`)")
    rules = _rules(margins_file, margin)
    pair = _stored_pair(candidate, baseline, service)
    if pair is not None:
        _require_unset(endpoint=endpoint, function=function, out=out, task=task)
        settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
        period = (since, until)
        report = _of_stored(pair, settings, rules, period, prices, earlier, strict=strict)
    else:
        if candidate.startswith(("http://", "https://")):
            endpoint, candidate = candidate, baseline
        queried = _candidate(endpoint, model, function, system, prices)
        judging = JudgingOptions(evaluator, also, task, schema)
        files = AnswerFiles.named(candidate, baseline, earlier or ())
        report = _of_files(files, queried, judging, rules, retention, out, strict=strict)
    _publish(report, markdown, junit, as_json=as_json)


@dataclass(frozen=True, slots=True)
class JudgingOptions:
    """Options that say how answers are measured."""

    evaluator: str
    also: Sequence[str] | None
    task: str | None
    schema: Path | None

    @contextmanager
    def measures(self) -> Iterator[AnswerMeasures]:
        """The measures, with their evaluators open."""
        names = self.also
        if names is None:
            names = [BEHAVIOUR] if BEHAVIOUR in entry_points(group=GROUP).names else []
        sys.path.insert(0, os.getcwd())  # as `python -m` would: scorers of the user
        with ExitStack() as after:
            found: list[Evaluator] = []
            for name in (self.evaluator, *names):
                found.append(evaluator_of(name))
                after.callback(close, [found[-1]])
            with usage_errors():
                scorer = scorer_of(self.task) if self.task else None
            yield AnswerMeasures(found[0], scorer, _form(self.schema), tuple(found[1:]))


def _rules(path: Path | None, margin: float | None) -> Rules:
    if margin is not None and not 0 < margin < 1:
        raise UsageError("--margin must be between 0 and 1, for example 0.03")
    with usage_errors():
        rules = load_rules(path)
    return rules if margin is None else rules.with_share_margin(margin)


def _stored_pair(candidate: str, baseline: str, service: str | None) -> VersionPair | None:
    """Versions of stored turns; None where both are files."""
    sides = [StoredVersion.of(text) for text in (candidate, baseline)]
    if sides == [None, None]:
        return None
    if sides[0] is None or sides[1] is None:
        raise UsageError("stored turns can only be compared with stored turns")
    return pair_of(sides[0], sides[1], service)


def _stored_versions(texts: Sequence[str]) -> list[StoredVersion]:
    found = [StoredVersion.of(text) for text in texts]
    if None in found:
        raise UsageError("--earlier: stored turns can only be compared with stored turns")
    return [each for each in found if each is not None]


def _require_unset(**options: object) -> None:
    """Raise UsageError for options that do not apply to stored turns."""
    used = [f"--{name}" for name, value in options.items() if value is not None]
    if used:
        raise UsageError(f"stored turns are compared as they are: {', '.join(used)} do not apply")


def _of_stored(
    pair: VersionPair,
    settings: Settings,
    rules: Rules,
    period: tuple[str | None, str | None],
    prices: Path | None,
    earlier: Sequence[str] | None,
    *,
    strict: bool,
) -> GateReport:
    since, until = (
        moments.moment_ns(text, option)
        for text, option in zip(period, ("--since", "--until"), strict=True)
    )
    path = prices or settings.prices
    with database(settings) as engine, engine.connect() as connection:
        report = gate_stored(
            connection,
            pair.over(since, until),
            rules,
            PriceList.load(path) if path else None,
            earlier=_stored_versions(earlier or ()),
            strict=strict,
        )
    if report.outcome is MeasureOutcome.NOT_COMPARABLE:
        raise UsageError("not comparable: " + "; ".join(report.notes))
    return report


def _of_files(
    files: AnswerFiles,
    queried: QueriedModel | None,
    judging: JudgingOptions,
    rules: Rules,
    retention: str | None,
    out: Path | None,
    *,
    strict: bool,
) -> GateReport:
    if queried is None and are_probe_runs(files):
        return gate_probe_runs(files, rules, strict=strict)
    if retention is not None and queried is None:
        raise UsageError("--retention asks: it needs --endpoint or --function")
    with judging.measures() as measures:
        report, answers = gate_answers(
            files,
            measures,
            rules,
            candidate=queried,
            further=retention_questions(retention) if retention else (),
            every=out is not None,
            strict=strict,
        )
    if out is not None:
        _save(out, answers)
    return report


def _candidate(
    endpoint: str | None,
    model: str,
    function: str | None,
    system: Path | None,
    prices: Path | None,
) -> QueriedModel | None:
    if endpoint is None and function is None:
        return None
    target = target_of(endpoint, model, function, max_tokens=LONGEST)
    price = PriceList.load(prices).of(model) if prices else None
    return QueriedModel(target, _text(system) if system else SYSTEM, price)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


def _form(schema: Path | None) -> AnswerRule | None:
    if schema is None:
        return None
    try:
        return rule_of({"schema": json.loads(_text(schema))})
    except ValueError as error:
        raise UsageError(f"{schema}: {error}") from error


def _save(out: Path, answers: Sequence[MeasuredAnswer]) -> None:
    with record_sink(out) as sink:
        for each in answers:
            write_record(sink, dict(each.record))


def _publish(
    report: GateReport, markdown: Path | None, junit: Path | None, *, as_json: bool
) -> None:
    """Write and print the report; ends the command where it is a failure."""
    _write(report, markdown, junit)
    _print(report, as_json=as_json)
    if report.failed:
        raise typer.Exit(WORSE)


def _write(report: GateReport, markdown: Path | None, junit: Path | None) -> None:
    for path, form in ((markdown, as_markdown), (junit, as_junit)):
        if path is None:
            continue
        text = form(report).encode("utf-8", "replace")
        try:
            path.write_bytes(text)
        except OSError as error:
            raise UsageError(f"{path}: cannot be written: {error}") from error


def _print(report: GateReport, *, as_json: bool) -> None:
    if wants_json(as_json):
        typer.echo(json.dumps(json_form(report), ensure_ascii=False, allow_nan=False))
        if report.outcome is MeasureOutcome.UNDECIDED:
            typer.echo(report.summary, err=True)
    else:
        print_report(report)
