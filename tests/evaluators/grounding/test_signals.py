"""Every signal as a case: what a claim says, what the chunk says, and which signal answers."""

import json
from pathlib import Path

import pytest

from groundwire_evaluators.grounding.evaluator import comparisons
from groundwire_evaluators.grounding.model import default_model
from groundwire_evaluators.grounding.signals import NAMES, measure_signals
from groundwire_evaluators.turn import Chunk, Turn

CAFE = json.dumps(
    {
        "name": "Blue Cup",
        "hours": {"Monday": "8:0-17:0", "Tuesday": "8:0-17:0"},
        "attributes": {
            "OutdoorSeating": False,
            "WiFi": None,
            "RestaurantsReservations": True,
            "Ambience": {"intimate": False, "casual": True},
        },
        "stars": 4.5,
        "reviews": [{"rating": 4.0}, {"rating": 5.0}, {"rating": 3.0}],
    }
)


def signals(claim: str, chunk: str, question: str | None = None) -> dict[str, float]:
    turn = Turn(question=question, answer=claim, chunks=(Chunk(text=chunk),))
    (_, reading), *_ = comparisons(turn)
    return dict(zip(NAMES, measure_signals(reading), strict=True))


CASES = [
    ("new_words", "The dog sleeps in the garden.", "The cat sleeps here."),
    ("uncommon_words", "They bought a castle.", "They bought a house."),
    ("rare_words", "They bought a flumotron.", "They bought a house."),
    ("kindred_words", "They served a meal there.", "They served a dinner there."),
    ("synonyms", "He bought an automobile there.", "He bought a car there."),
    ("new_share", "Whales sing loudly.", "The fee is due in May."),
    ("far_share", "Whales sing loudly.", "The fee is due in May."),
    ("far_share_of_item", "Members get:\n- parking\n- free coffee", "Members get free coffee."),
    ("informative_share", "They bought a flumotron.", "They bought a house."),
    ("new_examples", "Bring tools such as a hammer.", "Bring tools."),
    ("new_small_words", "It fell because of him.", "The fee fell in May."),
    ("new_names", "It was founded by Peter Novak.", "It was founded by Maria Lopez."),
    ("new_quantities", "It costs 30 euros.", "It costs 20 euros."),
    ("foreign_quantities", "It costs 30 euros.", "It costs 20 euros."),
    ("overridden_values", "It costs 30 euros.", "It costs 20 euros."),
    ("foreign_answer", "Friday.", "Payments are made every Tuesday."),
    ("unbacked_answer", "It is Friday.", "Payments are made every Tuesday."),
    ("new_pairs", "The old bridge fell.", "The bridge is old. It fell."),
    (
        "broken_pairs",
        "The mayor resigned.",
        "The mayor spoke. Many people came. It rained. A clerk resigned.",
    ),
    (
        "other_quantity",
        "A fee of 30 euros is what members pay.",
        "Members of the club pay fees each May, namely 20 euros.",
    ),
    (
        "other_name",
        "Novak made the design of the bridge.",
        "The bridge follows the design that Lopez once drew.",
    ),
    ("swapped_quantity", "The fee is 30 euros.", "The fee is 20 euros."),
    ("swapped_name", "The bridge was designed by Novak.", "The bridge was designed by Lopez."),
    (
        "swapped_word",
        "The old bridge near Madrid was painted in summer. It was painted well.",
        "The old bridge near Madrid was closed in summer. It was painted well.",
    ),
    ("swapped_word_alone", "The hall chairs are blue.", "The hall chairs are red."),
    ("swapped_roles", "The A3 is heavier than the B2.", "The B2 is heavier than the A3."),
    ("firmly_denied", "The battery is included.", "The battery is not included."),
    ("firmly_denied", "Guests may never smoke here.", "Guests may smoke here."),
    ("firmly_opposed", "Prices fell in the city.", "Prices rose in the city."),
    ("firmly_turned", "It opened before the flood.", "It opened after the flood."),
    ("overstated", "All members get a discount.", "Some members get a discount."),
    ("overstated", "You must water the plant daily.", "You should water the plant daily."),
    ("overstated", "The pill causes headaches.", "The pill may cause headaches."),
    ("opposites", "An increase hit the city.", "In the city there was a decrease."),
    ("opposites", "Pay made the staff unhappy.", "The staff was happy with the pay."),
    ("negated", "The drug is not approved in Spain.", "The drug is approved in Spain."),
    (
        "affirmed",
        "Approval of the drug in Spain is likely.",
        "In Spain the drug is not likely to get approval.",
    ),
    ("turned", "It opened before the flood.", "It opened after the flood."),
    ("strengthened", "The drug always helps patients.", "The drug may help patients."),
    ("contrary_words", "She was unable to pay the fee.", "She managed to pay the fee."),
    ("record_denies", "The cafe has outdoor seating.", CAFE),
    ("record_denies_loosely", "Guests enjoy an intimate evening.", CAFE),
    ("record_grants", "There is no outdoor seating.", '{"OutdoorSeating": true}'),
    ("record_is_silent", "The cafe offers free WiFi.", CAFE),
    ("record_cells", "Birch has 2 beds.", "Room,Beds\nAlder,2\nBirch,4\n"),
    ("record_hours", "It is open on Monday from 8 am to 9 pm.", CAFE),
    ("record_hours", "It is open seven days a week.", CAFE),
]


@pytest.mark.parametrize(("name", "claim", "chunk"), CASES)
def test_a_signal_answers_to_its_case(name: str, claim: str, chunk: str) -> None:
    assert signals(claim, chunk)[name] > 0


def test_every_signal_has_a_case() -> None:
    assert {name for name, _, _ in CASES} | {"misplaced_value"} == set(NAMES)


def test_a_value_from_another_place_than_the_question_asks_for_is_misplaced() -> None:
    chunk = "Receipts are kept for 45 days. Refunds are paid to the card within 10 days."
    question = "Within how many days are refunds paid to the card?"
    assert signals("45 days", chunk, question)["misplaced_value"] == 1
    assert signals("10 days", chunk, question)["misplaced_value"] == 0


def test_a_rare_new_word_weighs_more_than_a_common_one() -> None:
    chunk = "They bought a house."
    rare, common = (signals(f"They bought a {word}.", chunk) for word in ("flumotron", "place"))
    assert rare["informative_share"] > common["informative_share"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_claim_copied_from_its_chunk_raises_no_signal(name: str) -> None:
    chunk = "The old bridge was designed by Maria Lopez and opened on 5 May 1932 for 20 euros."
    assert signals(chunk, chunk)[name] == 0


@pytest.mark.parametrize(
    ("claim", "name"),
    [
        ("The cafe does not offer outdoor seating.", "record_denies"),
        ("Outdoor seating is not available.", "record_denies"),
        ("It takes reservations but has no outdoor seating.", "record_denies"),
        ("It is open on Monday from 8 am to 5 pm.", "record_hours"),
        ("It has a casual ambience.", "record_denies"),
        ("It has 4.5 stars.", "new_quantities"),
        # Three reviews, their average 4.0, lowest 3, and the range 2.
        ("It is rated by 3 guests.", "new_quantities"),
        ("The average rating is 4.", "new_quantities"),
        ("Ratings differ by 2.", "new_quantities"),
        ("Ratings add up to 12.", "new_quantities"),
    ],
)
def test_what_a_record_says_or_yields_is_supported(claim: str, name: str) -> None:
    assert signals(claim, CAFE)[name] == 0


def test_no_weight_is_below_zero() -> None:
    model = default_model()
    for kind in model.kinds.values():
        assert min(*kind.weights, *kind.step.weights) >= 0


def test_the_reference_gives_every_weight_as_it_is() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/grounding.md").read_text(encoding="utf-8")
    weights = [kind.weights for kind in default_model().kinds.values()]
    for name, *own in zip(NAMES, *weights, strict=True):
        assert f"| `{name}` | {' | '.join(f'{weight:.2f}' for weight in own)} |" in page
