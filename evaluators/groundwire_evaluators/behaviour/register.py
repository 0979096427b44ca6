"""Register: formality by function words (Heylighen and Dewaele 2002)."""
# ruff: noqa: E501  (tables of words)

from collections.abc import Sequence

FEWEST = 10  # words below which a formality is noise


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Articles and prepositions anchor a text in what it names ...
_FORMAL = {
    "en": _set(
        "a an the of in for with by from at under between against during without within through among into upon per via concerning regarding pursuant according"
    ),
    "de": _set(
        "der die das den dem des ein eine einen einem einer eines in im von vom zu zum zur mit bei beim nach aus für gegen ohne unter über vor durch während wegen gemäß laut zwischen innerhalb außerhalb"
    ),
    "fr": _set(
        "le la les l un une des du de d au aux à en dans par pour avec sans sous sur entre chez vers contre selon pendant depuis lors"
    ),
    "es": _set(
        "el la los las un una unos unas de del a al en por para con sin bajo sobre entre hacia contra según desde durante mediante"
    ),
    "it": _set(
        "il lo la i gli le l un uno una di del della dello dei degli delle a al alla ai alle da dal dalla in nel nella nei con su sul sulla per tra fra senza contro secondo durante"
    ),
    "pt": _set(
        "o a os as um uma uns umas de do da dos das em no na nos nas a ao à aos às por pelo pela para com sem sob sobre entre contra segundo desde durante mediante"
    ),
    "nl": _set(
        "de het een van in op met voor door bij uit aan naar onder over tegen tussen zonder volgens tijdens binnen via per"
    ),
}
# ... pronouns, adverbs of the situation and interjections in who speaks, when and where.
_CONTEXTUAL = {
    "en": _set("i you he she it we they me him us them my your his our their mine yours this that these those here there now then today just really very so well maybe perhaps actually basically pretty quite oh hey hi hello yeah yep yes no ok okay please thanks sorry wow sure i'm you're we're it's that's i'll you'll we'll i've you've i'd you'd let's don't can't won't isn't"),
    "de": _set("ich du er sie es wir ihr mich dich ihn uns euch mir dir ihm ihnen mein dein unser euer ihre ihren dies dieser diese dieses hier da dort jetzt nun dann heute mal ja nein doch halt eben sehr so wirklich eigentlich vielleicht bitte danke hallo hi ok okay na klar gerne"),
    "fr": _set("je j tu il elle nous vous ils elles on me m te t lui leur eux mon ton notre votre ce c cela ça ceci ici là maintenant alors aujourd'hui très vraiment bien peut-être oui non merci bonjour salut ok voilà désolé"),
    "es": _set("yo tú él ella nosotros vosotros ellos usted ustedes me te le nos os les mi tu nuestro vuestro esto eso este ese aquí ahí allí ahora entonces hoy muy realmente bien quizás sí no gracias hola ok vale perdón claro"),
    "it": _set("io tu lui lei noi voi loro mi ti ci vi mio tuo nostro vostro questo quello ciò qui qua là ora adesso allora oggi molto davvero bene forse sì no grazie ciao ok scusa certo"),
    "pt": _set("eu tu ele ela nós vós eles você vocês me te lhe meu teu nosso isto isso este esse aqui aí ali agora então hoje muito realmente bem talvez sim não obrigado obrigada olá oi ok desculpe claro"),
    "nl": _set("ik jij je hij zij ze wij we jullie u mij me jou hem ons hen mijn jouw uw onze dit dat deze die hier daar nu dan vandaag heel erg echt eigenlijk misschien ja nee hoor even bedankt hallo hoi ok sorry graag"),
}  # fmt: skip


def formality(lower: Sequence[str], language: str) -> float | None:
    """Formality by function words, in [0, 100].

    50 where formal and contextual ones are as many.

    The part of the F-score that closed classes carry: (articles + prepositions - pronouns -
    situational adverbs - interjections, in percent of the words, + 100) / 2. Nouns, verbs and
    adjectives are left out, as they need a tagger. None under ten words or in another language.
    F. Heylighen and J.-M. Dewaele, Variation in the contextuality of language, Foundations of
    Science 7(3), 2002.

    >>> from groundwire_evaluators.behaviour.register import formality
    >>> formality("the period of notice for tenants is set by section four".split(), "en")
    68.2
    >>> formality("hi there i just saw it and i really think you will love it".split(), "en")
    23.3
    """
    if len(lower) < FEWEST or language not in _FORMAL:
        return None
    formal, contextual = _FORMAL[language], _CONTEXTUAL[language]
    balance = sum(map(formal.__contains__, lower)) - sum(map(contextual.__contains__, lower))
    return round(50 + 50 * balance / len(lower), 1)
