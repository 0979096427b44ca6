"""The answer is shown whole and in order, whatever the claims say of it."""

from hypothesis import given
from hypothesis import strategies as st

from groundwire_collector.web.pages.passages import claims_by_chunk, passages
from groundwire_evaluators.evaluation import Claim, Extent, Verdict
from groundwire_evaluators.turn import Chunk, Turn


def claim(start: int, end: int, chunk: int | None = None, spans: tuple[Extent, ...] = ()) -> Claim:
    return Claim(
        start=start, end=end, text="", verdict=Verdict.UNSUPPORTED, chunk=chunk, spans=spans
    )


def whole(answer: str, *claims: Claim) -> str:
    found = passages(answer, claims)
    return "".join(piece.text for passage in found for piece in passage.pieces)


extents = st.builds(Extent, st.integers(-2, 45), st.integers(-2, 45))
claims = st.builds(
    lambda extent, spans: claim(extent.start, extent.end, spans=tuple(spans)),
    extents.filter(lambda extent: extent.start >= 0),
    st.lists(extents, max_size=3),
)


@given(st.text(max_size=40), st.lists(claims, max_size=6))
def test_no_character_is_lost_or_doubled(answer: str, found: list[Claim]) -> None:
    assert whole(answer, *found) == answer


def test_the_words_in_question_are_stressed_inside_their_claim():
    found = passages("Two days. Fine.", [claim(0, 9, spans=(Extent(0, 3),))])
    assert [(piece.text, piece.stressed) for piece in found[0].pieces] == [
        ("Two", True),
        (" days.", False),
    ]
    assert (found[0].number, found[0].bad) == (1, True)
    assert found[1].claim is None


def test_a_claim_is_found_beside_its_chunk_and_a_wrong_index_beside_none():
    turn = Turn(chunks=(Chunk(text="a"), Chunk(text="b")))
    found = passages("one two three", [claim(0, 3, chunk=1), claim(4, 7, chunk=9), claim(8, 13)])
    assert [[passage.number for passage in used] for used in claims_by_chunk(turn, found)] == [
        [],
        [1],
    ]
