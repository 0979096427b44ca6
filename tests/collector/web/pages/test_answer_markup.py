"""Markdown with its claims marked: whole, in order, and never HTML of the answer's own."""

import re
from html import unescape
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire_collector.web.pages.answer_markup import rendered
from groundwire_collector.web.pages.passages import passages
from groundwire_evaluators.evaluation import Claim, Extent, Verdict


def claim(answer: str, text: str, verdict: Verdict = Verdict.UNSUPPORTED, **facts) -> Claim:
    start = answer.index(text)
    return Claim(start=start, end=start + len(text), text="", verdict=verdict, **facts)


def shown(answer: str, *claims: Claim) -> str:
    found = rendered(answer, passages(answer, claims))
    assert found is not None
    return str(found)


def test_plain_sentences_need_no_rendering():
    assert rendered("Two days.\nNot five.", []) is None


def test_a_claim_across_emphasis_is_marked_in_parts_and_noted_once():
    answer = "It takes **30** days, as *always*."
    text = shown(answer, claim(answer, answer, chunk=1))
    assert text.count('id="claim-1"') == 1
    assert text.rstrip().endswith("</sup></p>")
    assert text.count("<sup>") == 1
    assert '<strong><mark class="unsupported c1">30</mark></strong>' in text
    assert 'href="#chunk-2"' in text


def test_items_of_a_list_and_cells_of_a_table_are_marked_each():
    answer = "- Red\n- Yellow\n\n| Plan | Price |\n|---|---|\n| Pro | 29 EUR |\n"
    text = shown(answer, claim(answer, "Yellow"), claim(answer, "29 EUR"))
    assert '<li><mark class="unsupported c1">Yellow</mark><sup>' in text
    assert '<td><mark class="unsupported c2">29 EUR</mark><sup>' in text


def test_the_words_in_question_are_stressed():
    answer = "`30` days"
    text = shown(answer, claim(answer, answer, spans=(Extent(1, 3),)))
    assert "<code>" in text
    assert "<u>30</u>" in text


def test_a_repeated_text_is_marked_where_it_was_claimed():
    answer = "- two\n- two\n"
    second = Claim(start=8, end=11, text="", verdict=Verdict.UNSUPPORTED)
    text = shown(answer, second)
    assert text.index("<li>two</li>") < text.index("<mark")


@pytest.mark.parametrize(
    "answer",
    [
        "**<script>alert(1)</script>**",
        "**x** <img src=x onerror=alert(1)>",
        "[click](javascript:alert(1)) **x**",
        "[click](https://evil.example/?a=b&c) *x*",
        "![pixel](https://evil.example/p.gif) *x*",
        "**x** <https://evil.example>",
        "```html\n<iframe src=x></iframe>\n```",
        '[a]: https://evil.example "onmouseover=x"\n\n[a] *x*',
    ],
)
def test_nothing_in_an_answer_becomes_a_link_an_image_or_html(answer):
    text = shown(answer)
    tags = set(re.findall(r"<(\w+)", text))
    assert tags <= {"p", "strong", "em", "span", "pre", "code"}
    assert "href" not in re.sub(r">[^<]*<", "><", text)


@given(st.text(alphabet="ab *_`#->|\n[](1)!<&", max_size=60), st.lists(st.integers(0, 60)))
def test_every_letter_stays_whatever_is_claimed(answer, places):
    ends = sorted({min(place, len(answer)) for place in places})
    claims = [
        Claim(start=start, end=end, text="", verdict=Verdict.SUPPORTED)
        for start, end in pairwise(ends)
    ]
    bare, marked = rendered(answer, []), rendered(answer, passages(answer, claims))
    assert (bare is None) == (marked is None)
    if bare is not None and marked is not None:
        without = re.sub(r"<sup>.*?</sup>|</?mark[^>]*>", "", str(marked))
        assert unescape(without) == unescape(str(bare))
