"""Edits of one fact in a sentence, and respellings that change nothing, in seven languages.

A rule looks for a word or a number and writes another in its place; the rest stays. The tables
are word lists of their own: nothing here is read from the evaluators that the edits try.
"""
# ruff: noqa: E501  (tables of words)

import re
from collections.abc import Iterator
from random import Random
from typing import NamedTuple


class Change(NamedTuple):
    """A sentence with one change; `kind` says what was changed."""

    kind: str
    text: str


# Either side of a slash becomes the other.
_PAIRS: dict[str, dict[str, str]] = {
    "limit": {
        "en": "at most/at least,up to/at least,more than/less than,below/above,before/after,until/from,within/after",
        "de": "höchstens/mindestens,bis zu/mindestens,mehr als/weniger als,unter/über,vor 19/nach 19,bis zum/ab dem,innerhalb von/nach",
        "fr": "au plus/au moins,jusqu'à 800/au moins 800,plus de/moins de,inférieure à/supérieure à,avant/après,jusqu'au/à partir du",
        "es": "como máximo/al menos,hasta 800/al menos 800,más de/menos de,por debajo de/por encima de,antes de/después de,hasta el/desde el",
        "it": "al massimo/almeno,fino a 800/almeno 800,più di/meno di,sotto/sopra,prima delle/dopo le,fino al/a partire dal,entro/dopo",
        "pt": "no máximo/pelo menos,até 800/pelo menos 800,mais de/menos de,abaixo de/acima de,antes das/depois das,dentro de/depois de",
        "nl": "maximaal/minstens,tot 800/minstens 800,meer dan/minder dan,onder 8/boven 8,vóór/na,tot 31/vanaf 31,binnen/na",
    },
    "unit": {
        "en": "days/weeks,hours/minutes,weeks/months,months/years,minutes/hours,kg/g,mg/g,kilometres/metres,GB/MB,km/m,hours/days",
        "de": "Tage/Wochen,Stunden/Minuten,Wochen/Monaten,Monate/Jahre,Minuten/Stunden,kg/g,mg/g,Kilometer/Meter,GB/MB,Tagen/Wochen,Stunden/Tagen",
        "fr": "jours/semaines,heures/minutes,semaines/mois,mois/ans,minutes/heures,kg/g,mg/g,kilomètres/mètres,Go/Mo",
        "es": "días/semanas,horas/minutos,semanas/meses,meses/años,minutos/horas,kg/g,mg/g,kilómetros/metros,GB/MB",
        "it": "giorni/settimane,ore/minuti,settimane/mesi,mesi/anni,minuti/ore,kg/g,mg/g,chilometri/metri,GB/MB",
        "pt": "dias/semanas,horas/minutos,semanas/meses,meses/anos,minutos/horas,kg/g,mg/g,quilómetros/metros,GB/MB",
        "nl": "dagen/weken,uur worden/minuten worden,weken/maanden,maanden/jaren,minuten/uur,kg/g,mg/g,kilometer/meter,GB/MB,24 uur/24 dagen",
    },
    "currency": {
        "en": "euros/dollars,€/$,pounds/dollars",
        "de": "Euro/Dollar",
        "fr": "euros/dollars",
        "es": "euros/dólares",
        "it": "euro/dollari",
        "pt": "euros/dólares",
        "nl": "euro/dollar",
    },
    "rate": {
        "en": "per year/per month,per day/per week,per person/per group,a month/a week,a year/a month,a day/a week",
        "de": "pro Jahr/pro Monat,pro Tag/pro Woche",
        "fr": "par an/par mois,par jour/par semaine",
        "es": "al año/al mes,al día/a la semana",
        "it": "all'anno/al mese,al giorno/alla settimana",
        "pt": "por ano/por mês,por dia/por semana",
        "nl": "per jaar/per maand,per dag/per week",
    },
    "opposite": {
        "en": "open/closed,opens/closes,included/excluded,mandatory/optional,free/chargeable,rose/fell,accepted/rejected,north/south,begins/ends,starts/ends,old/new,possible/impossible,first/last,less/more,behind/in front of,increase/decrease,allowed/prohibited,higher/lower,large/small,won/lost,early/late,increased/decreased,safe/unsafe,legal/illegal",
        "de": "geschlossen/geöffnet,öffnet/schließt,enthalten/nicht enthalten,vorgeschrieben/freiwillig,kostenlos/kostenpflichtig,stieg/fiel,angenommen/abgelehnt,nördlich/südlich,beginnt/endet,alte/neue,möglich/unmöglich,weniger/mehr,hinter/vor,großen/kleinen",
        "fr": "fermée/ouverte,ouvre/ferme,compris dans/exclus de,obligatoire/facultatif,gratuite/payante,augmenté/baissé,acceptée/rejetée,nord/sud,commence/finit,nouvelle/ancienne,possibles/impossibles,moins que/plus que,derrière/devant,grand/petit",
        "es": "cerrada/abierta,abre/cierra,incluidas/excluidas,obligatorio/opcional,gratuita/de pago,gratuito/de pago,aumentaron/bajaron,aceptada/rechazada,norte/sur,empieza/termina,nueva/antigua,posibles/imposibles,menos que/más que,detrás/delante,grande/pequeña",
        "it": "chiusa/aperta,apre/chiude,inclusi nel/esclusi dal,obbligatorio/facoltativo,gratuita/a pagamento,aumentate/diminuite,accettata/respinta,nord/sud,inizia/finisce,nuova/vecchia,possibili/impossibili,meno degli/più degli,dietro/davanti,grande/piccola",
        "pt": "fechada/aberta,abre/fecha,incluídos/excluídos,obrigatório/opcional,gratuito/pago,gratuita/paga,aumentaram/diminuíram,aceite/rejeitada,norte/sul,começa/termina,nova/antiga,possíveis/impossíveis,menos do/mais do,atrás/à frente,grande/pequena",
        "nl": "gesloten/geopend,opent/sluit,inbegrepen/niet inbegrepen,verplicht/vrijwillig,gratis/betaald,steeg/daalde,aangenomen/afgewezen,noorden/zuiden,begint/eindigt,nieuwe/oude,mogelijk/onmogelijk,minder dan/meer dan,achter/voor,grote/kleine",
    },
}
_NEGATIONS: dict[str, list[tuple[str, str]]] = {
    "en": [
        (r"\b(is|are|was|were|must|can|may|will|does|do|should) not (?!only)", r"\1 "),
        (r"\bno longer ", ""),
        (r"\b(is|are|was|were|must|can|may|will|should) (?!not|no\b|n't)(?=[a-z]{3})", r"\1 not "),
    ],
    "de": [
        (r"\bnicht mehr ", "weiterhin "), (r"\bnicht ", ""),
        (r"\b(erlaubt|geschlossen|geöffnet|enthalten|gemietet werden|zurückgezahlt|gegründet|gültig|möglich|angenommen|aufbewahrt|verkauft|unterstützt|vorgeschrieben|zurückgegeben werden)\b", r"nicht \1"),
    ],
    "fr": [
        (r"\bne (sont|est|doivent|peuvent) pas ", r"\1 "), (r"\bn'est plus ", "est toujours "),
        (r"\b(est|sont|doit|doivent|peuvent|a été) (?!pas|plus)(?=[a-zé])", None),  # type: ignore[list-item]
    ],
    "es": [
        (r"\bno (?=está|están|deben|se|es)", ""), (r"\bya no recibe", "todavía recibe"),
        (r"(?<!no )\b(está|están|es|se pueden|deben|fue|tiene lugar|son|se devuelve|se venden)\b(?! no)", r"no \1"),
    ],
    "it": [
        (r"\bnon (?=sono|devono|è|può)", ""), (r"\bnon è più ", "è ancora "),
        (r"(?<!non )\b(è|sono|possono|si possono|devono|deve|viene|si svolge)\b", r"non \1"),
    ],
    "pt": [
        (r"\bnão (?=são|devem|é|pode)", ""), (r"\bjá não é", "ainda é"),
        (r"(?<!não )\b(é|são|está|estão|podem|devem|deve|foi|realiza-se)\b", r"não \1"),
    ],
    "nl": [
        (r"\bniet meer ", "nog steeds "), (r"\bniet ", ""),
        (r"\b(toegestaan|gesloten|inbegrepen|verplicht|terugbetaald|opgericht|geldig|mogelijk|aangenomen|bewaard|verkocht|ondersteund|gratis)\b", r"niet \1"),
    ],
}  # fmt: skip
_FRENCH_DENIALS = {
    "est": "n'est pas", "sont": "ne sont pas", "doit": "ne doit pas", "doivent": "ne doivent pas",
    "peuvent": "ne peuvent pas", "a été": "n'a pas été",
}  # fmt: skip
_CYCLES: dict[str, dict[str, str]] = {
    "month": {
        "en": "January February March April May June July August September October November December",
        "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    },
    "weekday": {
        "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday|Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays Sundays",
        "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag|montags dienstags mittwochs donnerstags freitags samstags sonntags",
        "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "es": "lunes martes miércoles jueves viernes|sábado domingo",
        "it": "lunedì martedì mercoledì giovedì venerdì|sabato domenica",
        "pt": "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira|segundas-feiras terças-feiras quartas-feiras quintas-feiras sextas-feiras|sábado domingo",
        "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    },
    "number word": {
        "en": "two three four five six seven eight nine ten eleven twelve",
        "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "fr": "deux trois quatre cinq six sept huit neuf dix onze douze",
        "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce",
        "it": "due tre quattro cinque sei sette otto nove dieci undici dodici",
        "pt": "dois três quatro cinco seis sete oito nove dez onze doze",
        "nl": "twee drie vier vijf zes zeven acht negen tien elf twaalf",
    },
    "ordinal": {
        "en": "first second third fourth fifth",
        "de": "ersten zweiten dritten vierten fünften",
        "fr": "premier deuxième troisième quatrième cinquième",
        "es": "primer segundo tercer cuarto quinto",
        "it": "primo secondo terzo quarto quinto",
        "pt": "primeiro segundo terceiro quarto quinto",
        "nl": "eerste tweede derde vierde vijfde",
    },
}
# A limit is one in front of a value only; before and after anything else is an order.
_VALUE = r"(?=\s(?:the\s|a\s)?(?:[€$£]?\d|(?:two|three|four|five|six|seven|eight|nine|ten|one|noon|midnight|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May|June|July|August|September|October|November|December)\b))"
_ORDER = {
    "en": "before/after", "de": "vor der/nach der", "fr": "avant l'/après l'",
    "es": "antes del/después del", "it": "prima dell'/dopo l'", "pt": "antes do/depois do",
    "nl": "vóór het/na het",
}  # fmt: skip
_NAMES = ("Clara Brenner", "Viktor Almen", "Henrik Solberg"), ("Lindtal", "Rossau", "Halden")
_NUMBER = re.compile(r"(?<![\w.,:/-])\d+(?:[.,  ]\d{3})*(?:[.,]\d{1,2})?(?![\w:/-]|[.,]\d)")
_TIME = re.compile(r"(?<![\d:])(\d{1,2})([:.h])(\d{2})(?!\d)")
_PERSON = re.compile(
    r"(?<=[a-z,] )[A-Z][a-z]+ [A-Z][a-z]+(?= (?:said|told|was|is|has|had|says|who|announced)\b)"
)
_DIGIT_NAMES = {
    language: dict(enumerate(words.split(), start=2)) for language, words in _CYCLES["number word"].items()
}  # fmt: skip


def edits(sentence: str, language: str, draw: Random, names: list[str]) -> Iterator[Change]:
    """Every sentence that differs from this one in one fact."""
    yield from _pairs(sentence, language)
    yield from _negated(sentence, language)
    for kind in ("month", "weekday", "number word", "ordinal"):
        yield from _cycled(sentence, language, kind, draw)
    yield from _times(sentence, language)
    yield from _numbers(sentence, draw)
    yield from _names(sentence, draw, names)


def respellings(sentence: str, language: str) -> Iterator[Change]:
    """Sentences that say the same with a number written in another way."""
    for match in _NUMBER.finditer(sentence):
        for written in _rewritten(match.group(), language, sentence[match.end() : match.end() + 2]):
            text = sentence[: match.start()] + written + sentence[match.end() :]
            yield Change("respelled", text)
    names = _DIGIT_NAMES[language]
    for number, word in names.items():
        found = re.search(rf"\b{word}\b", sentence)
        if found:
            yield Change(
                "respelled", sentence[: found.start()] + str(number) + sentence[found.end() :]
            )


def _rewritten(number: str, language: str, after: str) -> Iterator[str]:
    plain = re.sub(r"[.,  ](?=\d{3})", "", number)
    if plain != number:
        yield plain
        yield f"{plain[:-3]}'{plain[-3:]}"
        yield f"{plain[:-3]} {plain[-3:]}"
    elif number.isdecimal() and 2 <= int(number) <= 12 and after[:1] == " " and after[1:].islower():
        yield _DIGIT_NAMES[language][int(number)]


def _like(word: str, other: str) -> str:
    return other[0].upper() + other[1:] if word[0].isupper() and other[0].islower() else other


def _pairs(sentence: str, language: str) -> Iterator[Change]:
    for kind, tables in _PAIRS.items():
        value = _VALUE if kind == "limit" and language == "en" else ""
        yield from _swapped(sentence, kind, tables[language], value)
    for change in _swapped(sentence, "order", _ORDER[language], ""):
        if not (language == "en" and re.search(rf"(?:before|after){_VALUE}", sentence)):
            yield change


def _swapped(sentence: str, kind: str, pairs: str, before: str) -> Iterator[Change]:
    for pair in pairs.split(","):
        one, other = pair.split("/")
        for word, instead in ((one, other), (other, one)):
            end = "" if word[-1] in "€'" else r"(?!\w)"
            start = r"(?<!\w)" if word != "€" else ""
            found = re.search(rf"{start}{re.escape(word)}{end}{before}", sentence)
            if found:
                written = _like(found.group(), instead)
                yield Change(kind, sentence[: found.start()] + written + sentence[found.end() :])


def _negated(sentence: str, language: str) -> Iterator[Change]:
    for pattern, instead in _NEGATIONS[language]:
        found = re.search(pattern, sentence)
        if found:
            written = found.expand(instead) if instead is not None else _deny(found.group())
            yield Change("negation", sentence[: found.start()] + written + sentence[found.end() :])
            return


def _deny(verb: str) -> str:
    return _FRENCH_DENIALS[verb.strip()] + " "


def _cycled(sentence: str, language: str, kind: str, draw: Random) -> Iterator[Change]:
    for cycle in _CYCLES[kind][language].split("|"):
        words = cycle.split()
        for at, word in enumerate(words):
            found = re.search(rf"(?<![\w-]){word}(?![\w-])", sentence)
            if found:
                other = words[(at + draw.randrange(1, len(words))) % len(words)]
                yield Change(kind, sentence[: found.start()] + other + sentence[found.end() :])


def _times(sentence: str, language: str) -> Iterator[Change]:
    for match in _TIME.finditer(sentence):
        if (match[2] == "." and language not in ("de", "nl")) or int(match[1]) > 24:
            continue
        hour = (int(match[1]) + 2) % 24
        text = f"{sentence[: match.start()]}{hour}{match[2]}{match[3]}{sentence[match.end() :]}"
        yield Change("time", text)


def _numbers(sentence: str, draw: Random) -> Iterator[Change]:
    for match in _NUMBER.finditer(sentence):
        if _TIME.match(sentence, match.start()):
            continue
        digits = [at for at, char in enumerate(match.group()) if char.isdecimal()]
        at = digits[0] if len(digits) > 2 or draw.random() < 0.5 else digits[-1]
        old = int(match.group()[at])
        new = draw.choice([n for n in range(1, 10) if n != old])
        written = match.group()[:at] + str(new) + match.group()[at + 1 :]
        yield Change("number", sentence[: match.start()] + written + sentence[match.end() :])


def _names(sentence: str, draw: Random, names: list[str]) -> Iterator[Change]:
    for group in _NAMES:
        for name in group:
            if name in sentence:
                other = draw.choice([each for each in group if each != name])
                yield Change("name", sentence.replace(name, other))
                return
    found = _PERSON.search(sentence)
    others = [name for name in names if not set(name.split()) & set(sentence.split())]
    if found and others:
        other = draw.choice(others)
        yield Change("name", sentence[: found.start()] + other + sentence[found.end() :])


def people(texts: list[str]) -> list[str]:
    """The two-word names that stand inside sentences of some texts."""
    return sorted({match.group() for text in texts for match in _PERSON.finditer(text)})
