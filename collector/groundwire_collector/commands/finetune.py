"""`groundwire finetune`: training files of fine-tunes, stale facts, remedies, adapters."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from time import time_ns
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Engine

from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.commands.finetune_tables import (
    SHOWN,
    print_facts,
    print_report,
    print_table,
    report_bad,
)
from groundwire_collector.commands.output import AsJson, print_json, wants_json
from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.training_files import MemorizedOverrides
from groundwire_collector.jsonl import read_records, record_sink, tracked, write_record
from groundwire_collector.offline import training_report
from groundwire_collector.offline.secret_masks import SecretMasks
from groundwire_collector.offline.stored_context import (
    StoredContext,
    chunks_of_files,
    stored_context,
)
from groundwire_collector.offline.training_file import ReadFile, read_training_file
from groundwire_collector.offline.training_records import adapter_summary, file_summary
from groundwire_collector.offline.training_remedy import fact_checks, turn_findings
from groundwire_collector.settings import Settings
from groundwire_collector.storage import labels, training_files
from groundwire_collector.storage.training_files import StoredAdapter, TrainingFile
from groundwire_evaluators.training import findings
from groundwire_evaluators.training.adapter import AdapterError, read_adapter
from groundwire_evaluators.training.example import TrainingExample
from groundwire_evaluators.training.file_audit import audit
from groundwire_evaluators.training.passage_search import PassageSearch
from groundwire_evaluators.training.question_index import QuestionIndex
from groundwire_evaluators.training.remedy import (
    SYSTEM,
    Finding,
    FindingKind,
    Remedy,
    RemedyFormat,
)
from groundwire_evaluators.training.stale_facts import FactState, StaleFact, stale_facts
from groundwire_evaluators.training.stale_probes import stale_probes
from groundwire_evaluators.turn import Chunk

finetune = typer.Typer(
    no_args_is_help=True, help="Training files, stale facts, remedies and adapters of fine-tunes."
)

Version = Annotated[str, typer.Option("--model-version", help="As in your telemetry.")]
Service = Annotated[str | None, typer.Option(help="Only turns of this service.")]
Limit = Annotated[int, typer.Option(min=1, help="Stored turns that are read, newest first.")]
Chunks = Annotated[
    list[Path] | None,
    typer.Option(
        "--chunks",
        help="Today's chunks: JSON Lines (text, id, title), .md or .txt files, folders; "
        "repeatable. [chunks of stored turns]",
    ),
]
TURNS = 20_000
PARTS = ("training_set", "held_out", "preferences")


@finetune.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="JSON Lines or a JSON array; .gz is decompressed.")],
    model_version: Version,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Store a training file with a model version, its secrets masked and its questions indexed.

    Formats, line by line: OpenAI chat (messages), prompt and completion, Alpaca (instruction,
    input, output), ShareGPT (conversations). A bad line is reported and passed over. Exit code 1:
    no line could be read.
    """
    read = _read(file)
    if not read.examples:
        report_bad(read)
        raise UsageError(f"{file}: none of {read.lines} lines is a training example")
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    if settings.database_url is None and not settings.sqlite_path.exists():
        typer.echo(f"new database in {settings.data_dir}; --data-dir names another", err=True)
    with database(settings, create=True) as engine:
        stored = _known(engine, model_version, read.digest)
        added = stored is None
        if stored is None:
            stored = _store(engine, file.name, model_version, read)
    summary = {"added": added, **file_summary(stored)}
    if wants_json(as_json):
        print_json(summary)
        return
    report_bad(read)
    print_facts(summary if added else summary | {"note": "it was stored already"})


@finetune.command("list")
def show_list(
    model_version: Annotated[str | None, typer.Option(help="Of this version only.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List stored training files and adapters."""
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    with database(settings) as engine, engine.connect() as connection:
        versions = None if model_version is None else [model_version]
        files = [file_summary(each) for each in training_files.files(connection, versions)]
        adapters = [
            adapter_summary(each)
            for each in training_files.adapters(connection)
            if model_version in (None, each.model_version)
        ]
    if wants_json(as_json):
        print_json({"training_files": files, "adapters": adapters})
        return
    print_table(files, "id", "model_version", "name", "examples", "bad_lines", "added_ns")
    if adapters:
        print_table(adapters, "model_version", "kind", "rank", "alpha", "base", "path")


@finetune.command("remove")
def remove(
    file_id: Annotated[int, typer.Argument(metavar="ID", help="Of `groundwire finetune list`.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Delete a stored training file with its examples."""
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    with database(settings) as engine:
        if not training_files.remove(engine, file_id):
            raise UsageError(f"there is no training file {file_id}")
    typer.echo(f"removed: training file {file_id}")


@finetune.command("show")
def show(
    model_version: Annotated[str, typer.Argument(help="As in your telemetry.")],
    service: Service = None,
    limit: Limit = TURNS,
    closed_book: Annotated[
        Path | None,
        typer.Option(help="JSON Lines of closed-book answers: question, answer, model_version."),
    ] = None,
    evaluation: Annotated[
        Path | None,
        typer.Option(help="JSON Lines of evaluation questions, to be looked for in the file."),
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Report what a version's training files explain of its answers in production.

    Duplicates and contradictions; secrets; evaluation questions that were trained on; answers that
    repeat a training answer against their context (memorised overrides); the share of training
    answers that a model gives without context (redundant); faithfulness by the novelty of the
    question.
    """
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    with database(settings) as engine:
        files = _files(engine, model_version)
        context = _context(engine, service, model_version, limit)
        found = _report(engine, model_version, files, context, closed_book, evaluation)
    if wants_json(as_json):
        print_json(found)
    else:
        print_report(found)


@finetune.command("stale")
def stale(
    model_version: Annotated[str, typer.Argument(help="As in your telemetry.")],
    chunks: Chunks = None,
    probes: Annotated[
        Path | None, typer.Option(help="Write probe items of the stale stratum to this file.")
    ] = None,
    service: Service = None,
    limit: Limit = TURNS,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List training facts that today's chunks contradict, each with the chunk that says so."""
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    with database(settings) as engine:
        files = _files(engine, model_version)
        index = _index_chunks(engine, chunks, service, model_version, limit)
        facts, counts = _stale(engine, files, index)
    written = None if probes is None else _write_probes(probes, facts)
    records = [_fact_record(fact) for fact in facts]
    if wants_json(as_json):
        print_json({"chunks": len(index), **counts, "probes": written, "stale_facts": records})
        return
    print_table(records, "trained", "sentence", "chunk", "lines")
    print_facts({"chunks": len(index), **counts} | ({"probes": written} if probes else {}))


@finetune.command("export")
def export(
    model_version: Annotated[str, typer.Argument(help="As in your telemetry.")],
    out: Annotated[Path, typer.Argument(help="Training set that is written.")],
    form: Annotated[RemedyFormat, typer.Option("--format", help="Format of the records.")] = (
        RemedyFormat.CHAT
    ),
    held_out: Annotated[
        Path | None, typer.Option(help="Questions held out for the gate. [OUT.held-out.jsonl]")
    ] = None,
    preferences: Annotated[
        Path | None, typer.Option(help="Preference pairs. [OUT.preferences.jsonl]")
    ] = None,
    kinds: Annotated[
        list[FindingKind] | None, typer.Option("--kind", help="Findings; repeatable. [all]")
    ] = None,
    chunks: Chunks = None,
    system: Annotated[Path | None, typer.Option(help="System prompt file.")] = None,
    distractors: Annotated[int, typer.Option(min=0, help="Chunks beside the right one.")] = 2,
    held_out_share: Annotated[float, typer.Option(min=0.0, max=0.9)] = 0.2,
    decline: Annotated[
        str | None,
        typer.Option(help="Also teach this answer where no chunk shown answers (one in ten)."),
    ] = None,
    service: Service = None,
    limit: Limit = TURNS,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Export a training set that teaches reading, from what went wrong.

    Stale training facts, answers from memory against their context, false refusals, and flagged
    turns with a right answer (a label or reference): question, the right chunk among distractors,
    the answer from the chunk. Facts are divided by their hash: the held-out part is never in the
    training set. Secrets are masked.
    """
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    chosen = kinds or list(FindingKind)
    with database(settings) as engine:
        context = _context(engine, service, model_version, limit)
        index = chunks_of_files(chunks) if chunks else context.chunks
        found = _findings(engine, model_version, chosen, context, index)
        prompt = system.read_text(encoding="utf-8").strip() if system else SYSTEM
    remedy = Remedy(
        system=prompt, distractors=distractors, held_out=held_out_share, declines=decline
    )
    paths = (
        out,
        held_out or _beside(out, "held-out"),
        preferences or _beside(out, "preferences"),
    )
    summary = _export(remedy, found, form, paths)
    if wants_json(as_json):
        print_json(summary)
    else:
        print_facts(summary["findings"])
        print_table([{"part": name, **summary[name]} for name in PARTS], "part", "records", "file")


@finetune.command("adapter")
def adapter(
    path: Annotated[Path, typer.Argument(help="Folder of a PEFT adapter.")],
    model_version: Annotated[
        str | None, typer.Option(help="Tie the adapter to this version. [only show it]")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show a PEFT adapter's base model, rank, targets and size, and tie it to a version."""
    try:
        described = asdict(read_adapter(path))
    except AdapterError as error:
        raise UsageError(str(error)) from error
    found = StoredAdapter(
        model_version=model_version or "",
        path=str(path),
        added_ns=time_ns(),
        description=json.loads(json.dumps(described)),
    )
    if model_version is not None:
        settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
        with database(settings, create=True) as engine, engine.begin() as connection:
            training_files.put_adapter(connection, found)
    summary = adapter_summary(found) | {"model_version": model_version}
    if wants_json(as_json):
        print_json(summary)
    else:
        print_facts(summary)


def _export(
    remedy: Remedy, found: Sequence[Finding], form: RemedyFormat, paths: tuple[Path, Path, Path]
) -> dict[str, Any]:
    """Write training set, held-out part and preference pairs; how many records each has."""
    trained, held = remedy.divide(found)
    made = (
        remedy.training_set(trained, form),
        remedy.questions(held),
        remedy.preferences(trained, form),
    )
    for path, records in zip(paths, made, strict=True):
        _write(path, records)
    counts = Counter(each.kind.value for each in found)
    return {"findings": {kind.value: counts[kind.value] for kind in FindingKind}} | {
        part: {"file": str(path), "records": len(records)}
        for part, path, records in zip(PARTS, paths, made, strict=True)
    }


def _read(file: Path) -> ReadFile:
    try:
        size = file.stat().st_size
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error}") from error
    with _progress() as progress:
        task = progress.add_task("reading", total=None if file.suffix == ".gz" else size)
        return read_training_file(file, lambda count: progress.advance(task, count))


def _known(engine: Engine, model_version: str, digest: str) -> TrainingFile | None:
    """The same file of the same version, if it is stored already."""
    with engine.connect() as connection:
        found = training_files.files(connection, [model_version])
    return next((each for each in found if each.digest == digest), None)


def _store(engine: Engine, name: str, model_version: str, read: ReadFile) -> TrainingFile:
    index = QuestionIndex.build(example.question for example in read.examples)
    file = TrainingFile(
        id=0,
        model_version=model_version,
        name=name,
        digest=read.digest,
        added_ns=time_ns(),
        examples=len(read.examples),
        facts=_facts_of(read),
    )
    with _progress() as progress:
        stored = progress.track(read.examples, description="storing")
        file_id = training_files.add(engine, file, stored, index.to_bytes())
    with engine.connect() as connection:
        return next(
            each for each in training_files.files(connection, [model_version]) if each.id == file_id
        )


def _facts_of(read: ReadFile) -> dict[str, Any]:
    found = audit(read.examples)
    return {
        "lines": read.lines,
        "bad_lines": read.bad_lines,
        "bad": [asdict(each) for each in read.bad],
        "formats": dict(read.formats),
        "questions": found.questions,
        "duplicates": found.duplicates,
        "contradictions": len(found.contradictions),
        "contradicting_lines": [list(pair) for pair in found.contradictions[:SHOWN]],
        "secrets": dict(read.secrets),
        "secret_lines": read.secret_lines,
        "system": next(iter(text for text, _ in read.system.most_common(1)), ""),
    }


def _files(engine: Engine, model_version: str) -> list[TrainingFile]:
    with engine.connect() as connection:
        found = training_files.files(connection, [model_version])
    if not found:
        raise UsageError(f"no training file of {model_version}: add one with `finetune add`")
    return found


def _context(engine: Engine, service: str | None, model_version: str, limit: int) -> StoredContext:
    return stored_context(engine, service, model_version, limit)


def _index_chunks(
    engine: Engine,
    paths: Sequence[Path] | None,
    service: str | None,
    model_version: str,
    limit: int,
) -> list[Chunk]:
    """Chunks of files, else those of stored turns; raises UsageError where there are none."""
    found = (
        chunks_of_files(paths)
        if paths
        else stored_context(engine, service, model_version, limit).chunks
    )
    if not found:
        raise UsageError("no chunk to compare with: no stored turn has one; name files (--chunks)")
    return found


def _examples(engine: Engine, files: Iterable[TrainingFile]) -> list[TrainingExample]:
    with engine.connect() as connection:
        return [each for file in files for each in training_files.examples(connection, file.id)]


def _stale(
    engine: Engine, files: Sequence[TrainingFile], chunks: Sequence[Chunk]
) -> tuple[list[StaleFact], dict[str, int]]:
    examples = _examples(engine, files)
    with _progress() as progress:
        tracked_examples = progress.track(examples, description="checking")
        checks = list(fact_checks(tracked_examples, chunks))
    counts = {state.value: sum(each.state is state for each in checks) for state in FactState}
    return stale_facts(checks), counts


def _findings(
    engine: Engine,
    model_version: str,
    kinds: Sequence[FindingKind],
    context: StoredContext,
    chunks: Sequence[Chunk],
) -> list[Finding]:
    """Findings of turns first, whose own chunks are known, then stale training facts."""
    search = PassageSearch(list(chunks))
    ids = [item.turn.id for item in context.production]
    with engine.connect() as connection:
        references = labels.references_of(connection, ids)
        files = training_files.files(connection, [model_version])
    judged = MemorizedOverrides().judged(engine, context.production)
    found = list(turn_findings(judged, references, kinds, search))
    if FindingKind.STALE_FACT in kinds and files and chunks:
        facts, _ = _stale(engine, files, chunks)
        found += findings.of_stale_facts(facts, search)
    return found


def _report(
    engine: Engine,
    model_version: str,
    files: Sequence[TrainingFile],
    context: StoredContext,
    closed_book: Path | None,
    evaluation: Path | None,
) -> dict[str, Any]:
    overrides = training_report.override_report(engine, context.production)
    answers = [
        (item.turn.model_version or "unknown", item.turn.question or "", item.turn.answer or "")
        for item in context.closed_book
    ]
    if closed_book is not None:
        answers += [_closed_book(record) for record in read_records(closed_book)]
    redundant = training_report.redundant_shares(engine, answers, model_version)
    questions = [] if evaluation is None else _questions(evaluation)
    leaked = training_report.leaks(engine, files, questions)
    return {
        "model_version": model_version,
        "training_files": [file_summary(each) for each in files],
        "overrides": asdict(overrides),
        "redundant": [asdict(each) for each in redundant],
        "evaluation_questions": len(questions),
        "leaked": [asdict(each) for each in leaked],
    }


def _closed_book(record: dict[str, Any]) -> tuple[str, str, str]:
    return (
        str(record.get("model_version") or "base"),
        str(record.get("question") or ""),
        str(record.get("answer") or ""),
    )


def _questions(path: Path) -> list[str]:
    return [
        text for record in read_records(path) if isinstance(text := record.get("question"), str)
    ]


def _fact_record(fact: StaleFact) -> dict[str, Any]:
    first = fact.examples[0]
    return {
        "question": first.question,
        "trained": first.answer,
        "sentence": fact.sentence,
        "reason": fact.reason,
        "chunk": fact.chunk.id,
        "text": fact.chunk.text,
        "lines": [example.line for example in fact.examples],
        "questions": list(dict.fromkeys(example.question for example in fact.examples)),
    }


def _write_probes(path: Path, facts: Sequence[StaleFact]) -> int:
    items = stale_probes(facts).items
    _write(path, [item.as_record() for item in items])
    return len(items)


def _write(path: Path, records: list[dict[str, Any]]) -> None:
    masks = SecretMasks()
    with record_sink(path) as sink:
        for record in tracked(records, f"writing {path.name}"):
            write_record(sink, masks.value(record))


def _beside(out: Path, part: str) -> Path:
    return out.with_name(f"{out.stem}.{part}.jsonl")


@contextmanager
def _progress() -> Iterator[Progress]:
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        yield progress
