"""Card of a reader: what it may hold, and what is refused."""

import json
from pathlib import Path

import pytest

from groundwire_evaluators.reader.card import Card, ReaderError, ReaderWeights, read_card


def written(folder: Path, **values: object) -> Path:
    path = folder / "card.json"
    path.write_text(json.dumps(values), encoding="utf-8")
    return path


def test_a_card_is_read_with_its_weights(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        name="nli",
        labels=["contradicted", "not_there", "supported"],
        claim_first=False,
        longest=256,
        languages=["en", "de"],
        weights={"not_there": 0.7},
    )
    card = read_card(path)
    assert card.labels == ("contradicted", "not_there", "supported")
    assert card.languages == {"en", "de"}
    assert card.weights == ReaderWeights(not_there=0.7)
    assert not card.claim_first


def test_what_a_card_says_beyond_its_fields_is_ignored(tmp_path: Path) -> None:
    assert read_card(written(tmp_path, name="x", data=["a", "b"])) == Card("x")


@pytest.mark.parametrize(
    "values",
    [
        {"name": "x", "labels": ["entailed"]},
        {"name": "x", "labels": ["not_there", "contradicted"]},
        {"name": "x", "longest": 20},
        {"name": "x", "weights": {"not_there": -1}},
        {"name": "x", "weights": {"unknown": 1}},
        {"labels": ["supported"]},
    ],
)
def test_a_card_that_cannot_work_is_refused_by_name(
    tmp_path: Path, values: dict[str, object]
) -> None:
    path = written(tmp_path, **values)
    with pytest.raises(ReaderError, match=r"card\.json"):
        read_card(path)


def test_a_card_that_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ReaderError, match=r"card\.json"):
        read_card(path)
