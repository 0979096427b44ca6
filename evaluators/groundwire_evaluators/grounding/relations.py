"""Role reversal across synonymous and converse verbs, voices and comparisons.

"Norvex acquired Halden" says what "Norvex bought Halden" and "Halden was taken over by Norvex" say,
and denies "Halden purchased Norvex"; "A sold it to B" says "B bought it from A". Verbs of one
meaning are a row of a table, with those that say the same the other way round; a passive turns the
sides of any verb. Comparisons ("heavier than") and ways ("from A to B") are read alike.
"""
# ruff: noqa: E501  (tables of words)

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from groundwire_evaluators.grounding.conflict import Conflict
from groundwire_evaluators.grounding.opposition import NEGATORS, opposed
from groundwire_evaluators.text.tokens import Token
from groundwire_evaluators.text.words import Language

# Meaning: verbs, then ("/") those of the other direction, each with the word before its partner.
# "verb+word": the verb counts with that word behind it, which stands before the partner;
# "verb~word": with that word at the end ("nam het over").
_VERBS = {
    "en": {
        "trade": "sold+to sell+to sells+to / bought+from buy+from buys+from purchased+from purchases+from acquired+from",
        "acquire": "acquire acquires acquired buy buys bought purchase purchases purchased / ",
        "loan": "lend+to lends+to lent+to / borrow+from borrows+from borrowed+from",
        "teach": "teach teaches taught / learn+from learns+from learned+from learnt+from",
        "give": "give+to gives+to gave+to donated+to handed+to / receive+from receives+from received+from inherited+from got+from",
        "defeat": "defeat defeats defeated beat beats beaten overcame / lost+to loses+to",
        "succeed": "succeed succeeds succeeded replaced replaces / precede precedes preceded",
        "employ": "employ employs employed hire hires hired / works+for work+for worked+for",
        "own": "own owns owned / belongs+to belonged+to belong+to",
        "cause": "cause causes caused led+to leads+to resulted+in results+in / resulted+from results+from stems+from",
        "parent": "father+of mother+of parent+of / son+of daughter+of child+of",
        "north": "north+of / south+of", "east": "east+of / west+of",
    },
    "de": {
        "trade": "verkaufte+an verkauft+an / kaufte+von kauft+von",
        "acquire": "kauft kaufte gekauft erwirbt erwarb erworben übernimmt übernahm übernommen / ",
        "defeat": "besiegt besiegte schlug schlägt geschlagen bezwang / verlor+gegen verliert+gegen",
        "employ": "beschäftigt beschäftigte eingestellt / arbeitet+für arbeitete+für",
        "own": "besitzt besaß / gehört gehörte",
        "loan": "lieh verlieh / ", "teach": "unterrichtet unterrichtete / ", "parent": "vater+von mutter+von / sohn+von tochter+von",
        "succeed": "folgte+auf ersetzte / ",
    },
    "fr": {
        "trade": "vend+à vendu+à vendit+à / acheté+à",
        "acquire": "achète acheté achetée acheta rachète racheté rachetée racheta acquiert acquis acquise / ",
        "defeat": "bat battu battue vainc vaincu vaincue / perdu+contre perd+contre",
        "employ": "emploie employait embauche embauché embauchée / travaille+pour travaillait+pour",
        "own": "possède possédait / appartient+à appartenait+à",
        "succeed": "succède succédé remplace remplacé / précède précédé précédée", "parent": "père+de mère+de / fils+de fille+de",
    },
    "es": {
        "trade": "vendió+a vende+a / compró+a",
        "acquire": "compra compró comprado comprada adquiere adquirió adquirido adquirida / ",
        "defeat": "derrotó derrota derrotado derrotada venció vence vencido vencida / perdió+contra perdió+ante",
        "employ": "emplea empleó contrata contrató contratado contratada / trabaja+para trabajaba+para",
        "own": "posee poseía / pertenece+a pertenecía+a",
        "succeed": "sucedió sucede reemplazó / precedió precede", "parent": "padre+de madre+de / hijo+de hija+de",
    },
    "it": {
        "acquire": "compra comprò comprato comprata acquista acquistò acquistato acquistata acquisisce acquisì acquisito acquisita rileva rilevò rilevato rilevata / ",
        "defeat": "sconfigge sconfisse sconfitto sconfitta batte batté battuto battuta / perso+contro perde+contro",
        "employ": "impiega assume assunse assunto assunta / lavora+per lavorava+per",
        "own": "possiede possedeva / appartiene+a apparteneva+a",
        "succeed": "sostituì sostituisce / precedette precede", "parent": "padre+di madre+di / figlio+di figlia+di",
    },
    "pt": {
        "trade": "vendeu+a vende+a / ",
        "acquire": "compra comprou comprado comprada adquire adquiriu adquirido adquirida / ",
        "defeat": "derrotou derrota derrotado derrotada venceu vence vencido vencida / perdeu+para",
        "employ": "emprega empregou contrata contratou contratado contratada / trabalha+para trabalhava+para",
        "own": "possui possuía / pertence+a pertencia+a",
        "succeed": "sucedeu sucede substituiu / precedeu precede", "parent": "pai+de mãe+de / filho+de filha+de",
    },
    "nl": {
        "trade": "verkocht+aan verkoopt+aan / kocht+van koopt+van",
        "acquire": "koopt kocht gekocht overgenomen neemt~over nam~over verwierf verworven / ",
        "defeat": "verslaat versloeg verslagen / verloor+van verliest+van",
        "employ": "aangenomen / werkt+voor werkte+voor",
        "own": "bezit bezat / behoort+aan behoorde+aan",
        "succeed": "volgde+op verving / ", "parent": "vader+van moeder+van / zoon+van dochter+van",
    },
}  # fmt: skip
_PASSIVE = {  # forms of the auxiliary, words before the agent
    "en": ("is are was were be been being got", "by"),
    "de": ("wird wurde wurden werden worden", "von vom durch"),
    "fr": ("est sont était été fut furent", "par"),
    "es": ("es son fue fueron sido era", "por"),
    "it": ("è sono fu furono stato stata stati viene venne", "da dal dalla dallo dai dalle"),
    "pt": ("é são foi foram sido era", "por pelo pela pelos pelas"),
    "nl": ("is wordt werd werden zijn", "door"),
}
_BY_AGENT = {"en": ["by"], "fr": ["par"], "nl": ["door"]}  # behind a participle alone
_PERFECT = frozenset("hat haben hatte hatten heeft hebben had hadden".split())  # verb last
_THAN = {"en": "than", "de": "als", "fr": "que", "es": "que", "it": "di", "pt": "que", "nl": "dan"}
_LESS = frozenset("less weniger moins menos meno minder".split())
_MORE = frozenset("more mehr plus más più mais meer".split())
_WAYS = {
    "en": ("from", "to into"), "de": ("von", "nach"), "fr": ("de", "à"), "es": ("de", "a"),
    "it": ("da", "a"), "pt": ("de", "para"), "nl": ("van", "naar"),
}  # fmt: skip
_WITH = {
    "replaced": "with", "replaces": "with", "replace": "with", "ersetzte": "durch",
    "remplace": "par", "remplacé": "par", "reemplazó": "por", "sostituì": "con",
    "sostituisce": "con", "substituiu": "por",
}  # fmt: skip
_REACH = 8  # words on either side that are read as the sides of a verb
_WAY = 2  # words of each end of a way
_PARTNER = 6  # words between a verb and the one before its partner
_NEAR_AUXILIARY = 3
_MOST_WORDS = 60
_ARTICLES = frozenset(
    "a an the this that his her its their of in der die das ein eine le la un une el los il lo o os um uma de het een".split()
)
# Verbs that are nouns or adjectives too, unless a helping verb stands before them.
_BARE = frozenset("defeat beat own cause purchase buy hire".split())
_HELPING = frozenset("did does do will would can could may must should".split())
_BARE_SENTENCE = 7  # words of a question without its verb
_BREAKS = frozenset(
    "and but while because who which when und aber weil et mais y pero e ma mas en maar".split()
)


@dataclass(frozen=True, slots=True)
class Relation:
    """Agent and patient of a verb, as keys of their words."""

    meaning: str
    agent: frozenset[str]
    patient: frozenset[str]
    start: int
    end: int
    text: str


@cache
def _table(code: str) -> dict[str, tuple[tuple[str, bool, str], ...]]:
    """Spelling → (meaning, whether it turns the sides, word before the partner or "")."""
    found: dict[str, list[tuple[str, bool, str]]] = {}
    for meaning, row in _VERBS.get(code, {}).items():
        for verbs, turned in zip(row.split("/"), (False, True), strict=True):
            for verb in verbs.split():
                spelling, _, word = verb.replace("~", "+~").partition("+")
                found.setdefault(spelling, []).append((meaning, turned, word))
    return {verb: tuple(sorted(rows, key=lambda r: not r[2])) for verb, rows in found.items()}


@cache
def _passive(code: str) -> tuple[frozenset[str], frozenset[str]]:
    """Auxiliaries of the passive, and words before its agent."""
    auxiliaries, agents = _PASSIVE[code]
    return frozenset(auxiliaries.split()), frozenset(agents.split())


def relations(
    tokens: Sequence[Token], language: Language, verbs: frozenset[str] = frozenset()
) -> list[Relation]:
    """Read the relations of a sentence; `verbs` are keys that count beside the table."""
    tokens = tokens[:_MOST_WORDS]
    lowers = [token.lower for token in tokens]
    if not NEGATORS.get(language.code, frozenset()).isdisjoint(lowers):
        return []
    return [
        *_by_verb(tokens, lowers, language, verbs),
        *_by_comparison(tokens, lowers, language),
        *_ways(tokens, lowers, language),
    ]


def passive_verbs(tokens: Sequence[Token], language: Language) -> frozenset[str]:
    """The keys of the participles that a passive with its agent holds."""
    tokens = tokens[:_MOST_WORDS]
    lowers = [token.lower for token in tokens]
    auxiliaries, agents = _passive(language.code)
    if auxiliaries.isdisjoint(lowers) or agents.isdisjoint(lowers):
        return frozenset()
    by = min(at for at, word in enumerate(lowers) if word in agents)
    before = lowers[max(by - _NEAR_AUXILIARY, 0) : by]
    place = len(tokens) - 1 if language.code in ("de", "nl") else by - 1
    if place < 1 or auxiliaries.isdisjoint(before) or tokens[place].lower in language.stop:
        return frozenset()
    return frozenset([tokens[place].key])


def _by_verb(
    tokens: Sequence[Token], lowers: Sequence[str], language: Language, verbs: frozenset[str]
) -> Iterator[Relation]:
    table = _table(language.code)
    if not verbs and table.keys().isdisjoint(lowers):
        return
    for at, token in enumerate(tokens):
        rows = table.get(lowers[at])
        if rows is None and token.key in verbs and not _is_noun(lowers, at):
            rows = ((token.key, False, ""),)
            if not _takes_object(tokens, lowers, at, language):
                continue
        elif (
            lowers[at] in _BARE
            and len(tokens) > _BARE_SENTENCE
            and _HELPING.isdisjoint(lowers[:at])
        ):
            continue  # "a 4-1 defeat", "its own"
        if _WITH.get(lowers[at]) in lowers[at + 1 : at + 1 + _REACH]:
            continue  # "NBC replaced A with B": what stands before did neither
        for meaning, turned, word in rows or ():
            sides = _sides(tokens, lowers, at, word, language)
            if sides is None:
                continue
            agent, patient = sides[::-1] if turned else sides
            if agent and patient:
                yield _relation(meaning, agent, patient, token)
            break


def _takes_object(
    tokens: Sequence[Token], lowers: Sequence[str], at: int, language: Language
) -> bool:
    """Whether an object follows a verb, or its agent: "downed on July 17" has neither."""
    if language.code in ("de", "nl") or at + 1 == len(tokens):
        return True
    after = lowers[at + 1]
    agents = _passive(language.code)[1]
    return after in agents or after in _ARTICLES or after not in language.stop


def _is_noun(lowers: Sequence[str], at: int) -> bool:
    """Whether the previous word marks a noun: "a report", "their visit"."""
    return at > 0 and lowers[at - 1] in _ARTICLES


def _relation(
    meaning: str, agent: frozenset[str], patient: frozenset[str], token: Token
) -> Relation:
    return Relation(meaning, agent - patient, patient - agent, token.start, token.end, token.text)


def _sides(
    tokens: Sequence[Token], lowers: Sequence[str], at: int, word: str, language: Language
) -> tuple[frozenset[str], frozenset[str]] | None:
    """Agent and patient of the verb at `at`; None where a side is not said or not clear."""
    auxiliaries, agents = _passive(language.code)
    low, high = max(at - _REACH, 0), min(at + 1 + _REACH, len(tokens))
    for place in range(at - 1, low - 1, -1):
        if lowers[place] in _BREAKS:
            low = place + 1
            break
    high = next((p for p in range(at + 1, high) if lowers[p] in _BREAKS), high)
    if word[:1] == "~":
        if word[1:] not in lowers[at + 1 : high]:
            return None
    elif word:
        partner = next(
            (p for p in range(at + 1, min(at + 1 + _PARTNER, high)) if lowers[p] == word), None
        )
        if partner is None:
            return None
        right = _content(tokens[partner + 1 : high], language)
        return _content(tokens[low:at], language), right
    if lowers[at + 1 : at + 2] == _BY_AGENT.get(language.code):  # "revenue generated by a levy"
        return _content(tokens[at + 2 : high], language), _content(tokens[low:at], language)
    helper = next((p for p in range(at - 1, low - 1, -1) if lowers[p] in auxiliaries), None)
    if helper is not None and (language.code in ("de", "nl") or at - helper <= _NEAR_AUXILIARY):
        by = next((p for p in range(helper + 1, high) if lowers[p] in agents), None)
        if by is None:
            return None
        end = at if by < at else high
        return _content(tokens[by + 1 : end], language), _content(tokens[low:helper], language)
    if language.code in ("de", "nl"):
        perfect = next((p for p in range(at - 1, low - 1, -1) if lowers[p] in _PERFECT), None)
        if perfect is not None and _content(tokens[perfect + 1 : at], language):
            return _content(tokens[low:perfect], language), _content(
                tokens[perfect + 1 : at], language
            )
    return _content(tokens[low:at], language), _content(tokens[at + 1 : high], language)


def _content(tokens: Sequence[Token], language: Language) -> frozenset[str]:
    return frozenset(
        t.key for t in tokens if t.lower not in language.stop and not t.text[0].isdecimal()
    )


def _by_comparison(
    tokens: Sequence[Token], lowers: Sequence[str], language: Language
) -> Iterator[Relation]:
    """ "A is heavier than B": the meaning is the word compared by, "-" before it for less."""
    than = _THAN[language.code]
    if than not in lowers:
        return
    for at, word in enumerate(lowers):
        if word != than or at < 2:
            continue
        degree = lowers[at - 2]
        by = lowers[at - 1]
        compares = degree in _LESS | _MORE or (
            language.code in ("en", "de", "nl") and by.endswith("er")
        )
        agent = _content(tokens[max(at - 1 - _REACH, 0) : at - 1], language)
        patient = _content(tokens[at + 1 : at + 1 + _REACH // 2], language)
        if compares and agent and patient:
            sign = "-" if degree in _LESS else "+"
            yield _relation(f"{sign}{by}", agent, patient, tokens[at - 1])


def _ways(tokens: Sequence[Token], lowers: Sequence[str], language: Language) -> Iterator[Relation]:
    start, ends = _WAYS[language.code][0], _WAYS[language.code][1].split()
    if start not in lowers:
        return
    for at, word in enumerate(lowers):
        if word != start:
            continue
        to = next(
            (p for p in range(at + 2, min(at + 2 + _WAY + 2, len(tokens))) if lowers[p] in ends),
            None,
        )
        if to is None:
            continue
        origin = _content(tokens[at + 1 : to], language)
        goal = _content(tokens[to + 1 : to + 1 + _WAY], language)
        if origin and goal:
            yield _relation("way", origin, goal, tokens[at])


def compare(
    claimed: Sequence[Relation], shown: Sequence[Relation], language: Language, chunk: int
) -> tuple[list[Conflict], list[Relation]]:
    """Conflicts of exchanged sides, and the claim's relations that the sentence shares.

    One that it shares outweighs the others.
    """
    conflicts: list[Conflict] = []
    agreeing: list[Relation] = []
    for ours in claimed:
        for theirs in shown:
            turned = _direction(ours.meaning, theirs.meaning, language)
            if turned is None:
                continue
            agent, patient = (
                (theirs.patient, theirs.agent) if turned else (theirs.agent, theirs.patient)
            )
            if ours.agent & agent and ours.patient & patient:
                agreeing.append(ours)
            elif ours.agent & patient and ours.patient & agent:
                conflicts.append(
                    Conflict("roles", ours.start, ours.end, ours.text, theirs.text, True, chunk)
                )
    return ([] if agreeing else conflicts), agreeing


def _direction(one: str, other: str, language: Language) -> bool | None:
    """Whether a meaning is another's the other way round; None where they are not comparable."""
    if one == other:
        return False
    if one[:1] not in "+-" or other[:1] not in "+-":
        return None
    less = one[0] != other[0]
    if one[1:] == other[1:]:
        return less
    return not less if _opposed(one[1:], other[1:], language) else None


@cache
def _opposed(one: str, other: str, language: Language) -> bool:
    tokens = [Token(0, len(word), word, word, word) for word in (one, other)]
    return opposed(tokens[0], tokens[1], language)
