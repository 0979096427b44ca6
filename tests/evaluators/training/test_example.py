"""Training examples of four formats."""

from typing import Any

import pytest

from groundwire_evaluators.training.example import TrainingFormat, read_examples

QUESTION, ANSWER = "How long is the warranty?", "36 months."


@pytest.mark.parametrize(
    ("record", "form"),
    [
        (
            {
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": QUESTION},
                    {"role": "assistant", "content": ANSWER},
                ]
            },
            TrainingFormat.CHAT,
        ),
        ({"prompt": QUESTION, "completion": f" {ANSWER}"}, TrainingFormat.COMPLETION),
        (
            {
                "prompt": [{"role": "user", "content": QUESTION}],
                "completion": [{"role": "assistant", "content": ANSWER}],
            },
            TrainingFormat.COMPLETION,
        ),
        ({"instruction": QUESTION, "input": "", "output": ANSWER}, TrainingFormat.ALPACA),
        (
            {
                "conversations": [
                    {"from": "human", "value": QUESTION},
                    {"from": "gpt", "value": ANSWER},
                ]
            },
            TrainingFormat.SHAREGPT,
        ),
    ],
)
def test_each_format_gives_question_and_answer(
    record: dict[str, Any], form: TrainingFormat
) -> None:
    found, [example] = read_examples(record, line=7)
    assert (found, example.question, example.answer) == (form, QUESTION, ANSWER)
    assert example.line == 7


def test_every_answer_of_a_conversation_is_an_example() -> None:
    turns = [("user", "One?"), ("assistant", "1."), ("tool", "x"), ("user", "Two?")]
    messages = [{"role": role, "content": text} for role, text in [*turns, ("assistant", "2.")]]
    _, examples = read_examples({"messages": messages}, line=1)
    assert [(each.part, each.question, each.answer) for each in examples] == [
        (0, "One?", "1."),
        (1, "Two?", "2."),
    ]


def test_a_question_behind_its_passages_is_found() -> None:
    message = f"Passages:\n\n[1] Sold goods carry a guarantee.\n\nQuestion: {QUESTION}"
    _, [example] = read_examples({"prompt": message, "completion": ANSWER}, line=1)
    assert example.question == QUESTION
    assert example.prompt.endswith("guarantee.")


def test_the_input_of_an_alpaca_question_is_its_context() -> None:
    record = {"instruction": QUESTION, "input": "Sold goods carry 36 months.", "output": ANSWER}
    _, [example] = read_examples(record, line=1)
    assert (example.question, example.prompt) == (QUESTION, "Sold goods carry 36 months.")


def test_parts_of_a_message_that_are_no_text_are_left_out() -> None:
    content = [{"type": "text", "text": QUESTION}, {"type": "image_url", "image_url": {}}]
    messages = [{"role": "user", "content": content}, {"role": "assistant", "content": ANSWER}]
    _, [example] = read_examples({"messages": messages}, line=1)
    assert example.question == QUESTION


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        "text",
        {},
        {"text": "a pre-training document"},
        {"messages": "hello"},
        {"messages": [3]},
        {"messages": [{"role": "user", "content": "A question without an answer?"}]},
        {"messages": [{"role": "wizard", "content": "?"}]},
        {"prompt": 3, "completion": "x"},
        {"prompt": "x?", "completion": ""},
        {"instruction": "", "output": "x"},
    ],
)
def test_what_is_no_example_says_so(record: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_examples(record, line=1)
