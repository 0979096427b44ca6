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


def in_german(text: str) -> list[str]:
    return [name.text for name in names(text, language="de")]


def test_german_nouns_are_no_names() -> None:
    assert in_german("Die Garantie gilt ab Kaufdatum. Leser dürfen Bücher leihen.") == []
    assert in_german("Das Gerät von BMW prüft Frau Meier mit Viktor Almen.") == [
        "BMW",
        "Frau Meier",
        "Viktor Almen",
    ]


def test_months_and_weekdays_are_no_names_in_any_language() -> None:
    assert in_german("Am Montag und im März.") == []
    assert spelled("It opens on Monday in March.") == []
    assert names("Les cours ont lieu le Lundi en Mars.", language="fr") == []


def test_a_word_at_the_start_of_a_sentence_is_a_name_only_if_it_is_one_elsewhere() -> None:
    assert names("Cette salle ouvre. Chaque jour elle ferme.", language="fr") == []
    found = names("Rossau ouvre. Le train va vers Rossau.", language="fr")
    assert [name.text for name in found] == ["Rossau", "Rossau"]
