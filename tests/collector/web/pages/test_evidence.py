"""The words of a chunk that decide a claim are found in its best sentence."""

from hypothesis import given
from hypothesis import strategies as st

from groundwire_collector.web.pages.evidence import ClaimEvidenceWords, evidence, located

CHUNK = "Parcels are weighed. Refunds take 14 days after the parcel came back. Call us."


def words(*claims: ClaimEvidenceWords) -> list[str]:
    return [piece.text for piece in evidence(CHUNK, claims) if piece.shared]


def test_the_sentence_that_shares_most_is_the_evidence():
    pieces = evidence(CHUNK, [ClaimEvidenceWords.of(2, "A refund takes 30 days.")])
    sentence = "".join(piece.text for piece in pieces if piece.claims == (2,))
    assert sentence == "Refunds take 14 days after the parcel came back."
    assert words(ClaimEvidenceWords.of(2, "A refund takes 30 days.")) == ["Refunds", "take", "days"]
    assert located(pieces) == {2}


def test_what_the_reason_quotes_is_evidence_where_no_word_is_shared():
    claim = ClaimEvidenceWords.of(1, "Zwölf!", "“Zwölf” against “14 days” in chunk 1")
    assert words(claim) == ["14 days"]


def test_the_question_leads_to_the_sentence_that_answers_it():
    claim = ClaimEvidenceWords.of(
        1, "Völlig anders.", question="When do refunds come after a parcel?"
    )
    assert words(claim) == []
    [piece] = [piece for piece in evidence(CHUNK, [claim]) if piece.claims]
    assert piece.text == "Refunds take 14 days after the parcel came back."


def test_several_claims_share_a_sentence():
    pieces = evidence(
        CHUNK, [ClaimEvidenceWords.of(1, "14 days"), ClaimEvidenceWords.of(2, "the parcel came")]
    )
    assert {piece.claims for piece in pieces if piece.claims} == {(1, 2)}
    assert located(pieces) == {1, 2}


def test_nothing_in_common_is_no_evidence():
    assert located(evidence(CHUNK, [ClaimEvidenceWords.of(1, "Völlig anders, 99 Euro.")])) == set()


@given(st.text(max_size=200), st.lists(st.text(max_size=40), max_size=4))
def test_no_character_of_the_chunk_is_lost_or_doubled(chunk, claims):
    pieces = evidence(
        chunk, [ClaimEvidenceWords.of(n, text, f"“{text}”") for n, text in enumerate(claims)]
    )
    assert "".join(piece.text for piece in pieces) == chunk
