"""Sentences: their exact ranges, and what does not end one."""

import time

import pytest

from groundwire_evaluators.text.sentences import LONGEST_SENTENCE, sentences


def cut(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in sentences(text, language)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Bring warm clothes, e.g. a coat, and approx. 5.5 kg of rice vs. 4 kg last year.",
        "We are open from 9 a.m. to 5 p.m. on weekdays.",
        "Dr. Ines Vogt leads ward No. 7 of St. Anna hospital.",
        "The rooms (max. 4 guests) cost approx. €90 a night.",
        "Version v2.3.1 of app.py fixes it; see www.example.org/a.b for more.",
    ],
)
def test_a_shortened_word_ends_no_sentence(sentence: str) -> None:
    assert cut(sentence) == [sentence]


def test_sentences_and_lines_are_distinguished() -> None:
    assert cut("It is open. The fee is 3 euros! Why? \nAsk") == [
        "It is open.",
        "The fee is 3 euros!",
        "Why?",
        "Ask",
    ]
    assert cut("The shop closes at 5 p.m. The café opens at 8.") == [
        "The shop closes at 5 p.m.",
        "The café opens at 8.",
    ]


def test_a_very_long_sentence_is_cut_at_a_space() -> None:
    found = cut("word " * 2_000)
    assert max(map(len, found)) <= LONGEST_SENTENCE
    assert sum(len(part.split()) for part in found) == 2_000


@pytest.mark.parametrize("text", ['"', "`", "'", "(", "\n", "a. ", "!?"])
def test_cutting_takes_time_linear_in_the_text(text: str) -> None:
    def seconds(size: int) -> float:
        start = time.process_time()
        list(sentences((text * size)[:size]))
        return time.process_time() - start

    seconds(1_000)
    assert seconds(160_000) < 10 * seconds(40_000) + 0.02
