"""Which language a text is in."""

import os
import subprocess
import sys

import pytest

from groundwire_evaluators.text.languages import could_be, language_of, name_of
from groundwire_evaluators.text.words import LANGUAGES


@pytest.mark.parametrize(
    "text",
    [
        "Mon-Fri 9:00-17:00, Sat closed", "Opening hours: Mon 9-5, Tue 9-5",
        "2024-05-01 12:33:01 ERROR worker[12]: connection refused, retry in 5 s",
        "| Plan | Seats | Price a month |\n| Pro | 20 | 19 EUR |", "Monday to Friday 9 to 5",
    ],
)  # fmt: skip
def test_terse_english_is_english(text: str) -> None:
    language = language_of(text)
    assert language is not None
    assert language.code == "en"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("図書館は本を28日間貸し出します。", "Japanese"),
        ("图书馆的借书期限为28天。", "Chinese"),
        ("도서관은 책을 28일 동안 빌려줍니다.", "Korean"),
        ("تعير المكتبة الكتب لمدة 28 يومًا.", "Arabic"),
        ("पुस्तकालय 28 दिनों के लिए पुस्तकें देता है।", "Hindi"),
        ("Библиотека выдаёт книги на 28 дней.", "Russian or another language in Cyrillic letters"),
        ("Biblioteka wypożycza książki na 28 dni, można je przedłużyć.", "Polish"),
        ("Biblioteket lånar ut böcker i 28 dagar och lånet kan förlängas.", "Swedish"),
    ],
)
def test_a_language_that_is_not_judged_has_a_name(text: str, name: str) -> None:
    assert language_of(text) is None
    assert name_of(text) == name


def test_a_value_alone_could_be_any_of_our_languages() -> None:
    assert all(could_be("28", language) for language in LANGUAGES.values())
    assert all(could_be("Halden", language) for language in LANGUAGES.values())


def test_a_sentence_could_not_be_another_language() -> None:
    assert not could_be("The library lends books for 14 days.", LANGUAGES["de"])
    assert could_be("Die Bibliothek verleiht Bücher.", LANGUAGES["de"])


def test_the_detected_language_does_not_depend_on_the_hash_seed() -> None:
    code = (
        "from groundwire_evaluators.text.languages import language_of, name_of\n"
        "text = 'nom: Ada ville: Oslo employeur: Halden lieu de naissance: Rome âge: 41'\n"
        "print(language_of(text), name_of(text))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(runs) == 1
