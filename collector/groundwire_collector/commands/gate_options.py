"""Options of `groundwire gate`."""

from pathlib import Path
from typing import Annotated

import typer

from groundwire_collector.commands import moments

When = Annotated[str | None, typer.Option(metavar=moments.METAVAR, help=moments.HELP)]
Candidates = Annotated[
    str | None,
    typer.Argument(
        metavar="CANDIDATE",
        help="Answers of the candidate (JSON Lines); questions to ask with --endpoint or "
        "--function; an endpoint's URL; model_version=NAME; a probe run.",
    ),
]
Baseline = Annotated[str | None, typer.Option(help="The same of the frozen baseline.")]
Earlier = Annotated[
    list[str] | None,
    typer.Option(help="The same of an earlier version; repeatable: the best is a reference."),
]
Endpoint = Annotated[str | None, typer.Option(help="OpenAI-compatible base URL, including /v1.")]
ModelName = Annotated[str, typer.Option(help="Model name.")]
AnswerFunction = Annotated[
    str | None, typer.Option(help="Or: module:function, which answers (question, chunks).")
]
SystemPrompt = Annotated[Path | None, typer.Option(help="System prompt file, for --endpoint.")]
Retention = Annotated[
    str | None, typer.Option(help="Also ask a retention set: shipped, or a JSON Lines file.")
]
EvaluatorName = Annotated[str, typer.Option(help="Evaluator or judge, by name or dotted path.")]
Also = Annotated[list[str] | None, typer.Option(help="Further evaluator; repeatable. [behaviour]")]
Task = Annotated[str | None, typer.Option(help="Task score: exact, f1, rule, or module:function.")]
Schema = Annotated[Path | None, typer.Option(help="JSON schema that answers must fulfil.")]
Margin = Annotated[float | None, typer.Option(help="One non-inferiority margin for all shares.")]
MarginsFile = Annotated[Path | None, typer.Option(help="Margins (TOML), over the shipped ones.")]
PrintMargins = Annotated[
    bool, typer.Option("--margins", help="Print the shipped margins file and exit.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Fail unless shown to be within every margin.")
]
Out = Annotated[
    Path | None, typer.Option(help="Save the candidate's answers, as the next baseline.")
]
Markdown = Annotated[Path | None, typer.Option(help="Write a Markdown report.")]
Junit = Annotated[Path | None, typer.Option(help="Write a JUnit XML report.")]
Prices = Annotated[Path | None, typer.Option(help="Token prices (TOML), for cost.")]
Service = Annotated[str | None, typer.Option(help="Service of stored turns.")]
