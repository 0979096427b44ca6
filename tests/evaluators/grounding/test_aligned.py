"""Conflicts between the same words, by kind and language, and pairs that only look like some."""

from typing import get_args

import pytest

from groundwire_evaluators.grounding.aligned import aligned_conflicts
from groundwire_evaluators.grounding.alignment import Side
from groundwire_evaluators.grounding.conflict import Kind
from groundwire_evaluators.grounding.signals import COUNTED
from groundwire_evaluators.text.tokens import tokenize
from groundwire_evaluators.text.words import LANGUAGES


def found(claim: str, shown: str, code: str = "en") -> list[tuple[str, str, str]]:
    language = LANGUAGES[code]
    ours, theirs = (Side.of(tokenize(text, language.stemmer), language) for text in (claim, shown))
    return [(c.kind, c.claimed, c.shown) for c in aligned_conflicts(ours, theirs, language)]


@pytest.mark.parametrize(
    ("claim", "shown", "conflict"),
    [
        (
            "Parcels are returned.",
            "Parcels are not returned.",
            ("affirmed", "returned", "not returned"),
        ),
        ("The lid never opens.", "The lid opens.", ("negated", "never opens", "opens")),
        (
            "The lamp can be dimmed.",
            "The lamp can’t be dimmed.",
            ("affirmed", "dimmed", "can’t … dimmed"),
        ),
        (
            "The fee covers towels.",
            "The fee does not cover towels.",
            ("affirmed", "covers", "not cover"),
        ),
        (
            "With a badge entry is free.",
            "Without a badge entry is free.",
            ("affirmed", "badge", "Without … badge"),
        ),
        (
            "The gate is locked at night.",
            "The gate is unlocked at night.",
            ("opposite", "locked", "unlocked"),
        ),
        (
            "Rents dropped in the north.",
            "Rents increased in the north.",
            ("opposite", "dropped", "increased"),
        ),
        ("Pay before the tour.", "Pay after the tour.", ("turned", "before", "after")),
        ("All guides speak French.", "Most guides speak French.", ("extent", "All", "Most")),
        ("Only residents may park here.", "Residents may park here.", ("extent", "Only", "")),
        ("Pupils must wear a tie.", "Pupils may wear a tie.", ("duty", "must", "may")),
        ("The dye stains cotton.", "The dye may stain cotton.", ("hedge", "stains", "may stain")),
        (
            "Iris lent the boat to Omar.",
            "Omar lent the boat to Iris.",
            ("roles", "Iris … Omar", "Omar … Iris"),
        ),
        (
            "The oak is taller than the elm.",
            "The elm is taller than the oak.",
            ("roles", "oak … elm", "elm … oak"),
        ),
        (
            "The label on the box is green.",
            "The label on the box is brown.",
            ("word", "green", "brown"),
        ),
    ],
)
def test_one_word_that_turns_a_sentence_is_a_conflict_in_its_own_spelling(
    claim: str, shown: str, conflict: tuple[str, str, str]
) -> None:
    assert found(claim, shown) == [conflict]


@pytest.mark.parametrize(
    ("claim", "shown"),
    [
        ("Pets are not allowed on the lawn.", "Pets are prohibited on the lawn."),
        ("The lamp cannot be dimmed.", "The lamp can't be dimmed."),
        ("The tour is not only long but steep.", "The tour is long and steep."),
        ("Avoid letting the glue dry.", "Do not let the glue dry."),
        ("The boat was lent by Omar to Iris.", "Omar lent the boat to Iris."),
        ("On Monday the fee rises.", "The fee rises on Monday."),
        ("Paris is the capital of France.", "The capital of France is Paris."),
        ("Some guides speak French.", "All guides speak French."),
        ("Pupils may wear a tie.", "Pupils must wear a tie."),
        ("Food has no flavour.", "Food lacks flavour."),
        ("Iris and Omar met.", "Omar and Iris met."),
        ("The lid opens.", "The lid opens."),
    ],
)
def test_another_wording_of_the_same_is_none(claim: str, shown: str) -> None:
    assert found(claim, shown) == []


@pytest.mark.parametrize(
    ("code", "claim", "shown"),
    [
        ("de", "Hunde sind im Garten erlaubt.", "Hunde sind im Garten nicht erlaubt."),
        ("de", "Das Bad ist montags geöffnet.", "Das Bad ist montags geschlossen."),
        ("de", "Alle Zimmer haben einen Balkon.", "Einige Zimmer haben einen Balkon."),
        ("fr", "Le prix comprend le repas.", "Le prix ne comprend pas le repas."),
        ("fr", "Le musée est ouvert le lundi.", "Le musée est fermé le lundi."),
        ("es", "El precio incluye la cena.", "El precio no incluye la cena."),
        ("es", "Se paga antes de la visita.", "Se paga después de la visita."),
        ("it", "La torta contiene latte.", "La torta non contiene latte."),
        ("it", "Il museo è aperto il lunedì.", "Il museo è chiuso il lunedì."),
        ("pt", "O preço inclui o jantar.", "O preço não inclui o jantar."),
        ("pt", "O museu está aberto na segunda.", "O museu está fechado na segunda."),
        ("nl", "Honden zijn in de tuin toegestaan.", "Honden zijn in de tuin niet toegestaan."),
        ("nl", "De winkel is op maandag open.", "De winkel is op maandag gesloten."),
    ],
)
def test_denials_and_opposites_are_seen_in_seven_languages(
    code: str, claim: str, shown: str
) -> None:
    assert len(found(claim, shown, code)) == 1


def test_every_kind_of_conflict_is_counted_by_a_signal() -> None:
    assert set(COUNTED) == set(get_args(Kind))
