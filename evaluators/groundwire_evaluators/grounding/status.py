"""Conflicts of permission, duty, inclusion, availability and function between sentences.

"Dogs can come" and "Dogs are not admitted" share one word, yet one denies the other. Words of a
status ("allowed", "welcome", "may"; "forbidden") have a sign, negations turn it, and two sentences
about the same things whose signs differ are a conflict. Seven languages. A sentence that sets a
condition ("only", "except", "unless") has no status.
"""
# ruff: noqa: E501  (tables of words)

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise

from groundwire_evaluators.grounding.conflict import Conflict, Kind
from groundwire_evaluators.grounding.opposition import NEGATORS, spared
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.tokens import Token
from groundwire_evaluators.text.words import META, Language

# A row a language: what affirms and what denies each status; "*": any ending. `may` counts as
# permission where no other word of a status stands beside it.
_STATUSES = {
    "en": {
        "permitted": "allow* not_permit permitted permitting admit admits admitted admissible welcome authoris* authoriz* possible accept accepts accepted take_cards takes_cards take_card"
        " / forbid* forbad* prohibit* ban bans banned barred disallow* unwelcome impossible",
        "required": "must require requires required mandatory compulsory obligatory necessary need needs needed have_to has_to had_to / optional voluntary unnecessary",
        "included": "include includes included cover covers covered inclusive / exclude excludes excluded",
        "available": "available there_is there_are there's offer offers / unavailable",
        "working": "works working operational functioning functional / broken defective faulty out_of_order out_of_service",
        "may": "can cannot can't may could couldn't / ",
    },
    "de": {
        "permitted": "erlaub* gestatte* zugelassen* zulässig* willkommen* möglich akzeptier* angenommen / verboten* untersagt* unzulässig* unmöglich unerwünscht*",
        "required": "muss müssen musst müsst erforderlich* notwendig* nötig verpflichtend* obligatorisch* pflicht vorgeschrieben* brauche brauchen braucht / optional* freiwillig* unnötig* entbehrlich*",
        "included": "inbegriffen enthalten inklusive eingeschlossen umfasst deckt / ausgeschlossen ausgenommen exklusive",
        "available": "verfügbar* vorhanden* gibt_es es_gibt / ",
        "working": "funktioniert funktionieren betriebsbereit / defekt* kaputt* außer_betrieb",
        "may": "kann können kannst darf dürfen darfst / ",
    },
    "fr": {
        "permitted": "autoris* permis* permet permettent admis* admet admettent accept* bienvenu* possible / interdi* prohib* défendu* impossible",
        "required": "obligatoire* nécessaire* requis* exig* faut doit doivent devez / facultati* optionnel*",
        "included": "inclus* inclut incluent compris* comprend comprennent couvr* couvert* / exclu*",
        "available": "disponible* y_a n'y_a / indisponible*",
        "working": "fonctionn* / panne cassé* hors_service",
        "may": "peut peuvent peux pouvez puis / ",
    },
    "es": {
        "permitted": "permit* autoriz* admit* acept* bienvenid* posible / prohib* imposible",
        "required": "obligatori* necesari* necesit* requer* requier* exig* debe deben debo hay_que / opcional* voluntari* facultativ*",
        "included": "inclu* cubre cubren cubiert* comprende / exclu*",
        "available": "disponible* hay / ",
        "working": "funciona* operativ* / averiad* estropead* fuera_de_servicio",
        "may": "puede pueden puedo podemos / ",
    },
    "it": {
        "permitted": "permess* permett* consent* ammess* ammett* autorizz* accett* benvenut* possibile / vietat* proibi* impossibile",
        "required": "obbligatori* necessari* richies* deve devono devo bisogna / facoltativ* opzional*",
        "included": "inclus* include includono compres* comprende copre coprono copert* / esclus* esclude",
        "available": "disponibil* c'è ci_sono / ",
        "working": "funziona* / guast* rott* fuori_servizio",
        "may": "può possono posso / ",
    },
    "pt": {
        "permitted": "permit* autoriz* admit* aceit* bem-vind* possível / proib* vedad* impossível",
        "required": "obrigatóri* necessári* precis* exig* exige deve devem devo / opciona* facultativ* voluntári*",
        "included": "inclu* cobre cobrem cobert* abrange / exclu*",
        "available": "disponíve* há existe existem / ",
        "working": "funciona* operaciona* / avariad* quebrad* fora_de_serviço",
        "may": "pode podem posso / ",
    },
    "nl": {
        "permitted": "toegestaan* toegelaten welkom mogelijk geaccepteerd geaccepteerde accepteren aanvaard / verboden verbod* onmogelijk",
        "required": "moet moeten vereist* verplicht* nodig noodzakelijk* hoef hoeft hoeven / optioneel optionele vrijwillig* onnodig*",
        "included": "inbegrepen inclusief omvat dekt / uitgesloten exclusief",
        "available": "beschikbaar beschikbare aanwezig er_is er_zijn is_er zijn_er / ",
        "working": "werkt werken functioneert / defect* kapot* buiten_werking",
        "may": "mag mogen kan kunnen / ",
    },
}  # fmt: skip
# "Must not" forbids.
_FORBIDDING_DUTY = frozenset("must debe deben doit doivent devez deve devem devono".split())
# What binds the sentence to a case of its own.
_CONDITIONS = {
    "en": "only except excepting unless if provided without outside apart until some certain most usually sometimes rarely when where whether during between before after other",
    "de": "nur außer wenn falls sofern ohne außerhalb bis manche einige meist manchmal während zwischen vor nach ausnahme",
    "fr": "seulement sauf excepté si sans dehors jusqu certains certaines parfois quand lorsque pendant entre avant après",
    "es": "solo sólo solamente salvo excepto si sin fuera hasta algunos algunas cuando durante entre antes después",
    "it": "solo soltanto tranne eccetto se senza fuori fino alcuni alcune quando durante tra prima dopo",
    "pt": "só apenas somente salvo exceto se sem fora até alguns algumas quando durante entre antes depois",
    "nl": "alleen slechts behalve tenzij als indien zonder buiten tot sommige enkele wanneer tijdens tussen voor na",
}  # fmt: skip
# Verbs that say no more than that somebody wants to.
_GENERIC = frozenset(
    "come comes coming go goes going enter enters entering bring brings bringing take takes taking get use uses using have has make give along "
    "bringen mitbringen mitnehmen nehmen kommen mitkommen gehen nutzen benutzen gibt es mit "
    "venir entrer amener apporter utiliser prendre aller avoir faire "
    "llevar traer venir entrar usar ir tomar portare entrare usare andare prendere levar trazer vir "
    "meenemen brengen komen meekomen gebruiken gaan mee nemen".split()
)
_NONE = {
    "en": frozenset(("no",)),
    "de": frozenset("kein keine keinen keinem keiner".split()),
    "fr": frozenset("aucun aucune".split()),
    "es": frozenset("ningún ninguna".split()),
    "it": frozenset("nessun nessuna".split()),
    "pt": frozenset("nenhum nenhuma".split()),
    "nl": frozenset(("geen",)),
}
# "…, but not in the hall": words before and of a denial that takes something out.
_BUT = frozenset("but though aber jedoch mais pero ma mas maar".split())
_NOT = frozenset("not nicht pas no non não niet".split())
_AUXILIARIES = {"es": frozenset("se es está son están lo".split())}
_LEFT_OUT = 6  # words behind it
_CORRELATIVES = frozenset("ni nor né nem noch".split())  # go on with a denial
_BEFORE, _AFTER = 6, 3  # words between a negation and the word that it turns
_CLAUSE = re.compile(r"[,;:()–—]|\b(?:but|however|aber|mais|pero|ma|mas|maar)\b", re.IGNORECASE)
_ENDINGS = frozenset("s ed er ing ment ments able ance ation ission e n en".split())
_SHORTEST_PART = 4  # letters of a word that stands in a compound
_COMPOUNDING = ("de", "nl")
_FEW = 6  # words of a subject all of which must be spoken of
_MOST_WORDS = 60  # of a sentence that is read
_MOST_SENTENCES = 24  # that are compared with a claim


@dataclass(frozen=True, slots=True)
class Status:
    """Status that a sentence gives: kind, sign and words."""

    kind: str
    affirmed: bool
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class StatusComparison:
    """Agreement and conflict of a claim's statuses with the chunks.

    `agreeing` are the claim's statuses that a sentence shares, with its place (chunk, sentence).
    """

    agreeing: tuple[tuple[Status, tuple[int, int]], ...] = ()
    conflict: Conflict | None = None


@cache
def _words(code: str) -> tuple[dict[str, tuple[str, bool]], tuple[tuple[str, str, bool], ...]]:
    """Whole words (pairs joined by "_") and beginnings of words, with kind and sign."""
    whole: dict[str, tuple[str, bool]] = {}
    begun: list[tuple[str, str, bool]] = []
    for kind, row in _STATUSES.get(code, {}).items():
        for words, sign in zip(row.split("/"), (True, False), strict=True):
            for word in words.split():
                if word.endswith("*"):
                    begun.append((word[:-1], kind, sign))
                else:
                    whole[word] = kind, sign
    return whole, tuple(begun)


@cache
def _conditions(code: str) -> frozenset[str]:
    return frozenset(_CONDITIONS.get(code, "").split())


def statuses(tokens: Sequence[Token], text: str, language: Language) -> list[Status]:
    """Read the statuses of a sentence; none where it sets a condition or says both of a kind."""
    tokens = tokens[:_MOST_WORDS]
    lowers = [token.lower.replace("’", "'") for token in tokens]
    found = list(_status_words(lowers, language.code))
    if not found or not _conditions(language.code).isdisjoint(lowers):
        return []
    strong = [each for each in found if each[2] != "may"]
    bounds = [match.start() for match in _CLAUSE.finditer(text, tokens[0].start, tokens[-1].end)]
    read = [
        _signed(tokens, lowers, first, last, kind, sign, bounds, language.code)
        for first, last, kind, sign in strong or found
    ]
    signs: dict[str, set[bool]] = {}
    for each in read:
        signs.setdefault(each.kind, set()).add(each.affirmed)
    return [each for each in read if len(signs[each.kind]) == 1]


def _status_words(lowers: Sequence[str], code: str) -> Iterator[tuple[int, int, str, bool]]:
    whole = _words(code)[0]
    leading = _leading(code)
    for at, word in enumerate(lowers):
        if word in leading:
            pairs = ("_".join(lowers[at : at + length]) for length in (3, 2))
            joined = next((pair for pair in pairs if pair in whole), None)
            if joined is not None:
                yield at, at + joined.count("_") + 1, *whole[joined]
                continue
        one = _status_of(word, code)
        if one is not None:
            yield at, at + 1, *one


@cache
def _leading(code: str) -> frozenset[str]:
    """The first words of those statuses that are several."""
    return frozenset(word.partition("_")[0] for word in _words(code)[0] if "_" in word)


@lru_cache(maxsize=20_000)
def _status_of(word: str, code: str) -> tuple[str, bool] | None:
    whole, begun = _words(code)
    one = whole.get(word) or whole.get(word.rpartition("'")[2])
    return one or next(((k, s) for start, k, s in begun if word.startswith(start)), None)


def _signed(
    tokens: Sequence[Token],
    lowers: Sequence[str],
    first: int,
    last: int,
    kind: str,
    sign: bool,
    bounds: Sequence[int],
    code: str,
) -> Status:
    """The status at words [first, last), turned by each negation of its clause."""
    place = tokens[first].start
    low = max([bound for bound in bounds if bound < place], default=-1)
    high = min([bound for bound in bounds if bound > place], default=1 << 60)
    near = range(max(first - _BEFORE, 0), min(last + _AFTER, len(tokens)))
    denials = [
        at
        for at in near
        if low < tokens[at].start < high
        and lowers[at] in NEGATORS.get(code, ())
        and not spared(tokens, at)
    ]
    denials = [at for at in denials if lowers[at] not in _CORRELATIVES]
    turned = sign != (len(denials) % 2 == 1)
    if kind == "may" or (denials and lowers[first] in _FORBIDDING_DUTY):
        kind = "permitted"
    start = min([tokens[at].start for at in denials] + [place])
    end = max([tokens[at].end for at in denials] + [tokens[last - 1].end])
    words = [
        *([tokens[at].text for at in denials if at < first]),
        *(token.text for token in tokens[first:last]),
        *([tokens[at].text for at in denials if at >= last]),
    ]
    return Status(kind, turned, start, end, " ".join(words))


def subject(tokens: Sequence[Token], language: Language) -> list[Token]:
    """Content words that a status applies to, without negations and status words."""
    return [
        token
        for token in tokens[:_MOST_WORDS]
        if token.lower not in language.stop
        and token.key not in META
        and token.lower not in _GENERIC
        and token.lower not in NEGATORS.get(language.code, ())
        and _status_of(token.lower, language.code) is None
    ]


def compare(
    claimed: Sequence[Status],
    about: Sequence[Token],
    sentences: Iterable[tuple[tuple[int, int], Sequence[Token], Sequence[Status]]],
    language: Language,
) -> StatusComparison:
    """Compare a claim's statuses with those of sentences (place, words, statuses).

    A sentence that agrees outweighs others.
    """
    conflict: Conflict | None = None
    agreeing = []
    for place, words, shown in sentences:
        pairs = [(o, t) for o in claimed for t in shown if o.kind == t.kind]
        if not pairs or not _covers(about, words, language):
            continue
        pairs = [(o, _denied_of(t, about, words, language)) for o, t in pairs]
        agreeing += [(ours, place) for ours, theirs in pairs if ours.affirmed == theirs.affirmed]
        for ours, theirs in pairs:
            if conflict is None and ours.affirmed != theirs.affirmed:
                kind: Kind = "affirmed" if ours.affirmed else "negated"
                conflict = Conflict(
                    kind, ours.start, ours.end, ours.text, theirs.text, True, place[0]
                )
    return StatusComparison(tuple(agreeing), None if agreeing else conflict)


def _denied_of(
    shown: Status, about: Sequence[Token], words: Sequence[Token], language: Language
) -> Status:
    """A status denied of the very things: "We accept cards, but no cheques"."""
    keys, none = {token.key for token in about}, _NONE.get(language.code, frozenset())
    denied = any(
        word.key in keys and before.lower in none and not shown.start <= before.start < shown.end
        for before, word in pairwise(words)
    ) or (shown.affirmed and _is_left_out(shown, keys, words, language))
    return replace(shown, affirmed=False) if denied else shown


def _is_left_out(shown: Status, keys: Set[str], words: Sequence[Token], language: Language) -> bool:
    """Whether a sentence takes one of the things out behind it: "…, but not in the hall"."""
    for at in range(1, len(words)):
        before, word = words[at - 1].lower, words[at].lower
        if word in _NOT and before in _BUT and words[at].start >= shown.end:
            behind = words[at + 1 : at + 1 + _LEFT_OUT]
            if behind and behind[0].lower not in _AUXILIARIES.get(language.code, ()):
                return any(token.key in keys for token in behind)
    return False


def _covers(about: Sequence[Token], words: Sequence[Token], language: Language) -> bool:
    """Whether a sentence speaks of all things, or of all but one of many."""
    keys = {token.key for token in words}
    allowed = 0 if len(about) <= _FEW else 1
    missing = [token for token in about if token.key not in keys]
    if len(missing) > allowed:
        lowers = {token.lower for token in words}
        for token in missing:
            if not _is_held(token, keys, lowers, words, language):
                allowed -= 1
                if allowed < 0:
                    return False
    return bool(about)


def _is_held(
    token: Token, keys: set[str], lowers: set[str], words: Sequence[Token], language: Language
) -> bool:
    """Whether a word that is not in a sentence is there as a synonym, a form or in a compound."""
    if language.code == "en" and not keys.isdisjoint(lexicon().synonyms_of(token.key)):
        return True
    if not lowers.isdisjoint(_forms(token.lower)):
        return True
    if language.code not in _COMPOUNDING:
        return False
    for word in words:
        long = max(token.lower, word.lower, key=len)
        part = token.key if len(token.key) < len(word.key) else word.key
        if len(part) >= _SHORTEST_PART and part in long:
            return True
    return False


@lru_cache(maxsize=20_000)
def _forms(word: str) -> frozenset[str]:
    """The word with endings, or without the one it has."""
    longer = [word + ending for ending in _ENDINGS if len(word) > 2]
    shorter = [word[: -len(ending)] for ending in _ENDINGS if word.endswith(ending)]
    return frozenset([word, *longer, *(each for each in shorter if len(each) > 2)])
