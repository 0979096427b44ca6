"""Claims with labels of people, from the sets whose licence allows it, with the product's evidence.

Left out: WiCE (share-alike text, crawl terms) and TofuEval (dialogues under their owners' terms).
Answers about records are left out too: the reader is never asked about them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.grounding_data import _digest, answers, turn
from benchmarks.reader.pairs import Pair, Relation
from groundwire_evaluators.grounding.evaluator import comparisons
from groundwire_evaluators.grounding.reading_pairs import claim_text, evidence_text
from groundwire_evaluators.text.refusal import is_refusal

SHARES = {
    "ragtruth": 0.36, "ragtruth-train-extra": 0.12, "summedits-samsum": 0.06,
    "summedits-news": 0.06, "summedits-sales_call": 0.06, "summedits-podcast": 0.06,
    "bump": 0.08, "factcheck-gpt": 0.12, "begin-dev-wow": 0.04, "begin-dev-cmu": 0.04,
}  # fmt: skip
"""The sets trained on, and the share of each in the labelled part of a batch."""

FOLDS = 5
HELD_OUT_FOLDS = (0, 1)
_NATIVE = {
    "irrelevant": Relation.NOT_THERE,
    "refute": Relation.CONTRADICTED,
    "hallucinated_fact_insertion": Relation.NOT_THERE,
}


class LabelledClaim(NamedTuple):
    """A pair with where it comes from; `held_out`: its source is never trained on."""

    pair: Pair
    set_name: str
    task: str
    answer: str  # the answer's id
    source: str
    held_out: bool


def claims(name: str) -> Iterator[LabelledClaim]:
    """The claims of a set whose label is known, apart from those about records."""
    rows = answers(name)
    known = _supported_texts(rows)
    for row in rows:
        if row["contexts"][0].lstrip().startswith("{") or is_refusal(row["answer"]):
            continue
        found = [(c, r) for c, r in comparisons(turn(row)) if c.skip_reason is None]
        for candidate, comparison in found:
            span = (candidate.start, candidate.end)
            relation = _relation(row, span, len(found), known)
            if relation is None:
                continue
            claim = claim_text(comparison, candidate.lead, row["question"])
            wrong = _wrong_words(row, span, claim, relation)
            pair = Pair(claim, evidence_text(comparison), relation, f"set:{name}", wrong)
            source = row["source_id"]
            yield LabelledClaim(pair, name, row["task"], row["id"], source, is_held_out(source))


def _supported_texts(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """What the supported answers of each pair of edits claim."""
    return {
        (row["pair_id"], row["answer"]) for row in rows if row["pair_id"] and not row["unsupported"]
    }


def _relation(
    row: dict[str, Any], span: tuple[int, int], claims: int, known: set[tuple[str, str]]
) -> Relation | None:
    if row["spans"] is not None:
        return _by_spans(row["spans"], span)
    if not row["unsupported"]:
        return Relation.SUPPORTED
    text = row["answer"][span[0] : span[1]]
    if any(pair == row["pair_id"] and text in answer for pair, answer in known):
        return Relation.SUPPORTED
    if claims == 1 or row["pair_id"]:
        return _NATIVE.get(row["native_label"], Relation.UNSUPPORTED)
    return None


def _by_spans(spans: list[dict[str, Any]], span: tuple[int, int]) -> Relation:
    labels = [s["label"] for s in spans if s["start"] < span[1] and span[0] < s["end"]]
    if not labels:
        return Relation.SUPPORTED
    conflicts = sum("Conflict" in label for label in labels)
    if conflicts and conflicts < len(labels):
        return Relation.UNSUPPORTED
    return Relation.CONTRADICTED if conflicts else Relation.NOT_THERE


def _wrong_words(
    row: dict[str, Any], span: tuple[int, int], claim: str, relation: Relation
) -> tuple[tuple[int, int], ...] | None:
    """The ranges of the claim that a person marked; None where they cannot be found in it."""
    if relation is Relation.SUPPORTED:
        return ()
    found = []
    for each in row["spans"] or ():
        start, end = max(each["start"], span[0]), min(each["end"], span[1])
        text = row["answer"][start:end].strip()
        if start < end and text:
            at = claim.find(text)
            if at < 0:
                return None
            found.append((at, at + len(text)))
    return tuple(found) or None


def training_contexts() -> Iterator[list[str]]:
    """The passages in prose of the sets with whole documents, those of the held-out folds apart."""
    seen = set()
    for name in SHARES:
        if name.startswith(("begin", "factcheck")):
            continue
        for row in answers(name):
            contexts = row["contexts"]
            if contexts[0].lstrip().startswith("{") or row["source_id"] in seen:
                continue
            seen.add(row["source_id"])
            if not is_held_out(row["source_id"]):
                yield contexts


def is_held_out(source: str) -> bool:
    """Whether a source belongs to a fold that is never trained on."""
    return _digest(source) % FOLDS in HELD_OUT_FOLDS


def data_present(folder: Path) -> bool:
    return (folder / "grounding").is_dir()
