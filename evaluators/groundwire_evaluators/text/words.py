"""Stop words and stemmers per language."""
# ruff: noqa: E501  (tables of words and patterns)

from collections.abc import Iterable
from typing import NamedTuple

from groundwire_evaluators.text.tokens import fold, keys


class Language(NamedTuple):
    """Language with stemmer: ISO 639-1 code, Snowball name, stop words."""

    code: str
    stemmer: str
    stop: frozenset[str]

    @property
    def name(self) -> str:
        """Its name in English."""
        return self.stemmer.capitalize()


def _language(code: str, stemmer: str, stop: str) -> Language:
    return Language(code, stemmer, frozenset(fold(word) for word in stop.split()))


ENGLISH = _language(
    "en",
    "english",
    "a about above after again against all also although am among an and another any are as at "
    "be because been before being below between both but by can cannot could did do does doing "
    "don't down during each either else etc even ever every few for from further get gets got had "
    "has have having he her here hers herself him himself his how however i if in indeed into is "
    "it its itself just may me might more moreover most much must my myself neither no nor not "
    "now of off often on once one only onto or other others our ours ourselves out over own per "
    "perhaps quite rather s same shall she should since so some such t than that the their theirs "
    "them themselves then there therefore these they this those though through thus to together too "
    "toward towards under until up upon us very via was we were what when where whether which "
    "while who whom whose why will with within without would yet you your yours yourself "
    "i'm you're he's she's it's we're they're i've you've we've they've i'll you'll he'll she'll "
    "we'll they'll i'd you'd he'd she'd we'd they'd isn't aren't wasn't weren't hasn't haven't "
    "hadn't doesn't didn't won't wouldn't shouldn't can't couldn't mustn't let's that's "
    "there's here's what's who's ain't is n't",
)
_OTHERS = (
    _language(
        "de",
        "german",
        "aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin "
        "bis bist da damit dann das dass dazu dein deine dem den denn der des dich die dies diese "
        "diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines er es "
        "etwas euch euer eure für gegen hab habe haben hat hatte hatten hier hinter ich ihm ihn "
        "ihnen ihr ihre ihrem ihren ihrer im in ins ist ja jede jedem jeden jeder jedes jedoch "
        "kann kein keine keinem keinen keiner können könnte man mehr mein meine mich mir mit muss "
        "nach nicht nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner seit "
        "sich sie sind so soll sollte sondern sowie über um und uns unser unter viel vom von vor "
        "war waren warum was weil wenn wer werden wie wir wird wo wurde wurden zu zum zur zwischen",
    ),
    _language(
        "fr",
        "french",
        "à afin ai ainsi alors au aucun aussi autre aux avait avec avoir ayant c ce cela ces cet "
        "cette ceux chaque ci comme d dans de des depuis donc dont du elle elles en encore entre "
        "est et étaient était été être eu eux fait font il ils j je l la le les leur leurs lors lui "
        "m ma mais me même mes moi mon n ne ni nos notre nous on ont ou où par pas pendant peu peut "
        "peuvent plus pour pourquoi puis qu quand que quel quelle qui quoi s sa sans se selon sera "
        "ses si son sont sous sur ta te tes toi ton tous tout toute toutes très tu un une vers "
        "vos votre vous y c'est d'un d'une qu'il qu'elle n'est s'est l'on",
    ),
    _language(
        "es",
        "spanish",
        "a al algo algunos ante antes aquel así aún aunque cada como con contra cual cuando de del "
        "desde donde dos durante e el él ella ellas ellos en entre era eran es esa esas ese eso "
        "esos esta está están estas este esto estos fue fueron ha haber había han hasta hay la las "
        "le les lo los más me mi mientras muy nada ni no nos nosotros o otra otro otros para pero "
        "poco por porque puede pueden pues que qué quien quién se según sea ser si sí sido sin "
        "sino sobre son su sus también tan tanto te tiene tienen todo todos tu un una uno unos y "
        "ya yo",
    ),
    _language(
        "it",
        "italian",
        "a ad agli ai al alla alle anche ancora avere aveva c che chi ci come con contro cui d da "
        "dagli dai dal dalla dalle degli dei del dell della delle di dopo dove e è ed era erano "
        "essere fa fino fra gli ha hanno i il in io l la le lei li lo loro lui ma mentre mi mio "
        "molto ne negli nei nel nella nelle no noi non nostro o ogni per perché però più poi può "
        "prima qual quale quando quanto quella quelle quelli quello questa queste questi questo "
        "qui s se senza si sia sono sopra sotto stata stato sua sue sugli sui sul sulla sulle suo "
        "suoi te tra tu tutti tutto un una uno vi voi",
    ),
    _language(
        "pt",
        "portuguese",
        "a ainda algum ante ao aos apenas aquele as às até cada com como contra da das de dela dele "
        "deles depois desde do dos e é ela elas ele eles em entre era eram essa esse esta está "
        "estão estas este estes eu foi foram há isso isto já lhe mais mas me mesmo meu minha muito "
        "na não nas nem no nos nossa nosso num numa o os ou para pela pelas pelo pelos pode podem "
        "por porque qual quando que quem se sem ser seu seus sido só sobre são sua suas também te "
        "tem têm tinha todo todos tu um uma você vocês",
    ),
    _language(
        "nl",
        "dutch",
        "aan al alle alleen als altijd andere ben bij daar dan dat de der deze die dit doch doen "
        "door dus een en er ge geen had heb hebben heeft hem het hier hij hoe hun iemand iets ik "
        "in is ja je kan kon kunnen maar me meer men met mij mijn moet na naar niet niets nog nu "
        "of om omdat onder ons ook op over reeds te tegen tot u uit uw van veel voor want waren "
        "was wat werd wezen wie wij wil worden wordt zal ze zei zelf zich zij zijn zo zonder zou",
    ),
)
# Words about an answer and its sources, not their matter: keys of English words.
META = frozenset(
    keys("english")[fold(word)]
    for word in (
        "passage passages provided given context based according accordingly information mentioned "
        "mention mentions states stated text article document documents overall summary summarize "
        "answer question following follow additionally furthermore however therefore thus moreover "
        "conclusion conclude source sources excerpt describes described discusses discussed "
        "including include includes specifically generally typically various several many "
        "note noted key important also example handbook manual edition page"
    ).split()
)
LANGUAGES = {language.code: language for language in (ENGLISH, *_OTHERS)}


def content(words: Iterable[str], language: Language = ENGLISH) -> Iterable[str]:
    """Filter out stop words; expects folded words."""
    return (word for word in words if word not in language.stop)
