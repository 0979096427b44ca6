"""Role reversal across synonymous and converse verbs, voices and comparisons."""

import pytest

from groundwire_evaluators.grounding.relations import compare, passive_verbs, relations
from groundwire_evaluators.text.tokens import tokenize
from groundwire_evaluators.text.words import LANGUAGES


def judge(claim: str, shown: str, code: str) -> str:
    language = LANGUAGES[code]
    sides = [tokenize(text, language.stemmer) for text in (claim, shown)]
    verbs = passive_verbs(sides[0], language) | passive_verbs(sides[1], language)
    ours, theirs = (relations(tokens, language, verbs) for tokens in sides)
    conflicts, agrees = compare(ours, theirs, language, 0)
    return "same" if agrees else "exchanged" if conflicts else "nothing"


@pytest.mark.parametrize(
    ("code", "claim", "shown", "verdict"),
    [
        ("en", "Brack bought Ostler.", "Ostler acquired Brack.", "exchanged"),
        ("en", "Brack bought Ostler.", "Brack acquired Ostler.", "same"),
        ("en", "Brack was bought by Ostler.", "Ostler acquired Brack.", "same"),
        ("en", "Brack was painted by Ostler.", "Brack painted Ostler.", "exchanged"),
        ("en", "Vera bought the kiln from Timo.", "Timo sold the kiln to Vera.", "same"),
        ("en", "Timo bought the kiln from Vera.", "Timo sold the kiln to Vera.", "exchanged"),
        ("en", "Ajax lost to Feyen.", "Feyen defeated Ajax.", "same"),
        ("en", "Feyen lost to Ajax.", "Feyen defeated Ajax.", "exchanged"),
        ("en", "The Uno is lighter than the Duo.", "The Duo is heavier than the Uno.", "same"),
        ("en", "The Uno is heavier than the Duo.", "The Duo is heavier than the Uno.", "exchanged"),
        ("en", "The Uno costs more than the Duo.", "The Uno is red, the Duo blue.", "nothing"),
        ("en", "They moved from Bonn to Trier.", "They moved from Trier to Bonn.", "exchanged"),
        ("de", "Brack wurde von Ostler gekauft.", "Ostler übernahm Brack.", "same"),
        ("de", "Brack hat Ostler gekauft.", "Ostler übernahm Brack.", "exchanged"),
        ("fr", "Brack a été racheté par Ostler.", "Ostler a acheté Brack.", "same"),
        ("fr", "Brack a acheté Ostler.", "Ostler a racheté Brack.", "exchanged"),
        ("es", "Brack compró Ostler.", "Ostler adquirió Brack.", "exchanged"),
        ("it", "Brack ha comprato Ostler.", "Ostler ha acquisito Brack.", "exchanged"),
        ("pt", "A Brack comprou a Ostler.", "A Ostler adquiriu a Brack.", "exchanged"),
        ("nl", "Brack kocht Ostler.", "Ostler nam Brack over.", "exchanged"),
    ],
)
def test_sides_are_compared_across_verbs_and_voices(
    code: str, claim: str, shown: str, verdict: str
) -> None:
    assert judge(claim, shown, code) == verdict


@pytest.mark.parametrize(
    ("claim", "shown"),
    [
        ("Feyen beat Ajax in the cup.", "Ajax slumped to a 4-1 defeat at Feyen in the cup."),
        ("Brack did not buy Ostler.", "Ostler acquired Brack."),
        ("The report by Brack names Ostler.", "The visit was reported by Ostler to Brack."),
    ],
)
def test_nouns_and_denials_are_no_relations(claim: str, shown: str) -> None:
    assert judge(claim, shown, "en") == "nothing"
