"""The reader of a process: from the environment, or none."""

from pathlib import Path

import pytest

from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.reader import ReaderError, installed_reader

TINY = Path(__file__).parent / "tiny"


def test_off_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDWIRE_GROUNDING_READER", "off")
    assert installed_reader() is None
    assert Grounding().reader is None


@pytest.mark.needs("reader")
def test_a_folder_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDWIRE_GROUNDING_READER", str(TINY))
    reader = installed_reader()
    assert reader is not None
    assert reader is installed_reader()
    assert reader.revision in Grounding().revision


def test_a_folder_that_is_not_there_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GROUNDWIRE_GROUNDING_READER", str(tmp_path / "none"))
    with pytest.raises(ReaderError, match="none"):
        installed_reader()
