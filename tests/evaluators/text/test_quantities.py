import pytest

from groundwire_evaluators.text.quantities import Quantity, agree, comparable, quantities
from groundwire_evaluators.text.tokens import tokenize


def the(text: str) -> Quantity:
    (quantity,) = quantities(text)
    return quantity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("20 mg", "0.02 g"),
        ("two thirds", "2/3"),
        ("May 29, 1943", "1943-05-29"),
        ("29 May 1943", "5/29/1943"),
        ("fifty percent", "50%"),
        ("$3.5 million", "$3,500,000"),
        ("5:30 p.m.", "17:30"),
        ("noon", "12:00"),
        ("twenty-one", "21"),
        ("first", "1st"),
        ("½ cup", "0.5 cups"),
        ("two weeks", "14 days"),
    ],
)
def test_two_spellings_of_one_quantity_agree(one: str, other: str) -> None:
    assert agree(the(one), the(other))
    assert agree(the(other), the(one))


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("20 mg", "20 g"),
        ("$5", "€5"),
        ("May 29, 1943", "May 30, 1943"),
        ("9 am", "9 pm"),
        ("3.1 million", "3.2 million"),
        ("version 1.2.3", "version 1.2.4"),
    ],
)
def test_different_quantities_disagree(message: str, shown: str) -> None:
    assert not agree(the(message), the(shown))


def test_a_rounded_value_agrees_with_the_exact_one_but_not_the_other_way_round() -> None:
    assert agree(the("3.1 million"), the("3,123,456"))
    assert not agree(the("3,123,456"), the("3.1 million"))


def test_a_vaguer_date_agrees_with_a_fuller_one_but_not_the_other_way_round() -> None:
    assert agree(the("in May 1943"), the("May 29, 1943"))
    assert not agree(the("May 29, 1943"), the("in May 1943"))


def test_a_year_alone_agrees_with_a_date_of_that_year() -> None:
    assert agree(the("in 1943"), the("the year 1943"))
    assert comparable(the("20 euros"), the("30 euros"))
    assert not comparable(the("20 euros"), the("20 km"))


def test_months_that_are_verbs_and_a_lone_one_are_no_quantities() -> None:
    assert quantities("You may march on, one of us said.") == []


def test_offsets_point_at_the_text() -> None:
    text = "Pay $3.1 million by 5 May 2024, or 10 percentage points more."
    assert [text[q.start : q.end] for q in quantities(text)] == [
        "3.1 million",
        "5 May 2024",
        "10 percentage points",
    ]


@pytest.mark.parametrize(
    "text", ["9" * 10_000, "²", "1/0", "٣", "1,2,3,4", "0:99", "½" * 50, "00/00/0000"]
)
def test_odd_numbers_are_read_without_failing(text: str) -> None:
    quantities(text)


def test_a_text_with_fewer_words_is_parsed_again() -> None:
    text = "Passage 1 takes 12 days."
    words = tokenize(text)
    assert [q.value for q in quantities(text, words)] == [1.0, 12 * 86400.0]
    assert [q.value for q in quantities(text, words[2:])] == [12 * 86400.0]


@pytest.mark.parametrize(
    ("code", "one", "other"),
    [
        ("pt", "50 cêntimos", "0,50 €"),
        ("fr", "20 centimes", "0,20 €"),
        ("es", "80 céntimos", "0,80 €"),
        ("en", "25 cents", "$0.25"),
        ("de", "30 Cent", "0,30 €"),
    ],
)
def test_coins_agree_with_the_currency_they_are_a_hundredth_of(
    code: str, one: str, other: str
) -> None:
    [coins] = quantities(one, None, code)
    [amount] = quantities(other, None, code)
    assert agree(coins, amount)
    assert agree(amount, coins)


def test_a_rate_is_read_behind_the_sign_of_a_currency() -> None:
    for code, text in (("pt", "0,50 € por dia de atraso"), ("de", "20 € pro Tag")):
        [rate] = quantities(text, None, code)
        assert rate.per == "day"


def test_no_time_at_all_is_no_frequency() -> None:
    assert not agree(the("0 days"), the("every day"))
    assert not agree(the("every day"), the("0 minutes"))
