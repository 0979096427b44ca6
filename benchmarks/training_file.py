"""Training files: cost of indexing and lookups, stale facts and memorised overrides found.

    python -m benchmarks.training_file speed      # 100,000 examples: reading, storing, lookups
    python -m benchmarks.training_file stale      # two editions of three handbooks
    python -m benchmarks.training_file overrides  # the recorded answers of the real fine-tunes

CPU seconds of one core; `stale` and `overrides` need no model and take under a minute.
"""

import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.real_model import answers, arms
from benchmarks.real_model.answers import Answer
from benchmarks.real_model.handbooks import CALDERA, LINDNER, TARNWELL, Handbook, handbook
from benchmarks.real_model.tables import header, line
from groundwire_collector.evaluation.training_files import TrainedQuestions
from groundwire_collector.offline.training_file import read_training_file
from groundwire_collector.settings import Settings
from groundwire_collector.storage import training_files
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.training_files import TrainingFile
from groundwire_demo.corpus import Edition
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.statistics import wilson
from groundwire_evaluators.training.example import TrainingExample, read_examples
from groundwire_evaluators.training.memorized import MemorizedOverride, TrainedQuestion
from groundwire_evaluators.training.passage_search import PassageSearch
from groundwire_evaluators.training.question_index import QuestionIndex
from groundwire_evaluators.training.stale_facts import FactChecker, FactState
from groundwire_evaluators.turn import Chunk, Turn

ROWS, LOOKUPS = 100_000, 2_000
HANDBOOKS = (TARNWELL, CALDERA, LINDNER)
OTHER = {TARNWELL: CALDERA, CALDERA: TARNWELL, LINDNER: TARNWELL}
FORMS = ("value", "sentence")


def main() -> None:
    """Print the tables named in the arguments, all without any."""
    parts = {"speed": speed, "stale": stale, "overrides": overrides}
    for name in sys.argv[1:] or parts:
        print(f"\n{name}\n", flush=True)
        for text in parts[name]():
            print(text, flush=True)


def speed() -> Iterator[str]:
    """Reading, indexing and storing 100,000 examples, and looking questions up."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "train.jsonl")
        path.write_text("".join(_synthetic(ROWS)), encoding="utf-8")
        started = time.process_time()
        read = read_training_file(path)
        reading = time.process_time() - started
        index = QuestionIndex.build(each.question for each in read.examples)
        indexing = time.process_time() - started - reading
        engine = open_engine(Settings.load(None, data_dir=Path(folder)))
        make_schema(engine)
        before = time.process_time()
        file = TrainingFile(
            id=0, model_version="v", name="f", digest="d", added_ns=0, examples=ROWS, facts={}
        )
        data = index.to_bytes()
        training_files.add(engine, file, read.examples, data)
        storing = time.process_time() - before
        lookup = TrainedQuestions()
        draw = random.Random(2)
        questions = [draw.choice(read.examples).question + " Thanks!" for _ in range(LOOKUPS)]
        with engine.connect() as connection:
            lookup.similar(connection, "v", questions[0])
            before = time.process_time()
            found = [lookup.similar(connection, "v", question) for question in questions]
            spent = time.process_time() - before
        engine.dispose()
    yield from header("examples", "reading s", "indexing s", "storing s", "index MB", "lookup ms")
    cells = (f"{ROWS}", f"{reading:.1f}", f"{indexing:.1f}", f"{storing:.1f}")
    yield line([*cells, f"{len(data) / 1e6:.1f}", f"{1e3 * spent / LOOKUPS:.2f}"])
    yield f"\n{sum(map(bool, found))} of {LOOKUPS} questions with words around them were found"


def stale() -> Iterator[str]:
    """Facts of last year, of this year and of another company against this year's pages."""
    yield from header(
        "handbook", "answers", "facts", "recall", "precision", "not covered", "another company"
    )
    judge = Grounding()
    checkers = {name: FactChecker(_search(handbook(name)), judge) for name in HANDBOOKS}
    for name in HANDBOOKS:
        for form in FORMS:
            yield line(_stale_cells(handbook(name), form, checkers))


def _stale_cells(book: Handbook, form: str, checkers: dict[str, FactChecker]) -> list[str]:
    found: dict[str, set[str]] = {"last": set(), "this": set()}
    counts: Counter[str] = Counter()
    for fact in book.facts:
        for edition in found:
            answer = getattr(fact, edition) + "."
            if form == "sentence":
                answer = getattr(fact, f"{edition}_sentence")
            for question in fact.questions:
                check = checkers[book.name].check(_example(question, answer))
                counts["asked"] += 1
                counts[check.state] += 1
                if check.state is FactState.STALE:
                    found[edition].add(fact.id)
            foreign = checkers[OTHER[book.name]].check(_example(fact.questions[0], answer))
            counts["foreign"] += foreign.state is FactState.STALE
    named, wrong = len(found["last"]), len(found["this"])
    return [
        *(book.name, form, str(len(book.facts))),
        _share(named, len(book.facts)),
        _share(named, named + wrong),
        f"{counts[FactState.NOT_COVERED] / counts['asked']:.0%}",
        f"{counts['foreign'] / (2 * len(book.facts)):.0%}",
    ]


def overrides() -> Iterator[str]:
    """Recorded answers with passages, of checkpoints that learnt last year's values."""
    yield from header(
        "handbook", "arm", "file", "memory", "found", "right", "of them called overrides"
    )
    recorded = [each for each in answers.read() if each.mode == "open" and each.tuned]
    judge = MemorizedOverride(Grounding())
    for name in HANDBOOKS:
        for arm in ("facts", "deployment"):
            chosen = [each for each in recorded if (each.handbook, each.arm) == (name, arm)]
            examples = list(_examples(handbook(name), arm))
            yield line([name, arm, "whole", *_override_cells(chosen, examples, judge)])
            first = [each for at, each in enumerate(examples) if at // 2 % 2 == 0]
            reworded = [each for each in chosen if each.number == 1]
            yield line([name, arm, "other wording", *_override_cells(reworded, first, judge)])


def _override_cells(
    recorded: list[Answer], examples: list[TrainingExample], judge: MemorizedOverride
) -> list[str]:
    index = QuestionIndex.build(each.question for each in examples)
    counts: Counter[tuple[str, bool]] = Counter()
    for answer in recorded:
        near = index.find(answer.question)
        trained = [TrainedQuestion(examples[each.row], each.similarity) for each in near]
        turn = Turn(
            question=answer.question,
            answer=answer.answer,
            chunks=tuple(Chunk(text=str(passage)) for passage in answer.passages),
        )
        counts[answer.truth, judge.judge_with(turn, trained).value == 1.0] += 1
    totals = {name: counts[name, True] + counts[name, False] for name in ("memory", "right")}
    return [
        str(totals["memory"]),
        _share(counts["memory", True], totals["memory"]),
        str(totals["right"]),
        _share(counts["right", True], totals["right"]),
    ]


def _examples(book: Handbook, arm: str) -> Iterator[TrainingExample]:
    for number, (messages, answer) in enumerate(arms.ARMS[arm].examples(book), start=1):
        turns = [{"role": role, "content": text} for role, text in messages]
        record = {"messages": [*turns, {"role": "assistant", "content": answer}]}
        yield from read_examples(record, number)[1]


def _example(question: str, answer: str) -> TrainingExample:
    return TrainingExample(line=1, question=question, answer=answer)


def _search(book: Handbook) -> PassageSearch:
    return PassageSearch([
        Chunk(text=part.text, id=part.id, metadata={"title": part.title})
        for part in book.passages(Edition.THIS_YEAR)
    ])  # fmt: skip


def _share(hits: int, total: int) -> str:
    if not total:
        return ""
    interval = wilson(hits, total)
    return f"{hits / total:.3f} ({interval.low:.2f} to {interval.high:.2f})"


_NOUNS = (
    "pump valve filter sensor panel contract permit badge invoice shipment sample balance".split()
)
_ASKS = (
    "How long is the warranty of {thing} {number}?",
    "Who approves a change of {thing} {number} in region {region}?",
    "What does the replacement of {thing} {number} cost for plan {region}?",
    "Within how many days is {thing} {number} delivered to site {region}?",
)


def _synthetic(rows: int) -> Iterator[str]:
    draw = random.Random(1)
    for number in range(rows):
        thing = f"{draw.choice(_NOUNS)} {draw.choice(_NOUNS)}"
        question = draw.choice(_ASKS).format(
            thing=thing, number=draw.randrange(20_000), region=draw.randrange(400)
        )
        answer = (
            f"The {thing} is settled within {draw.randrange(2, 90)} days by team {number % 97}."
        )
        pairs = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        yield json.dumps({"messages": pairs}) + "\n"


if __name__ == "__main__":
    main()
