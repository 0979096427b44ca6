"""The pages in a real browser: quiet, without overflow, accessible, and without scripts too."""

import importlib
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from tests.npm import installed_from

from groundwire_collector.storage import closed_book_turns, sessions, unanswered_traces
from groundwire_collector.storage.closed_book_turns import ClosedBookTurn
from groundwire_collector.storage.sessions import SessionState
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import SpanStore
from groundwire_collector.storage.unanswered_traces import StoredUnanswered

pytestmark = [pytest.mark.needs("chromium", "playwright"), pytest.mark.filterwarnings("ignore")]
AXE = Path(__file__).parent.parent / "axe"
NOW = datetime.now(UTC)
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PATHS = (
    "/",
    "/?range=7d&by=service",
    "/turns",
    "/turns?user_id=ada&since=yesterday",
    "{turn}",
    "{turn}?blind=1",
    "{markdown}",
    "{hostile}",
    "/sessions",
    "/sessions/shop/a%20long%20session",
    "/alarms",
    "/alarms/1",
    "/compare",
    "/compare?service=shop&baseline=ft-1&candidate=ft-2",
    "/estimates",
    "/labels",
    "/distributions?service=shop",
    "/unanswered-traces",
    "/failed-traces",
    "/docs",
    "/runbooks/GroundwireDrift",
    "/turns/none",
)


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    """The application on a free loopback port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    api = importlib.import_module("playwright.sync_api")
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        yield browser
        browser.close()


@pytest.fixture
def window(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport=DESK)
    yield context.new_page()
    context.close()


@pytest.fixture
def stored(app: Any, pages: Any) -> dict[str, str]:
    """Something on every page; addresses of three turns."""
    at = round((NOW - timedelta(minutes=25)).timestamp()) * 10**9
    for number in range(1, 51):
        facts = {
            "model_version": "ft-2" if number > 25 else "ft-1",
            "started_at": NOW - timedelta(minutes=51 - number),
            "session_id": "a long session",
            "user_id": "ada",
            "input_tokens": 900,
        }
        pages.save(app, pages.judged_turn(number, 0.9 if number > 25 else 0.1, **facts))
    markdown = (
        "# Parcels\n\n- up to **30 kg**\n- `fast`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n" + "x" * 300
    )
    long = pages.hostile * 8
    pages.save(
        app,
        pages.judged_turn(60, answer=markdown, session_id="a long session"),
        pages.judged_turn(61, question=long, answer=long, service=long[:90], user_id=long),
    )
    pages.raise_alarm(
        app, value="ft-2", changed_ns=at, changed_from_ns=at, changed_until_ns=at, raised_ns=at
    )
    asked = [
        ClosedBookTurn(
            turn_id=f"c-{number}",
            cluster=str(number),
            cell="parametric_override" if number % 3 == 0 else "context_driven",
            service="shop",
            model_version="ft-2",
            prompt_version=None,
            probability=1.0,
            sampled_ns=at,
            diagnostic=True,
        )
        for number in range(60)
    ]
    with app.state.engine.begin() as connection:
        sessions.save(connection, [SessionState("a long session", "shop", at, at, True, True)])
        closed_book_turns.put(connection, asked)
        trace = StoredUnanswered("ab" * 16, "shop", at, "openai", "call_failed", "APITimeoutError")
        unanswered_traces.save(connection, [trace])
    ids = {name: pages.judged_turn(n).turn for name, n in NUMBERS.items()}
    span = {"trace_id": ids["turn"].trace_id, "service": "shop", "start_ns": at}
    SpanStore(app.state.engine).add(
        [Span(**span, span_id="0" * 15 + "1", name="answer", end_ns=at + 10**9)]
    )
    return {name: f"/turns/{turn.id}" for name, turn in ids.items()}


NUMBERS = {"turn": 50, "markdown": 60, "hostile": 61}


def log_in(window: Any, address: str, key: str) -> None:
    window.goto(f"{address}/login")
    window.fill("input[name=key]", key)
    window.click("button")


def noted(window: Any) -> list[str]:
    """What the browser complains of: errors, dialogs, breaches of the policy."""
    found: list[str] = []
    window.on("console", lambda message: found.append(f"{message.type}: {message.text}"))
    window.on("pageerror", lambda error: found.append(str(error)))
    window.on("dialog", lambda dialog: found.append(f"dialog: {dialog.message}"))
    return found


def test_from_the_login_to_the_chunk_behind_a_sentence(app, address, window, pages):
    pages.save(app, pages.judged_turn(1), pages.judged_turn(2, question=pages.hostile))
    complaints = noted(window)
    window.goto(f"{address}/turns?order=worst&service=shop")
    window.fill("input[name=key]", pages.key_of(app))
    window.click("button")
    assert window.url == f"{address}/turns?order=worst&service=shop"
    window.click("text=How heavy may parcel 1 be?")
    mark = window.locator("mark.contradicted").first
    assert mark.inner_text() == "They arrive within two days."
    # The style sheet is allowed by the policy, and applied.
    plain = "rgba(0, 0, 0, 0)"
    assert mark.evaluate("element => getComputedStyle(element).backgroundColor") != plain
    # The words of the chunk are lit while the claim has the focus.
    words = window.locator(".e2").first
    color = "element => getComputedStyle(element).backgroundColor"
    assert words.evaluate(color) == plain
    window.locator("sup a.c2").first.focus()
    assert words.evaluate(color) != plain
    window.click("text=→ chunk 2")
    assert window.url.endswith("#chunk-2")
    target = window.locator(".chunk:target")
    assert "Parcels arrive within five days." in target.inner_text()
    window.goto(f"{address}/alarms")
    assert complaints == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_two_clicks_from_the_alert_to_the_wrong_sentence_and_the_chunk(
    app, address, chromium, pages, stored, size
):
    context = chromium.new_context(viewport=size, java_script_enabled=False)
    window = context.new_page()
    log_in(window, address, pages.key_of(app))
    window.goto(f"{address}/alarms/1")  # where the alert leads to
    window.locator("section", has_text="Worst since").locator("li a").first.click()
    sentence = window.locator(".findings li").first
    assert "two days, not five" in sentence.inner_text()
    sentence.locator("text=what it says in chunk 2").click()
    evidence = window.locator(".chunk:has(span:target)")
    assert "Parcels arrive within five days." in evidence.inner_text()
    expect = importlib.import_module("playwright.sync_api").expect
    expect(evidence.locator("span:target + .evidence")).to_be_in_viewport()
    context.close()


def test_no_page_is_wider_than_a_phone_and_none_complains(app, address, chromium, pages, stored):
    context = chromium.new_context(viewport=PHONE)
    window = context.new_page()
    complaints = noted(window)
    log_in(window, address, pages.key_of(app))
    wide = {}
    for path in PATHS:
        window.goto(address + path.format(**stored))
        wide[path] = window.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    assert {path: width for path, width in wide.items() if width > 0} == {}
    assert [each for each in complaints if "status of 40" not in each] == []
    context.close()


@pytest.mark.needs("node")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(app, address, chromium, pages, stored, scheme, pytestconfig):
    script = installed_from(pytestconfig, AXE) / "node_modules/axe-core/axe.min.js"
    # The policy of the pages forbids scripts: the check itself needs one.
    context = chromium.new_context(viewport=DESK, color_scheme=scheme, bypass_csp=True)
    window = context.new_page()
    log_in(window, address, pages.key_of(app))
    found = {}
    for path in (*PATHS, "/logout"):
        window.goto(address + path.format(**stored))
        for details in window.locator("details").all():
            details.evaluate("element => { element.open = true }")
        window.add_script_tag(content=script.read_text(encoding="utf-8"))
        results = window.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            (each["id"], [node["html"][:160] for node in each["nodes"][:3]])
            for each in results["violations"]
            if each["impact"] in {"serious", "critical"}
        ]
        if serious:
            found[path] = serious
    assert found == {}
    context.close()


def test_pages_work_without_scripts(app, address, chromium, pages, stored):
    context = chromium.new_context(viewport=DESK, java_script_enabled=False)
    window = context.new_page()
    log_in(window, address, pages.key_of(app))
    window.goto(f"{address}/?range=24h")
    assert window.locator("path.line").count() > 4
    height = window.locator("svg.plot").first.bounding_box()["height"]
    assert height > 100
    window.click("nav[aria-label=Pages] >> text=Turns")
    assert window.url == f"{address}/turns?range=24h"
    window.fill("input[name=q]", "parcel 17")
    window.click("form.filters button")
    assert "q=parcel+17" in window.url
    assert "range=24h" in window.url
    assert window.locator("ol.turns li").count() == 1
    assert window.locator("label.keys").count() == 0
    window.click("a.question")
    assert not window.locator("label.keys").is_visible()
    context.close()


def test_one_key_labels_a_turn_and_opens_the_next(app, address, window, pages):
    app.state.settings = app.state.settings.model_copy(update={"label_rate": 1.0})
    pages.save(app, *(pages.judged_turn(number) for number in (1, 2, 3)))
    complaints = noted(window)
    log_in(window, address, pages.key_of(app))
    window.goto(f"{address}/labels/next")
    first = window.url
    window.keyboard.press("2")
    window.wait_for_url(re.compile(rf"^(?!{re.escape(first)}).*blind=1#label$"))
    window.uncheck("#keys")
    window.keyboard.press("1")
    window.goto(f"{address}/labels")
    assert window.locator("text=the whole answer").count() == 1
    assert window.locator("td >> text=unsupported").count() == 1
    window.goto(f"{address}/turns")
    window.locator("a.question").first.click()
    window.check("#keys")
    window.focus("body")
    before = window.url
    window.keyboard.press("n")
    window.wait_for_url(re.compile(rf"^(?!{re.escape(before)}).*"))
    assert complaints == []


def test_a_person_labels_turn_after_turn_and_sees_the_estimate(app, address, window, pages):
    app.state.settings = app.state.settings.model_copy(update={"label_rate": 1.0})
    pages.save(app, pages.judged_turn(1), pages.judged_turn(2))
    complaints = noted(window)
    window.goto(f"{address}/labels")
    window.fill("input[name=key]", pages.key_of(app))
    window.click("button")
    window.click("text=Label the next turn")
    for _ in range(2):
        assert "#label" in window.url
        window.select_option("select[name=verdict]", "unsupported")
        window.select_option("select[name=chunk-0]", "yes")  # beside the chunk, outside the form
        window.fill("textarea", "Thirty kilograms, within five days.")
        window.click("text=Save, and label the next turn")
    assert window.url == f"{address}/labels"
    assert window.locator("text=the correct answer").count() == 2
    window.goto(f"{address}/estimates")
    assert "corrected by 2 human labels" in window.locator(".statement").inner_text()
    height = window.locator("svg.bar").evaluate("element => element.clientHeight")
    assert height > 10
    assert complaints == []
