"""`groundwire probe`: build packs and run counterfactual probes."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from groundwire_collector.commands.database import database
from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import read_records
from groundwire_collector.llm.client import ChatEndpoint, ChatTarget, target_of
from groundwire_collector.llm.logprobs import trial_margin
from groundwire_collector.llm.rate_limiter import RateLimiter
from groundwire_collector.probing.runner import ProbeRunner, read_run, result_line, resume
from groundwire_collector.settings import Settings
from groundwire_collector.storage import turns as stored_turns
from groundwire_evaluators.reliance.probe.arms import ALL_ARMS, Arm, ProbePrompting, Trial, trials
from groundwire_evaluators.reliance.probe.building import ProbeBuilder, SourceDocument
from groundwire_evaluators.reliance.probe.comparison import (
    RunComparison,
    alarm_level,
    compare_runs,
    compare_with_best,
)
from groundwire_evaluators.reliance.probe.item import ProbePack, ProbeStratum, load_pack
from groundwire_evaluators.reliance.probe.report import pack_report
from groundwire_evaluators.reliance.probe.run import ProbeRun, TokenPrices, summarise
from groundwire_evaluators.reliance.probe.validators import ValidatedItems
from groundwire_evaluators.turn import Chunk, Turn

WORSE = 2  # exit code
MARGINS = "Also score both answers (the endpoint must return log-probabilities)."

probe = typer.Typer(no_args_is_help=True, help="Build and run counterfactual probes.")


@probe.command()
def build(
    out: Annotated[
        Path, typer.Option(help="Output file of the pack; the report is written beside it.")
    ],
    corpus: Annotated[
        list[Path] | None, typer.Option(help="Text files, or folders of .txt and .md files.")
    ] = None,
    turns: Annotated[
        Path | None, typer.Option(help="JSON Lines file with question, contexts, answer.")
    ] = None,
    stored: Annotated[
        Path | None,
        typer.Option(help="Data folder of a collector, to build from its stored turns."),
    ] = None,
    training: Annotated[
        Path | None,
        typer.Option(help="Training file of the fine-tune (JSON Lines); its facts are marked."),
    ] = None,
    previous: Annotated[
        list[Path] | None,
        typer.Option(help="The last edition of the corpus: what a model may still remember."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of items.")] = 500,
) -> None:
    """Build probe items from a corpus or from turns; drops bad ones, each with its reason.

    Facts to which --training or --previous gives another value become `stale` items: the context
    is the corpus as it is, and memory's answer the value that was learnt.
    """
    earlier = [document.text for document in _documents(previous or [])]
    builder = ProbeBuilder(ProbeStratum.FRESH, _training(training), earlier)
    if corpus:
        validated = builder.from_documents(_documents(corpus))
    elif turns is not None:
        validated = builder.from_turns(_turns(turns))
    elif stored is not None:
        validated = builder.from_turns(_stored(stored))
    else:
        raise UsageError("give --corpus, --turns or --stored to build from")
    _write_pack(out, validated, limit)


Runs = list[Path] | None


@probe.command()
def run(
    endpoint: Annotated[
        str | None, typer.Option(help="OpenAI-compatible base URL, including /v1.")
    ] = None,
    model: Annotated[str, typer.Option(help="Model name.")] = "",
    function: Annotated[
        str | None, typer.Option(help="Or: module:function, which answers (question, chunks).")
    ] = None,
    pack: Annotated[Path | None, typer.Option(help="Probe pack file. [the shipped one]")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Results file; an interrupted run resumes from it.")
    ] = None,
    arms: Annotated[str, typer.Option(help="Arms to run, comma-separated.")] = ",".join(ALL_ARMS),
    baseline: Annotated[
        Runs, typer.Option(help="Frozen baseline run; repeatable (mean of several).")
    ] = None,
    earlier: Annotated[
        Runs, typer.Option(help="Earlier run; repeatable: the best is a reference too.")
    ] = None,
    alarms: Annotated[float, typer.Option(help="Budget of false alarms per period …")] = 1.0,
    runs: Annotated[float, typer.Option(help="… and number of runs per period.")] = 30.0,
    rate: Annotated[float, typer.Option(help="Maximum calls per minute.")] = 600.0,
    at_once: Annotated[int, typer.Option(min=1, max=64, help="Concurrent calls.")] = 4,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Number of items, from the first. [all]")
    ] = None,
    system: Annotated[
        Path | None, typer.Option(help="System prompt file, including the context instruction.")
    ] = None,
    closed_book: Annotated[
        Path | None, typer.Option(help="The same prompt without its context instruction.")
    ] = None,
    margins: Annotated[bool, typer.Option("--margins", help=MARGINS)] = False,
    price_in: Annotated[float, typer.Option(help="Price per million input tokens.")] = 0.0,
    price_out: Annotated[float, typer.Option(help="Price per million output tokens.")] = 0.0,
    model_version: Annotated[str, typer.Option(help="As in your telemetry.")] = "",
    prompt_version: Annotated[str, typer.Option(help="As in your telemetry.")] = "",
) -> None:
    """Run a pack and compare it: exit code 2 where the model reads its context less than before.

    The API key is read from OPENAI_API_KEY. Prints one JSON object: identity, summary per stratum
    (always with counts), cost, and the comparisons.
    """
    target, prompting = target_of(endpoint, model, function), _prompting(system, closed_book)
    chosen, chosen_arms = _pack(pack, limit), _arms(arms)
    _check_trials(chosen, chosen_arms)
    scorer = _scorer(target, chosen, prompting) if margins else None
    runner = ProbeRunner(chosen, target, prompting, chosen_arms, _pace(rate), at_once, scorer)
    references = [read_run(path) for path in baseline or ()]
    others = [read_run(path) for path in earlier or ()]
    done = _carry_out(runner, out, model or function or "", model_version, prompt_version)
    compared = dict(_comparisons(done, references, others, _alpha(alarms, runs)))
    _report(done, compared, TokenPrices(price_in, price_out) if price_in or price_out else None)


def _report(
    done: ProbeRun, compared: Mapping[str, RunComparison], prices: TokenPrices | None
) -> None:
    """Print the run and its comparisons; raises where it got worse, or nothing was answered."""
    report = {
        "run": asdict(done.identity),
        "summary": asdict(summarise(done, prices)),
        "comparisons": {name: _comparison(each) for name, each in compared.items()},
    }
    typer.echo(json.dumps(report, ensure_ascii=False))
    if any(each.override or each.general for each in compared.values()):
        raise typer.Exit(WORSE)
    if not any(result.followed for result in done.results):
        raise UsageError(f"no call was answered: {dict(done.failures)}")


def _comparisons(
    done: ProbeRun, references: Sequence[ProbeRun], others: Sequence[ProbeRun], alpha: float
) -> Iterator[tuple[str, RunComparison]]:
    """With the baseline and with the best of the earlier runs, as far as there are any."""
    try:
        if references:
            yield "baseline", compare_runs(done, references, alpha)
        if best := compare_with_best(done, others, alpha):
            yield "best", best
    except ValueError as error:
        raise UsageError(str(error)) from error


def _comparison(compared: RunComparison) -> dict[str, Any]:
    return {"override": compared.override, "general": compared.general, **asdict(compared)}


def _carry_out(
    runner: ProbeRunner, out: Path | None, model: str, model_version: str, prompt_version: str
) -> ProbeRun:
    identity = runner.identity(model, model_version, prompt_version)
    if out is None:
        return ProbeRun(identity, tuple(_shown(runner, runner.results(), 0)))
    file, answered = resume(out, identity)
    with file:
        for result in _shown(runner, runner.results(each.key for each in answered), len(answered)):
            file.write(result_line(result) + "\n")
            file.flush()
    return read_run(out)


def _shown(runner: ProbeRunner, results: Iterator[Any], done: int) -> Iterator[Any]:
    """Show a progress bar on standard error, if it is a terminal."""
    console = Console(stderr=True)
    total = len(runner.pack) * len(runner.arms)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("asking", total=total, completed=done)
        for result in results:
            progress.advance(task)
            yield result


def _check_trials(pack: ProbePack, arms: tuple[Arm, ...]) -> None:
    """Raise UsageError where the pack is too small to make the trials of these arms."""
    try:
        for _ in trials(pack, arms):
            pass
    except ValueError as error:
        raise UsageError(f"{error}; take more items") from error


def _pack(path: Path | None, limit: int | None) -> ProbePack:
    try:
        pack = load_pack(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from error
    return pack if limit is None else ProbePack(pack.name, pack.items[:limit])


def _scorer(
    target: ChatTarget, pack: ProbePack, prompting: ProbePrompting
) -> Callable[[Trial], float]:
    """Margin scorer; raises NoScoringError at once without log-probabilities."""
    if not isinstance(target, ChatEndpoint):
        raise UsageError("--margins needs --endpoint: a function gives no log-probabilities")
    trial_margin(target, next(trials(pack, (Arm.CONFLICT,))), prompting)
    return lambda trial: trial_margin(target, trial, prompting)


def _arms(names: str) -> tuple[Arm, ...]:
    try:
        return tuple(Arm(name.strip()) for name in names.split(","))
    except ValueError as error:
        raise UsageError(f"{error}; there are {', '.join(ALL_ARMS)}") from error


def _pace(rate: float) -> RateLimiter:
    try:
        return RateLimiter(per_minute=rate)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _alpha(alarms: float, runs: float) -> float:
    try:
        return alarm_level(alarms, runs)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _prompting(system: Path | None, closed_book: Path | None) -> ProbePrompting:
    if (system is None) != (closed_book is None):
        raise UsageError("--system and --closed-book must be given together")
    if system is None or closed_book is None:
        return ProbePrompting()
    return ProbePrompting(_text(system), _text(closed_book))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


def _training(path: Path | None) -> list[str]:
    """Each training example as one text, whatever its fields are called."""
    if path is None:
        return []
    return [" ".join(_strings(record)) for record in read_records(path)]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def _documents(paths: Sequence[Path]) -> list[SourceDocument]:
    found = [
        each
        for path in paths
        for each in (
            sorted(p for p in path.rglob("*") if p.suffix in (".txt", ".md"))
            if path.is_dir()
            else [path]
        )
    ]
    return [SourceDocument(str(path), _text(path)) for path in found]


def _turns(path: Path) -> list[Turn]:
    turns = []
    for number, record in enumerate(read_records(path), start=1):
        contexts = record.get("contexts") or []
        if not isinstance(contexts, list) or not all(isinstance(each, str) for each in contexts):
            raise UsageError(f"{path}, record {number}: contexts must be a list of strings")
        turns.append(
            Turn(
                id=str(record.get("id", number)),
                question=record.get("question"),
                chunks=tuple(Chunk(text=text) for text in contexts),
                answer=record.get("answer"),
            )
        )
    return turns


def _stored(data_dir: Path) -> list[Turn]:
    """The newest production turns of a collector's database."""
    settings = Settings.load(None, data_dir=data_dir)
    with database(settings, migrate=False) as engine, engine.connect() as connection:
        query = stored_turns.TurnQuery(limit=5000)
        found = stored_turns.find(connection, query)
    return [each.turn for each in found if not (each.turn.closed_book or each.turn.probe)]


def _write_pack(out: Path, validated: ValidatedItems, limit: int) -> None:
    if not validated.items:
        raise UsageError(f"no valid item: {dict(validated.reasons)}")
    pack = ProbePack(out.stem, validated.items[:limit])
    lines = [json.dumps(item.as_record(), ensure_ascii=False) for item in pack.items]
    report = pack_report(pack, validated.rejections)
    try:
        out.write_text("\n".join(lines) + "\n", encoding="utf-8")
        beside = out.with_suffix(".report.json")
        beside.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error}") from error
    typer.echo(f"{out}: {len(pack)} items, digest {pack.digest}; dropped {report['dropped']}")
