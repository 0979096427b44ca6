"""What the relevance of `retrieval` can tell, and what it costs.

    python benchmarks/retrieval.py

On questions of the ragtruth development sets with three passages each (labelled data:
GROUNDWIRE_DATA): are the passages of a question told from those of others; and, where every claim
of the answers is supported, is the passage that grounding finds to support most the most relevant?
The second is silver: its reference is a program, and the passages come sorted by a search engine.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from statistics import mean

from grounding_data import answers, turn
from groundwire_evaluators.evaluation import State
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.retrieval import Retrieval
from groundwire_evaluators.retrieval.relevance import RELATED, ChunkTerms, QuestionTerms
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.text.words import ENGLISH

FOREIGN = 20  # passages of other questions, a question
AGREED = 0.6  # of the answers to a question, for the same supporting passage


def main() -> None:
    rows = [row for name in ("ragtruth", "ragtruth-train-extra") for row in answers(name)]
    rows = [row for row in rows if row["task"] == "qa"]
    print(f"Retrieval {Retrieval().revision}, {date.today()}, {sys.platform}\n")
    separation(rows)
    position(rows)
    cost(rows)


def separation(rows: Sequence[dict]) -> None:
    asked = {row["source_id"]: (row["question"], row["contexts"]) for row in rows}
    draw, passages = random.Random(0), [(s, c) for s, (_, cs) in asked.items() for c in cs]
    own, foreign = [], []
    for source, (question, contexts) in asked.items():
        wanted = QuestionTerms.of(question, ENGLISH)
        own += [wanted.relevance(ChunkTerms.of(text, ENGLISH).keys) for text in contexts]
        others = [text for s, text in draw.sample(passages, FOREIGN) if s != source]
        foreign += [wanted.relevance(ChunkTerms.of(text, ENGLISH).keys) for text in others]
    print(f"{len(asked)} questions, {len(own)} passages of theirs, {len(foreign)} foreign ones")
    print(f"mean relevance {mean(own):.2f} own, {mean(foreign):.2f} foreign")
    print(f"AUROC {auroc(own, foreign):.3f}")
    above = [mean(value >= RELATED for value in values) for values in (own, foreign)]
    print(f"at least {RELATED}: {above[0]:.3f} own, {above[1]:.3f} foreign\n")


def position(rows: Sequence[dict]) -> None:
    hits, first, chance = [], [], []
    for question, contexts, best in supported(rows):
        wanted = QuestionTerms.of(question, ENGLISH)
        values = [wanted.relevance(ChunkTerms.of(text, ENGLISH).keys) for text in contexts]
        top = [at for at, value in enumerate(values) if value == max(values)]
        hits.append((best in top) / len(top))
        first.append(best == 0)
        chance.append(1 / len(contexts))
    print(f"{len(hits)} questions whose answers agree on a supporting passage")
    print(f"it is the most relevant one: {mean(hits):.2f} (any: {mean(chance):.2f})")
    print(f"it is the first one: {mean(first):.2f}\n")


def supported(rows: Sequence[dict]) -> Iterator[tuple[str, list[str], int]]:
    grounding, places = Grounding(), {}
    for row in rows:
        [judged] = evaluate(grounding, [turn(row)])
        rank = judged.signals.get("supporting_chunk_rank")
        if not row["unsupported"] and judged.state is State.SCORED and rank is not None:
            places.setdefault(row["source_id"], (row, Counter()))[1][int(rank)] += 1
    for row, ranks in places.values():
        [(best, votes)] = ranks.most_common(1)
        if votes >= AGREED * ranks.total():
            yield row["question"], row["contexts"], best


def cost(rows: Sequence[dict]) -> None:
    turns = [turn(row) for row in {row["source_id"]: row for row in rows}.values()]
    evaluator = Retrieval()
    evaluate(evaluator, turns[:20])
    for name in ("new chunks", "the same again"):
        began = time.process_time()
        evaluate(evaluator, turns)
        spent = time.process_time() - began
        characters = mean(sum(len(chunk.text) for chunk in each.chunks) for each in turns)
        microseconds = spent / len(turns) * 1e6
        print(f"{microseconds:.0f} µs of CPU a turn of {characters:.0f} characters, {name}")


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The chance that a positive has the higher value; ties count half."""
    above = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return above / (len(positive) * len(negative))


if __name__ == "__main__":
    main()
