"""Answers that decline: "I don't know", "the documents do not say", in several languages."""
# ruff: noqa: E501  (tables of words and patterns)

import re

from groundwire_evaluators.text.sentences import sentences

_SOURCE = (
    r"(?:passages?|documents?|context|contexts|text|texts|sources?|article|articles|excerpts?|"
    r"snippets?|chunks?|records?|materials?|information|data|knowledge base|search results|results?|"
    r"content|details?|paragraphs?|references?)"
)
# What a sentence that declines says, per language. Bounded gaps only: no pattern can back up far.
_ENGLISH = (
    r"\b(?:i|we) (?:do not|don['’]t|did not|didn['’]t) (?:know|have|find|see)\b(?! (?:that|of) (?:a|the|this) good)",
    r"\b(?:i|we)(?: am|['’]m| are|['’]re)? (?:not sure|not certain|not able|unable|not aware|unaware)\b",
    r"\b(?:i|we) (?:cannot|can['’]t|can not|could not|couldn['’]t) (?:\w+ )?"
    r"(?:answer|find|determine|provide|tell|say|help|locate|confirm|verify|give)\b",
    r"\b(?:unable|not possible|impossible|not able) to (?:\w+ )?"
    r"(?:answer|determine|provide|tell|say|find|give)\b",
    r"\bcannot be (?:\w+ )?(?:answered|determined|found|inferred)\b",
    r"\b(?:there is|there['’]s|there are|there was|has|have|contains?|provides?|includes?|found|find) "
    r"(?:no|not any|not enough|insufficient|no specific|no relevant|no further|nothing)"
    r"(?: \w+){0,2} (?:information|mention|details?|data|answer|reference|indication)\b",
    r"\b" + _SOURCE + r"(?: \w+){0,4} (?:do|does|did)(?: not|n['’]t) (?:\w+ ){0,2}"
    r"(?:mention|contain|provide|specify|say|include|state|discuss|address|cover|give|answer|"
    r"indicate|describe|list|explain|offer|define|clarify|reveal|directly|explicitly|have)\b",
    r"\b(?:is|are|was|were)(?: not|n['’]t) (?:\w+ ){0,2}(?:mentioned|provided|specified|stated|"
    r"included|discussed|addressed|covered|given|found|available|contained|described) "
    r"(?:\w+ ){0,4}" + _SOURCE + r"\b",
    r"\b(?:not enough|insufficient|no relevant|no sufficient|lack of) "
    r"(?:information|context|data|detail|details|evidence)\b",
    r"\bno (?:\w+ )?(?:answer|information) (?:\w+ ){0,3}(?:found|available|provided|given)\b",
    r"^unanswerable\b",
    r"^(?:sorry|i apologi[sz]e|unfortunately|my apologies)\b.{0,120}\b(?:not|no|unable|cannot|can['’]t|don['’]t)\b",
)
_OTHER = (
    # German
    r"\b(?:ich|wir) (?:weiß|wissen|weiss) (?:es |das |dazu |darüber )?(?:ich |wir )?(?:leider )?nicht\b|\b(?:das|es) (?:weiß|weiss|wissen) (?:ich|wir) (?:leider )?nicht\b",
    r"\b(?:kann|können|konnte|konnten|lässt sich|lassen sich)\b.{0,60}\b(?:nicht|keine?n?)\b.{0,40}"
    r"\b(?:beantwort\w*|finden|sagen|entnehmen|beurteilen|feststellen|angeben|ermitteln)\b",
    r"\b(?:keine|keinen|keinerlei|nicht genügend|nicht genug|unzureichende) (?:\w+ ){0,2}"
    r"(?:information\w*|angaben?|hinweise?|daten|details|aussagen?|antwort)\b",
    r"\b(?:dokument\w*|kontext|text\w*|quellen?|unterlagen|auszüge\w*)\b.{0,60}\b(?:nicht|keine?n?|nichts)\b"
    r".{0,40}(?:erwähn\w*|enth\w*|genannt|hervor|angegeben|darüber|dazu|beschrieben|entnehmen)\b",
    # French
    r"\bje (?:ne|n['’]) ?(?:sais|suis|peux|trouve|ai|dispose)\b.{0,30}\bpas\b",
    r"\b(?:ne|n['’]) ?(?:\w+ ){0,2}(?:mentionnent?|contien\w+|précisent?|fourni\w+|permet\w*|indiquent?|"
    r"donnent?|parlent?)\b.{0,20}\b(?:pas|aucune?)\b",
    r"\b(?:aucune|pas d['’]|pas assez d['’]) ?information\w*\b",
    # Spanish
    r"\bno (?:sé|puedo|podemos|tengo|tenemos|dispongo|encuentro|es posible|se puede)\b.{0,40}"
    r"\b(?:respond\w+|inform\w+|determin\w+|contest\w+|sab\w+|datos|proporcion\w+|encontr\w+)\b|^no (?:lo )?sé\b",
    r"\bno (?:se )?(?:menciona\w*|contien\w+|proporciona\w*|especifica\w*|incluy\w+|indica\w*|hay)\b",
    # Italian
    r"\bnon (?:lo so|so|posso|sono in grado|è possibile|ho)\b.{0,40}\b(?:rispond\w+|inform\w+|"
    r"determin\w+|fornir\w+|trova\w+|risposta)\b|^non lo so\b",
    r"\bnon (?:\w+ )?(?:menziona\w*|contien\w+|contengono|fornisc\w+|specifica\w*|indica\w*|ci sono|riporta\w*)\b",
    # Portuguese
    r"\bnão (?:sei|posso|consigo|tenho|é possível|há)\b.{0,40}\b(?:respond\w+|inform\w+|determin\w+|"
    r"encontr\w+|dados|dizer)\b|^não sei\b",
    r"\bnão (?:\w+ )?(?:menciona\w*|cont[éê]m|fornec\w+|especifica\w*|indica\w*|inclu\w+)\b",
    # Dutch
    r"\bik (?:weet|kan|heb|vind)\b.{0,30}\b(?:niet|geen)\b",
    r"\b(?:geen|onvoldoende|niet genoeg) (?:informatie|gegevens|antwoord|details)\b",
    r"\b(?:documenten|context|tekst|bronnen|passages)\b.{0,60}\b(?:niet|geen)\b",
    # Without spaces between words there are no word boundaries to lean on.
    r"(?:わかりません|分かりません|記載がありません|記載されていません|情報がありません|回答できません|お答えできません)",
    r"(?:无法回答|没有提到|未提及|没有相关信息|无法确定|不知道|没有足够的信息|無法回答|沒有提到)",
    r"(?:모르겠습니다|알 수 없습니다|답변할 수 없습니다|정보가 없습니다|언급되어 있지 않습니다)",
    r"(?:не знаю|не могу ответить|нет информации|не упоминается|не содержит|недостаточно информации)",
)
_DECLINES = re.compile("|".join(_ENGLISH + _OTHER), re.IGNORECASE)
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
    "sorry", "apolog", "unfortunately", "kein", "nicht", "pas", "aucun", "não", "niet", "geen",
    "onvoldoende", "unzureichend", "non ", "ません", "无", "沒", "没", "未", "不知", "無", "모르", "없", "не",
)  # fmt: skip
_GOES_ON = re.compile(
    r"[,;]? (?:but|however|though|although|aber|jedoch|mais|pero|mas|maar|ma) (?!(?:they|it|only)\b)"
    r"(?:\w+[ ,]+){3}",
    re.IGNORECASE,
)
_LONGEST_LOOK = 400  # code points of a sentence
_MOST_SENTENCES = 6


def declines(sentence: str) -> bool:
    """Whether a sentence says that the question cannot be answered, or not from the sources.

    One that goes on ("The passages do not say when, but the bridge opened in 1932") answers.
    """
    looked_at = sentence[:_LONGEST_LOOK]
    lowered = looked_at.lower()
    if not any(hint in lowered for hint in _HINTS):
        return False
    match = _DECLINES.search(looked_at)
    return match is not None and _GOES_ON.search(sentence, match.end()) is None


def is_refusal(answer: str) -> bool:
    """Whether an answer declines and says nothing else.

    True when a sentence declines and every other one declines too, tells only what the sources hold
    instead, or closes politely. "The policy does not cover dental care" is an answer, and so is
    whatever follows "The passages do not say, but".
    """
    found: list[str] = []
    for start, end in sentences(answer):
        if len(found) == _MOST_SENTENCES:
            return False
        found.append(answer[start:end])
    refusing = [declines(sentence) for sentence in found]
    return any(refusing) and all(
        refuses or _ABOUT_SOURCES.search(sentence[:_LONGEST_LOOK]) or len(sentence) < 15
        for refuses, sentence in zip(refusing, found, strict=True)
    )
