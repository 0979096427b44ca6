"""Reader from a folder: ONNX sequence classifier, tokenizer, card."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.reader.adaptation import FILE as ADAPTATION
from groundwire_evaluators.reader.adaptation import Adaptation, read_adaptation
from groundwire_evaluators.reader.card import LABELS, Card, ReaderError, read_card
from groundwire_evaluators.reader.protocol import ClaimAndEvidence, ReaderLabel

FILES = ("model.onnx", "tokenizer.json", "card.json")
_MISSING = "{} is not installed: pip install 'groundwire[reader]'"
_BATCH = 16
_CHARACTERS = 12  # code points of a text that are tokenized, for each token that is read
_COLUMNS = {
    "supported": ReaderLabel.SUPPORTED,
    "not_there": ReaderLabel.NOT_THERE,
    "unsupported": ReaderLabel.NOT_THERE,
    "contradicted": ReaderLabel.CONTRADICTED,
}
Array = NDArray[np.float64]
Integers = NDArray[np.int64]


class OnnxReader:
    """ONNX sequence classifier that reads on one thread of a CPU.

    Price: one of 22M parameters some 7 ms for a claim with its evidence (128 tokens), 100 MB.

    Raises:
        ReaderError: a file is missing or unreadable, or onnxruntime or tokenizers are not
            installed.
    """

    def __init__(self, folder: Path) -> None:
        for name in FILES:
            if not (folder / name).is_file():
                raise ReaderError(f"{folder}: {name} is missing")
        self.folder = folder
        self.card: Card = read_card(folder / "card.json")
        self.revision = f"{self.card.name}-{_digest(folder)}"
        self.adaptation = _adaptation(folder, self.card)
        self._tokenizer = _tokenizer(folder / "tokenizer.json")
        self._session = _session(folder / "model.onnx")
        self._inputs = {each.name for each in self._session.get_inputs()}

    def read(self, pairs: Sequence[ClaimAndEvidence]) -> Array:
        """Probabilities (pairs, 3); of several windows, the best supported one."""
        return self.outputs(pairs).probabilities

    def outputs(self, pairs: Sequence[ClaimAndEvidence]) -> "Outputs":
        """Logits, features and probabilities of the best supported window of each pair."""
        windows = [(at, *window) for at, pair in enumerate(pairs) for window in self._windows(pair)]
        order = sorted(range(len(windows)), key=lambda at: len(windows[at][1]))
        parts = [
            self._run([windows[at][1:] for at in order[start : start + _BATCH]])
            for start in range(0, len(order), _BATCH)
        ]
        if not parts:
            empty = np.zeros((0, 3))
            return Outputs(empty, empty, empty)
        back = np.argsort(order)
        logits = np.concatenate([logits for logits, _ in parts])[back]
        features = np.concatenate([features for _, features in parts])[back]
        shares = self._relations(logits, features)
        best: dict[int, int] = {}
        for row, (at, *_) in enumerate(windows):
            supported = shares[:, ReaderLabel.SUPPORTED]
            if at not in best or supported[row] > supported[best[at]]:
                best[at] = row
        rows = [best[at] for at in range(len(pairs))]
        return Outputs(logits[rows], features[rows], shares[rows])

    def _windows(self, pair: ClaimAndEvidence) -> list[tuple[list[int], list[int]]]:
        """Token numbers and types of each window of a pair."""
        card = self.card
        claim = self._tokens(pair[0])[: card.longest_claim]
        room = card.longest - 3 - len(claim)
        evidence = self._tokens(pair[1])
        starts = range(0, max(1, len(evidence)), max(1, room - room // 4))
        found = []
        for start in starts[: card.most_windows]:
            found.append(self._joined(claim, evidence[start : start + room]))
            if start + room >= len(evidence):
                break
        return found

    def _tokens(self, text: str) -> list[int]:
        cut = text[: _CHARACTERS * self.card.longest * self.card.most_windows]
        clean = cut.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
        encoded = self._tokenizer.encode(clean, add_special_tokens=False)
        return list(encoded.ids)

    def _joined(self, claim: list[int], evidence: list[int]) -> tuple[list[int], list[int]]:
        first, second = (claim, evidence) if self.card.claim_first else (evidence, claim)
        start, middle, end = self._special
        ids = [*start, *first, *middle, *second, *end]
        types = [0] * (len(ids) - len(second) - len(end)) + [1] * (len(second) + len(end))
        return ids, types

    @property
    def _special(self) -> tuple[list[int], list[int], list[int]]:
        """Tokens before, between and after a pair, as BERT or RoBERTa have them."""
        number = self._tokenizer.token_to_id
        if number("[CLS]") is not None:
            return [number("[CLS]")], [number("[SEP]")], [number("[SEP]")]
        return [number("<s>")], [number("</s>"), number("</s>")], [number("</s>")]

    def _run(self, rows: Sequence[tuple[list[int], list[int]]]) -> tuple[Array, Array]:
        """Logits and features of windows."""
        longest = max(len(ids) for ids, _ in rows)
        shape = (len(rows), longest)
        ids, types, mask = (np.zeros(shape, np.int64) for _ in range(3))
        for at, (numbers, kinds) in enumerate(rows):
            ids[at, : len(numbers)] = numbers
            types[at, : len(kinds)] = kinds
            mask[at, : len(numbers)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        found = self._session.run(None, {k: v for k, v in feed.items() if k in self._inputs})
        logits = np.asarray(found[0], np.float64).reshape(len(rows), -1)
        if len(found) > 1 and np.ndim(found[1]) == 2:
            return logits, np.asarray(found[1], np.float64)
        return logits, logits

    def _relations(self, logits: Array, features: Array) -> Array:
        labels = self.card.labels
        if logits.shape[1] != len(labels):
            raise ReaderError(f"{logits.shape[1]} outputs, but the card names {len(labels)}")
        found = np.zeros((len(logits), 3))
        if len(labels) == 1:
            found[:, ReaderLabel.SUPPORTED] = 1.0 / (1.0 + np.exp(-logits[:, 0]))
            found[:, ReaderLabel.NOT_THERE] = 1.0 - found[:, ReaderLabel.SUPPORTED]
            return found
        if self.adaptation:
            logits = self.adaptation.logits(logits, features)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        for column, label in enumerate(labels):
            found[:, _COLUMNS[label]] += shares[:, column]
        return found


class Outputs(NamedTuple):
    """Logits (pairs, labels), features and probabilities (pairs, 3)."""

    logits: Array
    features: Array
    probabilities: Array


def _adaptation(folder: Path, card: Card) -> Adaptation | None:
    try:
        found = read_adaptation(folder)
    except (OSError, ValueError, KeyError) as error:
        raise ReaderError(f"{folder / ADAPTATION}: {error}") from error
    if found is not None and card.labels != LABELS:
        raise ReaderError(f"{folder}: an adaptation needs the labels {', '.join(LABELS)}")
    return found


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in (*FILES, ADAPTATION):
        if name in FILES or (folder / name).exists():
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:8]


def _tokenizer(path: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise ReaderError(_MISSING.format("tokenizers")) from error
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises Exception itself
        raise ReaderError(f"{path}: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _session(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise ReaderError(_MISSING.format("onnxruntime")) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common class of its own
        raise ReaderError(f"{path}: {error}") from error
