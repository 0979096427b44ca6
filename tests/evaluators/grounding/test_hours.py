"""Opening hours: read from sentences and records, and claims that say them in sum."""

import json

import pytest

from groundwire_evaluators.grounding.evaluator import comparisons
from groundwire_evaluators.turn import Chunk, Turn

WEEK = dict.fromkeys(
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Saturday", "Sunday"), "16:0-21:0"
)
RECORD = json.dumps({"name": "Blue Cup", "hours": WEEK | {"Friday": "16:0-22:0"}})
PROSE = "Our opening hours are these: Mon-Fri 9:00-17:00, Sat 10:00-14:00, closed on Sun."


def shown(claim: str, chunk: str) -> list[str]:
    [(_, reading)] = comparisons(Turn(answer=claim, chunks=(Chunk(text=chunk),)))
    return [one.shown for one in reading.disagreements if one.kind == "hours"]


@pytest.mark.parametrize(
    ("claim", "chunk"),
    [
        ("It is open from 4 PM to 9 PM on most days, until 10 PM on Fridays.", RECORD),
        ("It is open Monday to Sunday from 4 PM to 9 PM, later on Fridays.", RECORD),
        ("It is usually open from 4 PM to 9 PM.", RECORD),
        ("It is open every day of the week.", RECORD),
        ("On Saturday we are open from 10:00 to 14:00.", PROSE),
        ("We are open on Wednesday from 9 am to 5 pm.", PROSE),
        ("We are open on weekdays from 9 am to 5 pm and closed on Sunday.", PROSE),
    ],
)
def test_summed_up_hours_agree(claim: str, chunk: str) -> None:
    assert shown(claim, chunk) == []


@pytest.mark.parametrize(
    ("claim", "chunk", "day"),
    [
        ("It is open from 5 PM to 9 PM on Mondays.", RECORD, "monday: 16:00 to 21:00"),
        ("It is usually open from 8 AM to 9 PM.", RECORD, "monday: 16:00 to 21:00"),
        ("On Saturday we are open from 9:00 to 17:00.", PROSE, "saturday: 10:00 to 14:00"),
        ("We are open on Sunday.", PROSE, "sunday: no hours"),
        ("We are open every day of the week.", PROSE, "sunday: no hours"),
    ],
)
def test_other_hours_or_days_are_a_conflict(claim: str, chunk: str, day: str) -> None:
    assert shown(claim, chunk) == [day]
