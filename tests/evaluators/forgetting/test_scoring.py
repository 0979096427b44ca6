from groundwire_evaluators.behaviour.answer_rules import rule_of
from groundwire_evaluators.forgetting import RetentionItem, retained, score_retention

CITY = RetentionItem("city", "knowledge", "Which city?", rule_of({"exact": "Bern"}))
YEAR = RetentionItem("year", "knowledge", "Which year?", rule_of({"exact": "1848"}))
FORM = RetentionItem("form", "instruction", "As JSON?", rule_of({"json": True}))


def test_scores_come_in_the_order_of_the_items_with_reasons() -> None:
    scores = score_retention([CITY, FORM], {"form": "{}", "city": "Basel"})
    assert [(each.id, each.kind, each.score) for each in scores] == [
        ("city", "knowledge", 0),
        ("form", "instruction", 1),
    ]
    assert scores[0].reason == "'Basel' is not 'Bern'"


def test_an_item_without_an_answer_is_neither_right_nor_wrong() -> None:
    scores = score_retention([CITY, YEAR], {"city": "Bern", "year": None})
    assert [each.score for each in scores] == [1, None]
    assert retained(scores) == {"": (1, 1), "knowledge": (1, 1)}


def test_reasoning_before_an_answer_is_left_out() -> None:
    answers = {"city": "<think>Basel? No.</think>\nBern", "year": "<think>It was 18"}
    scores = score_retention([CITY, YEAR], answers)
    assert [each.score for each in scores] == [1, 0]


def test_shares_are_counted_by_kind() -> None:
    scores = score_retention([CITY, YEAR, FORM], {"city": "Bern", "year": "1849", "form": "no"})
    assert retained(scores) == {"": (1, 3), "knowledge": (1, 2), "instruction": (0, 1)}
