"""How well the tone distance separates writers, and the background that is shipped.

    python benchmarks/tone.py                  measures (labelled data: GROUNDWIRE_DATA)
    python benchmarks/tone.py --background     writes the shipped background anew

Answers of six models to the same questions (RAGTruth, MIT licence): a reference is half of the
answers of one model to one kind of task; held out are its other half, and the answers of each other
model to the same held-out questions. The background is of the other kinds of task. Versions of one
model family (Llama 2) are not compared with each other.
"""

import json
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median

from grounding_data import answers
from groundwire_evaluators.behaviour import tone
from groundwire_evaluators.behaviour.tone import Background, ToneReference, profile
from groundwire_evaluators.text.words import ENGLISH

GROUPS = (1, 10, 25, 50)  # answers whose mean distance is compared
DRAWS = 300
PLACE = Path(tone.__file__).parent / tone.BACKGROUND

Answers = dict[str, dict[str, list[tuple[str, str]]]]  # task → model → (question, answer)


def main() -> None:
    found = by_writer()
    if "--background" in sys.argv:
        write_background(found)
        return
    rates: dict[int, list[float]] = defaultdict(list)
    for task, writers in found.items():
        others = [a for t, w in found.items() if t != task for rows in w.values() for _, a in rows]
        background = Background.of(others, ENGLISH.stop)
        for writer in writers:
            for size, values in separations(writers, writer, background).items():
                rates[size] += values
    for size, values in rates.items():
        low = sum(value < 0.5 for value in values) / len(values)
        print(
            f"mean of {size:2d} answers: AUROC mean {mean(values):.3f} median "
            f"{median(values):.3f} least {min(values):.3f}, below .5 {low:.2f} of {len(values)}"
        )


def by_writer() -> Answers:
    found: Answers = defaultdict(lambda: defaultdict(list))
    for name in ("ragtruth", "ragtruth-train-extra"):
        for row in answers(name):
            if row["answer"].strip():
                found[row["task"]][row["model"]].append((row["source_id"], row["answer"]))
    return found


def separations(
    writers: dict[str, list[tuple[str, str]]], writer: str, background: Background
) -> dict[int, list[float]]:
    draw = random.Random(writer)
    questions = sorted({question for question, _ in writers[writer]})
    draw.shuffle(questions)
    learnt = set(questions[: len(questions) // 2])
    reference = ToneReference.of([a for q, a in writers[writer] if q in learnt], background)
    distances = {
        name: [reference.distance_of(profile(a)) for q, a in rows if q not in learnt]
        for name, rows in writers.items()
        if name == writer or not (name.startswith("llama") and writer.startswith("llama"))
    }
    own = distances.pop(writer)
    return {
        size: [
            auroc(groups(own, size, draw), groups(each, size, draw)) for each in distances.values()
        ]
        for size in GROUPS
    }


def groups(values: Sequence[float], size: int, draw: random.Random) -> Sequence[float]:
    if size == 1:
        return values
    return [mean(draw.choices(values, k=size)) for _ in range(DRAWS)]


def auroc(own: Sequence[float], other: Sequence[float]) -> float:
    """How often an answer of another writer is farther than one of the reference's writer."""
    wins = sum((b > a) + (a == b) / 2 for a in own for b in other)
    return wins / (len(own) * len(other))


def write_background(found: Answers) -> None:
    every = [a for writers in found.values() for rows in writers.values() for _, a in rows]
    made = Background.of(every, ENGLISH.stop)
    rows = {f: [round(m, 6), round(made.deviations[f], 6)] for f, m in made.means.items()}
    source = f"{len(every)} answers of six models, RAGTruth (MIT licence)"
    text = json.dumps({"source": source, "languages": {"en": rows}}, ensure_ascii=False, indent=1)
    PLACE.write_text(text + "\n", encoding="utf-8")
    print(f"{PLACE}: {len(rows)} features of {source}")


if __name__ == "__main__":
    main()
