"""Whether a verdict depends on the form of an answer: handbook facts said in many forms.

    python benchmarks/forms.py            # about a minute on one core

Every fact of the demo's handbook has a value of this year, which the retrieved passages hold, and
one of last year. Both are put into each form of `FORMS`; wrong are last year's values that stand
in neither passage. Printed: of the wrong values the share not called supported, and flagged, and of
the right ones the share accused. The rules of the evaluator were written with these pages in view.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from groundwire_evaluators.runner import evaluate

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "examples"))

from groundwire_demo.app import chunk_of  # noqa: E402
from groundwire_demo.corpus import _VALUE, Edition, handbook, passages, sentences  # noqa: E402
from groundwire_demo.retriever import Retriever  # noqa: E402
from groundwire_evaluators.evaluation import Evaluation, State, Verdict  # noqa: E402
from groundwire_evaluators.grounding import Grounding  # noqa: E402
from groundwire_evaluators.reliance.override import Override  # noqa: E402
from groundwire_evaluators.turn import Chunk, Turn  # noqa: E402

BAD = (Verdict.UNSUPPORTED, Verdict.CONTRADICTED)
SHOWN = 2  # passages an answer is given
# {v} the value, {s} the page's sentence with it, {q} the question without its mark
FORMS = {
    "sentence": "{s}",
    "bare": "{v}",
    "full stop": "{v}.",
    "the answer is": "The answer is {v}.",
    "it is": "It is {v}.",
    "chatty": "Sure! It is {v}. Let me know if you need anything else.",
    "bold": "**{v}**",
    "cited": "{v} [1]",
    "according to": "According to the passages, it is {v}.",
    "two parts": "The answer to your question is {v}, as stated in the handbook.",
    "list item": "- {v}",
    "answer label": "**Answer:** {v}",
    "question back": "{q}: {v}.",
}


@dataclass(frozen=True)
class Fact:
    """One fact of the handbook with both of its values and the passages retrieved for it."""

    question: str
    old: str
    new: str
    old_sentence: str
    new_sentence: str
    contexts: tuple[str, ...]

    @property
    def old_is_wrong(self) -> bool:
        """Whether last year's value stands in no passage."""
        pattern = re.compile(rf"(?<!\w){re.escape(self.old)}(?!\w)", re.IGNORECASE)
        return not any(pattern.search(text) for text in self.contexts)

    def turn(self, form: str, old: bool) -> Turn:
        answer = FORMS[form].format(
            v=self.old if old else self.new,
            s=self.old_sentence if old else self.new_sentence,
            q=self.question.rstrip("?"),
        )
        chunks = tuple(Chunk(text=text) for text in self.contexts)
        return Turn(id="", question=self.question, chunks=chunks, answer=answer)


def facts() -> Iterator[Fact]:
    """Every fact with the first of its questions."""
    retriever = Retriever(passages(handbook(), Edition.THIS_YEAR))
    for page in handbook():
        known = iter(page.facts)
        for paragraph in page.marked_paragraphs:
            if paragraph.startswith("?"):
                continue
            for old_sentence, new_sentence, count in _editions(paragraph):
                for _ in range(count):
                    fact = next(known)
                    question = fact.questions[0]
                    found = [chunk_of(*hit)["text"] for hit in retriever.search(question)]
                    yield Fact(
                        question,
                        *fact.values,
                        old_sentence,
                        new_sentence,
                        tuple(found[:SHOWN]),
                    )


def _editions(paragraph: str) -> Iterator[tuple[str, str, int]]:
    """Each sentence as last year and as this year has it, and how many values it holds."""
    values: list[tuple[str, ...]] = []

    def mask(match: re.Match[str]) -> str:
        values.append(match.groups())
        return f"V{len(values) - 1}Q"

    for sentence in sentences(_VALUE.sub(mask, paragraph)):
        places = re.findall(r"V(\d+)Q", sentence)
        old, new = (
            re.sub(r"V(\d+)Q", lambda found, at=at: values[int(found[1])][at], sentence)
            for at in (0, 1)
        )
        yield old, new, len(places)


def verdict(evaluation: Evaluation) -> str:
    """`flagged`, `unsupported` (not flagged), `supported`, or the state of what was not scored."""
    if evaluation.state is not State.SCORED:
        return str(evaluation.state)
    if evaluation.flagged:
        return "flagged"
    bad = any(claim.verdict in BAD for claim in evaluation.claims)
    return "unsupported" if bad else "supported"


def main() -> None:
    grounding, override = Grounding(), Override()
    known = list(facts())
    counts: dict[tuple[str, bool], Counter[str]] = defaultdict(Counter)
    raised: dict[tuple[str, bool], int] = defaultdict(int)
    scores: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for form in FORMS:
        for old in (True, False):
            turns = [fact.turn(form, old) for fact in known if not old or fact.old_is_wrong]
            for found in evaluate(grounding, turns):
                counts[form, old][verdict(found)] += 1
                if found.state is State.SCORED:
                    scores[form, old].append(found.signals["p_unsupported"])
            raised[form, old] = sum(each.value == 1.0 for each in evaluate(override, turns))
    print(f"Grounding {grounding.revision}, override {override.revision}\n")
    print(
        "| form | wrong: not supported | flagged | override | mean p | right: accused | mean p |"
        "\n|---|---|---|---|---|---|---|"
    )
    for form in FORMS:
        wrong, right = counts[form, True], counts[form, False]
        good = wrong["flagged"] + wrong["unsupported"]
        print(
            f"| {form} | {good} of {wrong.total()} | {wrong['flagged']} | {raised[form, True]} | "
            f"{_mean(scores[form, True])} | {right['flagged'] + right['unsupported']} of "
            f"{right.total()} | {_mean(scores[form, False])} |"
        )
    wrong = sum((counts[form, True] for form in FORMS), Counter())
    right = sum((counts[form, False] for form in FORMS), Counter())
    found = (wrong["flagged"] + wrong["unsupported"]) / wrong.total()
    accused = (right["flagged"] + right["unsupported"]) / right.total()
    print(f"\nnot supported: {found:.3f} of {wrong.total()} wrong answers ({dict(wrong)})")
    print(f"accused: {accused:.4f} of {right.total()} right answers ({dict(right)})")


def _mean(values: list[float]) -> str:
    return f"{sum(values) / len(values):.3f}" if values else "-"


if __name__ == "__main__":
    main()
