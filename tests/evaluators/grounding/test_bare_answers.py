"""Answers that leave their statement to the question, in part or in whole."""

import pytest
from tests.one_claim import verdict

from groundwire_evaluators.evaluation import Verdict
from groundwire_evaluators.grounding.bare_answers import complete

VISA = "No visa is required for stays of up to 90 days."
BREAKFAST = "Breakfast is not included in the basic rate."
GERMAN = "Für Aufenthalte bis 90 Tage ist kein Visum erforderlich."
FRENCH = "Aucun visa n'est requis pour les séjours de moins de 90 jours."


@pytest.mark.parametrize(
    ("question", "answer", "chunk", "right"),
    [
        ("Do I need a visa?", "No, not for stays up to 90 days.", VISA, True),
        ("Do I need a visa?", "Not for stays of up to 90 days.", VISA, True),
        ("Do I need a visa?", "Yes, for stays up to 90 days.", VISA, False),
        ("Do I need a visa?", "No, not for stays up to 30 days.", VISA, False),
        ("Is breakfast included?", "No, not in the basic rate.", BREAKFAST, True),
        ("Is breakfast included?", "Not in the basic rate.", BREAKFAST, True),
        ("Is breakfast included?", "Yes, in the basic rate.", BREAKFAST, False),
        ("Brauche ich ein Visum?", "Nein, nicht für Aufenthalte bis 90 Tage.", GERMAN, True),
        ("Brauche ich ein Visum?", "Ja, für Aufenthalte bis 90 Tage.", GERMAN, False),
        ("Faut-il un visa ?", "Non, pas pour les séjours de moins de 90 jours.", FRENCH, True),
        ("Faut-il un visa ?", "Oui, pour les séjours de moins de 90 jours.", FRENCH, False),
        ("Faut-il un visa ?", "Non.", FRENCH, True),
        ("Faut-il un visa ?", "Oui.", FRENCH, False),
    ],
)
def test_a_phrase_behind_yes_or_no_is_read_with_the_question(
    question: str, answer: str, chunk: str, right: bool
) -> None:
    assert (verdict(question, answer, chunk) is Verdict.SUPPORTED) is right


def test_a_sentence_of_its_own_is_not_completed() -> None:
    assert complete("No, for stays up to 90 days no visa is needed.", "Do I need one?") is None
    assert complete("For guests only.", "Is parking free?") is None
    assert complete("On Monday.", "When does it open?") is None
