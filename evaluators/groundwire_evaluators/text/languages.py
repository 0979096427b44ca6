"""Language identification by stop words, letters and script.

Seven languages are judged (`words.LANGUAGES`); others are detected so that they are not judged.
"""
# ruff: noqa: E501  (tables of words)

from collections.abc import Sequence
from functools import lru_cache

from groundwire_evaluators.text.calendars import MONTHS, WEEKDAYS
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.numerals import NUMERALS
from groundwire_evaluators.text.tokens import WORD, fold, keys
from groundwire_evaluators.text.words import ENGLISH, LANGUAGES, Language

_FOREIGN = {
    "Swedish": "och att det som en på är av för med den till inte har de om ett han men var jag sig från vi så kan när år under också efter eller nu sin där vid mot ska skulle kommer ut får finns vara hade alla andra mycket än här då sedan över bara in blir upp även vad få två vill ingen utan",
    "Danish": "og det at en den til er som på de med han af for ikke der var mig sig men et har om vi min havde ham hun nu over da fra du ud sin dem os op man hans hvor eller hvad skal selv her alle vil blev kunne ind når være dog noget ved deres efter kan eftersom også lånes må",
    "Norwegian": "og i jeg det at en et den til er som på de med han av ikke ikkje der så var meg seg men ett har om vi min mitt ha hadde hun nå over da ved fra du ut sin dem oss opp man kan hans hvor eller hva skal selv sjøl her alle vil bli ble blei blitt kunne inn når være kom noen noe ville dere som deres kun etter også",
    "Polish": "i w na z do się nie jest że to jak od po za przez dla są oraz o lub ale co przy tym tego może być który która które ich jego jej już tylko czy bez pod nad po ma go gdy ze tak ten ta te można nr roku dni",
    "Czech": "a v na se je že z do s to o i jako za pro by ale které který která byl od po jsou jeho nebo být jen ve si podle však při až jejich není jsem také může k u",
    "Turkish": "ve bir bu da de için ile olarak olan daha en çok gibi kadar sonra ne ise var olduğu göre her o ancak veya ki değil mi tarafından",
    "Finnish": "ja on ei että se oli hän ovat myös kun mutta tai jos niin kuin joka mukaan vain sekä ole voi jo sen mitä jonka tämä ne",
    "Hungarian": "a az és hogy nem is egy ez de van volt meg csak már azt el mint ki még vagy ha lehet kell után minden amely között",
    "Romanian": "și în de la a cu pe nu este o un care din mai pentru că sunt se ce fi au fost sau ca prin dar",
    "Indonesian": "dan yang di untuk dengan pada dari ini tidak dalam adalah itu akan ke atau juga oleh sebagai karena dapat telah",
    "Catalan": "i el la els les de del amb per que és una un no són al dels més està aquesta aquest com però",
    "Vietnamese": "là của và có không được cho trong một các với những này từ đã khi người",
}
_SCRIPTS = (
    ("Japanese", "\u3040", "\u30ff"),
    ("Korean", "\uac00", "\ud7a3"),
    ("Chinese", "\u4e00", "\u9fff"),
    ("Arabic", "\u0600", "\u06ff"),
    ("Hindi", "\u0900", "\u097f"),
    ("Russian or another language in Cyrillic letters", "\u0400", "\u04ff"),
    ("Greek", "\u0370", "\u03ff"),
    ("Hebrew", "\u0590", "\u05ff"),
    ("Thai", "\u0e00", "\u0e7f"),
)
_OWN_LETTERS = {
    "de": "äöüß", "fr": "éèêëçœùûàâîôï", "es": "áéíóúñ¿¡", "it": "àèéìòù", "pt": "áâãàéêíóôõúç",
    "nl": "ëïé", "Polish": "ąćęłńśźż", "Swedish": "åäö", "Finnish": "äö", "Czech": "čďěňřšťůýž",
    "Turkish": "çğışöü", "Hungarian": "áéíóöőúüű", "Romanian": "ăâîșț", "Danish": "æøå",
    "Norwegian": "æøå", "Catalan": "àçèéíïòóú",
    "Vietnamese": "ơưđạảấầẩậắằặẹẻẽếềểễệ",
}  # fmt: skip
_LETTERS: dict[str, list[str]] = {}
for _language, _letters_of in _OWN_LETTERS.items():
    for _letter in _letters_of:
        _LETTERS.setdefault(_letter, []).append(_language)
_LETTER_NAMES = frozenset("bcdfghjklmnpqrstvwxz")
_SAMPLE = 120  # words looked at
_TELLING = 2_000  # code points in which they are looked for
_FEWEST = 8  # words from which a text without a known small word is no English
_LATIN = 0.7  # share of words in Latin letters from which a text is in one of our languages
_SURE = 1.1  # of small words, below which the words themselves may still be English
_MOST_BY_LETTERS = 1.5  # that letters can add to small words
_FOREIGN_SURE = 1.5  # of small words, from which a text is in a language that is not ours
_MOSTLY = 0.75  # share of words that an English word list knows where they are
_KNOWN = 0.4  # share of words an English word list knows in terse English


def _weights() -> dict[str, dict[str, float]]:
    """Stop word → language → weight: a word shared by many languages weighs less."""
    lists: dict[str, set[str]] = {
        language.code: set(language.stop)
        | {fold(w) for w in (*MONTHS[language.code], *WEEKDAYS[language.code])}
        | {fold(w) for w in NUMERALS[language.code].starters if len(w) > 2}
        for language in LANGUAGES.values()
    }
    lists |= {name: {fold(word) for word in words.split()} for name, words in _FOREIGN.items()}
    found: dict[str, dict[str, float]] = {}
    for language, words in lists.items():
        for word in sorted(words):
            found.setdefault(word, {})[language] = 1.0
    for shares in found.values():
        for language in shares:
            foreign_and_short = language in _FOREIGN and len(word) <= 3 and word.isascii()
            shares[language] = (0.5 if foreign_and_short else 1.0) / len(shares)
    return found


_WEIGHTS = _weights()


def language_of(text: str) -> Language | None:
    """Detect the language of a text; None if it is not supported.

    A short text without stop words counts as English when it is written in Latin letters, and so
    does a longer one whose words are in the English lexicon: names, opening hours and log lines.
    """
    words = _letters(text)
    if not words:
        return (
            ENGLISH
            if any(char.isdecimal() for char in text[:_TELLING]) or not text.strip()
            else None
        )
    if _latin(words) < _LATIN:
        return None
    scores = _scores(text, words)
    best = max(scores, key=lambda name: _preference(name, scores), default="")
    if not best or scores[best] < 0.02 * len(words):
        return ENGLISH if len(words) < _FEWEST or _is_english(words) else None
    if best != "en" and scores[best] < _SURE and _english_share(tuple(words[:40])) >= _MOSTLY:
        return ENGLISH
    if best not in LANGUAGES:
        if scores[best] >= _FOREIGN_SURE or not _is_english(words):
            return None
        ours = max(LANGUAGES, key=lambda code: (round(scores.get(code, 0.0), 9), code == "en"))
        return LANGUAGES[ours]
    weak = scores[best] < 0.05 * len(words) and len(words) >= _FEWEST
    if weak and best == "en":
        return ENGLISH if _is_english(words) else None
    return LANGUAGES[best]


def _preference(name: str, scores: dict[str, float]) -> tuple[float, bool, bool]:
    """Order of languages by score, to nine digits; of equal ones the first of the tables."""
    return round(scores[name], 9), name in LANGUAGES, name == "en"


def could_be(text: str, language: Language) -> bool:
    """Whether a text is likeliest in this language, or too short to decide."""
    words = _letters(text)
    if not words or _latin(words) < _LATIN:
        return not words
    scores = _scores(text, words)
    best = max(scores.values(), default=0.0)
    return best < 1.0 or scores.get(language.code, 0.0) >= 0.6 * best


def name_of(text: str) -> str:
    """English name of an unsupported language, for reasons."""
    script = _script(text)
    if script:
        return script
    scores = _scores(text, _letters(text))
    best = max(scores, key=lambda name: round(scores[name], 9), default="")
    return best if best in _FOREIGN else "a language that is not known"


def _script(text: str) -> str | None:
    sample = text[:_TELLING]
    counts = {name: sum(low <= char <= high for char in sample) for name, low, high in _SCRIPTS}
    if counts["Japanese"]:
        counts["Japanese"] += counts["Chinese"]
    best = max(counts, key=lambda name: counts[name])
    letters = sum(char.isalpha() for char in sample)
    return best if counts[best] > 0.3 * max(letters, 1) else None


def _letters(text: str) -> list[str]:
    words = [fold(word) for word in WORD.findall(text[:_TELLING])[:_SAMPLE]]
    return [word for word in words if not word[:1].isdigit()]


def _latin(words: Sequence[str]) -> float:
    if all(map(str.isascii, words)):
        return 1.0
    return sum(word[:1] < "\u0250" or "\u1e00" <= word[:1] < "\u1f00" for word in words) / len(
        words
    )


def _scores(text: str, words: Sequence[str]) -> dict[str, float]:
    """Score of each language: weighted stop words and characteristic letters."""
    found: dict[str, float] = {}
    for word in words:
        if word in _LETTER_NAMES:
            continue  # a flag, a unit or a variable as likely as "n'est"
        shares = _WEIGHTS.get(word)
        if shares is None and ("'" in word or "’" in word):
            shares = _elided(word)
        for language, weight in (shares or {}).items():
            found[language] = found.get(language, 0.0) + weight
    for language, weight in _letter_scores(text[:_TELLING].lower()).items():
        found[language] = found.get(language, 0.0) + min(weight, _MOST_BY_LETTERS)
    return found


def _letter_scores(sample: str) -> dict[str, float]:
    """Score of each language by letters that English does not have."""
    found: dict[str, float] = {}
    for letter in () if sample.isascii() else sorted(set(sample) & _LETTERS.keys()):
        languages = _LETTERS[letter]
        for language in languages:
            weight = 0.5 * sample.count(letter) / len(languages)
            found[language] = found.get(language, 0.0) + weight
    return found


def _elided(word: str) -> dict[str, float]:
    """ "L'eau", "dell'acqua": the part before the apostrophe."""
    head, _, tail = word.replace("’", "'").partition("'")
    if tail in ("e", "era", "erano"):  # "c'è", "dov'è"
        return {"it": 1.0}
    if head in ("l", "d", "un"):
        return {"fr": 0.5, "it": 0.5}
    if head in ("n", "s", "qu", "j", "c", "jusqu", "aujourd"):
        return {"fr": 1.0}
    return {"it": 1.0} if head in ("dell", "all", "nell", "sull", "dall", "quest") else {}


def _is_english(words: Sequence[str]) -> bool:
    return _english_share(tuple(words[:40])) >= _KNOWN


@lru_cache(maxsize=1_000)
def _english_share(words: tuple[str, ...]) -> float:
    table, key = lexicon().commonness, keys("english")
    return sum(key[word] in table or word in ENGLISH.stop for word in words) / len(words)
