"""Reading level: LIX (Björnsson 1968), for any language with spaces."""

from collections.abc import Sequence

LONG = 6  # letters above which a word is long
FEWEST = 10  # words below which a level is noise


def lix(words: Sequence[str], sentences: int) -> float | None:
    """LIX: words a sentence plus percentage of long words.

    A long word has over six letters. About 25 is a children's book, 40 a newspaper, 55 an
    official text; None under ten words.
    C. H. Björnsson, Läsbarhet, 1968; across languages: Anderson 1983, Lix and Rix, Journal of
    Reading 26(6); Björnsson 1983, Readability of newspapers in 11 languages, Reading Research
    Quarterly 18(4).

    >>> from groundwire_evaluators.behaviour.reading_level import lix
    >>> lix("The parcel arrives on Monday and the invoice follows by mail".split(), sentences=1)
    29.2
    """
    if len(words) < FEWEST:
        return None
    long = sum(length > LONG for length in map(len, words))
    return round(len(words) / max(sentences, 1) + 100 * long / len(words), 1)
