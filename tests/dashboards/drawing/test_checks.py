"""Complaints about drawn dashboards."""

from typing import Any

import pytest
from dashboards.drawing.checks import Drawn, complaints

PANEL: dict[str, Any] = {
    "title": "Least faithful version?",
    "type": "timeseries",
    "text": "99.1 %",
    "crash": None,
    "cut": False,
    "fields": [{"name": "support-bot · tarn-8b", "numeric": True, "zero": False}],
    "stats": [],
    "outside": [],
    "links": ["http://127.0.0.1:4318/turns?order=worst"],
}


def found(state: str = "healthy", **changed: Any) -> list[str]:
    panel = {**PANEL, **changed}
    return complaints(Drawn({"uid": "groundwire-overview"}, state, [panel]))


def stat(color: str, value: float | None = 0.9) -> dict[str, Any]:
    return {"text": "90 %", "title": "", "value": value, "color": color}


def test_a_panel_that_is_well_drawn_has_no_complaint():
    assert found() == []
    assert found("rollout") == []
    assert found("alarm", type="stat", stats=[stat("red")]) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "Value 1795131765000"},
        {"fields": [{"name": "Value", "numeric": True, "zero": False}]},
        {"text": "1795131765000"},
        {"text": "undefined"},
        {"crash": "TypeError: no frame"},
        {"cut": True},
        {"outside": ["since", "worse by"]},
        {"links": ["http://127.0.0.1:4318/turns?service=${__field.labels.service}"]},
        {"type": "stat", "stats": [stat("red", None)]},
        {"type": "stat", "stats": [stat("green", None)]},
        {"fields": [{"name": f"v-{n}", "numeric": True, "zero": False} for n in range(9)]},
    ],
)
def test_what_nobody_can_read_is_complained_about_in_every_state(changed: dict[str, Any]):
    for state in ("healthy", "empty", "services"):
        assert len(found(state, **changed)) == 1


def test_a_grey_missing_value_is_well_drawn():
    assert found("empty", type="stat", stats=[stat("text", None)]) == []


def test_green_is_wrong_where_an_open_alarm_says_otherwise():
    assert found("alarm", type="stat", stats=[stat("green")])
    assert found("healthy", type="stat", stats=[stat("green")]) == []
    behind = "How far is evaluation behind?"
    assert found("alarm", title=behind, type="stat", stats=[stat("green")]) == []


def test_a_line_of_zeros_is_wrong_during_a_rollout():
    zero = [{"name": "tarn-8b", "numeric": True, "zero": True}]
    assert found("rollout", fields=zero)
    assert found("rollout", type="table", fields=zero) == []
    assert found("rollout", title="Which turns have no price?", fields=zero) == []
