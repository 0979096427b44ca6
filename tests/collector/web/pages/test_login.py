"""People come in with a key, by a form; the key is in no address and no script can read it."""

import pytest

from groundwire_collector.storage.keys import Scope


def test_who_has_no_key_is_asked_for_one_and_brought_back_to_where_the_link_led(
    app, stranger, pages
):
    requested = "/turns?order=worst&service=a%26b"
    answer = stranger.get(requested)
    assert answer.status_code == 303
    form = stranger.get(answer.headers["location"])
    assert form.status_code == 200
    assert 'value="/turns?order=worst&amp;service=a%26b"' in form.text
    answer = stranger.post("/login", data={"key": pages.key_of(app), "next": requested})
    assert (answer.status_code, answer.headers["location"]) == (303, requested)
    assert stranger.get(requested).status_code == 200


def test_the_cookie_is_for_this_collector_alone_and_for_no_script(app, stranger, pages):
    key = pages.key_of(app)
    cookie = stranger.post("/login", data={"key": key}).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    secure = stranger.post("https://testserver/login", data={"key": key}).headers["set-cookie"]
    assert "Secure" in secure.split("; ")


def test_a_wrong_key_is_reported_and_forgotten(stranger):
    stranger.post("/login", data={"key": "gw_wrong"})
    answer = stranger.get("/turns")
    assert answer.headers["location"].startswith("/login")
    form = stranger.get(answer.headers["location"])
    assert "not accepted" in form.text
    assert "Max-Age=0" in form.headers["set-cookie"]
    assert "not accepted" not in stranger.get("/login").text


@pytest.mark.parametrize("key", ["", "a b", "a;b=c", "a\r\nSet-Cookie: x=y", "ü", "k" * 5000])
def test_what_cannot_be_a_key_does_not_get_into_a_header(stranger, key):
    answer = stranger.post("/login", data={"key": key})
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/a\nb", "javascript:x", ""],
)
def test_the_login_leads_to_no_other_site(app, stranger, pages, target):
    answer = stranger.post("/login", data={"key": pages.key_of(app), "next": target})
    assert answer.headers["location"] == "/"


def test_after_the_logout_the_way_is_closed(browser):
    assert browser.get("/turns").status_code == 200
    browser.get("/logout")
    assert browser.get("/turns").status_code == 303


def test_a_key_that_may_not_read_sees_nothing(app, stranger, pages):
    stranger.post("/login", data={"key": pages.key_of(app, Scope.INGEST)})
    for path in ("/turns", "/alarms", f"/turns/{'0' * 32}-{'0' * 16}", f"/traces/{'0' * 32}"):
        assert stranger.get(path).status_code == 403
