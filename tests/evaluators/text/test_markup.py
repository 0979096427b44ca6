"""Markup as plain text with places: what is read, and that every place is exact."""

import gc
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire_evaluators.text.markup import Block, UnfinishedError, blocks, visible


def shown(answer: str) -> list[tuple[str, str]]:
    return [(block.kind, block.plain.text) for block in blocks(answer)]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("The city has **38** million people.", "The city has 38 million people."),
        ("It takes `30` days.", "It takes 30 days."),
        ("It takes <b>30</b> days.", "It takes 30 days."),
        ("It takes <span class='x'>30</span>&nbsp;days.", "It takes 30\xa0days."),
        ("It takes ***30*** or __40__ days.", "It takes 30 or 40 days."),
        ("It takes ~~20~~ 30 days.", "It takes  30 days."),
        ("It takes \\boxed{30} days.", "It takes 30 days."),
        ("See [the fees](https://a.example/b_(c)) first.", "See the fees first."),
        ("The fee is due [2](https://a.example).", "The fee is due [2]."),
        ("Take 2 * 3 * 4 of snake_case_name.", "Take 2 * 3 * 4 of snake_case_name."),
        ("The answer **stops in the mid", "The answer stops in the mid"),
        ("5 < 6 and a > b", "5 < 6 and a > b"),
        ("Escaped \\*stars\\*.", "Escaped *stars*."),
    ],
)
def test_emphasis_code_marks_tags_and_links_leave_their_words(answer: str, text: str) -> None:
    assert shown(answer) == [("text", text)]


def test_blocks_know_what_they_are() -> None:
    answer = "# Rooms\nWe have:\n- Red\n  - dark\n- [x] Blue\n\n```\nx = 1\n```\n> quoted\n\n---\n"
    assert shown(answer) == [
        ("heading", "Rooms"),
        ("text", "We have:"),
        ("item", "Red"),
        ("item", "dark"),
        ("item", "Blue"),
        ("code", "```\nx = 1\n```"),
        ("text", "quoted"),
    ]


def leads(answer: str) -> dict[str, str]:
    return {block.plain.text: block.lead for block in blocks(answer)}


def test_a_list_item_carries_its_lead_in_and_a_row_its_headings() -> None:
    found = leads("Colours:\n\n- Red\n  - dark\n- Blue\n\n| Room | Fee |\n|---|---|\n| A | 9 |\n")
    assert found["Red"] == found["Blue"] == "Colours:"
    assert found["dark"] == "Red"
    assert found["| A | 9 |"] == "| Room | Fee |"


def test_html_lists_and_tables_are_read_like_markdown() -> None:
    table = "<table><tr><th>Room</th><th>Fee</th></tr><tr><td>A</td><td>9</td></tr></table>"
    assert shown(table) == [("header", "| Room | Fee |"), ("row", "| A | 9 |")]
    assert shown("<ul><li>One</li><li>Two</li></ul><h2>End</h2>") == [
        ("item", "One"),
        ("item", "Two"),
        ("heading", "End"),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        "<think>Maybe 14?</think>\nIt is 28.",
        "<Thinking>\nMaybe 14?\n\n</Thinking>\n\nIt is 28.",
        "Maybe 14?\n</think>\n\nIt is 28.",
        "[THINK]Maybe 14?[/THINK]It is 28.",
        "<reasoning>Maybe 14?</reasoning><answer>It is 28.</answer>",
        "<|channel|>analysis<|message|>Maybe 14?<|end|>"
        "<|start|>assistant<|channel|>final<|message|>It is 28.",
    ],
)
def test_reasoning_is_no_part_of_the_answer(answer: str) -> None:
    assert shown(answer) == [("text", "It is 28.")]


def test_reasoning_that_is_not_closed_is_an_error() -> None:
    with pytest.raises(UnfinishedError, match="ends inside its reasoning"):
        blocks("<think>Maybe 14?")


def test_a_tag_named_in_code_opens_no_reasoning() -> None:
    assert shown("Write `<think>` before it.") == [("text", "Write <think> before it.")]


def test_a_number_that_counts_nothing_is_no_sign_of_a_list() -> None:
    assert shown("12. Juli ist der Stichtag.") == [("text", "12. Juli ist der Stichtag.")]
    assert shown("1. März") == [("text", "1. März")]
    assert shown("**1. Jan. 2027**") == [("text", "1. Jan. 2027")]
    assert shown("1. Märzwein") == [("item", "Märzwein")]
    assert shown("1.") == [("text", "1.")]
    assert shown("1. Red\n2. Blue") == [("item", "Red"), ("item", "Blue")]


def test_a_line_wholly_in_bold_is_known_as_such() -> None:
    found: list[Block] = list(blocks("**The fee is 30 euros.**\n\n**Fee**: 30 euros."))
    assert [block.bold for block in found] == [True, False]


MARKS = st.text(st.sampled_from("ab3 .\n\r*_`~#>|-+<>/\\[]()&;&lt1.:\"'é€\u2028"), max_size=80)


@given(MARKS)
def test_every_character_stands_where_the_original_says(answer: str) -> None:
    try:
        found = blocks(answer)
    except UnfinishedError:
        return
    for plain in (block.plain for block in found):
        assert len(plain.text) == len(plain.starts) == len(plain.ends)
        assert list(plain.starts) == sorted(plain.starts)
        for character, start, end in zip(plain.text, plain.starts, plain.ends, strict=True):
            assert 0 <= start <= end <= len(answer)
            if character.isalnum() and end - start == 1:
                assert answer[start] == character


@given(st.text(st.sampled_from("abc 123.,é€"), max_size=60))
def test_text_without_marks_is_left_as_it_is(answer: str) -> None:
    text = f"So: {answer}."
    assert visible(text) == text


HOSTILE = ["`", "*", "_", "<", ">", "&", "~~", "[a](", "<!--", "<think>", "</think>", "<b>", "<td>"]
HOSTILE += ["\\", "\n", "- x\n", "> ", "```\n", "# a\n", "| a | b |\n", "**a "]


@pytest.mark.parametrize("text", HOSTILE)
def test_reading_takes_time_linear_in_the_answer(text: str) -> None:
    def seconds(size: int) -> float:
        answer = (text * (size // len(text) + 1))[:size]
        blocks.cache_clear()
        gc.disable()  # a collection's time is that of the whole test process
        start = time.process_time()
        with suppress(UnfinishedError):
            blocks(answer)
        taken = time.process_time() - start
        gc.enable()
        return taken

    # Tried again where the machine was busy with something else.
    assert any(seconds(40_000) < 10 * seconds(10_000) + 0.02 for _ in range(3))
