"""assert_grounded: what it accepts, and what its message shows."""

import pytest

from groundwire_evaluators.testing import assert_grounded

CONTEXT = ["Refunds are paid within 30 days of the return. Shipping is not refunded."]
QUESTION = "How long do refunds take?"


def test_a_supported_answer_returns_its_evaluation():
    found = assert_grounded("Refunds are paid within 30 days.", CONTEXT, QUESTION)
    assert found.value == 1.0


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("Refunds are paid within 90 days.", "90 days"),
        ("Refunds are paid within 30 days. The office is in Lisbon.", "Lisbon"),
        ("90 days", "90 days"),
        ("I don't know.", "refusal"),
    ],
)
def test_what_is_not_grounded_fails_and_is_shown(answer, shown):
    with pytest.raises(AssertionError, match="not grounded") as raised:
        assert_grounded(answer, CONTEXT, QUESTION)
    assert shown in str(raised.value)


def test_a_refusal_may_be_allowed_and_no_context_is_never_grounded():
    assert_grounded("I don't know.", CONTEXT, QUESTION, allow_refusal=True)
    with pytest.raises(AssertionError, match="no_context"):
        assert_grounded("Refunds take 30 days.", [], QUESTION)
