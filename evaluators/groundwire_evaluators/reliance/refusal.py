"""Does an answer decline to answer? A small English list; the whole answer must be the refusal."""

import re

_DECLINES = re.compile(
    r"\b(?:i|we)(?:\s+am|[’']m|\s+are|[’']re)?\s+(?:really\s+|afraid\s+i\s+)?"
    r"(?:(?:do\s+not|don[’']?t)\s+(?:actually\s+)?(?:know|have\s+(?:any\s+|enough\s+|sufficient\s+|that\s+|the\s+|access)"
    r"|see\s+any|find\s+any)"
    r"|(?:can\s?not|can[’']?t|could\s+not|couldn[’']?t|(?:am\s+|are\s+)?(?:unable|not\s+able)\s+to)\s+"
    r"(?:\w+\s+)?(?:answer|find|determine|tell|say|provide|help|assist|locate|verify|confirm|identify|see|be\s+determined)"
    r"|(?:am\s+)?not\s+(?:sure|certain|aware|able)|unsure)"
    r"|\b(?:unable|not\s+able|not\s+possible|impossible)\s+to\s+(?:answer|determine|find|say|tell|provide|identify)"
    r"|\b(?:cannot|can[’']?t|can\s+not|could\s+not)\s+be\s+(?:answered|determined|found|inferred|derived)"
    r"|\bthere\s+is\s+(?:no|not\s+enough|insufficient|not\s+any)\s+(?:\w+\s+)?(?:information|mention|answer|data|details?|evidence|context)"
    r"|\b(?:no|insufficient|not\s+enough)\s+(?:relevant\s+|such\s+)?(?:information|mention|answer|context|data)\b[^.]{0,60}"
    r"(?:given|provided|available|found|in\s+the|about|to\s+answer)?"
    r"|\b(?:context|passages?|documents?|texts?|sources?|excerpts?|information|articles?|it)\b[^.]{0,60}?"
    r"\b(?:do(?:es)?\s+not|do(?:es)?n[’']?t|did\s+not|didn[’']?t|fails?\s+to|never)\s+(?:\w+\s+){0,2}?"
    r"(?:say|state|mention|specify|contain|provide|include|indicate|give|tell|answer|disclose|list|name|cover|address|explain)"
    r"|\bis\s+not\s+(?:\w+\s+)?(?:mentioned|stated|specified|given|provided|known|available|answerable|listed|included|disclosed)"
    r"|\bsorry\b[^.]{0,40}\b(?:can|know|don|unable|not)|^\W*(?:unknown|unanswerable|n/?a|none|not\s+(?:stated|mentioned|specified|given|found|available|provided|known|answerable)|no\s+answer|no\s+idea)\W*$",
    re.IGNORECASE,
)


def declines(answer: str) -> bool:
    """Whether `answer` holds a declining phrase; that it also answers is for the caller to see."""
    return _DECLINES.search(answer) is not None
