"""Number words of seven languages: "two hundred and fifty", "achtundzwanzig".

`NUMERALS[language]` parses a run of words; German, Dutch and Italian compound numbers are split.
Time is linear in the words parsed.
"""
# ruff: noqa: E501  (tables of words and patterns)

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from groundwire_evaluators.text.tokens import fold


def _table(words: str, values: Sequence[float]) -> dict[str, float]:
    """Map number words to values; spellings of one number are joined by "/"."""
    found = {}
    for spellings, value in zip(words.split(), values, strict=True):
        for word in spellings.split("/"):
            found[word] = found[fold(word)] = float(value)
    return found


LONGEST = 80  # code points of one number word

_TEENS = range(20)
_TENS = range(20, 100, 10)


@dataclass(frozen=True)
class Numerals:
    """Number words of one language.

    `cardinals` are below a thousand, `scales` a thousand and more, `joiners` may stand between two
    of them. `articles` are too common to be a number alone ("one", "eine"). `parts` maps names of
    fractions to denominators, `halves` are words for a half, `ordinals` maps ordinal words to
    ranks. `alone` are scales that are numbers without a preceding word ("mille").
    """

    cardinals: dict[str, float]
    scales: dict[str, float]
    joiners: frozenset[str]
    articles: frozenset[str]
    parts: dict[str, float]
    halves: frozenset[str]
    ordinals: dict[str, float]
    alone: frozenset[str] = frozenset()
    dozen: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    compound: Callable[[str], float | None] | None = None
    starters: frozenset[str] = field(default=frozenset(), compare=False)

    def opens(self, word: str) -> bool:
        """Whether a word (lower case) may start a number or an ordinal."""
        if word in self.starters:
            return True
        return bool(self.prefixes) and word.startswith(self.prefixes) and self.value(word) > 0

    def value(self, word: str) -> float:
        """Value of a cardinal below a million, compounds included; -1 if it is none."""
        found = self.cardinals.get(word)
        if found is None and self.compound is not None and word.startswith(self.prefixes):
            found = self.compound(word)
        return -1.0 if found is None else found

    def read(self, words: Sequence[str]) -> tuple[float, int]:
        """Parse the number at the start of `words`; returns it and its word count, 0 if none."""
        total = current = -1.0
        used = at = 0
        last_scale = 1e18
        while at < len(words):
            word = words[at]
            if word in self.joiners and used and at + 1 < len(words):
                if not self._continues(words[at + 1], current, total):
                    break
                at += 1
                word = words[at]
            scale = self.scales.get(word)
            if scale is not None:
                if scale >= last_scale or (current < 0 and total < 0 and word not in self.alone):
                    break
                total = max(total, 0.0) + (current if current >= 0 else 1.0) * scale
                current, last_scale = -1.0, scale
            else:
                value = self.value(word)
                joined = _added(current, value)
                if joined is None or (value >= 1000 and (current >= 0 or value >= last_scale)):
                    break
                current = joined
            at += 1
            used = at
        return max(total, 0.0) + max(current, 0.0), used

    def _continues(self, word: str, current: float, total: float) -> bool:
        if word in self.scales:
            return False
        value = self.value(word)
        if value < 0 or (current < 0 and total < 0):
            return False
        return _added(current, value) is not None


def _added(current: float, value: float) -> float | None:
    """Combine a cardinal with the number before it; None if it starts another number."""
    if value < 0:
        return None
    if current < 0:
        return value
    if value == 100 and 0 < current < 20:
        return current * 100
    below = current % 100
    if value == 20 and below == 4:
        return current + 76  # quatre-vingts
    if 10 <= value < 20 and below in (60, 80):
        return current + value  # soixante-dix
    if value == 0 or current == 0:
        return None
    if value < 10 and current % 10 == 0 and below != 10:
        return current + value
    if value < 10 and below == 10:
        return current + value if current % 100 == 10 and value >= 7 else None  # dix-sept
    if below in (70, 90) and 1 <= value < 10:
        return current + value
    return current + value if value < 100 and below == 0 and current >= 100 else None


def _split_before(word: str, scales: Sequence[tuple[str, float]]) -> tuple[str, float, str] | None:
    for spelling, scale in scales:
        at = word.find(spelling)
        if at >= 0:
            return word[:at], scale, word[at + len(spelling) :]
    return None


def _germanic(
    units: dict[str, float], tens: dict[str, float], joiners: Sequence[str],
    scales: Sequence[tuple[str, float]],
) -> Callable[[str], float | None]:  # fmt: skip
    """Build a parser of compound numbers with the unit before the ten."""

    def below_hundred(word: str) -> float | None:
        word = word.removeprefix("und").removeprefix("en") if word not in units else word
        if word in units or word in tens:
            return units.get(word, tens.get(word))
        for joiner in joiners:
            unit, found, ten = word.partition(joiner)
            while found:
                if ten in tens and 0 < units.get(unit, 0) < 10:
                    return units[unit] + tens[ten]
                more, found, ten = ten.partition(joiner)
                unit += joiner + more
        return None

    def whole(word: str, level: int = 0) -> float | None:
        if not word:
            return 0.0
        if level == len(scales):
            return below_hundred(word)
        split = _split_before(word, scales[level : level + 1])
        if split is None:
            return whole(word, level + 1)
        before, scale, after = split
        front = whole(before, level + 1) if before else 1.0
        back = whole(after, level + 1)
        return None if front is None or back is None else front * scale + back

    @lru_cache(maxsize=10_000)
    def compound(word: str) -> float | None:
        return whole(word) if 3 <= len(word) <= LONGEST else None

    return compound


def _italian(units: dict[str, float], tens: dict[str, float]) -> Callable[[str], float | None]:
    def below_hundred(word: str) -> float | None:
        if word in units or word in tens:
            return units.get(word, tens.get(word))
        for ten, value in tens.items():
            for stem in (ten, ten[:-1]):
                rest = word.removeprefix(stem)
                unit = units.get(rest.replace("tré", "tre"), 0.0)
                if rest != word and 0 < unit < 10:
                    return value + unit
        return None

    def below_thousand(word: str) -> float | None:
        before, found, after = word.partition("cent")
        if not found:
            return below_hundred(word)
        front = units.get(before, 0.0) if before else 1.0
        rests = [after.removeprefix("o"), after] if after.startswith("o") else [after]
        backs = [below_hundred(rest) if rest else 0.0 for rest in rests]
        back = next((value for value in backs if value is not None), None)
        return None if not 0 < front < 10 or back is None else 100 * front + back

    @lru_cache(maxsize=10_000)
    def compound(word: str) -> float | None:
        if not 3 <= len(word) <= LONGEST:
            return None
        word = word.replace("tré", "tre")
        for spelling in ("mila", "mille"):
            before, found, after = word.partition(spelling)
            if found:
                front = below_thousand(before) if before else 1.0
                back = below_thousand(after) if after else 0.0
                return None if front is None or back is None else 1000 * front + back
        return below_thousand(word)

    return compound


def _numerals_by_language(**parts: object) -> Numerals:
    made = Numerals(**parts)  # type: ignore[arg-type]
    starters = (
        set(made.cardinals) | set(made.ordinals) | made.alone | made.halves | made.dozen
        | set(made.articles) | {"million", "thousand", "hundred"} & set(made.scales)
    )  # fmt: skip
    object.__setattr__(made, "starters", frozenset(starters))
    return made


_EN_UNITS = _table(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen", _TEENS,
)  # fmt: skip
_EN_TENS = _table("twenty thirty forty/fourty fifty sixty seventy eighty ninety", _TENS)
_EN_RANKS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_DE_UNITS = _table(
    "null ein/eins/eine zwei/zwo drei vier fünf/fuenf sechs sieben acht neun zehn elf zwölf/zwoelf "
    "dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn", _TEENS,
)  # fmt: skip
_DE_TENS = _table("zwanzig dreißig/dreissig vierzig fünfzig sechzig siebzig achtzig neunzig", _TENS)
_DE_RANKS = _table(
    "erst zweit dritt viert fünft sechst siebt/siebent acht neunt zehnt elft zwölft", range(1, 13)
)
_NL_UNITS = _table(
    "nul een/één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien "
    "zestien zeventien achttien negentien", _TEENS,
)  # fmt: skip
_NL_TENS = _table("twintig dertig veertig vijftig zestig zeventig tachtig negentig", _TENS)
_IT_UNITS = _table(
    "zero un/uno/una due tre quattro cinque sei sette otto nove dieci undici dodici tredici "
    "quattordici quindici sedici diciassette diciotto diciannove", _TEENS,
)  # fmt: skip
_IT_TENS = _table("venti trenta quaranta cinquanta sessanta settanta ottanta novanta", _TENS)
_FR_UNITS = _table(
    "zéro un/une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
    "seize", range(17),
)  # fmt: skip
_FR_TENS = _table(
    "vingt/vingts trente quarante cinquante soixante septante huitante/octante nonante cent/cents",
    range(20, 110, 10),
)
_ES_UNITS = _table(
    "cero un/uno/una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce "
    "quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno/veintiún/veintiuna "
    "veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve",
    range(30),
)
_ES_TENS = _table("treinta cuarenta cincuenta sesenta setenta ochenta noventa", range(30, 100, 10))
_ES_HUNDREDS = _table(
    "cien/ciento doscientos/doscientas trescientos/trescientas cuatrocientos/cuatrocientas "
    "quinientos/quinientas seiscientos/seiscientas setecientos/setecientas "
    "ochocientos/ochocientas novecientos/novecientas", range(100, 1000, 100),
)  # fmt: skip
_PT_UNITS = _table(
    "zero um/uma dois/duas três quatro cinco seis sete oito nove dez onze doze treze "
    "catorze/quatorze quinze dezesseis/dezasseis dezessete/dezassete dezoito dezenove/dezanove",
    _TEENS,
)
_PT_TENS = _table("vinte trinta quarenta cinquenta sessenta setenta oitenta noventa", _TENS)
_PT_HUNDREDS = _table(
    "cem/cento duzentos/duzentas trezentos/trezentas quatrocentos/quatrocentas "
    "quinhentos/quinhentas seiscentos/seiscentas setecentos/setecentas oitocentos/oitocentas "
    "novecentos/novecentas", range(100, 1000, 100),
)  # fmt: skip
_RANKS = range(1, 13)


def _endings(stems: dict[str, float], endings: str) -> dict[str, float]:
    return {stem + ending: value for stem, value in stems.items() for ending in endings.split()}


NUMERALS: dict[str, Numerals] = {
    "en": _numerals_by_language(
        cardinals=_EN_UNITS | _EN_TENS | {"hundred": 100.0},
        scales={"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12},
        joiners=frozenset(("and",)),
        articles=frozenset(("one", "a")),
        parts={
            "half": 2.0, "halves": 2.0, "third": 3.0, "thirds": 3.0, "quarter": 4.0,
            "quarters": 4.0, "fourths": 4.0, "fifth": 5.0, "fifths": 5.0, "sixths": 6.0,
            "eighths": 8.0, "tenths": 10.0, "tenth": 10.0, "eighth": 8.0, "sixth": 6.0,
        },
        halves=frozenset(("half",)),
        ordinals=_table(_EN_RANKS, range(1, 21)) | {"thirtieth": 30.0},
        dozen=frozenset(("dozen",)),
    ),
    "de": _numerals_by_language(
        cardinals=_DE_UNITS | _DE_TENS | {"hundert": 100.0},
        scales={
            "tausend": 1e3, "million": 1e6, "millionen": 1e6, "milliarde": 1e9,
            "milliarden": 1e9, "mio": 1e6, "mrd": 1e9, "tsd": 1e3,
        },
        joiners=frozenset(("und",)),
        articles=frozenset(("ein", "eine", "einem", "einen", "einer", "eines", "eins")),
        parts={"drittel": 3.0, "viertel": 4.0, "fünftel": 5.0, "achtel": 8.0, "zehntel": 10.0},
        halves=frozenset(("halb", "halbe", "halber", "halben", "halbes", "hälfte")),
        ordinals=_endings(_DE_RANKS, "e er en em es"),
        alone=frozenset(("tausend",)),
        dozen=frozenset(("dutzend",)),
        prefixes=(
            "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieb", "acht", "neun", "zehn", "elf",
            "zwölf", "sech", "zwan", "hundert", "tausend", "dreiß", "fuenf", "zwo",
        ),
        compound=_germanic(
            _DE_UNITS, _DE_TENS, ("und",), (("tausend", 1000.0), ("hundert", 100.0))
        ),
    ),
    "fr": _numerals_by_language(
        cardinals=_FR_UNITS | _FR_TENS,
        scales={
            "mille": 1e3, "million": 1e6, "millions": 1e6, "milliard": 1e9, "milliards": 1e9,
        },
        joiners=frozenset(("et",)),
        articles=frozenset(("un", "une")),
        parts={"tiers": 3.0, "quart": 4.0, "quarts": 4.0, "cinquième": 5.0, "cinquièmes": 5.0,
               "dixièmes": 10.0},
        halves=frozenset(("demi", "demie", "moitié")),
        ordinals=_table(
            "premier/première deuxième/second/seconde troisième quatrième cinquième sixième "
            "septième huitième neuvième dixième onzième douzième", _RANKS,
        ),
        alone=frozenset(("mille",)),
        dozen=frozenset(("douzaine",)),
    ),
    "es": _numerals_by_language(
        cardinals=_ES_UNITS | _ES_TENS | _ES_HUNDREDS,
        scales={
            "mil": 1e3, "millón": 1e6, "millon": 1e6, "millones": 1e6,
        },
        joiners=frozenset(("y",)),
        articles=frozenset(("un", "uno", "una")),
        parts={"tercio": 3.0, "tercios": 3.0, "cuarto": 4.0, "cuartos": 4.0, "quintos": 5.0,
               "décimos": 10.0},
        halves=frozenset(("medio", "media", "mitad")),
        ordinals=_table(
            "primero/primer/primera segundo/segunda tercero/tercer/tercera cuarto/cuarta "
            "quinto/quinta sexto/sexta séptimo/séptima octavo/octava noveno/novena décimo/décima "
            "undécimo/undécima duodécimo/duodécima", _RANKS,
        ),
        alone=frozenset(("mil",)),
        dozen=frozenset(("docena",)),
    ),
    "it": _numerals_by_language(
        cardinals=_IT_UNITS | _IT_TENS | {"cento": 100.0},
        scales={
            "mille": 1e3, "mila": 1e3, "milione": 1e6, "milioni": 1e6, "miliardo": 1e9,
            "miliardi": 1e9,
        },
        joiners=frozenset(("e",)),
        articles=frozenset(("un", "uno", "una")),
        parts={"terzo": 3.0, "terzi": 3.0, "quarto": 4.0, "quarti": 4.0, "quinti": 5.0,
               "decimi": 10.0},
        halves=frozenset(("mezzo", "mezza", "mezz", "metà")),
        ordinals=_table(
            "primo/prima secondo/seconda terzo/terza quarto/quarta quinto/quinta sesto/sesta "
            "settimo/settima ottavo/ottava nono/nona decimo/decima undicesimo/undicesima "
            "dodicesimo/dodicesima", _RANKS,
        ),
        alone=frozenset(("mille",)),
        dozen=frozenset(("dozzina",)),
        prefixes=(
            "due", "tre", "quatt", "cinqu", "sei", "sette", "otto", "nove", "dieci", "undici",
            "dodici", "tredi", "quind", "sedici", "dicia", "dicio", "vent", "quarant", "sessant",
            "settant", "ottant", "novant", "cent", "mille",
        ),
        compound=_italian(_IT_UNITS, _IT_TENS),
    ),
    "pt": _numerals_by_language(
        cardinals=_PT_UNITS | _PT_TENS | _PT_HUNDREDS,
        scales={
            "mil": 1e3, "milhão": 1e6, "milhao": 1e6, "milhões": 1e6, "milhoes": 1e6,
            "bilhão": 1e9, "bilhões": 1e9,
        },
        joiners=frozenset(("e",)),
        articles=frozenset(("um", "uma")),
        parts={"terço": 3.0, "terços": 3.0, "quarto": 4.0, "quartos": 4.0, "quintos": 5.0,
               "décimos": 10.0},
        halves=frozenset(("meio", "meia", "metade")),
        ordinals=_table(
            "primeiro/primeira segundo/segunda terceiro/terceira quarto/quarta quinto/quinta "
            "sexto/sexta sétimo/sétima oitavo/oitava nono/nona décimo/décima "
            "undécimo/undécima duodécimo/duodécima", _RANKS,
        ),
        alone=frozenset(("mil",)),
        dozen=frozenset(("dúzia",)),
    ),
    "nl": _numerals_by_language(
        cardinals=_NL_UNITS | _NL_TENS | {"honderd": 100.0},
        scales={"duizend": 1e3, "miljoen": 1e6, "miljard": 1e9, "mln": 1e6, "mld": 1e9},
        joiners=frozenset(("en",)),
        articles=frozenset(("een", "één", "eén")),
        parts={"derde": 3.0, "kwart": 4.0, "vierde": 4.0, "vijfde": 5.0, "tiende": 10.0},
        halves=frozenset(("half", "halve", "helft")),
        ordinals=_table(
            "eerste tweede derde vierde vijfde zesde zevende achtste negende tiende elfde twaalfde",
            _RANKS,
        ),
        alone=frozenset(("duizend",)),
        dozen=frozenset(("dozijn",)),
        prefixes=(
            "een", "één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien",
            "elf", "twaalf", "der", "veer", "twin", "tach", "honderd", "duizend",
        ),
        compound=_germanic(
            _NL_UNITS, _NL_TENS, ("ën", "en"), (("duizend", 1000.0), ("honderd", 100.0))
        ),
    ),
}  # fmt: skip
# One word that is a mixed number.
MIXED = {
    "anderthalb": 1.5, "eineinhalb": 1.5, "zweieinhalb": 2.5, "dreieinhalb": 3.5,
    "viereinhalb": 4.5, "anderhalf": 1.5, "anderhalve": 1.5, "tweeënhalf": 2.5,
    "drieënhalf": 3.5, "dreiviertel": 0.75, "driekwart": 0.75,
}  # fmt: skip
