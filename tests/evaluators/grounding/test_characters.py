"""Answers in languages without word lists, by numbers and sentences of the chunks."""

import time

import pytest

from groundwire_evaluators.evaluation import State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.grounding.characters import judge_by_characters, numbers
from groundwire_evaluators.turn import Chunk, Turn

# page, copy, a number changed, a negation or a name changed, in other words
TEXTS = {
    "Japanese": (
        "図書館は午前9時に開きます。担当者は田中さんです。駐車場は利用できます。",
        "図書館は午前9時に開きます。",
        "図書館は午前10時に開きます。",
        "駐車場は利用できません。",
        "朝になれば本を借りられる。",
    ),
    "Chinese": (
        "图书馆上午9点开门。总部位于上海。停车场对外开放。",
        "图书馆上午9点开门。",
        "图书馆上午10点开门。",
        "停车场不对外开放。",
        "早上可以借书。",
    ),
    "Russian": (
        "Библиотека открывается в 9 часов утра. Вход с собаками в здание разрешён.",
        "Библиотека открывается в 9 часов утра.",
        "Библиотека открывается в 10 часов утра.",
        "Вход с собаками в здание не разрешён.",
        "Книги выдают с самого утра.",
    ),
    "Polish": (
        "Biblioteka otwiera się o 9 w poniedziałek. Wstęp z psami jest dozwolony.",
        "Biblioteka otwiera się o 9 w poniedziałek.",
        "Biblioteka otwiera się o 10 w poniedziałek.",
        "Wstęp z psami nie jest dozwolony.",
        "Książki są dostępne od rana.",
    ),
}


def judge(answer: str, chunk: str) -> tuple[State, bool | None, list[Verdict]]:
    found = Grounding(reader=None).judge(Turn(answer=answer, chunks=(Chunk(text=chunk),)))
    return found.state, found.flagged, [claim.verdict for claim in found.claims]


@pytest.mark.parametrize("language", TEXTS)
def test_a_copied_sentence_is_supported_and_an_edited_one_flagged(language: str) -> None:
    page, copy, number, negation, _ = TEXTS[language]
    assert judge(copy, page) == (State.SCORED, False, [Verdict.SUPPORTED])
    assert judge(number, page)[:2] == (State.SCORED, True)
    assert judge(negation, page)[:2] == (State.SCORED, True)


@pytest.mark.parametrize("language", TEXTS)
def test_other_words_leave_the_turn_open(language: str) -> None:
    page, *_, other = TEXTS[language]
    assert judge(other, page)[0] is State.NOT_EVALUABLE


def test_a_claim_has_its_exact_range_and_the_words_in_question() -> None:
    page, copy, number, *_ = TEXTS["Japanese"]
    found = judge_by_characters(f"{copy}{number}", [page], "Japanese")
    assert [claim.text for claim in found.claims] == [copy, number]
    [span] = found.claims[1].spans
    assert f"{copy}{number}"[span.start : span.end] == "10"


@pytest.mark.parametrize(
    ("text", "value"),
    [("１５", 15.0), ("٤٨", 48.0), ("1 500", 1500.0), ("3万", 30000.0), ("12,5", 12.5)],
)
def test_numbers_are_read_in_every_script(text: str, value: float) -> None:
    [(_, values)] = numbers(text)
    assert value in values


def test_an_answer_in_another_language_than_its_chunks_is_not_judged() -> None:
    english = "The fee is 20 euros for the whole year and for every member of it."
    assert judge(TEXTS["Japanese"][1], english)[0] is State.NOT_EVALUABLE


def test_time_is_linear_in_the_answer() -> None:
    page, copy, *_ = TEXTS["Chinese"]

    def seconds(times: int) -> float:
        start = time.process_time()
        judge_by_characters(copy * times, [page], "Chinese")
        return time.process_time() - start

    seconds(10)
    assert seconds(160) < 40 * max(seconds(10), 1e-3)
