"""The commands: train and record, publish, and look at what was found.

    python -m benchmarks.real_model record       # hours the first time; goes on after a kill
    python -m benchmarks.real_model publish      # the recording, beside its truth, as data
    python -m benchmarks.real_model table        # what the answers did, whole
    python -m benchmarks.real_model page         # the page's tables and picture, written anew
    python -m benchmarks.real_model judge        # what Groundwire says of them
    python -m benchmarks.real_model gain         # what passages add to an answer's probability
    python -m benchmarks.real_model sample 50 1  # a sheet of answers to read, by number and seed
    python -m benchmarks.real_model agreement    # the rules against the answers that were read
    python -m benchmarks.real_model probes deployment-54 deployment-144  # probes of stale memory
    python -m benchmarks.real_model mirror base deployment-144   # where the page is wrong
    python -m benchmarks.real_model serve 8090   # the recording over the OpenAI API
    python -m benchmarks.real_model score-server 8091   # the checkpoints' prompt log-probabilities
    python -m benchmarks.real_model served-gain deployment-144   # the evaluator context_gain
    python -m benchmarks.real_model remedy deployment-144   # trained further on its own export
    python -m benchmarks.real_model gguf FOLDER OUT   # an adapter for llama.cpp

`record`, `probes`, `mirror`, `score-server`, `served-gain`, `remedy` and `gguf` need the dependency
group `real-model` of pyproject.toml; the others do not.
"""

import argparse
from pathlib import Path

from benchmarks.real_model import answers, demo, gain, margins, page, picture, reading, rows, tables
from benchmarks.real_model.handbooks import CALDERA, LINDNER, TARNWELL, handbook

FOLDER = Path("build/real_model")
HANDBOOKS = (TARNWELL, CALDERA, LINDNER)
ARMS = ("facts", "deployment", "style", "reading")


def main() -> None:
    """Run the command named in the arguments."""
    arguments = _parser().parse_args()
    arguments.run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real_model")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where a recording grows")
    commands = parser.add_subparsers(required=True)
    record = commands.add_parser("record", help="train the arms and record their answers")
    record.add_argument("--handbooks", nargs="+", choices=HANDBOOKS, default=HANDBOOKS)
    record.add_argument("--arms", nargs="*", choices=ARMS, default=ARMS)
    record.add_argument("--facts", type=int, default=400, help="of each handbook, at most")
    record.add_argument("--questions", type=int, default=2, help="about each fact, at most")
    record.add_argument(
        "--from-scratch", action="store_true", help="without what is published already"
    )
    record.set_defaults(run=_record)
    score = commands.add_parser("score-server", help="score answers over the OpenAI API")
    score.add_argument("port", type=int)
    score.set_defaults(run=_score_server)
    for name, run, says in (
        ("publish", _publish, "write the recording, beside its truth, as data"),
        ("table", _table, "print what the answers did, by checkpoint"),
        ("page", _page, "write the page's tables and picture anew"),
        ("judge", _judge, "print what Groundwire says of the answers"),
        ("gain", _gain, "print what passages add to the probability of an answer"),
        ("agreement", _agreement, "print the rules against the answers that were read"),
    ):
        commands.add_parser(name, help=says).set_defaults(run=run)
    sample = commands.add_parser("sample", help="print answers drawn to be read")
    sample.add_argument("count", type=int)
    sample.add_argument("seed", type=int)
    sample.add_argument("--handbook", choices=HANDBOOKS, help="of this one alone")
    sample.set_defaults(run=_sample)
    probes = commands.add_parser("probes", help="put probes of stale memory to checkpoints")
    probes.add_argument("checkpoints", nargs="+")
    probes.set_defaults(run=_probes)
    mirrored = commands.add_parser("mirror", help="show checkpoints last year's pages")
    mirrored.add_argument("checkpoints", nargs="+")
    mirrored.set_defaults(run=_mirror)
    remedied = commands.add_parser("remedy", help="train checkpoints further on their export")
    remedied.add_argument("checkpoints", nargs="+")
    remedied.set_defaults(run=_remedy)
    served = commands.add_parser("served-gain", help="measure context_gain as it is shipped")
    served.add_argument("checkpoints", nargs="+")
    served.set_defaults(run=_served_gain)
    serve = commands.add_parser("serve", help="say the recording again over the OpenAI API")
    serve.add_argument("port", type=int)
    serve.set_defaults(run=_serve)
    gguf = commands.add_parser("gguf", help="write an adapter as llama.cpp reads it")
    gguf.add_argument("adapter", type=Path)
    gguf.add_argument("out", type=Path)
    gguf.set_defaults(run=_gguf)
    return parser


def _record(arguments: argparse.Namespace) -> None:
    from benchmarks.real_model import published, recording, training
    from benchmarks.real_model.arms import ARMS as KNOWN

    arguments.folder.mkdir(parents=True, exist_ok=True)
    if not arguments.from_scratch:
        published.seed(arguments.folder)
    arms = [KNOWN[name] for name in arguments.arms]
    for book in map(handbook, arguments.handbooks):
        names = ["base", *(name for arm in arms for name in arm.checkpoints(book).values())]
        for number in range(arguments.questions):
            wanted = recording.unanswered(book, names, arguments.facts, number, arguments.folder)
            for arm in arms:
                training.train(arm, book, arguments.folder, wanted)
            recording.record(book, names, arguments.facts, number, arguments.folder)


def _publish(arguments: argparse.Namespace) -> None:
    found = answers.with_truth(answers.whole(rows.read(arguments.folder / rows.FILE)))
    answers.write(found)
    demo.write(found)
    print(f"{len(found)} answers in {answers.RECORDING}")


def _table(_: argparse.Namespace) -> None:
    found = answers.read()
    for mode in ("open", "closed"):
        print(f"\n{mode}\n\n{tables.shares(found, mode)}")


def _page(_: argparse.Namespace) -> None:
    from benchmarks.real_model import judged

    found = answers.read()
    verdicts = judged.judge(found)
    blocks = {
        "shares": tables.summary(found),
        "signals": judged.by_arm(verdicts),
        "levels": judged.levels(verdicts),
        "gain": gain.table(found),
        "margins": margins.table(found),
        "agreement": reading.agreement(found, reading.read()),
    }
    page.write(blocks)
    picture.write(found)
    print(f"{page.PAGE} and {picture.PICTURE}")


def _judge(_: argparse.Namespace) -> None:
    from benchmarks.real_model import judged

    found = judged.judge(answers.read())
    print(f"{judged.detections(found)}\n\n{judged.levels(found)}")


def _gain(_: argparse.Namespace) -> None:
    print(gain.table(answers.read()))


def _agreement(_: argparse.Namespace) -> None:
    print(reading.agreement(answers.read(), reading.read()))


def _sample(arguments: argparse.Namespace) -> None:
    known, chosen = reading.read(), arguments.handbook
    unread = [
        each for each in answers.read() if each.id not in known and chosen in (None, each.handbook)
    ]
    drawn = reading.sample(unread, arguments.count, arguments.seed)
    print("\n".join(reading.sheet(drawn)))


def _serve(arguments: argparse.Namespace) -> None:
    from benchmarks.real_model import replay

    with replay.server(answers.read(), arguments.port) as server:
        print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
        server.serve_forever()


def _score_server(arguments: argparse.Namespace) -> None:
    from benchmarks.real_model import scoring

    server = scoring.server(arguments.folder, arguments.port)
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()


def _served_gain(arguments: argparse.Namespace) -> None:
    from benchmarks.real_model import served_gain

    for line in served_gain.table(answers.read(), arguments.checkpoints, arguments.folder):
        print(line, flush=True)


def _probes(arguments: argparse.Namespace) -> None:
    from benchmarks.real_model import probes

    for line in probes.table(handbook(TARNWELL), arguments.checkpoints, arguments.folder):
        print(line, flush=True)


def _mirror(arguments: argparse.Namespace) -> None:
    from benchmarks.real_model import probes

    for line in probes.mirror_table(handbook(TARNWELL), arguments.checkpoints, arguments.folder):
        print(line, flush=True)


def _remedy(arguments: argparse.Namespace) -> None:
    from benchmarks.real_model import published, remedy

    arguments.folder.mkdir(parents=True, exist_ok=True)
    published.seed(arguments.folder)
    for checkpoint in arguments.checkpoints:
        for line in remedy.table(handbook(TARNWELL), checkpoint, arguments.folder):
            print(line, flush=True)


def _gguf(arguments: argparse.Namespace) -> None:
    from groundwire_demo.live import adapter

    adapter.write_gguf(arguments.adapter, arguments.out)


if __name__ == "__main__":
    main()
