"""The estimates page: context reliance beside faithfulness."""

from groundwire_collector.storage import closed_book_turns
from groundwire_collector.storage.closed_book_turns import ClosedBookTurn
from groundwire_evaluators.reliance.memorization import RelianceCell


def keep(app, cell: RelianceCell, count: int) -> None:
    """So many turns asked closed-book, each of a question of its own."""
    with app.state.engine.begin() as connection:
        closed_book_turns.put(
            connection,
            [
                ClosedBookTurn(
                    turn_id=f"{cell} {number}",
                    cluster=f"{cell} {number}",
                    cell=cell.value,
                    service="shop",
                    model_version="ft-7",
                    prompt_version=None,
                    probability=1.0,
                    sampled_ns=1,
                    diagnostic=cell is not RelianceCell.REDUNDANT,
                )
                for number in range(count)
            ],
        )


def test_the_memorization_ratio_of_closed_book_calls_is_shown(app, browser):
    keep(app, RelianceCell.PARAMETRIC_OVERRIDE, 20)
    keep(app, RelianceCell.CONTEXT_DRIVEN, 60)
    page = browser.get("/estimates").text
    assert "ft-7" in page
    assert "0.25 (" in page
    assert "Not measured yet" not in page


def test_too_few_turns_show_no_ratio(app, browser):
    keep(app, RelianceCell.PARAMETRIC_OVERRIDE, 2)
    page = browser.get("/estimates").text
    assert "ft-7" in page
    assert "of at least" in page


def test_what_is_not_measured_says_how_to_measure_it(browser):
    assert "groundwire.ClosedBook" in browser.get("/estimates").text
