"""Small words with a part to play in judging."""
# ruff: noqa: E501  (tables of words and patterns)

from groundwire_evaluators.text.tokens import fold, keys


def _keys(words: str) -> frozenset[str]:
    key = keys("english")
    return frozenset(key[fold(word)] for word in words.split())


# What a summary says its source does: it needs no support either.
REPORTING = _keys(
    "highlight highlights explain explains emphasize emphasizes suggest suggests recommend "
    "recommends propose proposes present presents outline outlines detail details explore explores "
    "focus focuses examine examines illustrate illustrates demonstrate demonstrates clarify "
    "clarifies elaborate elaborates ask asks inquire inquires request requests express expresses "
    "talk talks tell tells speak speaks chat converse discussion report reports indicate indicates "
    "introduce introduces share shares review reviews feature features reveal reveals "
    "offer offers say says note remark address addresses cover covers point points speaker "
    "variety diverse different range individual individuals people person specific particular "
    "aspect aspects main way ways thing things part parts "
    "able know known need want make made take use used go give get become try "
    "step steps option options list such first second third finally lastly firstly secondly "
    "due despite among along hand addition fact result order example instance approximately "
    "roughly nearly around"
)
CONTRARY = _keys(
    "fail fails unable refuse refuses decline declines except exclude excluding lack lacks "
    "discourage discourages prevent prevents deny denies ignore ignores ignored reject rejects "
    "wrong false nobody instead despite stop stops limited little unlike oppose opposes avoid "
    "against cancel cancels forbid prohibit ban incorrect contrary opposite inflexible forget "
    "neglect dislike disagree different impossible misinform doubt nothing"
)
# Words that say a short answer and are no part of it, folded.
FILLERS = frozenset(
    "answer according passage passages document documents context text source sources handbook "
    "manual page pages stated states state says said mentioned mention given based provided "
    "question it is the that this your my response value correct total result sure yes indeed "
    "therefore so thus would be as in to of on by a an was are were here per just approximately "
    "antwort laut gemass zufolge dokument dokumenten text kontext lautet steht betragt es das ist die der "
    "reponse selon est c'est le la les document contexte passage d'apres "
    "respuesta segun documento contexto texto es el la risposta secondo documento contesto testo il e "
    "resposta segundo documento o a antwoord volgens document tekst het de is "
    "sind sont son sono sao zijn".split()
) - {"yes"}
YES = frozenset(
    "yes yeah yep yup true correct right affirmative ja richtig wahr stimmt korrekt oui vrai exact "
    "si verdadero cierto vero giusto sim verdadeiro certo waar juist klopt".split()
)
NO = frozenset(
    "no nope nah false incorrect wrong negative untrue nein falsch unwahr non faux inexact falso "
    "incorrecto sbagliato nao errado nee onwaar onjuist".split()
)
FILLERS -= YES | NO
# First words of a sentence, before a comma, that are no part of what it claims.
OPENERS = (
    YES
    | NO
    | frozenset(
        "unfortunately sorry luckily fortunately however also additionally certainly sure well actually "
        "basically regrettably sadly generally typically finally therefore thus leider malheureusement "
        "lamentablemente desafortunadamente purtroppo infelizmente helaas".split()
    )
)
# Words so common that their absence from a chunk says nothing.
GLUE = frozenset("a an the is are was were be of to in and".split())
NEGATIONS = frozenset(
    "not no never none nor neither without cannot can't don't doesn't didn't isn't aren't wasn't "
    "weren't won't wouldn't hasn't haven't hadn't couldn't shouldn't nobody nothing hardly rarely "
    "unable denied denies deny refused refuses refuse failed fails fail lack lacks lacked "
    "nicht kein keine keinen nie ohne ne pas jamais sans no nunca sin non mai senza não sem niet geen".split()
)
NEGATIONS |= {word.replace("'", "’") for word in NEGATIONS}
HEDGES = frozenset(
    "may might could possibly perhaps probably likely allegedly reportedly suggests suggested "
    "appears appeared seems seemed believed some sometimes often usually about around approximately "
    "nearly almost roughly potential potentially suspected alleged expected would should".split()
)
ABSOLUTES = frozenset(
    "only all every always never must definitely certainly solely exclusively entirely completely "
    "everyone nobody none best worst first last most least largest highest lowest proven "
    "guaranteed unique any".split()
)
# Small words that turn a statement around when one stands for the other.
_OPPOSED = (
    ("before", "after"), ("more", "less"), ("more", "fewer"), ("over", "under"),
    ("above", "below"), ("with", "without"), ("all", "none"), ("all", "some"), ("always", "never"),
    ("always", "sometimes"), ("most", "least"), ("most", "few"), ("many", "few"), ("up", "down"),
    ("into", "from"), ("into", "out"), ("in", "out"), ("on", "off"), ("to", "from"),
    ("both", "neither"), ("every", "no"), ("and", "or"), ("must", "may"), ("during", "after"),
    ("during", "before"), ("first", "last"), ("first", "second"), ("higher", "lower"),
    ("since", "until"), ("against", "for"), ("he", "she"), ("his", "her"), ("him", "her"),
    ("higher", "lower"), ("larger", "smaller"), ("older", "younger"), ("longer", "shorter"),
    ("better", "worse"), ("earlier", "later"), ("highest", "lowest"), ("largest", "smallest"),
    ("maximum", "minimum"), ("least", "most"), ("inside", "outside"), ("left", "right"),
    ("north", "south"), ("east", "west"), ("northern", "southern"), ("eastern", "western"),
    ("former", "latter"), ("former", "current"), ("next", "last"), ("same", "different"),
    ("increase", "decrease"), ("increased", "decreased"), ("rose", "fell"), ("won", "lost"),
    ("allowed", "prohibited"), ("include", "exclude"), ("mother", "father"), ("son", "daughter"),
    ("brother", "sister"), ("husband", "wife"), ("man", "woman"), ("men", "women"),
    ("boy", "girl"), ("boys", "girls"), ("male", "female"), ("yes", "no"),
)  # fmt: skip
OPPOSED: dict[str, frozenset[str]] = {}
for _one, _other in _OPPOSED:
    OPPOSED[_one] = OPPOSED.get(_one, frozenset()) | {_other}
    OPPOSED[_other] = OPPOSED.get(_other, frozenset()) | {_one}
