"""Words with a part to play in judging: those that speak of the answer rather than its matter."""

from groundwire_evaluators.text.tokens import fold, keys


def _keys(words: str) -> frozenset[str]:
    key = keys("english")
    return frozenset(key[fold(word)] for word in words.split())


# Words about the answer and its sources: they need no support.
META = _keys(
    "passage passages provided given context based according accordingly information mentioned "
    "mention mentions states stated text article document documents overall summary summarize "
    "answer question following follow additionally furthermore however therefore thus moreover "
    "conclusion conclude source sources excerpt describes described discusses discussed "
    "including include includes specifically generally typically various several many "
    "note noted key important also example"
)
