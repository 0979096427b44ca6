"""The commands that make the reader and measure it.

    python -m benchmarks.reader train      # an hour on one idle core; goes on after a kill
    python -m benchmarks.reader export     # int8 ONNX, tokenizer and card
    python -m benchmarks.reader report     # words beside words with it, into the reference page

Needs the dependency group `reader` of pyproject.toml, pip and npm, and `GROUNDWIRE_DATA`.
"""

import argparse
from pathlib import Path

from benchmarks.reader.training import Plan, train

FOLDER = Path("build/reader")
MODEL = FOLDER / "model"
NAME = "groundwire-reader"


def main() -> None:
    """Run the command named in the arguments."""
    arguments = _parser().parse_args()
    arguments.run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reader")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where weights and pairs go")
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("train", help="train from the base weights, or go on")
    training.add_argument("--pairs", type=int, default=Plan.pairs, help="pairs in all")
    training.add_argument("--every", type=float, default=Plan.every, help="s between checkpoints")
    training.add_argument("--seed", type=int, default=Plan.seed)
    training.add_argument("--threads", type=int, default=Plan.threads)
    training.set_defaults(run=_train)
    for name, run, says in (
        ("export", _export, "write the checkpoint as int8 ONNX with its card"),
        ("report", _report, "compare with words alone on held-out data; write fitted weights"),
    ):
        command = commands.add_parser(name, help=says)
        command.add_argument("--model", type=Path, default=MODEL, help="folder of the model")
        command.set_defaults(run=run)
    return parser


def _train(arguments: argparse.Namespace) -> None:
    plan = Plan(arguments.pairs, arguments.every, arguments.seed, arguments.threads)
    train(arguments.folder, plan)


def _export(arguments: argparse.Namespace) -> None:
    from benchmarks.reader.export import export
    from groundwire_evaluators.reader import ReaderWeights

    export(arguments.folder, arguments.model, NAME, ReaderWeights())


def _report(arguments: argparse.Namespace) -> None:
    from benchmarks.reader.export import write_card
    from benchmarks.reader.report import report

    weights = report(arguments.model, arguments.folder, Plan.seed)
    write_card(arguments.model, NAME, weights)


if __name__ == "__main__":
    main()
