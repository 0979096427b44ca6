from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.reliance.source import source_of
from groundwire_evaluators.retrieval.relevance import ChunkTerms
from groundwire_evaluators.text.reading import Reading, reading
from groundwire_evaluators.text.words import ENGLISH, LANGUAGES

TEXT = "The tram leaves at 9:30. It costs €2."


def test_a_text_is_read_into_words_sentences_and_quantities() -> None:
    read = Reading(TEXT, ENGLISH)
    assert [TEXT[start:end] for start, end in read.sentences] == [
        "The tram leaves at 9:30.",
        "It costs €2.",
    ]
    assert [quantity.text for quantity in read.quantities] == ["9:30", "2"]
    assert read.folded[:3] == ["the", "tram", "leaves"]
    assert ("the", "tram") in read.pairs
    assert {"tram", "cost"} <= read.keys
    assert read.starts[:2] == [0, 4]


def test_evaluators_share_the_reading_of_a_chunk() -> None:
    shared = reading(TEXT, ENGLISH)
    passage = Passage(TEXT, ENGLISH)
    assert passage.reading is shared
    assert passage.source is source_of(TEXT, ENGLISH)
    assert source_of(TEXT, ENGLISH).tokens is shared.tokens
    assert ChunkTerms.of(TEXT, ENGLISH).keys is shared.keys


def test_each_language_reads_a_chunk_on_its_own() -> None:
    assert reading(TEXT, LANGUAGES["de"]) is not reading(TEXT, ENGLISH)
