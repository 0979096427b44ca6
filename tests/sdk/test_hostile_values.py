"""Whatever goes in or comes out: the app's result is untouched and nothing is raised or hangs."""

from typing import Any
from unittest.mock import MagicMock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from groundwire import observe
from groundwire.reading.answers import read_answer
from groundwire.reading.chunks import DEPTH, SCAN, read_chunks
from groundwire.reading.fields import plain
from groundwire.reading.logprobs import read_logprobs
from groundwire.reading.questions import read_messages, read_question
from groundwire.testing import collect

NAMES = st.sampled_from(
    ["id", "content", "text", "score", "metadata", "documents", "ids", "choices", "message", "node"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
@example({"ids": [None], "documents": {"id": None}})  # Chroma's names over other shapes
@example({"ids": [["a"]], "documents": "text", "metadatas": [{"id": 1}]})
def test_any_value_passes_through_unchanged(value: Any) -> None:
    with collect() as spans:
        for decorator in (observe, observe.retrieval, observe.generation):
            assert decorator(lambda question: value)(value) is value
        assert len(spans) == 3
        for read in (read_chunks, read_answer, read_question, read_messages, plain, read_logprobs):
            read(value)


def holding_itself() -> list[Any]:
    listed: list[Any] = []
    listed += [listed] * 50
    mapped: dict[str, Any] = {}
    mapped |= {"documents": mapped, "metadata": mapped, "node": mapped, "choices": [mapped]}
    nested: dict[str, Any] = {"id": "1"}
    nested["node"] = nested
    wide = {
        str(i): {str(j): {str(k): [1] * 100 for k in range(99)} for j in range(99)} for i in (1, 2)
    }
    return [listed, mapped, nested, [nested], {"metadata": wide, "text": "t"}]


@pytest.mark.parametrize("case", range(5))
def test_values_that_hold_themselves_are_read_to_an_end(case: int) -> None:
    value = holding_itself()[case]
    for decorator in (observe, observe.retrieval, observe.generation):
        with collect():
            assert decorator(lambda question: value)("why?") is value


def test_a_result_of_any_size_is_scanned_to_a_bound() -> None:
    assert len(read_chunks([["text"]] * (SCAN * 3)) or ()) <= SCAN
    deep: Any = ["text"]
    for _ in range(DEPTH * 2):
        deep = [deep]
    assert read_chunks(deep) is None


def test_mocks_do_no_harm() -> None:
    mock = MagicMock()
    with collect():
        for decorator in (observe, observe.retrieval, observe.generation):
            decorator(lambda question: mock)(mock)
