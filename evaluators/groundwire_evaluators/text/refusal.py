"""Refusal detection in several languages.

A sentence declines only if it states that the sources lack the answer or that the assistant cannot
answer. "The warranty does not cover water damage" is a negated claim, not a refusal.
"""
# ruff: noqa: E501  (tables of words and patterns)

import re
from collections.abc import Sequence
from functools import lru_cache

from groundwire_evaluators.text.sentences import sentences

# What the assistant was shown. Some of these are sources in any sentence, some only as provided,
# and a brochure or an article only where it is said to tell nothing.
_SHOWN = r"(?:passages?|documents?|contexts?|texts?|sources?|excerpts?|snippets?|chunks?|search results|knowledge base)"
_MATERIAL = (
    r"(?:information|data|details?|content|materials?|records?|results?|articles?|paragraphs?|references?|pages?|"
    r"brochures?|handbooks?|manuals?|guides?|files?|reports?|web ?sites?|sections?|faqs?|policy|policies|notes?|transcript|conversation)"
)
_PROVIDED = r"(?:provided|given|supplied|available|above|retrieved|attached|accessible|shared)"
_SOURCE = (
    rf"(?:{_SHOWN}|{_PROVIDED} {_MATERIAL}|{_MATERIAL} (?:(?:that )?(?:was|were|is|are) )?{_PROVIDED}|"
    rf"{_MATERIAL} (?:that )?(?:i|we|you) (?:was|were|have|had|can|am|are|gave|provided|shared|sent|supplied)\b)"
)
_STATES = (
    r"(?:mention|say|state|specify|tell|indicate|discuss|address|answer|describe|explain|clarify|reveal|"
    r"comment|elaborate|speak|talk|go into|touch)"
)
_HOLDS = r"(?:contain|provide|include|cover|give|list|offer|define|have|hold|show|supply)"
_STATED = (
    r"(?:mentioned|provided|specified|stated|included|discussed|addressed|covered|given|found|available|contained|"
    r"described|listed|indicated|disclosed|present|explained|answered)"
)
_FACTS = r"(?:information|info|mention|details?|data|answers?|references?|evidence|knowledge|context|specifics)"
_NOT = r"(?:not|n['’]t)"
# What a sentence that declines says, per language. Bounded gaps only: no pattern can back up far.
_ENGLISH = (
    # The assistant does not know or cannot tell.
    rf"\b(?:i|we) (?:do not|don['’]t|did not|didn['’]t) (?:\w+ )?(?:know\b|have (?:\w+ ){{0,3}}{_FACTS}\b|"
    rf"have (?:access to|an? (?:clear |definite )?(?:answer|idea))|see (?:\w+ ){{0,3}}{_FACTS}\b|find (?:any|that|this|it|the answer|information|enough)\b)",
    rf"\b(?:i|we) (?:have|found|find|see|could find) (?:no|insufficient|not enough) (?:\w+ ){{0,2}}(?:{_FACTS}|idea|clue)\b",
    r"\bi(?: am|['’]m) (?:\w+ )?(?:not (?:\w+ )?(?:sure|certain|aware)|unsure|uncertain|unaware)\b",
    r"\bi (?:cannot|can['’]t|can not|could not|couldn['’]t|(?:am|['’]m|was) (?:not able|unable) to|(?:was|am)n['’]t able to) (?:\w+ )?"
    r"(?:answer|find|determine|tell|say|help|locate|confirm|verify|see|infer|identify|assist|know|conclude|comment|establish)\b",
    r"\bi['’]m (?:not able|unable) to (?:\w+ )?(?:answer|find|determine|tell|say|help|locate|confirm|verify|see|infer|identify|assist|comment)\b",
    r"\bwe (?:cannot|can['’]t|can not|could not|couldn['’]t|(?:are|were) (?:not able|unable) to) (?:\w+ )?(?:answer|determine|say|tell|infer|conclude)\b",
    rf"\b(?:i|we) (?:cannot|can['’]t|can not|could not|couldn['’]t|(?:am|are) (?:not able|unable) to) (?:\w+ )?(?:provide|give|offer|share) (?:\w+ ){{0,4}}(?:{_FACTS}|explanation|figure|estimate|opinion|advice)\b",
    r"\b(?:unable|not possible|impossible|not able) to (?:\w+ )?(?:answer|determine|infer|ascertain|tell|say (?:if|whether|when|how|what|who|which|for))\b",
    r"\b(?:cannot|can['’]t|can not|could not) be (?:\w+ )?(?:answered|determined|inferred|ascertained|established)\b",
    r"\b(?:i (?:must|have to) decline|no idea|dunno|beats me)\b|^\W*idk\b",
    rf"\b(?:this|that|it|your question|the question|the topic) (?:is|falls|lies|goes) (?:outside|beyond|out)(?: of)? (?:the scope|scope|what i|my |(?:the |these )?{_SOURCE})",
    # The sources are silent.
    rf"\b(?:nothing|nowhere|none|no ?where|not) (?:\w+ ){{0,5}}(?:in|of|from) (?:\w+ ){{0,3}}(?:{_SOURCE}|{_MATERIAL})\b(?=.{{0,60}}\b(?:{_STATES}|says|answers|mentions|states|about|on|tells|addresses|covers|helps|given|provided)|\W*\Z)",
    rf"\b(?:is|are|was|were)(?: not|n['’]t) (?:\w+ ){{0,2}}{_STATED} (?:\w+ ){{0,4}}{_SOURCE}\b",
    rf"\b(?:answer|information|info|detail|topic|question|this|that|it) (?:is|was|can|could|are)(?:not| not|n['’]t) (?:be )?(?:\w+ ){{0,2}}(?:in|part of|{_STATED}) (?:\w+ ){{0,4}}(?:{_SOURCE}|{_MATERIAL})\b",
    rf"\b(?:there (?:is|was|are|were)|there['’]s) (?:no|not any|not enough|insufficient|nothing|no specific|no relevant|no further|no direct)(?: \w+){{0,2}} (?:information|info|mention|details?|data|answers?|references?|indication)\b"
    rf"(?=.{{0,80}}\b(?:about|on|regarding|{_SOURCE}|{_MATERIAL}|available|provided|given|to)\b|\W*\Z)",
    rf"\b(?:there (?:is|was)|there['’]s) nothing (?:\w+ ){{0,6}}(?:{_SOURCE}|{_MATERIAL})\b",
    r"\b(?:not enough|insufficient|no relevant|no sufficient|lack of|without (?:more|further|additional)) (?:information|context|data|details?|evidence)\b(?=.{0,80}\b(?:answer|determine|say|tell|provided|given|available|passages?|context|documents?)|\W*\Z)",
    r"^\W*(?:sorry, |unfortunately, )?(?:no|zero) (?:\w+ )?(?:answers?|information|info|details?|mention|data) (?:\w+ ){0,3}(?:found|available|provided|given|about|on|regarding|in (?:the|these))\b",
    r"^\W*unanswerable\b",
)
_DID_NOT = tuple(f"{verb}{no}" for verb in ("do", "does", "did") for no in (" not", "n't", "n’t"))
_UNCLEAR = ("unclear", "not clear", "unknown", "uncertain", "not known", "impossible")
# Patterns that open like many sentences, which makes them slow, with words of which each needs one.
_ENGLISH_NEEDING: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        _DID_NOT,
        rf"\b{_SHOWN} \d{{1,2}} (?:\w+ )?(?:do|does|did)(?: not|n['’]t) (?:\w+ ){{0,2}}(?:{_STATES}|{_HOLDS})\b",
    ),
    (
        _DID_NOT,
        rf"\b{_SOURCE}(?! \d)(?: \w+){{0,4}} (?:do|does|did)(?: not|n['’]t) (?:\w+ ){{0,2}}(?:{_STATES}|{_HOLDS})\b",
    ),
    (
        _DID_NOT,
        rf"\b{_MATERIAL}(?! \d)(?: \w+){{0,3}} (?:do|does|did)(?: not|n['’]t) (?:\w+ ){{0,2}}{_STATES}\b",
    ),
    (
        ("silent", "unclear", "vague"),
        rf"\b(?:{_SOURCE}|{_MATERIAL})(?! \d)(?: \w+){{0,3}} (?:is|are|remains?|stays?) (?:\w+ )?(?:silent|unclear|vague)\b",
    ),
    (
        (" no ", " not any ", " insufficient ", " not enough "),
        rf"\b(?:{_SOURCE}|{_MATERIAL})(?! \d)(?: \w+){{0,3}} (?:makes?|made|contains?|has|have|gives?|provides?|offers?|includes?|holds?) (?:no|not any|insufficient|not enough)(?: \w+){{0,2}} (?:{_FACTS}|indication)\b",
    ),
    (
        ("nothing", "not a word", "little"),
        rf"\b(?:{_SOURCE}|{_MATERIAL})(?! \d)(?: \w+){{0,3}} (?:says?|contains?|mentions?|states?|tells?(?: \w+)?|holds?) (?:nothing|not a word|little)\b",
    ),
    (
        _UNCLEAR,
        rf"\b(?:it is|it['’]s|it remains) (?:\w+ )?(?:unclear|not clear|unknown|uncertain|not known|impossible)\b(?=.{{0,120}}{_SOURCE})|{_SOURCE}.{{0,20}}\b(?:it is|it['’]s|it remains) (?:\w+ )?(?:unclear|not clear|unknown|uncertain|not known)\b",
    ),
)
_DE_SOURCE = r"(?:dokument\w*|kontext\w*|text\w*|quellen?|unterlagen|auszüge\w*|passagen?|abschnitte?n?|bereitgestellten \w+|angegebenen \w+)"
_DE_PAPERS = (
    r"(?:broschüre|handbuch|seiten?|material\w*|artikel|bericht|anleitung|webseite|informationen)"
)
_FR_SOURCE = r"(?:documents?|contextes?|textes?|passages?|sources?|extraits?|brochure|pages?|guide|manuel|articles?|informations? (?:fournies?|données?|disponibles?))"
_ES_SOURCE = r"(?:documentos?|contextos?|textos?|pasajes?|fuentes?|fragmentos?|extractos?|folleto|páginas?|guía|manual|artículos?|información (?:proporcionada|dada|disponible))"
_IT_SOURCE = r"(?:document[oi]|contest[oi]|test[oi]|passagg[io]|font[ei]|estratt[oi]|bran[oi]|opuscolo|pagin[ae]|guida|manuale|articol[oi]|informazioni (?:fornite|date|disponibili))"
_PT_SOURCE = r"(?:documentos?|contextos?|textos?|trechos?|passagens?|fontes?|folheto|páginas?|guia|manual|artigos?|informações (?:fornecidas|dadas|disponíveis))"
_NL_SOURCE = r"(?:document\w*|context|tekst\w*|bronnen|bron|passages?|fragmenten|brochure|pagina\w*|handleiding|artikel|verstrekte \w+|gegeven \w+)"
_OTHER = (
    # German
    r"\b(?:ich|wir) (?:weiß|wissen|weiss) (?:es |das |dazu |darüber )?(?:ich |wir )?(?:leider )?nicht\b|\b(?:das|es|dies) (?:weiß|weiss|wissen) (?:ich|wir) (?:leider )?nicht\b",
    r"\b(?:(?:kann|können|konnte|konnten) (?:ich|wir)|(?:ich|wir) (?:kann|können|konnte|konnten)|lässt sich|lassen sich)\b.{0,60}\b(?:nicht|nichts|keine?n?)\b.{0,40}"
    r"\b(?:beantwort\w*|finden|sagen|entnehmen|beurteilen|feststellen|angeben|ermitteln|bestätigen|helfen)\b",
    r"\b(?:kann|konnte) (?:\w+ ){0,3}nicht (?:beantwortet|ermittelt|bestimmt|festgestellt) werden\b",
    r"\b(?:keine|keinerlei|nicht genügend|nicht genug|unzureichende) (?:\w+ ){0,2}(?:information\w*|angaben?|hinweise?|details|aussagen?|antwort\w*)\b"
    rf"(?=.{{0,80}}\b(?:{_DE_SOURCE}|{_DE_PAPERS}|vorhanden|verfügbar|gefunden|enthalten|dazu|darüber|über|zu|zum|zur|vor|finden)\b|\W*\Z)",
    rf"\b(?:{_DE_SOURCE}|{_DE_PAPERS})\b.{{0,60}}\b(?:nicht|keine?n?|nichts)\b.{{0,40}}(?:erwähn\w*|genannt|hervor\w*|angegeben|darüber|dazu|beschrieben|entnehmen|steht|sagt|sagen|beantwort\w*|äußer\w*)\b",
    rf"\b{_DE_SOURCE}\b.{{0,30}}\benth\w+\b.{{0,20}}\b(?:nicht|keine?n?|nichts)\b",
    rf"\b(?:{_DE_SOURCE}|{_DE_PAPERS})\b.{{0,20}}\b(?:sag|steh|erwähn|beschreib|nenn)\w*.{{0,30}}\b(?:nicht|nichts|keine?n?)\b",
    rf"\b(?:{_DE_SOURCE}|{_DE_PAPERS})\b.{{0,20}}\bschweig\w+|\b(?:wird|werden|ist|sind|wurde|steht) (?:\w+ ){{0,6}}(?:{_DE_SOURCE}|{_DE_PAPERS}) (?:\w+ ){{0,2}}(?:nicht|nirgends)\b",
    rf"\b(?:steht|stehen|findet sich|finden sich|gibt es) (?:\w+ )?(?:nichts|keine?n?(?: \w+)?) (?:\w+ ){{0,3}}(?:{_DE_SOURCE}|{_DE_PAPERS})\b",
    r"\bkeine ahnung\b",
    # French
    r"\bje (?:ne |n['’])(?:le )?(?:sais|trouve|vois|dispose|connais)\b.{0,20}\bpas\b",
    r"\bje (?:ne |n['’])(?:peux|suis|ai|puis)\b.{0,12}\b(?:pas|aucune?)\b.{0,40}\b(?:répond\w+|dire|trouv\w+|détermin\w+|confirm\w+|mesure|sûre?|certaine?|information\w*|réponse|accès|aider|précis\w+|idée)\b",
    rf"\b{_FR_SOURCE}\b.{{0,40}}\b(?:ne |n['’])(?:\w+ ){{0,2}}(?:mentionn\w+|contien\w+|précis\w+|fourni\w+|permet\w*|indiqu\w+|donn\w+|parl\w+|di[st]\w*|évoqu\w+|abord\w+|répond\w*|spécifi\w+|inclu\w+)\b.{{0,20}}\b(?:pas|aucune?|rien)\b",
    rf"\b(?:n['’]est|ne sont|n['’]a) pas (?:\w+ )?(?:été )?(?:mentionnée?s?|précisée?s?|indiquée?s?|spécifiée?s?)\b(?=.{{0,60}}\b{_FR_SOURCE}\b|\W*\Z)",
    r"\b(?:aucune|pas d['’]|pas (?:assez|suffisamment) d['’]) ?(?:information\w*|mention|réponse)\b|\bimpossible de (?:répondre|déterminer|dire)\b",
    rf"\brien\b.{{0,20}}\bdans\b.{{0,20}}\b{_FR_SOURCE}\b",
    # Spanish
    r"\bno (?:lo )?sé\b|\bno estoy segur[oa]\b|\bni idea\b",
    r"\bno (?:puedo|podemos|es posible|se puede|logro)\b.{0,30}\b(?:respond\w+|determin\w+|contest\w+|sab\w+|decir\w*|encontr\w+|confirm\w+|ayud\w+|proporcion\w+ (?:\w+ ){0,2}información)\b",
    r"\bno (?:tengo|tenemos|dispongo|encuentro|encontré|he encontrado|hay|existe|se encontró)\b (?:\w+ ){0,3}(?:información|informaciones|datos suficientes|respuesta|mención|detalles|suficiente información)\b",
    rf"\b{_ES_SOURCE}\b.{{0,40}}\bno (?:se )?(?:lo |la )?(?:menciona\w*|contien\w+|proporciona\w*|especifica\w*|incluy\w+|indica\w*|dice\w*|aclara\w*|ofrece\w*|responde\w*|aborda\w*|habla\w*|da\b)",
    r"\bno se (?:menciona\w*|especifica\w*|indica\w*|dice|aclara|detalla\w*)\b",
    rf"\bnada\b.{{0,20}}\ben\b.{{0,20}}\b{_ES_SOURCE}\b",
    # Italian
    r"\bnon (?:lo )?so\b|\bnon (?:ne )?ho idea\b|\bnon sono sicur[oa]\b",
    r"\bnon (?:posso|possiamo|sono in grado|riesco|è possibile)\b.{0,30}\b(?:rispond\w+|determin\w+|dire|dirti|trova\w+|conferm\w+|stabilire|aiut\w+|sapere|fornir\w+ (?:\w+ ){0,2}(?:informazion\w+|rispost\w+))\b",
    r"\bnon (?:ho|abbiamo|trovo|ho trovato|ci sono|c['’]è|esistono)\b (?:\w+ ){0,3}(?:informazion\w+|rispost\w+|menzion\w+|dettagli)\b",
    rf"\b{_IT_SOURCE}\b.{{0,40}}\bnon (?:\w+ )?(?:menziona\w*|contien\w+|contengono|fornisc\w+|specifica\w*|indica\w*|riporta\w*|dic\w+|parla\w*|rispond\w+|precisa\w*)",
    rf"\bnon (?:è|viene|sono|vengono) (?:\w+ )?(?:menzionat|specificat|indicat|riportat|precisat)[oaie]\b(?=.{{0,60}}\b{_IT_SOURCE}\b|\W*\Z)",
    # Portuguese
    r"\bnão (?:o )?sei\b|\bnão tenho (?:certeza|ideia)\b|\bnão faço ideia\b",
    r"\bnão (?:posso|consigo|podemos|é possível|dá para)\b.{0,30}\b(?:respond\w+|dizer|determin\w+|encontr\w+|confirm\w+|ajud\w+|saber)\b",
    r"\bnão (?:tenho|temos|encontrei|há|existe\w*|disponho)\b (?:\w+ ){0,3}(?:informaç\w+|resposta\w*|menç\w+|detalhes)\b",
    rf"\b{_PT_SOURCE}\b.{{0,40}}\bnão (?:\w+ )?(?:menciona\w*|cont[éê]m|fornec\w+|especifica\w*|indica\w*|inclu\w+|diz\w*|fala\w*|respond\w+|esclarec\w+)",
    rf"\bnão (?:é|foi|está|são|foram) (?:\w+ )?(?:mencionad|especificad|indicad|informad)[oa]s?\b(?=.{{0,60}}\b{_PT_SOURCE}\b|\W*\Z)",
    # Dutch
    r"\bik weet (?:het |dat |dit )?(?:helaas )?niet\b|\bdat weet ik (?:helaas )?niet\b|\bgeen idee\b",
    r"\b(?:ik kan|kan ik|wij kunnen|kunnen wij)\b.{0,40}\b(?:niet|geen|niets)\b.{0,30}\b(?:beantwoord\w*|zeggen|vinden|bepalen|bevestigen|helpen|opmaken)\b",
    r"\b(?:geen|onvoldoende|niet genoeg) (?:informatie|gegevens|antwoord|details|vermelding)\b(?=.{0,60}\b(?:over|gevonden|beschikbaar|in|om|van|op)\b|\W*\Z)",
    rf"\b{_NL_SOURCE}\b.{{0,40}}\b(?:niet|geen|niets)\b.{{0,30}}\b(?:vermeld\w*|genoemd|noem\w*|gezegd|beschreven|over|aan|vermeld|beantwoord\w*)\b",
    rf"\b{_NL_SOURCE}\b.{{0,20}}\b(?:zwijg\w*|zegt|vermeldt?|vermelden|noemt|noemen|bevat|bevatten|geeft|geven)\b.{{0,20}}\b(?:niet|niets|geen)\b|\b{_NL_SOURCE}\b.{{0,20}}\bzwijg\w*",
    rf"\b(?:wordt|worden|staat|is) (?:\w+ ){{0,3}}(?:niet|nergens) (?:\w+ ){{0,3}}{_NL_SOURCE}\b",
    # Without spaces between words there are no word boundaries to lean on.
    r"(?:わかりません|分かりません|記載がありません|記載されていません|情報がありません|回答できません|お答えできません|不明です)",
    r"(?:无法回答|没有提到|未提及|没有相关信息|无法确定|不知道|没有足够的信息|無法回答|沒有提到)",
    r"(?:모르겠습니다|알 수 없습니다|답변할 수 없습니다|정보가 없습니다|언급되어 있지 않습니다)",
    r"(?:не знаю|не могу ответить|нет информации|не упоминается|недостаточно информации|(?:документ|текст|контекст|источник)\w*.{0,40}не содерж)",
)
# Whole sentences without a subject.
_ELLIPTIC = (
    rf"n/?\.?a\.?|idk|unknown|unclear|unanswerable|undetermined|not (?:\w+ )?(?:mentioned|specified|stated|provided|given|found|known|sure|answerable|clear|disclosed|listed|addressed|discussed|indicated|covered)"
    rf"(?: (?:here|yet|anywhere|in (?:\w+ ){{0,3}}(?:{_SHOWN}|{_MATERIAL})))?",
    r"no (?:answer|information|info|data|mention|clue|details?|record)(?: (?:of (?:it|this|that)|found|available|provided|given))?|(?:none|nothing) (?:found|given|provided|mentioned|stated|known)",
    r"(?:cannot|can['’]t) (?:say|tell|answer|determine)(?: that| this| it)?|insufficient (?:information|context|data|evidence)|no comment|don['’]t know",
    r"keine angaben?(?: \w+)?|k\. ?a\.|nicht (?:angegeben|erwähnt|bekannt|genannt|aufgeführt|spezifiziert|beantwortbar|vorhanden)|unbekannt|keine (?:information(?:en)?|antwort|ahnung|daten)(?: \w+)?|weiß (?:ich )?nicht",
    r"(?:non|pas) (?:mentionn|précis|spécifi|indiqu|renseign|communiqu)ée?s?|non disponible|inconnue?|aucune (?:information|réponse|idée|mention|donnée)(?: \w+)?|pas d['’]informations?(?: \w+)?|sans réponse",
    r"no (?:mencionad|especificad|indicad|encontrad)[oa]s?|no (?:consta|aparece|disponible)|desconocid[oa]|sin (?:información|datos|respuesta)|ninguna (?:información|mención|respuesta)",
    r"non (?:menzionat|specificat|indicat|riportat|precisat|trovat)[oaie]|non (?:disponibile|pervenuto|noto)|sconosciut[oa]|nessuna (?:informazione|risposta|menzione|indicazione)(?: \w+)?|n\. ?d\.",
    r"não (?:mencionad|especificad|informad|indicad|encontrad)[oa]s?|não (?:consta|disponível)|desconhecid[oa]|sem (?:informação|informações|resposta|dados)|nenhuma (?:informação|resposta|menção)(?: \w+)?",
    r"niet (?:vermeld|genoemd|bekend|gespecificeerd|beschikbaar|aangegeven|gevonden)|onbekend|geen (?:informatie|antwoord|idee|gegevens)(?: \w+)?|n\. ?v\. ?t\.|weet (?:ik )?niet",
)
_DECLINES = re.compile("|".join(_ENGLISH + _OTHER), re.IGNORECASE)
_DECLINES_IN_ENGLISH = re.compile("|".join(_ENGLISH), re.IGNORECASE)
_DECLINES_NEEDING = tuple(
    (words, re.compile(pattern, re.IGNORECASE)) for words, pattern in _ENGLISH_NEEDING
)
_SAYS_NOTHING = re.compile(
    r"\W*(?:(?:sorry|unfortunately|leider|désolée?|lo siento|spiacente|infelizmente|helaas)\W+)?"
    rf"(?:(?:the |your )?(?:answer|response)(?: is)?\W+|(?:it|this|that)(?: is|['’]s| was)\W+)?(?:{'|'.join(_ELLIPTIC)})\W*\Z",
    re.IGNORECASE,
)
# Sentences that only say what the sources hold instead, or close politely, do not answer either.
_ABOUT_SOURCES = re.compile(
    r"^(?:however, |but |instead, |it |they |also, |while |the (?:\w+ )?(?:provided |given |above )?)?"
    r"(?:\w+ ){0,3}"
    + _SOURCE
    + r"\b.{0,80}\b(?:only|instead|mainly|mostly|primarily|focus\w*|about|"
    r"discuss\w*|cover\w*|mentions?|deals?|describes?|talks?|refer\w*|behandel\w*|beschreib\w*)\b|"
    r"^(?:they|it|sie|es|these|those) (?:only |instead |mainly |primarily |mostly |nur )?"
    r"(?:cover|discuss|mention|focus|describe|deal|refer|behandel|beschreib|enthalten)\w*\b|"
    r"\b(?:please|bitte|veuillez|por favor|let me know|feel free|more information|additional (?:information|context)|"
    r"consult|recommend (?:consulting|checking|contacting)|would need|if you (?:can|could|have|provide))\b",
    re.IGNORECASE,
)
# Every pattern holds one of these; looking for them first spares most sentences the patterns.
_HINTS = (
    "not", "n't", "n’t", "no ", "unable", "nothing", "impossible", "insufficient", "lack", "unanswerable",
    "no idea", "unclear", "unknown", "uncertain", "unsure", "unaware", "silent", "without", "none", "nowhere", "outside", "beyond",
    "decline", "idk", "dunno", "zero ", "rien", "nada", "nunca", "ni idea", "niets", "niente", "schweig", "zwijg", "impossib",
    "kein", "nicht", "nirgends", "pas", "aucun", "não", "niet", "geen",
    "onvoldoende", "unzureichend", "non ", "ません", "无", "沒", "没", "未", "不知", "無", "모르", "없", "не",
)  # fmt: skip
# Every pattern of another language than English holds one of these.
_HINTS_NOT_ENGLISH = (
    "nicht", "kein", "nirgends", "schweig", "unzureichend", "pas", "aucun", "rien", "impossib",
    "no ", "ni idea", "nada", "non ", "não", "niet", "geen", "zwijg", "onvoldoende",
    "ません", "不明", "无", "沒", "没", "未", "不知", "無", "모르", "없", "수", "не",
)  # fmt: skip
# Words that hold a hint and deny nothing: "another", "note", "passage", "past".
_NO_HINT = re.compile(r"another|\bnot[aeio]\w*|\bpas[ast]\w*")
_GOES_ON = re.compile(
    r"[,;]? (?:but|however|though|although|aber|jedoch|mais|pero|mas|maar|ma) (?!(?:they|it|only)\b)"
    r"(?:\w+[ ,]+){3}",
    re.IGNORECASE,
)
_LONGEST_ELLIPSIS = 80  # code points of a sentence without a subject
_LONGEST_SENTENCE = 400  # code points of a sentence
_MOST_SENTENCES = 6


@lru_cache(maxsize=256)
def declines(sentence: str) -> bool:
    """Whether a sentence states that the question cannot be answered, or not from the sources.

    A sentence that continues with an answer ("The passages do not say when, but the bridge opened
    in 1932") does not decline.
    """
    looked_at = sentence[:_LONGEST_SENTENCE]
    if len(sentence) <= _LONGEST_ELLIPSIS and _SAYS_NOTHING.match(sentence):
        return True
    lowered = looked_at.lower()
    hinting = _NO_HINT.sub("", lowered)
    if not _holds_any(_HINTS, hinting):
        return False
    other = _holds_any(_HINTS_NOT_ENGLISH, hinting)
    found = [(_DECLINES if other else _DECLINES_IN_ENGLISH).search(looked_at)]
    for words, pattern in _DECLINES_NEEDING:
        if _holds_any(words, lowered):
            found.append(pattern.search(looked_at))
    first = min((match for match in found if match), key=lambda m: m.start(), default=None)
    return first is not None and _GOES_ON.search(sentence, first.end()) is None


def _holds_any(words: Sequence[str], text: str) -> bool:
    return True in [word in text for word in words]  # faster than `any` over a generator


def is_refusal(answer: str) -> bool:
    """Whether an answer declines and adds nothing else.

    True if a sentence declines and every other one declines too, only lists what the sources
    contain instead, or is a polite closing. "The policy does not cover dental care" is an answer,
    and so is whatever follows "The passages do not say, but".
    """
    refuses = False
    for at, (start, end) in enumerate(sentences(answer)):
        sentence = answer[start:end]
        if at == _MOST_SENTENCES:
            return False
        if declines(sentence):
            refuses = True
        elif not _adds_nothing(sentence):
            return False
    return refuses


def _adds_nothing(sentence: str) -> bool:
    """Whether a sentence beside a refusal has no content of its own."""
    if sentence.rstrip().endswith(("?", "？")) or _ABOUT_SOURCES.search(
        sentence[:_LONGEST_SENTENCE]
    ):
        return True
    return len(sentence) < _CURT and not any(character.isdecimal() for character in sentence)


_CURT = 15  # code points of a sentence too short to tell anything
