"""The labelled sets as turns, readings and labels: shared by the training and the benchmark.

`GROUNDWIRE_DATA` names the folder of the data (default: `../shared/data` beside the repository).
Features are kept per set under the system's temporary folder and made again when the code changes.
"""

import gzip
import hashlib
import json
import os
import pickle
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import groundwire_evaluators
from groundwire_evaluators.grounding.evaluator import comparisons
from groundwire_evaluators.grounding.kinds import kind_of
from groundwire_evaluators.grounding.signals import measure_signals
from groundwire_evaluators.text.refusal import is_refusal
from groundwire_evaluators.turn import Chunk, Turn

Array = NDArray[np.float64]
ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("GROUNDWIRE_DATA", ROOT.parent / "shared" / "data"))
SETS = (
    "ragtruth", "ragtruth-train-extra", "tofueval", "wice-dev", "begin-dev-wow", "begin-dev-cmu",
    "factcheck-gpt", "bump", "summedits-samsum", "summedits-news", "summedits-sales_call",
    "summedits-podcast",
)  # fmt: skip


def family(name: str) -> str:
    """Sets of one make: left out together."""
    return name.split("-")[0]


@dataclass(frozen=True)
class Labelled:
    """One set, its claims as rows. `answers` are the records of the file."""

    name: str
    answers: list[dict[str, Any]]
    signals: Array  # one row a claim
    spans: list[tuple[int, int]]  # of the claims
    of: NDArray[np.int64]  # the answer each claim belongs to
    comments: NDArray[np.bool_]  # whether each only comments: counts for its answer alone

    @property
    def unsupported(self) -> NDArray[np.int64]:
        return np.array([row["unsupported"] for row in self.answers])

    @property
    def on_records(self) -> NDArray[np.bool_]:
        """Whether each answer is about records rather than prose."""
        return np.array([row["contexts"][0].lstrip().startswith("{") for row in self.answers])

    @property
    def kinds(self) -> NDArray[np.str_]:
        """The kind of each answer."""
        pairs = zip(self.answers, self.on_records, strict=True)
        return np.array([kind_of(row.get("question"), bool(records)) for row, records in pairs])

    @property
    def sources(self) -> list[str]:
        return [row["source_id"] for row in self.answers]

    def fold(self, folds: int) -> NDArray[np.int64]:
        """A fold for every answer; answers to one source share it."""
        return np.array([_digest(source) % folds for source in self.sources])

    def claim_labels(self) -> NDArray[np.int64]:
        """1 unsupported, 0 supported, -1 unknown or a comment, for every claim.

        By spans where there are some; else the answer's label where it has one claim or is wholly
        supported, and in sets of edits the claims that no supported version contains.
        """
        known = defaultdict(set)
        for (start, end), at in zip(self.spans, self.of, strict=True):
            row = self.answers[at]
            if row["pair_id"] and not row["unsupported"]:
                known[row["pair_id"]].add(row["answer"][start:end])
        counts = np.bincount(self.of[~self.comments], minlength=len(self.answers))
        labels = np.array(
            [
                _claim_label(self.answers[at], span, int(counts[at]), known)
                for span, at in zip(self.spans, self.of, strict=True)
            ]
        )
        return np.where(self.comments, -1, labels)


def _claim_label(
    row: dict[str, Any], span: tuple[int, int], claims: int, known: dict[str, set[str]]
) -> int:
    start, end = span
    if row["spans"] is not None:
        return int(any(s["start"] < end and start < s["end"] for s in row["spans"]))
    if not row["unsupported"]:
        return 0
    if claims == 1:
        return 1
    if row["pair_id"]:
        return int(row["answer"][start:end] not in known[row["pair_id"]])
    return -1


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def answers(name: str) -> list[dict[str, Any]]:
    """The records of a set."""
    path = DATA / "grounding" / f"{name}.jsonl.gz"
    text = gzip.decompress(path.read_bytes()).decode("utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def turn(row: dict[str, Any]) -> Turn:
    return Turn(
        id=row["id"],
        question=row["question"],
        chunks=tuple(Chunk(text=text) for text in row["contexts"]),
        answer=row["answer"],
    )


def labelled(name: str) -> Labelled:
    """A set with the signals of its claims."""
    cache = Path(tempfile.gettempdir()) / f"groundwire-{_code()}-{name}.pickle"
    if cache.exists():
        return Labelled(*pickle.loads(cache.read_bytes()))
    rows = answers(name)
    signals, spans, of, comments = [], [], [], []
    for at, row in enumerate(rows):
        if is_refusal(row["answer"]):
            continue
        for candidate, comparison in comparisons(turn(row)):
            signals.append(measure_signals(comparison))
            spans.append((candidate.start, candidate.end))
            of.append(at)
            comments.append(candidate.skip_reason is not None)
    made = (name, rows, np.array(signals), spans, np.array(of), np.array(comments))
    cache.write_bytes(pickle.dumps(made))
    return Labelled(*made)


def _code() -> str:
    """A digest of the evaluator's code, so that a change makes the features anew."""
    folder = Path(groundwire_evaluators.__file__).parent
    files = [*folder.glob("grounding/*.py"), *folder.glob("text/*.py"), *folder.glob("text/*.tsv")]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
