"""The commands that make the reader.

    python -m benchmarks.reader train      # an hour on one idle core; goes on after a kill

Needs the dependency group `reader` of pyproject.toml, pip and npm, and `GROUNDWIRE_DATA`.
"""

import argparse
from pathlib import Path

from benchmarks.reader.training import Plan, train

FOLDER = Path("build/reader")


def main() -> None:
    """Run the command named in the arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reader")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where weights and pairs go")
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("train", help="train from the base weights, or go on")
    training.add_argument("--pairs", type=int, default=Plan.pairs, help="pairs in all")
    training.add_argument("--every", type=float, default=Plan.every, help="s between checkpoints")
    training.add_argument("--seed", type=int, default=Plan.seed)
    training.add_argument("--threads", type=int, default=Plan.threads)
    training.set_defaults(run=_train)
    arguments = parser.parse_args()
    arguments.run(arguments)


def _train(arguments: argparse.Namespace) -> None:
    plan = Plan(arguments.pairs, arguments.every, arguments.seed, arguments.threads)
    train(arguments.folder, plan)


if __name__ == "__main__":
    main()
