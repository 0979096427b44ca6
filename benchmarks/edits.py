"""How many edits of one fact the shipped verdicts find, and how many true copies they accuse.

    python benchmarks/edits.py                # a minute on one core
    python benchmarks/edits.py --misses de    # and print what was missed there

The answers are sentences of their own context: word by word (true), with a number written in
another way (true), and with one fact changed (false). Contexts: pages of our own in seven
languages (`edit_pages/`), the demo's handbook, and passages of the labelled development texts
(`GROUNDWIRE_DATA`, English; left out where they are not there). `found`: a claim is unsupported
or contradicted; `flagged`: the turn is flagged. Seed 0.
"""

import argparse
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from edit_rules import edits, people, respellings
from grounding_data import DATA, answers
from groundwire_demo.corpus import Edition, handbook, sentences
from groundwire_evaluators.evaluation import Evaluation, State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

PAGES = Path(__file__).parent / "edit_pages"
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")
DEVELOPMENT = 600  # sentences of the development texts
_BAD = (Verdict.UNSUPPORTED, Verdict.CONTRADICTED)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_TELLING = re.compile(r"\d|\b(?:two|three|four|five|six|not|before|after|more|less)\b|day\b")


class Case(NamedTuple):
    """One answer to judge; `kind` "copy" and "respelled" are true, the others false."""

    source: str
    language: str
    kind: str
    contexts: tuple[str, ...]
    answer: str
    original: str

    @property
    def true(self) -> bool:
        return self.kind in ("copy", "respelled")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--misses", metavar="LANGUAGE", help="print the misses in a language")
    options.add_argument("--kind", help="only the misses of this kind")
    chosen = options.parse_args()
    cases = list(every_case())
    judged = judge(cases)
    print_table(cases, judged)
    if chosen.misses:
        print_misses(cases, judged, chosen.misses, chosen.kind)


def every_case() -> Iterator[Case]:
    """Cases of all three sources, the same every time."""
    draw = Random(0)
    for language in LANGUAGES:
        paragraphs = (PAGES / f"{language}.txt").read_text(encoding="utf-8").split("\n\n")
        for text in paragraphs:
            yield from _cases("pages", language, text.split("\n"), text.replace("\n", " "), draw)
    for page in handbook():
        for text in page.paragraphs(Edition.THIS_YEAR):
            yield from _cases("handbook", "en", sentences(text), text, draw)
    yield from _development(draw)


def _development(draw: Random) -> Iterator[Case]:
    if not (DATA / "grounding").is_dir():
        return
    texts = sorted({text for row in answers("ragtruth") for text in row["contexts"]})
    prose = [text for text in texts if text.lstrip()[:1] not in "{["]
    draw.shuffle(prose)
    names, count = people(prose[:400]), 0
    for text in prose:
        fitting = [s.strip() for s in _SENTENCE.split(text) if 6 <= len(s.split()) <= 30]
        fitting = [s for s in fitting if s.endswith(".") and _TELLING.search(s)]
        for sentence in draw.sample(fitting, min(2, len(fitting))):
            yield from _cases("development", "en", [sentence], text, draw, names)
            count += 1
        if count >= DEVELOPMENT:
            return


def _cases(
    source: str, language: str, lines: Iterable[str], context: str, draw: Random,
    names: list[str] | None = None,
) -> Iterator[Case]:  # fmt: skip
    held = set(lines)
    for sentence in lines:
        sentence = sentence.strip()
        if not sentence:
            continue
        contexts = (context,)
        yield Case(source, language, "copy", contexts, sentence, sentence)
        for change in respellings(sentence, language):
            yield Case(source, language, change.kind, contexts, change.text, sentence)
        for change in edits(sentence, language, draw, names or []):
            if change.text not in held and change.text != sentence:
                yield Case(source, language, change.kind, contexts, change.text, sentence)


def judge(cases: Iterable[Case]) -> list[Evaluation]:
    evaluator = Grounding()
    turns = [
        Turn(id=str(at), chunks=tuple(Chunk(text=t) for t in case.contexts), answer=case.answer)
        for at, case in enumerate(cases)
    ]
    return evaluate(evaluator, turns)


def accuses(evaluation: Evaluation) -> bool:
    """Whether a claim of the answer is unsupported or contradicted."""
    return any(claim.verdict in _BAD for claim in evaluation.claims)


def print_table(cases: list[Case], judged: list[Evaluation]) -> None:
    groups = ("all", *LANGUAGES, "handbook", "development")
    table: dict[tuple[str, str], list[tuple[bool, bool]]] = defaultdict(list)
    states: dict[str, int] = defaultdict(int)
    for case, evaluation in zip(cases, judged, strict=True):
        states[evaluation.state] += evaluation.state is not State.SCORED
        group = case.language if case.source == "pages" else case.source
        kind = case.kind if case.true else f"  {case.kind}"
        marks = accuses(evaluation), bool(evaluation.flagged)
        for key in ((group, kind), ("all", kind), (group, _sum(case)), ("all", _sum(case))):
            table[key].append(marks)
    print("share with a claim found unsupported or contradicted / flagged (count)")
    print(f"{'':14}" + "".join(f"{group:>17}" for group in groups))
    for kind in sorted({kind for _, kind in table}, key=_order):
        print(f"{kind:14}" + "".join(_cell(table[group, kind]) for group in groups))
    others = {state: count for state, count in states.items() if count}
    print(f"{len(cases)} answers; not scored: {others or 'none'}")


def _sum(case: Case) -> str:
    return "TRUE, accused" if case.true else "FALSE, found"


def _order(kind: str) -> tuple[bool, str]:
    return kind.isupper() or kind[:5].isupper(), kind


def _cell(marks: list[tuple[bool, bool]]) -> str:
    if not marks:
        return f"{'–':>17}"
    found, flagged = (sum(mark[i] for mark in marks) / len(marks) for i in (0, 1))
    return f"{found:.3f}/{flagged:.3f} ({len(marks)})".rjust(17)


def print_misses(
    cases: list[Case], judged: list[Evaluation], language: str, kind: str | None
) -> None:
    for case, evaluation in zip(cases, judged, strict=True):
        wrong = accuses(evaluation) is case.true
        if wrong and case.language == language and kind in (None, case.kind):
            print(f"{case.source} {case.kind}: {case.original!r} -> {case.answer!r}")
            print(f"    {evaluation.state} {evaluation.reason or ''}")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
