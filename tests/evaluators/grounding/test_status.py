"""Permission, duty, inclusion, availability and function, in seven languages."""

import pytest

from groundwire_evaluators.grounding.status import statuses
from groundwire_evaluators.text.tokens import tokenize
from groundwire_evaluators.text.words import LANGUAGES


def read(text: str, code: str = "en") -> set[tuple[str, bool]]:
    language = LANGUAGES[code]
    tokens = tokenize(text, language.stemmer)
    return {(each.kind, each.affirmed) for each in statuses(tokens, text, language)}


@pytest.mark.parametrize(
    ("code", "text", "status"),
    [
        ("en", "Can cats come?", ("permitted", True)),
        ("en", "Cats are not admitted.", ("permitted", False)),
        ("en", "Smoking is not forbidden here.", ("permitted", True)),
        ("en", "Guests must not use the stove.", ("permitted", False)),
        ("en", "Guests must use the side door.", ("required", True)),
        ("en", "You need not sign in.", ("required", False)),
        ("en", "A helmet is optional.", ("required", False)),
        ("en", "The fee does not cover towels.", ("included", False)),
        ("en", "There is no cloakroom.", ("available", False)),
        ("en", "The pump is out of order.", ("working", False)),
        ("de", "Katzen dürfen nicht hinein.", ("permitted", False)),
        ("de", "Es gibt keine Garderobe.", ("available", False)),
        ("de", "Eine Anmeldung ist nicht nötig.", ("required", False)),
        ("fr", "Les chats ne sont pas admis.", ("permitted", False)),
        ("fr", "L'inscription est obligatoire.", ("required", True)),
        ("es", "No se admiten gatos.", ("permitted", False)),
        ("es", "No hay guardarropa.", ("available", False)),
        ("es", "El precio no incluye el IVA ni la cena.", ("included", False)),
        ("it", "È vietato fumare.", ("permitted", False)),
        ("it", "Il prezzo comprende la cena.", ("included", True)),
        ("pt", "Não são admitidos gatos.", ("permitted", False)),
        ("pt", "O elevador está avariado.", ("working", False)),
        ("nl", "Katten zijn niet toegelaten.", ("permitted", False)),
        ("nl", "Aanmelden is verplicht.", ("required", True)),
    ],
)
def test_a_sentence_has_a_status_with_its_sign(
    code: str, text: str, status: tuple[str, bool]
) -> None:
    assert read(text, code) == {status}


@pytest.mark.parametrize(
    "text",
    [
        "Cats are only allowed on a lead.",
        "Cats are not allowed unless they are carried.",
        "Cats are allowed in the yard, but not allowed in the hall.",
        "The yard is green.",
    ],
)
def test_a_condition_and_both_signs_leave_no_status(text: str) -> None:
    assert read(text) == set()
