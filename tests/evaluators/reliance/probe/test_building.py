"""Items from a corpus and from turns, and what is left out with its reason."""

import pytest

from groundwire_evaluators.reliance.probe.building import ProbeBuilder, SourceDocument
from groundwire_evaluators.reliance.probe.item import AnswerType, ProbeStratum
from groundwire_evaluators.reliance.probe.substitution import exchange, flip, substitute
from groundwire_evaluators.reliance.values import find_values
from groundwire_evaluators.turn import Chunk, Turn

SHOP = (
    "Our shop opened in the old harbour and has been run by the same family ever since. "
    "Refunds are accepted within 30 days of purchase, provided that the goods are unworn. "
    "Parcels are sent before noon and arrive by the second day in most parts of the country. "
    "Shipping costs $4.99 per order, whatever its weight may be. "
    "Gift wrapping is included in the price of every order. "
    "Complaints are answered by Maria Lopez, who knows every shelf of the shop by heart. "
    "The loyalty card was introduced on 5 September 2019 and can be had at the till."
)
PRESS = (
    "The printing house makes calendars, posters and wedding cards for the whole valley. "
    "Proofs are signed by Tomas Berg before anything is run, which has saved a lot of paper. "
    "Paper comes by rail from a mill that is powered by its own weir and is sorted by hand. "
    "Visitors are not allowed on the first floor, where the large press stands and hums. "
    "Version 3.2.1 of the ordering form is the one that the staff know how to use. "
    "Posters are dried on lines across the attic, and the whole house smells of ink by noon."
)
BUILT = ProbeBuilder().from_documents(
    [SourceDocument("shop", SHOP), SourceDocument("press", PRESS)]
)


def test_every_kind_of_fact_becomes_an_item() -> None:
    assert {item.type for item in BUILT.items} == {
        AnswerType.QUANTITY, AnswerType.MONEY, AnswerType.BOOLEAN, AnswerType.NAME,
        AnswerType.DATE, AnswerType.VERSION,
    }  # fmt: skip


def test_built_items_are_the_same_every_time() -> None:
    again = ProbeBuilder().from_documents(
        [SourceDocument("shop", SHOP), SourceDocument("press", PRESS)]
    )
    assert again == BUILT


def test_facts_of_the_training_file_are_a_stratum_of_their_own() -> None:
    trained = ProbeBuilder(
        training=["Are refunds accepted within 30 days of purchase of unworn goods?"]
    )
    items = trained.from_documents([SourceDocument("shop", SHOP)]).items
    strata = {item.original: item.stratum for item in items}
    assert strata["30 days"] is ProbeStratum.FINE_TUNE
    assert strata["$4.99"] is ProbeStratum.FRESH


def test_a_turn_gives_its_own_question() -> None:
    turn = Turn(
        id="t", question="How long can I return goods?", answer="You have 30 days.",
        chunks=(Chunk(text=SHOP),),
    )  # fmt: skip
    items = ProbeBuilder().from_turns([turn]).items
    assert [(item.question, item.original) for item in items] == [(turn.question, "30 days")]
    assert "30 days" not in items[0].conflict


def test_turns_without_one_checkable_value_of_their_chunks_give_nothing() -> None:
    chunk = (Chunk(text=SHOP),)
    turns = [
        Turn(id="1", question="Refunds?", answer="Yes, there are.", chunks=chunk),
        Turn(id="2", question="Refunds?", answer="Within 99 days.", chunks=chunk),
        Turn(id="3", question=None, answer="30 days", chunks=chunk),
        Turn(id="4", question="Refunds?", answer=None, chunks=chunk),
    ]
    assert ProbeBuilder().from_turns(turns).items == ()


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Deliveries to the islands began on Monday 5 May 2019 with a small boat.", "weekday"),
        ("The house has 12 rooms for guests, of which nobody has ever complained.", "derived"),
    ],
)
def test_what_cannot_be_exchanged_consistently_is_dropped(sentence: str, reason: str) -> None:
    around = "Five rooms face the garden. Seven rooms face the street. " + PRESS
    built = ProbeBuilder().from_documents([SourceDocument("x", f"{sentence} {around}")])
    assert reason in {each.reason.partition(":")[0] for each in built.rejections}


@pytest.mark.parametrize("text", ["$1,250", "30 days", "4.99 EUR", "5 September 2019", "12 %"])
def test_a_substitute_keeps_type_and_unit_and_differs(text: str) -> None:
    value = find_values(f"It is {text} now.")[0]
    made = substitute(value, "seed")
    assert made is not None
    other = find_values(f"It is {made} now.")[0]
    assert other.kind is value.kind
    assert other.comparable(value)
    assert not other.matches(value)


def test_every_mention_is_exchanged_under_every_spelling() -> None:
    text = "Maria Lopez leads it. Lopez founded it in 1998, and two weeks are 14 days."
    name = find_values("Maria Lopez")[0]
    assert exchange(text, name, "Tomas Berg").count("Lopez") == 0
    assert "Berg founded" in exchange(text, name, "Tomas Berg")
    days = find_values("14 days")[0]
    assert exchange(text, days, "30 days").endswith("30 days are 30 days.")


@pytest.mark.parametrize(
    ("sentence", "flipped"),
    [
        ("Dogs are allowed here.", "Dogs are not allowed here."),
        ("Dogs are not allowed here.", "Dogs are allowed here."),
        ("It cannot be returned.", "It can be returned."),
        ("She sings.", None),
    ],
)
def test_polarity_is_flipped_where_a_plain_verb_carries_it(
    sentence: str, flipped: str | None
) -> None:
    assert flip(sentence) == flipped


def test_a_fact_that_was_learnt_otherwise_is_stale_and_keeps_the_text_of_today() -> None:
    training = ["Within how many days of purchase are refunds accepted for unworn goods? 14 days."]
    items = ProbeBuilder(training=training).from_documents([SourceDocument("shop", SHOP)]).items
    [stale] = [item for item in items if item.stratum is ProbeStratum.STALE]
    assert (stale.original, stale.substitute) == ("14 days", "30 days")
    assert stale.question == training[0].removesuffix(" 14 days.")
    assert "30 days" in stale.conflict
    assert "14 days" in stale.clean
    assert "30 days" not in stale.clean


def test_an_earlier_edition_makes_stale_items_of_what_changed_in_it() -> None:
    before = SHOP.replace("$4.99", "$3.50")
    items = ProbeBuilder(previous=[before]).from_documents([SourceDocument("shop", SHOP)]).items
    stale = {item.original: item.substitute for item in items if item.stratum is ProbeStratum.STALE}
    assert stale == {"$3.50": "$4.99"}


def test_a_stale_item_may_show_a_short_text() -> None:
    document = SourceDocument("note", "Refunds are accepted within 30 days of purchase.")
    training = ["Within how many days of purchase are refunds accepted? 14 days."]
    assert ProbeBuilder().from_documents([document]).items == ()
    assert len(ProbeBuilder(training=training).from_documents([document]).items) == 1


def test_each_question_of_the_training_file_about_a_stale_fact_is_an_item() -> None:
    training = [
        "Within how many days of purchase are refunds accepted for unworn goods? 14 days.",
        "How many days after purchase are refunds of unworn goods accepted? 14 days.",
    ]
    items = ProbeBuilder(training=training).from_documents([SourceDocument("shop", SHOP)]).items
    stale = [item for item in items if item.stratum is ProbeStratum.STALE]
    assert [item.question for item in stale] == [
        each.removesuffix(" 14 days.") for each in training
    ]
    assert len({item.id for item in stale}) == 2


@pytest.mark.parametrize(
    "text", ["15 April", "Wednesday", "Fridays", "09:30", "5:45 pm", "the 12 May", "14:00"]
)
def test_days_and_times_are_exchanged_for_others_of_their_kind(text: str) -> None:
    [value] = find_values(f"It is due on {text} at the desk.")
    made = substitute(value, "seed")
    assert made is not None
    [other] = find_values(f"It is due on {made} at the desk.")
    assert other.kind is value.kind
    assert not other.matches(value)
    assert made.endswith("s") is value.text.endswith("s")
