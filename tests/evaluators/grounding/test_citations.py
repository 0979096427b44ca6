"""Citations: which marks are some, what they name, and which words they stand for."""

import pytest

from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.turn import Chunk, Turn

PUMP = Chunk(text="The pump is checked every 6 weeks.", id="pump-7")
FILTER = Chunk(text="The filter is replaced once a year.", id="filter-2")


def cited(answer: str, *chunks: Chunk) -> list[tuple[str, str]]:
    turn = Turn(answer=answer, chunks=chunks or (PUMP, FILTER))
    return [(one.marker, one.outcome.value) for one in Grounding().judge(turn).citations]


@pytest.mark.parametrize(
    "answer",
    [
        "The pump is checked every 6 weeks.\n\n`state = regs[7]`",
        "The pump is checked every 6 weeks.\n```python\nx = a[1]\n```",
        "The pump is checked every 6 weeks, as `a[1:5]` and `[0-9]` show.",
        "<think>Is it [2]?</think>The pump is checked every 6 weeks.",
        "The pump is checked every 6 weeks. Its pressure lies in [2, 5] bar.",
        "- [x] The pump is checked every 6 weeks.",
    ],
)
def test_code_reasoning_and_intervals_hold_no_citation(answer: str) -> None:
    assert cited(answer) == []


def test_a_marker_stands_for_the_words_since_the_one_before() -> None:
    answer = "The pump is checked every 6 weeks [1] and the filter is replaced once a year [2]."
    assert cited(answer) == [("[1]", "valid"), ("[2]", "valid")]
    answer = "The pump is checked every 6 weeks [2] and the filter is replaced once a year [1]."
    assert cited(answer) == [("[2]", "wrong_chunk"), ("[1]", "wrong_chunk")]


def test_a_group_cites_a_chunk_for_each_clause() -> None:
    answer = "The pump is checked every 6 weeks and the filter is replaced once a year [1, 2]."
    assert [outcome for _, outcome in cited(answer)] == ["valid", "valid"]
    assert cited("The pump is checked every 6 weeks [1][2].") == [
        ("[1]", "valid"),
        ("[2]", "wrong_chunk"),
    ]


def test_ids_may_be_grouped() -> None:
    both = "The pump is checked every 6 weeks and the filter is replaced once a year"
    assert [one for _, one in cited(f"{both} [pump-7; filter-2].")] == ["valid", "valid"]
    assert [one for _, one in cited(f"{both} [E1, E2].")] == ["not_retrieved", "not_retrieved"]
    assert cited("The pump is checked every 6 weeks [not stated, it seems].") == []


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("https://w.example/wiki/Mercury_(planet)", "https://w.example/wiki/Mercury_(planet)."),
        ("https://d.example/10.1/0092(94)90302-6", "(https://d.example/10.1/0092(94)90302-6)."),
        ("https://a.example/x", "[the page](https://a.example/x)."),
        ("https://a.example/x", "<https://a.example/x>."),
        ("https://a.example/x", "https://A.example/x/#part-2, they say."),
    ],
)
def test_an_address_is_read_as_a_person_would(address: str, written: str) -> None:
    chunk = Chunk(text=PUMP.text, metadata={"url": address})
    turn = Turn(answer=f"The pump is checked every 6 weeks {written}", chunks=(chunk,))
    evaluation = Grounding().judge(turn)
    assert [one.outcome.value for one in evaluation.citations] == ["valid"]
    assert evaluation.value == 1.0


def test_an_address_of_no_chunk_was_not_retrieved() -> None:
    answer = "The pump is checked every 6 weeks (https://b.example/pump)."
    assert cited(answer) == [("https://b.example/pump", "not_retrieved")]
