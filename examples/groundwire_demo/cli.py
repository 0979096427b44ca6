"""`groundwire demo`: run the demo and show its alarm."""

import signal
from datetime import datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console

from groundwire_collector.errors import UsageError
from groundwire_demo.plan import LIVE_TURNS, TURNS, DemoPlan
from groundwire_demo.run import perform

# Exit codes.
AS_EXPECTED = 0
NOT_AS_EXPECTED = 2
INTERRUPTED = 130


def demo(
    turns: Annotated[
        int | None,
        typer.Option(min=100, help=f"Number of questions. [{TURNS}; with --live {LIVE_TURNS}]"),
    ] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Questions per second.")] = 40.0,
    no_rollout: Annotated[
        bool, typer.Option("--no-rollout", help="No rollout: no alarm is expected.")
    ] = False,
    memory_agrees: Annotated[
        bool,
        typer.Option(
            "--memory-agrees",
            help="The fine-tune recalls facts that are still true: only probes detect it.",
        ),
    ] = False,
    scripted: Annotated[
        bool,
        typer.Option("--scripted", help="A scripted stand-in instead of the recorded model."),
    ] = False,
    live: Annotated[
        bool,
        typer.Option("--live", help="The recorded model, run here by llama.cpp (minutes)."),
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep everything running until Ctrl-C.")
    ] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="New folder for database and logs. [demo-data/TIME]")
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed of the questions.")] = 1,
) -> None:
    """Watch a real RAG application through a rollout that recites its weights.

    A help desk answers questions about an invented company from 63 pages:
    BM25 retrieval, a model behind the openai client, the SDK's decorators.
    `groundwire up` runs next to it with default settings, except that its
    baseline is shortened from a week to 500 turns. Halfway through, a
    fine-tuned model is rolled out that answers many questions with last
    year's values. Alarms are printed as lines starting with ALARM.
    Prometheus and Alertmanager are used if they are installed.

    By default the answers are recordings of a real small model and a real
    fine-tune of it; the final report compares what the answers did with what
    was flagged. With --live that model and its adapter are run here by
    llama.cpp, with a baseline of 60 turns, in about five minutes; what that
    needs is named if it is missing. With --scripted a scripted model answers,
    increasingly with last year's values. To use any other model, set
    GROUNDWIRE_DEMO_LLM to an OpenAI-compatible endpoint and a model, for example
    "http://127.0.0.1:11434/v1 llama3.2", GROUNDWIRE_DEMO_TUNED_MODEL to the
    model that is rolled out, and OPENAI_API_KEY to the key.

    With --memory-agrees (scripted, unless an endpoint is set) faithfulness
    stays flat and only the collector's probes raise the alarm; closed-book
    calls show how many answers memory alone would have given.

    Exit code 0 if the alarm was raised (with --no-rollout: if none was),
    2 if not, 1 on errors.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    folder = data_dir or Path("demo-data") / f"{datetime.now():%Y%m%d-%H%M%S}"
    plan = DemoPlan(
        turns or (LIVE_TURNS if live else TURNS),
        rate,
        not no_rollout,
        keep,
        folder,
        seed,
        memory_agrees,
        scripted,
        live,
    )
    try:
        went_well = perform(plan, Console())
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except httpx.HTTPError as error:
        raise UsageError(f"the collector failed ({error}); see the logs in {folder}") from error
    raise typer.Exit(AS_EXPECTED if went_well else NOT_AS_EXPECTED)


def _interrupt(_number: int, _frame: object) -> None:
    """Handle SIGTERM like Ctrl-C, so that child processes are stopped."""
    raise KeyboardInterrupt
