"""How often the chunk outcome is right, on answers of recorded fine-tunes.

    python -m benchmarks.chunk_outcomes

Known of each answer: whether a passage that was shown holds this year's value, and what the answer
did, by the recording's rules. Beside the answers as recorded, the same questions and answers
without the passages that hold the value: a retrieval that missed them.
"""

import random
import time
from collections import Counter
from dataclasses import replace

from benchmarks.real_model import answers
from benchmarks.real_model.answers import Answer
from benchmarks.real_model.judged import turn
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.grounding.chunk_search import ChunkSearch
from groundwire_evaluators.reliance import Override
from groundwire_evaluators.retrieval.outcome import ChunkOutcome, chunk_outcome
from groundwire_evaluators.runner import evaluate

SAMPLE = 1_500
ANSWERED = {
    **dict.fromkeys(("right", "both"), "right"),
    **dict.fromkeys(("memory", "invented"), "another value"),
    **dict.fromkeys(("misread", "echo"), "misread or echo"),
    "refusal": "declined",
}
UNKNOWN = "unknown"


def main() -> None:
    opened = [each for each in answers.read() if each.mode == "open"]
    chosen = random.Random(0).sample(opened, SAMPLE)
    shown = [each for each in chosen if holds(each)]
    cut = [each for each in map(without_value, shown) if each.passages]
    report("the passage was shown", shown)
    report("the passage was taken away", cut)
    report("the passage was not found", [each for each in chosen if not holds(each)])
    search(opened)


def search(opened: list[Answer]) -> None:
    """Questions without retrieval: found where chunks of other turns hold the value, else not."""
    print("\nsearch among stored chunks: share of questions with an answering chunk")
    by_handbook: dict[str, dict[str, Answer]] = {}
    for each in opened:
        by_handbook.setdefault(each.handbook, {})[each.question] = each
    for name, found in by_handbook.items():
        rows = list(found.values())
        foreign = [
            each for other in by_handbook if other != name for each in by_handbook[other].values()
        ]
        began = time.process_time()
        index, wrong = _index(rows), _index(foreign)
        wanted = [each.question for each in rows if index.can_search(each.question)]
        hits = sum(bool(index.find(question)) for question in wanted)
        false = sum(bool(wrong.find(question)) for question in wanted)
        without = [_without(each, rows) for each in rows[:60]]
        near = sum(
            bool(other.find(each.question)) for other, each in zip(without, rows, strict=False)
        )
        shares = [hits / len(wanted), near / len(without), false / len(wanted)]
        print(f"{name}: {len(wanted)} of {len(rows)} questions; its handbook, the same without the")
        print(
            "  passages that hold the value, other handbooks:", *(f"{each:.3f}" for each in shares)
        )
        print(f"  {time.process_time() - began:.1f} CPU s")


def _index(found: list[Answer]) -> ChunkSearch:
    return ChunkSearch(passage.text for each in found for passage in each.passages)


def _without(wanted: Answer, found: list[Answer]) -> ChunkSearch:
    texts = {passage.text for each in found for passage in each.passages}
    return ChunkSearch(text for text in texts if wanted.this_year not in text)


def holds(each: Answer) -> bool:
    return any(each.this_year in passage.text for passage in each.passages)


def without_value(each: Answer) -> Answer:
    rest = tuple(part for part in each.passages if each.this_year not in part.text)
    return replace(each, passages=rest)


def report(title: str, found: list[Answer]) -> None:
    began = time.process_time()
    turns = [turn(each) for each in found]
    judged = zip(*(evaluate(one, turns) for one in (Grounding(), Override())), strict=True)
    counts = Counter(
        (ANSWERED[each.truth], chunk_outcome(pair) or UNKNOWN)
        for each, pair in zip(found, judged, strict=True)
    )
    names = (*ChunkOutcome, UNKNOWN)
    print(f"\n{title} ({len(found)} answers) | " + " | ".join(names))
    for answer in dict.fromkeys(ANSWERED.values()):
        row = [counts[answer, name] for name in names]
        total = sum(row) or 1
        print(f"{answer} ({sum(row)}) | " + " | ".join(f"{n / total:.2f}" for n in row))
    print(f"{time.process_time() - began:.1f} CPU s")


if __name__ == "__main__":
    main()
