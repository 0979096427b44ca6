"""Tables in chunks: found in every usual form, and written as lines of facts."""

import pytest

from groundwire_evaluators.grounding.tables import Table, read_content

ROOMS = Table(("Room", "Beds"), (("Alder", "2"), ("Birch", "4")))
MARKDOWN = "| Room | Beds |\n|---|---|\n| Alder | **2** |\n| Birch | 4 |"
HTML = (
    "<table><tr><th>Room</th><th>Beds</th></tr><tr><td>Alder</td><td>2</td></tr>"
    "<tr><td>Birch</td><td>4</td></tr></table>"
)


@pytest.mark.parametrize(
    "text",
    [
        MARKDOWN,
        "Room | Beds\n--- | ---\nAlder | 2\nBirch | 4",
        HTML,
        "Room,Beds\nAlder,2\nBirch,4\n",
        "Room;Beds\nAlder;2\nBirch;4",
        "Room\tBeds\nAlder\t2\nBirch\t4",
        "rooms:\n  - Room: Alder\n    Beds: 2\n  - Room: Birch\n    Beds: 4\n",
    ],
)
def test_a_table_is_found_in_every_usual_form(text: str) -> None:
    content = read_content(text)
    assert content.tables == (ROOMS,)
    assert "Room Birch, Beds 4" in content.text


def test_what_stands_around_a_table_stays() -> None:
    content = read_content(f"We have rooms.\n\n{MARKDOWN}\n\nAsk at the desk.")
    assert content.text.startswith("We have rooms.")
    assert content.text.endswith("Ask at the desk.")


@pytest.mark.parametrize(
    "text",
    [
        "Alder, Birch and Cedar are rooms.\nThey have beds, tables and chairs.",
        "The fee is 20 euros; it is due in May.\nIt covers all; ask for more.",
        "Hours: nine to five.\nClosed on Sundays.",
        "a | b",
        "",
    ],
)
def test_prose_is_no_table(text: str) -> None:
    content = read_content(text)
    assert content.tables == ()
    assert content.text == text


def test_marks_and_tags_of_a_chunk_are_not_read() -> None:
    assert read_content("<p>It takes <b>30</b> days.</p>").text.strip() == "It takes 30 days."
    assert read_content("The city has **38** million people.").text == (
        "The city has 38 million people."
    )
