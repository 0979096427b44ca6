"""Answers in eight languages judged by characters: one fact changed, copied, or reworded.

    python benchmarks/characters.py            # seconds

Sentences written for it. A page is the sentences of one language, true. Printed by language: of
the answers with one number, name or negation changed the share that is not supported, of verbatim
copies and of a copy of two sentences the share accused, and how many true rewordings are accused,
supported or left `not_evaluable`.
"""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.turn import Chunk, Turn

PAGES = Path(__file__).parent / "character_pages.toml"
_FACT = re.compile(r"\{([^|}]*)\|([^}]*)\}")


def answers(page: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Kind and text of each answer to a page."""
    for kind in ("sentences", "negation"):
        for sentence in page[kind]:
            true, wrong = _FACT.sub(r"\1", sentence), _FACT.sub(r"\2", sentence)
            found = _FACT.search(sentence)
            number = found is not None and found.group(1)[:1].isdecimal()
            yield "verbatim", _tidy(true)
            changed = "negation" if kind == "negation" else "number" if number else "name"
            yield changed, _tidy(wrong)
    facts = [_tidy(_FACT.sub(r"\1", sentence)) for sentence in page["sentences"]]
    for one, other in pairwise(facts):
        yield "verbatim", f"{one} {other}"
    for sentence in page["reworded"]:
        yield "reworded", sentence


def _tidy(text: str) -> str:
    return " ".join(text.split())


def page_text(page: dict[str, list[str]]) -> str:
    """The page as its chunk holds it: every sentence, true."""
    return " ".join(_tidy(_FACT.sub(r"\1", s)) for s in (*page["sentences"], *page["negation"]))


def outcome(evaluation: Evaluation) -> str:
    if evaluation.state is not State.SCORED:
        return "open"
    return "accused" if evaluation.flagged else "supported"


def main() -> None:
    grounding = Grounding(reader=None)
    total: dict[str, Counter[str]] = defaultdict(Counter)
    rows = []
    for language, page in tomllib.loads(PAGES.read_text(encoding="utf-8")).items():
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        chunk = Chunk(text=page_text(page))
        for kind, text in answers(page):
            found = grounding.judge(Turn(answer=text, chunks=(chunk,)))
            for each in (counts, total):
                each[kind][outcome(found)] += 1
        rows.append((language, counts))
    print(f"Grounding {grounding.revision}\n")
    print("| language | number | name | negation | verbatim, accused | reworded: accused, open |")
    print("|---|---|---|---|---|---|")
    for language, counts in [*rows, ("all", total)]:
        changed = (
            f"{counts[kind]['accused']} of {counts[kind].total()}"
            for kind in ("number", "name", "negation")
        )
        true, other = counts["verbatim"], counts["reworded"]
        print(
            f"| {language} | {' | '.join(changed)} | {true['accused']} of {true.total()} "
            f"({true['open']} open) | {other['accused']}, {other['open']} of {other.total()} |"
        )


if __name__ == "__main__":
    main()
