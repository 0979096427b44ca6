from groundwire_evaluators.evaluation import Claim, State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.retrieval.usage import ChunkUsage
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn


def claim(chunk: int | None, verdict: Verdict = Verdict.SUPPORTED) -> Claim:
    return Claim(start=0, end=1, text="x", verdict=verdict, chunk=chunk)


def test_a_chunk_is_used_when_it_supports_a_claim() -> None:
    claims = [claim(2), claim(2), claim(0), claim(1, Verdict.CONTRADICTED), claim(None)]
    found = ChunkUsage.of(claims, [0.0, 0.0, 0.0, 0.0])
    assert found.context_utilization == 0.5
    assert found.supporting_chunk_rank == 2


def test_an_unused_chunk_about_the_question_is_a_distractor_and_another_is_not() -> None:
    assert ChunkUsage.of([claim(0)], [1.0, 0.9, 0.0]).distractor_ratio == 1 / 3


def test_without_a_supported_claim_no_chunk_supports() -> None:
    found = ChunkUsage.of([claim(0, Verdict.UNSUPPORTED)], [1.0])
    assert (found.context_utilization, found.distractor_ratio) == (0.0, 1.0)
    assert "supporting_chunk_rank" not in found.signals()


def test_grounding_reports_how_the_chunks_were_used() -> None:
    texts = (
        "The annual meeting of Kestrel takes place in Lisbon.",
        "The garage opens at six.",
        "The annual meeting of Kestrel lasts three days and begins on 4 May.",
    )
    turn = Turn(
        question="When does the annual meeting of Kestrel begin?",
        chunks=tuple(Chunk(text=text) for text in texts),
        answer="The annual meeting of Kestrel begins on 4 May.",
    )
    found = evaluate(Grounding(), [turn])[0]
    assert found.state is State.SCORED
    assert found.signals["context_utilization"] == 1 / 3
    assert found.signals["distractor_ratio"] == 1 / 3
    assert found.signals["supporting_chunk_rank"] == 2
