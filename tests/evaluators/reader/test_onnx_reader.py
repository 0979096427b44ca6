"""Reader from a folder: labels, windows, hostile texts, files that are missing."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from groundwire_evaluators.reader.adaptation import Adaptation
from groundwire_evaluators.reader.card import ReaderError
from groundwire_evaluators.reader.onnx_reader import OnnxReader
from groundwire_evaluators.reader.protocol import ReaderLabel

pytestmark = pytest.mark.needs("reader")
TINY = Path(__file__).parent / "tiny"  # adds up what each word of the claim says
EVIDENCE = "The shop opens at nine."


def changed(folder: Path, **values: object) -> OnnxReader:
    """The tiny reader with another card."""
    target = folder / "changed"
    shutil.copytree(TINY, target)
    card = json.loads((TINY / "card.json").read_text(encoding="utf-8"))
    (target / "card.json").write_text(json.dumps(card | values), encoding="utf-8")
    return OnnxReader(target)


def test_each_pair_has_three_probabilities() -> None:
    rows = OnnxReader(TINY).read(
        [
            ("The shop opens at nine.", EVIDENCE),
            ("Zebras dance.", EVIDENCE),
            ("The shop never opens at nine.", EVIDENCE),
        ]
    )
    assert rows.shape == (3, 3)
    assert np.allclose(rows.sum(axis=1), 1.0)
    assert rows.argmax(axis=1).tolist() == list(ReaderLabel)


def test_reading_many_pairs_at_once_says_the_same_as_one_by_one() -> None:
    reader = OnnxReader(TINY)
    pairs = [("the shop " + "opens " * k, EVIDENCE) for k in range(40)]
    alone = np.vstack([reader.read([pair]) for pair in pairs])
    assert np.allclose(reader.read(pairs), alone, atol=1e-5)


def test_labels_are_taken_from_the_card(tmp_path: Path) -> None:
    reader = changed(tmp_path, labels=["contradicted", "unsupported", "supported"])
    [row] = reader.read([("The shop never opens.", EVIDENCE)])
    assert row.argmax() == ReaderLabel.SUPPORTED


def test_a_card_with_too_few_labels_for_the_model_says_so(tmp_path: Path) -> None:
    reader = changed(tmp_path, labels=["unsupported", "supported"])
    with pytest.raises(ReaderError, match="3 outputs"):
        reader.read([("The shop opens.", EVIDENCE)])


def test_evidence_is_read_first_where_the_card_says_so(tmp_path: Path) -> None:
    reader = changed(tmp_path, claim_first=False)
    opens, never = "The shop opens.", "The shop never opens."
    rows = reader.read([(opens, never), (never, opens)])
    assert rows.argmax(axis=1).tolist() == [ReaderLabel.CONTRADICTED, ReaderLabel.SUPPORTED]


def test_long_evidence_is_read_window_by_window(tmp_path: Path) -> None:
    """With the evidence first, the best window is one without a denial."""
    denied = "never " * 60 + "the shop opens at nine " * 10
    short = changed(tmp_path / "one", claim_first=False)
    long = changed(tmp_path / "many", claim_first=False, most_windows=8)
    claim = "The shop opens."
    assert short.read([(claim, denied)])[0].argmax() == ReaderLabel.CONTRADICTED
    assert long.read([(claim, denied)])[0].argmax() == ReaderLabel.SUPPORTED


@pytest.mark.parametrize(
    "text",
    ["", "\0", "\ud800 lone", "😀" * 200_000, "word " * 200_000, "x" * 1_000_000, "\0never\0"],
)
def test_hostile_texts_are_read_like_others(text: str) -> None:
    rows = OnnxReader(TINY).read([(text, EVIDENCE), (EVIDENCE, text)])
    assert np.isfinite(rows).all()
    assert np.allclose(rows.sum(axis=1), 1.0)


def test_nothing_is_read_of_no_pairs() -> None:
    assert OnnxReader(TINY).read([]).shape == (0, 3)


def test_the_revision_changes_with_the_card(tmp_path: Path) -> None:
    assert changed(tmp_path, longest=41).revision != OnnxReader(TINY).revision


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "card.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    shutil.copytree(TINY, tmp_path / "part")
    (tmp_path / "part" / name).unlink()
    with pytest.raises(ReaderError, match=name):
        OnnxReader(tmp_path / "part")


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_broken_file_is_named(tmp_path: Path, name: str) -> None:
    shutil.copytree(TINY, tmp_path / "broken")
    (tmp_path / "broken" / name).write_bytes(b"nothing of the kind")
    with pytest.raises(ReaderError, match=name):
        OnnxReader(tmp_path / "broken")


def test_an_adaptation_in_the_folder_changes_answers_and_revision(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "adapted")
    Adaptation(np.zeros((3, 3)), np.array([0.0, 9.0, 0.0]), np.ones(3)).save(tmp_path / "adapted")
    reader = OnnxReader(tmp_path / "adapted")
    assert reader.read([("The shop opens.", EVIDENCE)])[0].argmax() == ReaderLabel.NOT_THERE
    assert reader.revision != OnnxReader(TINY).revision


def test_an_adaptation_that_is_none_is_named(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "adapted")
    (tmp_path / "adapted" / "adaptation.npz").write_bytes(b"nothing of the kind")
    with pytest.raises(ReaderError, match=r"adaptation\.npz"):
        OnnxReader(tmp_path / "adapted")
