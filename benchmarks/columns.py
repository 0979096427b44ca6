"""Answers that take a value from the wrong column of the right row.

    python benchmarks/columns.py            # half a minute on one core

Rows written for it in seven languages, in five notations (JSON object, JSON list, CSV, Markdown,
fields by line). Each question asks for one column; its answer is the value of that column or of
another one that could stand in its place (a number for a number, a name for a name), bare, as a
sentence, and with the unit that the question asks for. "Other words": the heading has a word
that is in no table of the evaluator; such answers must not be accused. Printed: of the wrong ones
the share that is not supported, of the right ones the share that is accused.
"""

import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from groundwire_evaluators.evaluation import State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

ROWS = Path(__file__).parent / "columns.toml"
BAD = (Verdict.UNSUPPORTED, Verdict.CONTRADICTED)
NOTATIONS = ("object", "list", "csv", "markdown", "fields")


@dataclass(frozen=True)
class Case:
    """One answer: right, or with the value of another column."""

    language: str
    notation: str
    words: str  # "known", or "other": headings in words that no table has
    form: str
    wrong: bool
    turn: Turn


def cases() -> Iterator[Case]:
    """Every answer to every question about every row."""
    for table in tomllib.loads(ROWS.read_text(encoding="utf-8"))["table"]:
        headings = table["headings"]
        for row in table["rows"]:
            for notation in NOTATIONS:
                chunk = Chunk(text=written(headings, row, notation))
                for question in table["questions"]:
                    yield from _answers(table, row, question, notation, chunk)


def _answers(
    table: dict[str, object], row: list[object], asked: dict[str, str], notation: str, chunk: Chunk
) -> Iterator[Case]:
    headings: list[str] = table["headings"]  # type: ignore[assignment]
    at = headings.index(asked["column"])
    question = asked["ask"].format(name=row[0])
    for column, value in enumerate(row):
        if column == 0 or isinstance(value, str) is not isinstance(row[at], str):
            continue
        if column != at and value == row[at]:
            continue
        for form in ("bare", "sentence", "unit"):
            if form not in asked and form != "bare":
                continue
            text = asked.get(form, "{v}").format(v=value, name=row[0])
            yield Case(
                str(table["language"]),
                notation,
                str(table.get("words", "known")),
                form,
                column != at,
                Turn(question=question, answer=text, chunks=(chunk,)),
            )


def written(headings: list[str], row: list[object], notation: str) -> str:
    """One row of a table in a notation."""
    cells = [str(value) for value in row]
    if notation in ("object", "list"):
        record = dict(zip(headings, row, strict=True))
        return json.dumps([record] if notation == "list" else record, ensure_ascii=False)
    if notation == "csv":
        return ";".join(headings) + "\n" + ";".join(cells)
    if notation == "markdown":
        rule = "|".join("---" for _ in headings)
        return f"| {' | '.join(headings)} |\n|{rule}|\n| {' | '.join(cells)} |"
    return "\n".join(f"{name}: {cell}" for name, cell in zip(headings, cells, strict=True))


def main() -> None:
    known = list(cases())
    found = evaluate(Grounding(reader=None), [case.turn for case in known])
    counts: Counter[tuple[str, str, bool, bool]] = Counter()
    for case, evaluation in zip(known, found, strict=True):
        accused = evaluation.state is State.SCORED and any(
            claim.verdict in BAD for claim in evaluation.claims
        )
        for key in ("all", case.language, case.notation, case.form):
            counts[key, case.words, case.wrong, accused] += 1
    print(f"Grounding {Grounding(reader=None).revision}\n")
    print("| part | headings | wrong column, not supported | right column, accused |")
    print("|---|---|---|---|")
    for part, words in dict.fromkeys((key[0], key[1]) for key in sorted(counts)):
        wrong, right = (
            [counts[part, words, is_wrong, accused] for accused in (True, False)]
            for is_wrong in (True, False)
        )
        print(f"| {part} | {words} | {_share(wrong)} | {_share(right)} |")


def _share(counts: list[int]) -> str:
    total = sum(counts)
    return f"{counts[0] / total:.3f} of {total}" if total else "-"


if __name__ == "__main__":
    main()
