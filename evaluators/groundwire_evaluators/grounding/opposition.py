"""Negations and antonyms in seven languages."""
# ruff: noqa: E501  (tables of words)

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from groundwire_evaluators.grounding.vocabulary import OPPOSED
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.tokens import Token, keys
from groundwire_evaluators.text.words import Language

NEGATORS = {
    code: frozenset(words.split())
    for code, words in {
        "en": "not no never none nor neither without cannot can't don't doesn't didn't isn't aren't wasn't "
        "weren't won't wouldn't hasn't haven't hadn't couldn't shouldn't mustn't nobody nothing n't unable lack lacks lacked lacking",
        "de": "nicht kein keine keinen keiner keinem keines nie niemals ohne weder",
        "fr": "pas jamais aucun aucune sans ni",
        "es": "no nunca jamás sin ningún ninguna ninguno tampoco ni",
        "it": "non mai senza nessun nessuno nessuna né",
        "pt": "não nunca jamais sem nenhum nenhuma nem",
        "nl": "niet geen nooit zonder noch",
    }.items()
}
# Auxiliaries that stand only with a negation: "does not cover", "covers".
SUPPORTS = {"en": frozenset("do does did".split()), "fr": frozenset("ne n".split())}
# "Not only", "no later than", "no doubt" deny nothing.
_SPARING = {
    "not": "only just merely simply necessarily until",
    "no": "later more less longer doubt matter fewer one earlier sooner solo sólo solamente más",
    "nicht": "nur mehr allein", "pas": "seulement plus", "non": "solo soltanto più",
    "não": "só apenas mais", "niet": "alleen meer", "sin": "embargo duda", "sem": "dúvida",
    "without": "doubt",
}  # fmt: skip
_UNTRUE = frozenset(
    "true correct right case wahr richtig vrai exact cierto verdad vero vero verdade waar".split()
)
# Conflicts of one slot, by language: pairs of words, each as it may be spelt.
_PAIRS = {
    "en": (
        "allowed permitted/prohibited forbidden banned, mandatory compulsory required obligatory/optional voluntary, "
        "included/excluded, includes/excludes, include/exclude, including/excluding, open opens opened/closed closes shut, "
        "rose rises risen rise increased increase increases grew grow grows gained climbed/fell falls fallen fall decreased decrease decreases dropped shrank declined lost, "
        "above over/below under, before/after, after/because, always/never, with/without, passed/failed, accepted/rejected refused declined, "
        "approved/rejected denied refused, won/lost, more/less fewer, enabled enable enables/disabled disable disables, "
        "buy buys bought/sell sells sold, lent lends lend/borrowed borrows borrow, import imports imported/export exports exported, "
        "start starts started begin begins began/end ends ended stop stops stopped finish finishes finished, "
        "arrive arrives arrival arrivals/depart departs departure departures leave leaves, first/last, maximum most/minimum least, "
        "early earlier/late later, inside indoor indoors/outside outdoor outdoors, free/charged paid, safe/unsafe dangerous, "
        "legal/illegal, possible/impossible, valid/invalid, refundable/non-refundable nonrefundable, true/false, "
        "left/right, north northern/south southern, east eastern/west western, upper/lower, higher/lower, highest/lowest, "
        "larger bigger/smaller, largest biggest/smallest, older/younger, oldest youngest/newest, longer/shorter, heavier/lighter, faster/slower, "
        "cheaper/dearer costlier, hot warm/cold cool, wet/dry, odd/even, day/night, morning/evening, weekday weekdays/weekend weekends, "
        "push/pull, added add adds/removed remove removes, hired/fired dismissed, gained/lost, success/failure, success succeeded/failed, "
        "agree agrees agreed/disagree disagrees disagreed, support supports supported/oppose opposes opposed, hired/fired, "
        "employer/employee, buyer/seller, landlord/tenant, lender/borrower, sender/recipient receiver, teacher/pupil student, "
        "parent parents/child children, husband/wife, mother/father, son/daughter, brother/sister, man men/woman women, "
        "daily/weekly monthly yearly annually hourly, weekly/monthly yearly annually hourly, monthly/yearly annually quarterly, quarterly/yearly annually, "
        "public/private, domestic/international foreign, gross/net, input/output, increase/reduction, ascending/descending, "
        "first firstly/then next finally afterwards, into/out, up/down, he/she, his/her, him/her, on/off, same/different, former previous/current, winter/summer, spring/autumn"
    ),
    "de": (
        "erlaubt gestattet zulässig/verboten untersagt unzulässig, geöffnet offen öffnet/geschlossen schließt, vor/nach, über/unter, mehr/weniger, "
        "mindestens/höchstens, mit/ohne, immer/nie niemals, alle jeder jede/keine keiner, steigt stieg gestiegen/sinkt sank gesunken fiel fällt, "
        "inklusive einschließlich enthalten/ausgeschlossen exklusive, beginnt begann/endet endete, erste ersten/letzte letzten, kostenlos gratis/kostenpflichtig, "
        "größer/kleiner, höher/niedriger, früher/später, älter/jünger, länger/kürzer, links/rechts, angenommen genehmigt/abgelehnt, "
        "verpflichtend vorgeschrieben/freiwillig, gekauft kauft/verkauft, gewonnen gewann/verloren verlor, täglich/wöchentlich monatlich jährlich, wöchentlich/monatlich jährlich, "
        "innen/außen, oben/unten, morgens/abends, sicher/unsicher gefährlich, möglich/unmöglich, gültig/ungültig, vermieter/mieter, "
        "warm heiß/kalt, nördlich/südlich, maximal/minimal, am/vor, zuerst zunächst/dann danach anschließend schließlich"
    ),
    "fr": (
        "autorisé autorisée permis permise/interdit interdite, ouvert ouverte ouvre/fermé fermée ferme, avant/après, plus/moins, au-dessus/au-dessous, "
        "avec/sans, toujours/jamais, tous toutes tout/aucun aucune, augmente augmenté monté/baisse baissé diminué diminue, inclus incluse compris comprise/exclu exclue, "
        "commence commencé/finit termine terminé, premier première/dernier dernière, gratuit gratuite/payant payante, obligatoire/facultatif facultative, "
        "accepté acceptée approuvé approuvée/refusé refusée rejeté rejetée, acheté achète/vendu vend, gagné gagne/perdu perd, quotidien/hebdomadaire mensuel annuel, "
        "minimum moins/maximum plus, intérieur/extérieur, gauche/droite, possible/impossible, valable valide/invalide, matin/soir, grand/petit, chaud/froid, nord/sud, est/ouest, d'abord/ensuite puis enfin"
    ),
    "es": (
        "permitido permitida/prohibido prohibida, abierto abierta abre/cerrado cerrada cierra, antes/después, más/menos, sobre/bajo, con/sin, siempre/nunca jamás, "
        "todos todas/ningún ninguno ninguna, sube subió subieron aumentó aumenta/baja bajó bajaron disminuyó disminuye, incluido incluida incluye/excluido excluida excluye, "
        "empieza comienza/termina acaba, primer primero primera/último última, gratis gratuito gratuita/pago, obligatorio obligatoria/opcional voluntario, "
        "aceptado aceptada aprobado aprobada/rechazado rechazada, compró compra/vendió vende, ganó gana/perdió pierde, diario/semanal mensual anual, mínimo/máximo, "
        "dentro/fuera, izquierda/derecha, posible/imposible, válido válida/inválido inválida, mayor/menor, caliente/frío, norte/sur, este/oeste"
    ),
    "it": (
        "permesso permessa consentito consentita/vietato vietata, aperto aperta apre/chiuso chiusa chiude, prima/dopo, più/meno, sopra/sotto, con/senza, sempre/mai, "
        "tutti tutte/nessun nessuno nessuna, aumenta aumentato aumentata salito/diminuisce diminuito diminuita sceso, incluso inclusa compreso compresa/escluso esclusa, "
        "inizia comincia/finisce termina, primo prima/ultimo ultima, gratuito gratuita/pagamento, obbligatorio obbligatoria/facoltativo facoltativa, "
        "accettato accettata approvato approvata/rifiutato rifiutata respinto respinta, comprato/venduto, vinto/perso, giornaliero/settimanale mensile annuale, minimo/massimo, "
        "dentro/fuori, sinistra/destra, possibile/impossibile, valido valida/invalido invalida, maggiore/minore, caldo/freddo, nord/sud, est/ovest"
    ),
    "pt": (
        "permitido permitida/proibido proibida, aberto aberta abre/fechado fechada fecha, antes/depois, mais/menos, sobre/sob, com/sem, sempre/nunca, "
        "todos todas/nenhum nenhuma, sobe subiu aumentou aumenta/desce desceu caiu diminuiu diminui, incluído incluída inclui/excluído excluída exclui, "
        "começa/termina acaba, primeiro primeira/último última, grátis gratuito gratuita/pago, obrigatório obrigatória/opcional facultativo, "
        "aceite aceito aceita aprovado aprovada/rejeitado rejeitada recusado, comprou/vendeu, ganhou/perdeu, diário/semanal mensal anual, mínimo/máximo, "
        "dentro/fora, esquerda/direita, possível/impossível, válido válida/inválido inválida, maior/menor, quente/frio, norte/sul, leste/oeste"
    ),
    "nl": (
        "toegestaan/verboten verboden, open geopend opent/gesloten dicht sluit, voor/na, meer/minder, boven/onder, met/zonder, altijd/nooit, alle iedereen/geen niemand, "
        "stijgt steeg gestegen/daalt daalde gedaald, inclusief inbegrepen/exclusief, begint/eindigt, eerste/laatste, gratis/betaald, verplicht/vrijwillig optioneel, "
        "goedgekeurd aanvaard/afgewezen geweigerd, gekocht koopt/verkocht verkoopt, gewonnen wint/verloren verliest, dagelijks/wekelijks maandelijks jaarlijks, wekelijks/maandelijks jaarlijks, "
        "minstens minimaal/hoogstens maximaal, binnen/buiten, links/rechts, mogelijk/onmogelijk, geldig/ongeldig, groter/kleiner, hoger/lager, vroeger/later, noord/zuid, oost/west, eerst/daarna vervolgens"
    ),
}  # fmt: skip
# Further pairs; the other forms of a word are made of its first (`_forms`).
_FURTHER = {
    "de": "neu/alt, groß/klein, gut/schlecht, hoch/niedrig, hinter/vor, stark/schwach, voll/leer, nah/fern, richtig/falsch, schnell/langsam, lang/kurz, teuer/billig günstig, hell/dunkel, laut/leise, leicht/schwer, trocken/nass, südlich/nördlich, östlich/westlich, öffentlich/privat, ankunft/abfahrt, eingang/ausgang, gewinn/verlust, einnahmen/ausgaben, käufer/verkäufer, sommer/winter, steigen/sinken fallen, stiegen/sanken fielen, erhöht/gesenkt, bestanden/durchgefallen, aktiviert/deaktiviert",
    "fr": "nouveau nouvelle nouvel/ancien ancienne vieux vieille, bon/mauvais, haut/bas, derrière/devant, fort/faible, plein/vide, proche/loin éloigné, vrai/faux, rapide/lent, long longue/court courte, clair/sombre, lourd/léger, sec sèche/humide, public/privé, arrivée/départ, entrée/sortie, gain/perte, acheteur/vendeur, été/hiver, augmentent augmentaient/baissent baissaient diminuent, activé/désactivé, réussi/échoué, supérieur/inférieur, premier/second",
    "es": "nuevo/antiguo viejo, bueno/malo, alto/bajo, grande/pequeño, detrás/delante, fuerte/débil, lleno/vacío, cerca/lejos, verdadero/falso, rápido/lento, largo/corto, caro/barato, claro/oscuro, pesado/ligero, seco/húmedo mojado, público/privado, llegada/salida, ganancia/pérdida, comprador/vendedor, verano/invierno, subieron aumentaron/bajaron disminuyeron, activado/desactivado, superior/inferior, sí/no",
    "it": "nuovo/vecchio, buono/cattivo, alto/basso, grande/piccolo, dietro/davanti, forte/debole, pieno/vuoto, vicino/lontano, vero/falso, veloce/lento, lungo/corto breve, caro/economico, chiaro/scuro, pesante/leggero, asciutto/bagnato, pubblico/privato, arrivo/partenza, entrata/uscita, guadagno/perdita, acquirente/venditore, estate/inverno, aumentato/diminuito, attivato/disattivato, superiore/inferiore, cresciuto/calato",
    "pt": "novo/antigo velho, bom/mau, alto/baixo, grande/pequeno, atrás/frente, forte/fraco, cheio/vazio, perto/longe, verdadeiro/falso, rápido/lento, comprido longo/curto, caro/barato, claro/escuro, pesado/leve, seco/molhado, público/privado, chegada/partida, entrada/saída, ganho/perda, comprador/vendedor, verão/inverno, subiram aumentaram/desceram diminuíram caíram, ativado/desativado, superior/inferior, gratuito/pago",
    "nl": "nieuw/oud, groot/klein, goed/slecht, hoog/laag, achter/voor, sterk/zwak, vol/leeg, dichtbij/ver, waar/onwaar, snel/langzaam, lang/kort, duur/goedkoop, licht/zwaar donker, droog/nat, noorden/zuiden, oosten/westen, openbaar/privé, aankomst/vertrek, ingang/uitgang, winst/verlies, koper/verkoper, zomer/winter, aangenomen/afgewezen verworpen, stegen/daalden, geactiveerd/gedeactiveerd, juist goed/fout onjuist",
}

# How much of a set is spoken of, and how often, from none to only: a claim must not say more than
# its evidence. One row a language.
_EXTENTS = {
    "en": "none nobody no neither never/few rarely seldom hardly/some several sometimes many partly/most mostly usually often largely/all every each always everyone entirely/only solely exclusively",
    "de": "keine keiner niemand nie/wenige selten/einige manche manchmal viele/meisten meist oft/alle jeder jede jedes immer/nur ausschließlich",
    "fr": "aucun aucune jamais/peu rarement/quelques certains certaines parfois/plupart souvent/tous toutes chaque toujours/seulement uniquement",
    "es": "ninguno ninguna nunca/pocos pocas raramente/algunos algunas varios/mayoría menudo/todos todas cada siempre/solo sólo solamente",
    "it": "nessuno nessuna mai/pochi poche raramente/alcuni alcune/maggior spesso/tutti tutte ogni sempre/solo soltanto",
    "pt": "nenhum nenhuma nunca/poucos poucas raramente/alguns algumas/maioria frequentemente/todos todas cada sempre/só apenas somente",
    "nl": "geen nooit/weinig zelden/sommige soms enkele/meeste vaak meestal/alle elk elke iedere altijd/alleen uitsluitend slechts",
}  # fmt: skip
# How binding: may, should, must.
_DUTIES = {
    "en": "may can could might/should ought/must shall",
    "de": "kann können darf dürfen/soll sollte sollten sollen/muss müssen",
    "fr": "peut peuvent/devrait devraient/doit doivent",
    "es": "puede pueden/debería deberían/debe deben",
    "it": "può possono/dovrebbe dovrebbero/deve devono",
    "pt": "pode podem/deveria deveriam/deve devem",
    "nl": "mag mogen kan kunnen/zou zouden/moet moeten",
}  # fmt: skip
HEDGES = frozenset("may might could possibly perhaps probably likely".split())


def _ranked(table: dict[str, str]) -> dict[str, dict[str, int]]:
    return {
        code: {word: at for at, words in enumerate(row.split("/")) for word in words.split()}
        for code, row in table.items()
    }


EXTENT, DUTY = _ranked(_EXTENTS), _ranked(_DUTIES)
ALL, ONLY = 4, 5  # ranks of "all" and "only" in EXTENT


_SPARED = {word: frozenset(words.split()) for word, words in _SPARING.items()}


def spared(tokens: Sequence[Token], at: int) -> bool:
    """Whether the negation at `at` denies nothing: "not only", "no later than"."""
    word = tokens[at].lower
    follows = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    if at and word == "not" and tokens[at - 1].lower in ("if", "or", "why", "whether"):
        return True
    return follows in _SPARED.get(word, ())


_SHORTENED = {"ca": "can", "wo": "will", "ai": "is"}


def auxiliary(token: Token) -> Token | None:
    """The verb inside a negation: "can" of "can't" and "cannot"; None of "don't" and of "not"."""
    word = token.lower.replace("’", "'")
    if word.startswith("lack"):
        return token._replace(lower="has", key=keys("english")["has"])
    base = "can" if word == "cannot" else word.removesuffix("n't")
    base = _SHORTENED.get(base, base)
    if base == word or not base or base in SUPPORTS["en"]:
        return None
    return token._replace(lower=base, key=keys("english")[base])


def bare(token: Token, language: Language) -> Token:
    """A word without the elided negation before it: "est" of "n'est"."""
    if language.code != "fr" or token.lower[:2] not in ("n'", "n’"):
        return token
    word = token.lower[2:]
    return token._replace(lower=word, key=keys(language.stemmer)[word])


def untrue(words: Sequence[Token], place: int) -> int:
    """The words to pass over in "(it is not) true that …" before the word denied."""
    for at in range(place, min(place + 2, len(words))):
        if words[at].lower in _UNTRUE:
            return at + 1 - place
    return 0


_LOOSE = frozenset(("and", "or", "from"))  # exchanged without a turn of the meaning
_SHORTEST = 3  # letters of a word that has opposites in the lexicon or by a prefix


@cache
def _table(language: Language) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    pairs = ",".join((_PAIRS.get(language.code, ""), _FURTHER.get(language.code, "")))
    for pair in pairs.split(","):
        one, _, other = pair.strip().partition("/")
        ours, theirs = (
            [form for word in words.split() for form in _forms(word, language.code)]
            for words in (one, other)
        )
        for a in ours:
            for b in theirs:
                for left, right in ((a, b), (b, a)):
                    found.setdefault(left, set()).add(right)
    return {word: frozenset(others) for word, others in found.items()}


_ENDINGS = {"de": "e en er es em", "nl": "e", "fr": "e s es"}
_ROMANCE = {"es": ("a", "os", "as"), "pt": ("a", "os", "as"), "it": ("a", "i", "e")}
_SHORTEST_FORM = 4  # letters of a word that takes endings
_DENYING_PREFIXES = {
    "de": ("un",), "nl": ("on",), "fr": ("im", "in"), "es": ("im", "in"), "it": ("im", "in"),
    "pt": ("im", "in"),
}  # fmt: skip


def _forms(word: str, code: str) -> Iterator[str]:
    """A word with the endings of gender, number and case that its language gives it."""
    yield word
    if len(word) < _SHORTEST_FORM and code != "de":
        return
    for ending in _ENDINGS.get(code, "").split():
        yield word + ending
    if code == "nl" and word[-2:-1] in "aeou" and word[-3:-2] == word[-2:-1]:
        yield word[:-2] + word[-1] + "e"  # "groot", "grote"
    if code in _ROMANCE:
        if code == "it" and word.endswith("io"):
            yield from (word[:-1], word[:-1] + "a", word[:-1] + "e")
        elif word.endswith("o"):
            yield from (word[:-1] + ending for ending in _ROMANCE[code])
        elif word.endswith(("e", "l")) and code == "it":
            yield word[:-1] + "i"
        elif word.endswith(("e", "a")) and code != "it":
            yield word + "s"
        elif word.endswith(("r", "l")):
            yield word + "es"


def _denied_form(one: str, other: str, code: str) -> bool:
    """Whether one word is the other with a negative prefix: "möglich", "unmöglich"."""
    short, long = sorted((one, other), key=len)
    return len(short) > _SHORTEST_FORM and any(
        long == prefix + short for prefix in _DENYING_PREFIXES.get(code, ())
    )


def opposed(one: Token, other: Token, language: Language) -> bool:
    """Whether two words speak against one another, in the tables or by a prefix ("un-", "dis-")."""
    table = _table(language)
    if other.lower in table.get(one.lower, ()):
        return True
    if language.code != "en":
        return _denied_form(one.lower, other.lower, language.code)
    if other.lower in OPPOSED.get(one.lower, ()):
        return not _LOOSE & {one.lower, other.lower}
    return len(one.key) > _SHORTEST and other.key in contraries(one.key)


@lru_cache(maxsize=20_000)
def contraries(key: str) -> frozenset[str]:
    """The keys of English words that directly oppose a word."""
    table = lexicon()
    found = table.opposed(key) | frozenset(negated_forms(key))
    return found - table.synonyms_of(key) - {key}


def negated_forms(key: str) -> Iterator[str]:
    """A word with its negative prefixes, or without the one it has."""
    for prefix in ("un", "in", "im", "ir", "il", "dis", "non", "mis"):
        yield prefix + key
        if key.startswith(prefix) and len(key) > len(prefix) + 3:
            yield key[len(prefix) :]
