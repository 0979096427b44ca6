"""The pages in a real browser: styled, quiet, and the sentence leads to its chunk."""

import importlib
import shutil
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

pytestmark = [pytest.mark.needs("chromium", "playwright"), pytest.mark.filterwarnings("ignore")]


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


@pytest.fixture
def window() -> Iterator[Any]:
    api = importlib.import_module("playwright.sync_api")
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    with api.sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser.new_page()
        browser.close()


def test_from_the_login_to_the_chunk_behind_a_sentence(app, address, window, pages):
    pages.save(app, pages.judged_turn(1), pages.judged_turn(2, question=pages.hostile))
    message: list[str] = []
    window.on("console", lambda message: message.append(f"{message.type}: {message.text}"))
    window.on("pageerror", lambda error: message.append(str(error)))
    window.on("dialog", lambda dialog: message.append(f"dialog: {dialog.message}"))

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
    window.click("text=→ chunk 2")
    assert window.url.endswith("#chunk-2")
    target = window.locator(".chunk:target")
    assert "Parcels arrive within five days." in target.inner_text()
    window.goto(f"{address}/alarms")
    assert message == []


def test_a_person_labels_turn_after_turn_and_sees_the_estimate(app, address, window, pages):
    app.state.settings = app.state.settings.model_copy(update={"label_rate": 1.0})
    pages.save(app, pages.judged_turn(1), pages.judged_turn(2))
    message: list[str] = []
    window.on("console", lambda message: message.append(f"{message.type}: {message.text}"))
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
    assert message == []
