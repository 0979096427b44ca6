"""Limits and rates around a quantity: "at most", "per month"."""
# ruff: noqa: E501  (tables of words)

from collections.abc import Sequence
from typing import Literal, NamedTuple

Side = Literal["", "upper", "lower"]

_UPPER = {
    "en": "at most,no more than,not more than,up to,a maximum of,maximum of,maximum,max,"
    "fewer than,less than,no later than,not later than,under,below,within,no longer than,"
    "not exceeding,not exceed,not to exceed",
    "de": "höchstens,maximal,bis zu,nicht mehr als,weniger als,unter,binnen,innerhalb von,"
    "spätestens am,spätestens um,spätestens,nicht länger als,innerhalb,max",
    "fr": "au plus,au maximum,pas plus de,moins de,jusqu'à,dans un délai de,sous,"
    "au plus tard le,au plus tard à,maximum,maximum de",
    "es": "como máximo,no más de,menos de,hasta,a lo sumo,máximo de,dentro de,a más tardar el,"
    "un máximo de,en un plazo de,máximo",
    "it": "al massimo,non più di,meno di,fino a,entro,un massimo di,massimo,entro il,entro le",
    "pt": "no máximo,não mais de,não mais do que,menos de,até,um máximo de,dentro de,máximo de,"
    "máximo,o mais tardar em",
    "nl": "hoogstens,maximaal,ten hoogste,niet meer dan,minder dan,tot,binnen,onder,uiterlijk,"
    "uiterlijk op,uiterlijk om,max",
}
_LOWER = {
    "en": "at least,no less than,not less than,no fewer than,not fewer than,a minimum of,"
    "minimum of,minimum,min,more than,over,above,exceeding,longer than,upwards of,beyond",
    "de": "mindestens,wenigstens,minimal,nicht weniger als,mehr als,über,länger als",
    "fr": "au moins,au minimum,pas moins de,plus de,minimum de,minimum",
    "es": "al menos,como mínimo,por lo menos,no menos de,más de,mínimo de,un mínimo de,mínimo",
    "it": "almeno,come minimo,non meno di,più di,oltre,un minimo di,minimo",
    "pt": "pelo menos,no mínimo,ao menos,não menos de,mais de,mais do que,um mínimo de,"
    "mínimo de,mínimo",
    "nl": "minstens,ten minste,tenminste,minimaal,niet minder dan,meer dan,boven,langer dan",
}
# Beside dates, times and lengths of time only: "over by 5 percent" bounds nothing.
_UPPER_TIME = {
    "en": "before,by,until,till,through,prior to",
    "de": "vor,vor dem,bis,bis zum,bis um,vor der",
    "fr": "avant,avant le,avant les,jusqu'au,jusqu'à",
    "es": "antes de,antes del,antes de las,hasta el,hasta las",
    "it": "prima di,prima del,prima delle,fino al,fino alle",
    "pt": "antes de,antes do,antes das,até o,até ao,até às,até as",
    "nl": "voor,vóór,tot en met,tot",
}
_LOWER_TIME = {
    "en": "after,from,since,starting,not before,as of",
    "de": "nach,nach dem,ab,ab dem,seit,seit dem,von,ab der,nach der",
    "fr": "après,après le,à partir de,à partir du,depuis,depuis le,dès,dès le,à compter du,"
    "après les",
    "es": "después de,después del,después de las,desde,desde el,a partir de,a partir del,tras,"
    "desde las",
    "it": "dopo,dopo il,dopo le,da,dal,dalle,a partire da,a partire dal,a partire dalle",
    "pt": "depois de,depois do,depois das,após,após o,desde,a partir de,a partir do,a partir das",
    "nl": "na,vanaf,sinds,van",
}
_UPPER_AFTER = {
    "en": "or less,or fewer,at most,maximum,max,at the latest,or earlier",
    "de": "oder weniger,höchstens,maximal",
    "fr": "ou moins,au plus,au maximum,maximum,au plus tard",
    "es": "o menos,como máximo,a lo sumo",
    "it": "o meno,al massimo,massimo",
    "pt": "ou menos,no máximo",
    "nl": "of minder,maximaal,hoogstens",
}
_LOWER_AFTER = {
    "en": "or more,or above,and above,and over,and up,at least,minimum,or later,or older,and older",
    "de": "oder mehr,mindestens,und mehr",
    "fr": "ou plus,au moins,au minimum,minimum",
    "es": "o más,como mínimo,por lo menos,al menos",
    "it": "o più,almeno,come minimo",
    "pt": "ou mais,no mínimo,pelo menos",
    "nl": "of meer,minimaal,minstens",
}
_NOUNS: dict[str, Side] = {
    "minimum": "lower", "maximum": "upper", "mindest": "lower", "höchst": "upper",
    "mínimo": "lower", "máximo": "upper", "mínima": "lower", "máxima": "upper",
    "minimo": "lower", "massimo": "upper", "minima": "lower", "massima": "upper",
    "minimal": "lower", "maximal": "upper", "minimale": "lower", "maximale": "upper",
}  # fmt: skip
# A negation right before a limit inverts it: "not after 30 days" is "within 30 days".
_DENYING = frozenset(
    "no not never cannot can't don't doesn't didn't isn't aren't won't mustn't n't "
    "nicht kein keine keinen keiner nie ne pas jamais aucun aucune nunca ninguna ningún non mai "
    "nessun nessuna não nenhum nenhuma niet geen nooit".split()
)
_BLURRING = frozenset(
    "without neither nor none ohne sans sin senza sem zonder unless closed closes "
    "geschlossen fermé fermée cerrado cerrada chiuso chiusa fechado fechada gesloten".split()
)
_ARTICLES = frozenset(("the", "a"))
_PERIOD_WORDS = {
    "second": "second seconde segundo secondo sekunde",
    "minute": "minute minuto minuut",
    "hour": "hour hourly stunde heure hora ora uur stündlich",
    "day": "day daily tag täglich jour quotidien quotidienne quotidiennement diariamente giornalmente día diario diaria diarios diarias "
    "giorno giornaliero giornalieri dia diário diária diários dag dagelijks dagelijkse",
    "night": "night nacht nuit noche notte noite nightly",
    "week": "week weekly semanalmente settimanalmente woche wöchentlich semaine hebdomadaire hebdomadaires semana semanal "
    "semanales settimana settimanale settimanali semanais wekelijks wekelijkse",
    "month": "month monthly mensuellement mensualmente mensalmente mensilmente monat monatlich mois mensuel mensuels mensuelle mensuelles mes mensual "
    "mensuales mese mensile mensili mês mensal mensais maand maandelijks maandelijkse",
    "quarter": "quarter quarterly quartal vierteljährlich trimestre trimestriel trimestral "
    "trimestrale kwartaal",
    "year": "year yearly anualmente annualmente annually annual jahr jährlich an année annuel annuels annuelle año anual "
    "anuales anno annuo annuale annuali ano anuais jaar jaarlijks jaarlijkse annum",
    "person": "person people head guest personne persona pessoa persoon kopf",
}
PERIODS = {word: period for period, words in _PERIOD_WORDS.items() for word in words.split()}
# Adjectives and adverbs stand without a word before them: "20 euros monthly".
_LONE = frozenset(
    "hourly daily nightly weekly monthly quarterly yearly annually stündlich täglich wöchentlich "
    "monatlich vierteljährlich jährlich hebdomadaire hebdomadaires mensuel mensuels mensuelle "
    "mensuelles annuel annuels annuelle trimestriel diario diaria diarios diarias semanal semanales "
    "mensual mensuales anual anuales giornaliero giornalieri settimanale settimanali mensile mensili "
    "annuo annuale annuali diário diária diários semanais mensal mensais anuais dagelijks wekelijks "
    "maandelijks jaarlijks".split()
)
_EACH = frozenset(
    "per a an each every pro je am im par por al à a la o ao à à pela pelo p por alla all' il "
    "the der die das den in jede jeden jedes chaque cada ogni elke iedere de het".split()
)


# Adverbs that are a quantity of their own: "backups run daily".
ADVERBS = {
    word: PERIODS[word]
    for word in (
        "hourly daily nightly weekly monthly quarterly yearly annually stündlich täglich "
        "wöchentlich monatlich vierteljährlich jährlich dagelijks wekelijks maandelijks jaarlijks "
        "quotidiennement mensuellement diariamente semanalmente mensualmente anualmente "
        "mensalmente giornalmente settimanalmente mensilmente annualmente"
    ).split()
    if word in PERIODS
}
EVERY = {
    "en": frozenset(("every", "each")), "de": frozenset(("jeden", "jede", "jedes")),
    "fr": frozenset(("chaque",)), "es": frozenset(("cada",)), "it": frozenset(("ogni",)),
    "pt": frozenset(("cada",)), "nl": frozenset(("elke", "iedere", "elk", "ieder")),
}  # fmt: skip
TIMES = frozenset("times time mal fois veces vez volte volta vezes keer maal".split())
OFTEN = {
    "once": 1.0, "twice": 2.0, "thrice": 3.0, "einmal": 1.0, "zweimal": 2.0, "dreimal": 3.0,
    "viermal": 4.0, "eenmaal": 1.0, "tweemaal": 2.0, "driemaal": 3.0,
}  # fmt: skip


class Bound(NamedTuple):
    """A limit: its side, and its words around the quantity."""

    side: Side
    words: int


_Phrases = dict[str, dict[str, list[tuple[tuple[str, ...], Side]]]]


def _phrases(*tables: tuple[dict[str, str], Side]) -> _Phrases:
    """Language → last word → the phrases that end with it, the longest first."""
    found: _Phrases = {}
    for table, side in tables:
        for language, phrases in table.items():
            by_last = found.setdefault(language, {})
            for phrase in phrases.split(","):
                words = tuple(phrase.split())
                by_last.setdefault(words[-1], []).append((words, side))
    for by_last in found.values():
        for entries in by_last.values():
            entries.sort(key=lambda entry: -len(entry[0]))
    return found


_BEFORE = _phrases((_UPPER, "upper"), (_LOWER, "lower"))
_BEFORE_TIME = _phrases(
    (_UPPER, "upper"), (_LOWER, "lower"), (_UPPER_TIME, "upper"), (_LOWER_TIME, "lower")
)
_SIDES_AFTER: tuple[tuple[dict[str, str], Side], ...] = (
    (_UPPER_AFTER, "upper"),
    (_LOWER_AFTER, "lower"),
)
_AFTER: dict[str, list[tuple[tuple[str, ...], Side]]] = {
    language: [
        (tuple(phrase.split()), side)
        for table, side in _SIDES_AFTER
        for phrase in table[language].split(",")
    ]
    for language in _UPPER_AFTER
}  # fmt: skip
_FIRST_AFTER = {
    language: frozenset(words[0] for words, _ in entries) for language, entries in _AFTER.items()
}
_REACH = 5  # words before a limit in which a negation inverts it
_NOUN_REACH = 4


def bound_before(words: Sequence[str], language: str, temporal: bool) -> Bound:
    """Limit set by the words before a quantity ("at most").

    `words` are in lower case and in order, up to the quantity. A negation inverts the limit ("no
    refunds after 30 days" is an upper one); words that may negate something else set none.
    """
    articles = 1 if words and words[-1] in _ARTICLES else 0
    words = words[:-1] if articles else words
    table = (_BEFORE_TIME if temporal else _BEFORE).get(language)
    if not table or not words:
        return _NONE
    for phrase, side in table.get(words[-1], ()):
        if tuple(words[-len(phrase) :]) == phrase:
            before = words[: len(words) - len(phrase)][-_REACH:]
            if not _BLURRING.isdisjoint(before):
                return _NONE
            denied = not _DENYING.isdisjoint(before)
            return Bound(_CONTRARY[side] if denied else side, len(phrase) + articles)
    return _noun_bound(words, language)


def _noun_bound(words: Sequence[str], language: str) -> Bound:
    """ "The minimum age is 16"."""
    near = words[-_NOUN_REACH:]
    for back, word in enumerate(reversed(near), start=1):
        side = _NOUNS.get(word)
        if word[:1].isdecimal():
            break
        if side is None and language == "de" and not word.endswith("ens"):
            stems = ("mindest", "höchst")
            side = next((_NOUNS[stem] for stem in stems if word.startswith(stem)), None)
        if side is not None:
            return Bound(side, back)
    return _NONE


def bound_after(words: Sequence[str], language: str) -> Bound:
    """Limit set by the words after a quantity ("or more")."""
    if not words or words[0] not in _FIRST_AFTER.get(language, ()):
        return _NONE
    for phrase, side in _AFTER[language]:
        if tuple(words[: len(phrase)]) == phrase:
            return Bound(side, len(phrase))
    return _NONE


_NONE = Bound("", 0)
_CONTRARY: dict[Side, Side] = {"upper": "lower", "lower": "upper", "": ""}


def rate(words: Sequence[str]) -> tuple[str, int]:
    """Period of a rate named after a quantity, and the number of words it takes."""
    if not words:
        return "", 0
    if words[0] in _LONE:
        return PERIODS[words[0]], 1
    if len(words) > 1 and words[0] in _EACH and words[1] in PERIODS:
        return PERIODS[words[1]], 2
    return "", 0
