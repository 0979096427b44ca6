from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.names import Name, names, same_name
from groundwire_evaluators.text.tokens import tokenize


def spelled(text: str) -> list[str]:
    return [name.text for name in names(text, tokenize(text), lexicon().commonness)]


def the(text: str) -> Name:
    (name,) = names(f"we met {text} there")
    return name


def test_names_are_runs_of_capitals_with_their_joining_words() -> None:
    assert spelled("She met Mary Doyle Keefe, of Bank of America, in Paris.") == [
        "Mary Doyle Keefe",
        "Bank of America",
        "Paris",
    ]


def test_a_capital_at_the_start_of_a_sentence_makes_no_name() -> None:
    assert spelled("Based on this, prices rose. According to him, they fell.") == []
    assert spelled("Wellesley is warm.") == ["Wellesley"]


def test_aliases_of_one_name_agree() -> None:
    assert same_name(the("Keefe"), the("Mary Keefe"))
    assert same_name(the("IBM"), the("International Business Machines"))
    assert same_name(the("USA"), the("United States"))
    assert same_name(the("Dr. John Smith"), the("John Smith"))
    assert not same_name(the("Mary Keefe"), the("John Keefe"))
    assert not same_name(the("Paris"), the("London"))
