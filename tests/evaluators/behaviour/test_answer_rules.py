import pytest

from groundwire_evaluators.behaviour.answer_rules import RuleError, rule_of

ORDER = {
    "type": "object",
    "properties": {"item": {"type": "string"}, "count": {"type": "integer", "minimum": 1}},
    "required": ["item"],
}


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    [
        ({"exact": "Bern"}, ["Bern", "bern.", " **Bern** ", '"Bern"'], ["Berne", "In Bern", ""]),
        ({"exact": ["yes", "no"]}, ["Yes.", "NO"], ["maybe", "yes no"]),
        ({"regex": r"^\d+$"}, ["12", " 7\n"], ["12 kg", ""]),
        ({"regex": r"(?i)paid"}, ["Paid in May"], ["unpai d"]),
        (
            {"json": True},
            ["{}", "[1]", "```json\n{}\n```", "3"],
            ["{", "[NaN]", "a {}"],
        ),
        (
            {"schema": ORDER},
            ['{"item": "tea", "count": 2}'],
            ['{"item": 1}', "tea"],
        ),
        ({"count": {"of": "words", "most": 3}}, ["one two three", ""], ["one two three four"]),
        ({"count": {"of": "lines", "least": 2, "most": 2}}, ["a\n\nb"], ["a", "a\nb\nc"]),
        ({"count": {"of": "items", "least": 2}}, ["- a\n- b", "1. a\n2) b"], ["- a", "a\nb"]),
        ({"count": {"of": "values", "least": 2, "most": 2}}, ["a, b", '["a", "b"]'], ["a", "[1]"]),
        ({"count": {"of": "sentences", "most": 1}}, ["It is so."], ["It is. So it is."]),
        ({"language": "de"}, ["Das ist nicht mehr möglich."], ["That is no longer possible."]),
        ([{"json": True}, {"regex": "tea"}], ['["tea"]'], ["tea", "[]"]),
        ({"regex": "^a", "count": {"of": "words", "most": 1}}, ["apple"], ["a b", "banana"]),
    ],
)
def test_a_rule_holds_for_right_answers_only(
    rule: object, right: list[str], wrong: list[str]
) -> None:
    found = rule_of(rule)  # type: ignore[arg-type]
    assert [answer for answer in right if found.failure(answer) is not None] == []
    assert [answer for answer in wrong if found.failure(answer) is None] == []


def test_a_failure_names_what_is_wrong() -> None:
    found = rule_of({"schema": ORDER}).failure('{"item": "tea", "count": 0}')
    assert found == "schema: $.count: 0 is less than the minimum of 1"


def test_deeply_nested_json_is_an_answer_that_fails() -> None:
    assert rule_of({"json": True}).failure("[" * 100_000) is not None


def test_a_schema_fetches_nothing() -> None:
    remote = rule_of({"schema": {"$ref": "https://example.com/order.json"}})
    assert "https://example.com/order.json" in (remote.failure("{}") or "")


@pytest.mark.parametrize(
    "record",
    [
        {"count": {"of": "letters"}},
        {"count": 3},
        {"json": False},
        {"exact": 3},
        {"language": 1},
        {"schema": 3},
        [],
        ["json"],
    ],
)
def test_what_is_no_rule_is_an_error(record: object) -> None:
    with pytest.raises(RuleError):
        rule_of(record)  # type: ignore[arg-type]
