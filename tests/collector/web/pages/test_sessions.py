"""A conversation in order, each answer with its marks."""

import re

from groundwire_collector.storage.keys import Scope


def test_a_conversation_is_shown_in_order_with_what_is_wrong(app, browser, pages):
    pages.save(app, *(pages.judged_turn(n, session_id="a/b c") for n in (2, 1, 3)))
    pages.save(app, pages.judged_turn(4, session_id="other"))
    text = browser.get("/sessions/shop/a%2Fb%20c").text
    assert re.findall(r"parcel (\d) be", text) == ["1", "2", "3"]
    assert "two days, not five" in text
    assert '<mark class="contradicted">They arrive within two days.</mark>' in text
    link = re.search(r'href="(/turns/[^"]*)">Open the turn', text).group(1)
    opened = browser.get(link.replace("&amp;", "&")).text
    assert 'rel="next"' in opened
    assert 'href="/sessions/shop/a/b%20c"' in opened


def test_a_long_conversation_goes_on_on_the_next_page(app, browser, pages):
    pages.save(app, *(pages.judged_turn(n, session_id="s") for n in range(1, 53)))
    text = browser.get("/sessions/shop/s").text
    more = re.search(r'rel="next" href="([^"]*)"', text).group(1).replace("&amp;", "&")
    later = browser.get(f"/sessions/shop/s{more}").text
    assert re.findall(r"parcel (\d+) be", later) == ["51", "52"]


def test_a_key_of_another_service_finds_no_conversation(app, stranger, pages):
    pages.save(app, pages.judged_turn(1, session_id="s"))
    stranger.post("/login", data={"key": pages.key_of(app, Scope.READ, services=["other"])})
    assert stranger.get("/sessions/shop/s").status_code == 404
    assert stranger.get("/sessions/other/s").status_code == 404
