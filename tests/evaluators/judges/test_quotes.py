"""Quotes are found where they stand, however they were copied, and nowhere else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire_evaluators.judges.quotes import locate

ANSWER = "The café opens at 9:30 am. It closes “early” on Sundays, i.e. at noon."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("opens at 9:30 am", "opens at 9:30 am"),
        ('"opens at 9:30 am."', "opens at 9:30 am."),
        ("OPENS  at\n9:30 AM", "opens at 9:30 am"),
        ("It closes 'early' on Sundays", "It closes “early” on Sundays"),
        ("The cafe\u0301 opens", "The café opens"),
        ("It closes early on every Sundays", "It closes “early” on Sundays"),
        ("…at noon…", "at noon"),
    ],
)
def test_a_quote_is_found_as_it_stands_or_nearly(quote: str, found: str) -> None:
    extent = locate(quote, ANSWER)
    assert extent is not None
    assert ANSWER[extent.start : extent.end] == found


@pytest.mark.parametrize("quote", ["", "  ", "…", "the museum is free", "Sundays café"])
def test_what_was_not_copied_from_the_text_is_not_found(quote: str) -> None:
    assert locate(quote, ANSWER) is None


@settings(max_examples=50)
@given(st.text(), st.text())
def test_whatever_is_found_lies_in_the_text(quote: str, text: str) -> None:
    extent = locate(quote, text)
    assert extent is None or 0 <= extent.start < extent.end <= len(text)


@given(st.text(min_size=1), st.data())
def test_an_exact_piece_is_found(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    candidate = text[start:end]
    wanted = candidate.strip().strip("\"'“”„«»‘’…").strip()
    extent = locate(candidate, text)
    assert (extent is None) == (wanted == "")
    if extent is not None:
        assert text[extent.start : extent.end] == wanted
