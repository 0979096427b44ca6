"""What people see: the worst turns, a turn with its sentences joined to its chunks, the alarms."""

import base64
import re
from datetime import timedelta
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from groundwire_collector.alerting.rules.alerts import alerts
from groundwire_collector.alerting.rules.settings import RuleSettings
from groundwire_collector.storage.keys import Scope
from groundwire_collector.web.pages import runbooks
from groundwire_collector.web.pages.rendering import KEYS_SCRIPT
from groundwire_evaluators.turn import Chunk


class Tags(HTMLParser):
    """Every tag and attribute of a page, to find what should not be there."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def questions(answer) -> list[int]:
    return [int(number) for number in re.findall(r">How heavy may parcel (\d+) be\?<", answer.text)]


def test_the_worst_turn_comes_first_and_the_newest_when_asked(app, browser, pages):
    turns = [pages.judged_turn(n, p) for n, p in ((1, 0.2), (2, 0.95), (3, 0.6))]
    pages.save(app, *turns)
    assert questions(browser.get("/turns")) == [2, 3, 1]
    assert questions(browser.get("/turns?order=newest")) == [3, 2, 1]


def test_the_list_shows_the_sentence_that_is_wrong(app, browser, pages):
    pages.save(app, pages.judged_turn(1))
    text = browser.get("/turns").text
    assert '<mark class="contradicted">They arrive within two days.</mark>' in text


def test_the_links_of_alerts_and_panels_find_their_turns(app, browser, pages):
    later = pages.noon + timedelta(hours=5)
    pages.save(
        app,
        pages.judged_turn(1),
        pages.judged_turn(2, model_version="ft-2"),
        pages.judged_turn(3, service="a & b"),
        pages.judged_turn(4, prompt_version="p-2", started_at=later),
    )
    found = {
        "service=shop&model_version=ft-2&prompt_version=p-1": [2],
        "service=a+%26+b": [3],
        "prompt_version=p-2": [4],
        f"since={int(later.timestamp())}": [4],
        f"until={int(later.timestamp())}&service=shop": [2, 1],
        "since=2026-03-02T13:00": [4],
        "since=2026-03-02T14:00:00+01:00": [4],
        "service=&model_version=&state=scored&verdict=unsupported": [],
        "verdict=contradicted&service=shop&until=2026-03-02+13:00": [2, 1],
    }
    for query, expected in found.items():
        assert questions(browser.get(f"/turns?{query}")) == expected, query


def test_one_address_opens_the_worst_turn_of_a_version_since_a_change(app, browser, pages):
    later = pages.noon + timedelta(hours=5)
    pages.save(
        app,
        pages.judged_turn(1, 0.99),
        pages.judged_turn(2, 0.9, model_version="ft-2"),
        pages.judged_turn(3, 0.7, model_version="ft-2", started_at=later),
        pages.judged_turn(4, 0.8, model_version="ft-2", started_at=later),
    )
    since = int(later.timestamp())
    address = f"/turns/worst?order=worst&service=shop&model_version=ft-2&since={since}"
    target = browser.get(address).headers["location"]
    assert target.endswith(f"?service=shop&model_version=ft-2&since={since}")
    opened = browser.get(target).text
    assert "parcel 4" in opened
    assert '<mark class="contradicted c2">' in opened
    assert browser.get("/turns/worst?service=nobody").status_code == 404


@pytest.mark.parametrize("query", ["since=yesterday", "since=1e999", "cursor=x", "order=best"])
def test_an_address_that_makes_no_sense_is_answered_as_such(browser, query):
    assert browser.get(f"/turns?{query}").status_code == 400


def test_page_after_page_shows_each_turn_once(app, browser, pages):
    pages.save(app, *(pages.judged_turn(n, 0.5) for n in range(1, 8)))
    seen, address = [], "/turns?service=shop&limit=3"
    while address:
        answer = browser.get(address)
        seen += questions(answer)
        link = re.search(r'href="(/turns\?[^"]*cursor[^"]*)"', answer.text)
        address = link.group(1).replace("&amp;", "&") if link else None
    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_each_sentence_is_marked_and_joined_to_its_chunk(app, browser, pages):
    turn = pages.judged_turn(1)
    pages.save(app, turn)
    text = browser.get(f"/turns/{turn.turn.id}").text
    supported = re.search(r'<mark class="supported c1">(.*?)</mark>', text, re.S)
    assert supported.group(1) == "Parcels weigh up to 30 kg [1]."
    contradicted = re.search(r'<mark class="contradicted c2">(.*?)</mark>(.*?)</sup>', text, re.S)
    assert contradicted.group(1) == "They arrive within <u>two days</u>."
    assert 'href="#chunk-2"' in contradicted.group(2)
    second = text[text.index('id="chunk-2"') : text.index('id="chunk-3"')]
    assert "Parcels arrive within five days." in re.sub(r"<[^>]*>", "", second)
    assert 'href="#claim-2"' in second
    assert '<span id="evidence-2"></span>' in second
    assert "<b>days</b>" in second
    assert "not used by the answer" in text[text.index('id="chunk-3"') :]


def test_hostile_text_is_shown_as_text(app, browser, pages):
    evil = pages.hostile
    turn = pages.judged_turn(
        1,
        question=evil,
        answer=evil * 2,
        service=evil,
        model_version=evil,
        session_id=evil,
        not_evaluable_reason=evil,
        chunks=(Chunk(id=evil, text=evil, metadata={evil: evil}),),
    )
    pages.save(app, turn)
    pages.raise_alarm(app, service=evil, signal=evil, dimension=evil, value=evil, cause=evil)
    quiet = Tags(browser.get("/turns?service=nobody").text)
    for path in ("/turns", f"/turns/{turn.turn.id}", "/alarms", "/turns?service=%3Cscript%3E"):
        answer = browser.get(path)
        assert answer.status_code == 200
        found = Tags(answer.text)
        assert not {"img", "iframe"} & set(found.tags), path
        scripts = re.findall(r"<script>(.*?)</script>", answer.text, re.S)
        assert scripts == ([KEYS_SCRIPT] if path.startswith("/turns/") else []), path
        assert not [name for name, _ in found.attributes if name.startswith("on")], path
    assert "script" not in quiet.tags
    assert "&lt;script&gt;" in browser.get("/turns").text


@pytest.mark.parametrize("path", ["/turns", "/alarms", "/turns/none", "/login"])
def test_no_page_may_run_a_script_or_load_from_elsewhere(browser, path):
    if path == "/login":
        browser.get("/logout")
    answer = browser.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"


def test_the_page_of_a_turn_may_run_the_script_of_its_keys_and_no_other(app, browser, pages):
    turn = pages.judged_turn(1)
    pages.save(app, turn)
    policy = browser.get(f"/turns/{turn.turn.id}").headers["content-security-policy"]
    digest = base64.b64encode(sha256(KEYS_SCRIPT.encode()).digest()).decode()
    assert policy.endswith(f"; script-src 'sha256-{digest}'")


def test_a_trace_leads_to_its_turn(app, browser, pages):
    turn = pages.judged_turn(7)
    pages.save(app, turn)
    answer = browser.get(f"/traces/{turn.turn.trace_id}")
    assert answer.headers["location"] == f"/turns/{turn.turn.id}"
    assert browser.get(f"/traces/{'f' * 32}").status_code == 404
    sibling = pages.judged_turn(8, trace_id=turn.turn.trace_id)
    pages.save(app, sibling)
    answer = browser.get(f"/traces/{turn.turn.trace_id}", follow_redirects=True)
    assert questions(answer) == [8, 7]


def test_a_key_of_one_service_sees_the_turns_of_no_other(app, stranger, pages):
    mine, other = pages.judged_turn(1), pages.judged_turn(2, service="other")
    pages.save(app, mine, other)
    pages.raise_alarm(app, service="other")
    key = pages.key_of(app, Scope.READ, services=["shop"])
    stranger.post("/login", data={"key": key})
    assert questions(stranger.get("/turns")) == [1]
    assert stranger.get(f"/turns/{other.turn.id}").status_code == 404
    assert stranger.get(f"/traces/{other.turn.trace_id}").status_code == 404
    assert "No alarm" in stranger.get("/alarms").text


def test_turns_without_answer_question_or_judgement_are_shown_as_that(app, browser, pages):
    bare = pages.judged_turn(1, question=None, answer=None, chunks=(), started_at=None)
    pages.save(app, type(bare)(bare.turn, ()))
    text = browser.get(f"/turns/{bare.turn.id}").text
    assert "(no question)" in text
    assert "This trace has no answer" in text
    assert "This turn has not been evaluated" in text
    assert "(no question)" in browser.get("/turns?order=newest").text


def test_an_alarm_says_what_changed_since_when_and_leads_to_its_worst_turns(app, browser, pages):
    pages.save(app, pages.judged_turn(1), pages.judged_turn(2, model_version="ft-0"))
    pages.raise_alarm(app)
    text = browser.get("/alarms").text
    assert "2026-03-02 12:00:00 UTC" in text
    assert "0.123" in text
    link = re.search(r'href="(/turns[^"]*order=worst[^"]*)"', text).group(1)
    assert questions(browser.get(link.replace("&amp;", "&"))) == [1]


def test_open_alarms_come_before_resolved_ones(app, browser, pages):
    pages.raise_alarm(app, signal="still-open")
    pages.raise_alarm(app, signal="long-over", raised_ns=2 * 10**18, resolved_ns=2 * 10**18)
    text = browser.get("/alarms").text
    assert text.index("still-open") < text.index("long-over")


def test_the_icon_needs_no_key(stranger: TestClient):
    answer = stranger.get("/favicon.ico")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")


def test_every_alert_leads_to_its_runbook(browser):
    for alert in alerts(RuleSettings.load(None)):
        assert f"<h1>{alert.name}</h1>" in browser.get(f"/runbooks/{alert.name}").text
    assert browser.get("/runbooks/..%2Fsecret").status_code == 404


def test_a_runbook_is_rendered_from_markdown_without_html_of_its_own(browser, monkeypatch):
    text = "# A <b>\n\nOne `x < y`\nand **two**.\n\n1. first\n   more\n2. *second*\n\n- loose"
    monkeypatch.setitem(runbooks.RUNBOOKS, "Sample", text)
    shown = browser.get("/runbooks/Sample").text
    for part in (
        "<h1>A &lt;b&gt;</h1>",
        "<code>x &lt; y</code>",
        "<strong>two</strong>",
        "<li><em>second</em></li>",
        "<li>loose</li>",
    ):
        assert part in shown
