"""Labelling by hand: a plain form, which a page of ours alone can send."""

import re
from datetime import UTC, datetime

import pytest

from groundwire_collector.estimates.labels import draw
from groundwire_collector.storage import labels
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.labels import LabelQuery


@pytest.fixture
def labeller(app, stranger, pages):
    """A browser of somebody who may read and label."""
    key = pages.key_of(app, Scope.READ, Scope.LABEL)
    stranger.post("/login", data={"key": key, "next": "/turns"})
    return stranger


def provided(app) -> list[tuple]:
    with app.state.engine.connect() as connection:
        found = labels.find(connection, LabelQuery())
    return [(one.verdict, one.start, one.chunk_id, one.relevant, one.reference) for one in found]


def address(judged) -> str:
    return f"/turns/{judged.turn.id}"


def token(browser, judged) -> str:
    found = re.search(r'name="token" value="(\w+)"', browser.get(address(judged)).text)
    assert found is not None
    return found.group(1)


def send(browser, judged, headers=None, **fields):
    data = {"token": token(browser, judged), **fields}
    return browser.post(f"{address(judged)}/labels", data=data, headers=headers)


def test_a_person_marks_the_answer_a_claim_a_chunk_and_writes_a_reference(app, labeller, pages):
    judged = pages.judged_turn(1)
    pages.save(app, judged)
    text = labeller.get(address(judged)).text
    wrong = pages.answer.index("They arrive")
    claim = f"claim-{wrong}-{wrong + len('They arrive within two days.')}"
    for name in ("verdict", claim, "chunk-0", "chunk-2", "reference"):
        assert f'name="{name}"' in text
    answer = send(
        labeller,
        judged,
        **{"verdict": "unsupported", claim: "contradicted", "claim-0-30": ""},
        **{"chunk-0": "yes", "chunk-2": "no", "reference": " Within\r\nfive days. "},
    )
    assert answer.headers["location"] == f"{address(judged)}#labels"
    assert set(provided(app)) == {
        ("unsupported", None, None, None, None),
        ("contradicted", wrong, None, None, None),
        (None, None, "weights", True, None),
        (None, None, "other", False, None),
        (None, None, None, None, "Within\nfive days."),
    }
    text = labeller.get(address(judged)).text
    assert '<option value="contradicted" data-key="3" selected>' in text
    assert '<option value="no" selected>' in text
    assert "Within\nfive days." in text


def test_saving_again_keeps_only_what_changed(app, labeller, pages):
    judged = pages.judged_turn(1)
    pages.save(app, judged)
    for verdict in ("supported", "supported", "undecided"):
        send(labeller, judged, verdict=verdict, reference="")
    assert [one[0] for one in provided(app)] == ["supported", "undecided"]


def test_a_form_from_elsewhere_labels_nothing(app, labeller, pages):
    judged = pages.judged_turn(1)
    pages.save(app, judged)
    form = f"{address(judged)}/labels"
    other = pages.judged_turn(2)
    pages.save(app, other)
    refused = [
        labeller.post(form, data={"verdict": "supported"}),
        labeller.post(form, data={"verdict": "supported", "token": "0" * 64}),
        labeller.post(form, data={"verdict": "supported", "token": token(labeller, other)}),
        send(labeller, judged, {"sec-fetch-site": "cross-site"}, verdict="supported"),
        send(labeller, judged, {"sec-fetch-site": "same-site"}, verdict="supported"),
        send(labeller, judged, {"origin": "https://evil.example"}, verdict="supported"),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert provided(app) == []
    for headers in ({"sec-fetch-site": "same-origin"}, {"origin": "null"}, {}):
        assert send(labeller, judged, headers, verdict="supported").status_code == 303


def test_the_cookie_opens_no_other_post(app, labeller, pages):
    judged = pages.judged_turn(1)
    pages.save(app, judged)
    body = {"turn_id": judged.turn.id, "verdict": "supported"}
    assert labeller.post("/api/v1/labels", json=body).status_code == 401
    assert labeller.post(f"{address(judged)}/labels/x").status_code == 401


def test_who_may_not_label_sees_labels_and_no_form(app, browser, pages):
    judged = pages.judged_turn(1)
    pages.save(app, judged)
    text = browser.get(address(judged)).text
    assert "No labels yet." in text
    assert "<textarea" not in text
    assert browser.post(f"{address(judged)}/labels", data={}).status_code == 403
    assert "lacks the scope" in browser.get("/labels").text


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": "good"},
        {"claim-5-999": "supported"},
        {"chunk-0": "perhaps"},
        {"reference": "x" * 100_001},
    ],
)
def test_a_form_that_makes_no_sense_is_refused_whole(app, labeller, pages, fields):
    judged = pages.judged_turn(1)
    pages.save(app, judged)
    answer = send(labeller, judged, **{"chunk-1": "yes", **fields})
    assert answer.status_code == 400
    assert provided(app) == []


def test_a_form_too_long_is_not_read(app, labeller, pages):
    judged = pages.judged_turn(1)
    pages.save(app, judged)
    assert send(labeller, judged, reference="x" * 600_000).status_code == 413


def test_what_attackers_wrote_stays_text(app, labeller, pages):
    judged = pages.judged_turn(1)
    pages.save(app, judged)
    send(labeller, judged, reference=pages.hostile)
    for page in (address(judged), "/labels"):
        assert "<script>alert" not in labeller.get(page).text
        assert "onerror=alert(1)>" not in labeller.get(page).text


def test_the_drawn_turns_come_one_after_the_other(app, labeller, pages):
    app.state.settings = app.state.settings.model_copy(update={"label_rate": 0.5})
    turns = [pages.judged_turn(number) for number in range(1, 21)]
    pages.save(app, *turns)
    by_draw = sorted(turns, key=lambda item: draw(item.turn.trace_id))
    drawn = [item for item in by_draw if draw(item.turn.trace_id) < 0.5]
    assert 3 <= len(drawn) <= 17
    location = labeller.get("/labels/next").headers["location"]
    for item in drawn:
        assert location == f"{address(item)}?blind=1#label"
        answer = send(labeller, item, verdict="supported", then="next")
        location = labeller.get(answer.headers["location"]).headers["location"]
    assert location == "/labels"
    assert f"<td>{len(drawn)}</td>" in labeller.get("/labels").text


def test_no_page_has_a_style_of_its_own_and_that_of_a_turn_alone_a_script(app, labeller, pages):
    judged = pages.judged_turn(1, started_at=datetime.now(UTC))
    pages.save(app, judged)
    send(labeller, judged, verdict="supported")
    for page in (address(judged), "/labels", "/estimates"):
        text = labeller.get(page).text
        assert text.count("<script") == (1 if page == address(judged) else 0)
        assert " style=" not in text


def test_who_labels_the_next_turn_sees_neither_judgements_nor_the_labels_of_others(
    app, labeller, pages
):
    judged = pages.judged_turn(1)
    pages.save(app, judged)
    message = labels.Label(
        turn_id=judged.turn.id, labeller="ben", labelled_ns=1, reference="of ben alone"
    )
    with app.state.engine.begin() as connection:
        labels.add(connection, [message])
    shown, blind = (labeller.get(f"{address(judged)}{query}").text for query in ("", "?blind=1"))
    for word in ("flagged", "claim: 90%", 'class="contradicted c2"', "of ben alone", "→"):
        assert word in shown
        assert word not in blind
    assert "<sup>2</sup>" in blind
