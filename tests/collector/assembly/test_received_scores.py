"""Scores that came with the spans."""

from groundwire_collector.assembly import received_scores
from groundwire_collector.assembly.evaluation_events import attributes_of
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import assemble, assemble_requests
from groundwire_collector.storage.span import SpanEvent
from groundwire_evaluators.evaluation import Evaluation, State


def judgements_of(spans):
    (request,) = assemble_requests([Trace.of(spans)])
    return received_scores.judgements_of(request)


def result(name="relevance", time_ns=1, **attributes):
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    return SpanEvent(
        name="gen_ai.evaluation.result",
        time_ns=time_ns,
        attributes={"gen_ai.evaluation.name": name, **named},
    )


def score(value, name="relevance", **attributes):
    return result(name, **{"gen_ai.evaluation.score.value": value, **attributes})


def test_a_score_keeps_its_evaluators_name_and_explanation(trace):
    provided = score(0.7, **{"gen_ai.evaluation.explanation": "on topic"})
    trace.chat("q?", "An answer to it.", events=[provided])
    (turn,) = assemble(trace.spans)
    (found,) = judgements_of(trace.spans)[turn.id]
    assert (found.evaluator, found.state, found.value) == ("relevance", State.SCORED, 0.7)
    assert found.reason == "on topic"


def test_a_score_on_any_span_of_a_turn_is_its_score(trace):
    request = trace.add("POST /ask", events=[score(0.4)])
    trace.chat("q?", "An answer to it.", parent=request)
    (turn,) = assemble(trace.spans)
    assert judgements_of(trace.spans)[turn.id][0].value == 0.4


def test_a_score_that_names_a_response_goes_to_its_turn(trace):
    named = [score(0.1, **{"gen_ai.response.id": "r-2"})]
    request = trace.add("POST /batch", events=named)
    for i in ("r-1", "r-2"):
        ids = {"gen_ai.response.id": i}
        trace.chat(f"question {i}?", f"The answer {i} to it.", parent=request, attributes=ids)
    assert list(judgements_of(trace.spans)) == [assemble(trace.spans)[1].id]


def test_of_several_scores_of_one_evaluator_the_last_counts(trace):
    trace.chat("q?", "An answer to it.", events=[score(0.9, time_ns=5), score(0.1, time_ns=2)])
    (found,) = judgements_of(trace.spans).values()
    assert [evaluation.value for evaluation in found] == [0.9]


def test_a_label_a_failure_and_a_number_that_is_none_are_no_scores(trace):
    events = [
        result("label", **{"gen_ai.evaluation.score.label": "good"}),
        result("failure", **{"error.type": "timeout"}),
        score(float("nan"), "nan"),
        score(True, "boolean"),
    ]
    trace.chat("q?", "An answer to it.", events=events)
    (found,) = judgements_of(trace.spans).values()
    states = {evaluation.evaluator: evaluation.state for evaluation in found}
    assert states == {
        "label": State.NOT_EVALUABLE,
        "failure": State.FAILED,
        "nan": State.NOT_EVALUABLE,
        "boolean": State.NOT_EVALUABLE,
    }


def test_our_own_scores_that_come_back_are_not_taken_for_others(trace):
    ours = Evaluation(evaluator="grounding", revision="1", state=State.SCORED, value=0.5)
    call = trace.chat("q?", "An answer to it.")
    (turn,) = assemble([call])
    event = SpanEvent(
        name="gen_ai.evaluation.result", time_ns=1, attributes=attributes_of(turn, ours)
    )
    other = type(trace)()
    other.chat("q?", "An answer to it.", events=[event])
    assert judgements_of(other.spans) == {}


def test_annotations_of_openinference_keep_their_names(trace):
    attributes = {
        "annotations.0.annotation.name": "hallucination",
        "annotations.0.annotation.score": 1,
        "annotations.0.annotation.explanation": "not in the documents",
        "annotations.0.annotation.annotator_kind": "LLM",
        "evaluations.0.evaluation.name": "tone",
        "evaluations.0.evaluation.label": "kind",
        "session.annotations.0.annotation.name": "of the whole session",
        "session.annotations.0.annotation.score": 1,
    }
    trace.chat("q?", "An answer to it.", attributes=attributes)
    (found,) = judgements_of(trace.spans).values()
    assert {(e.evaluator, e.state, e.value) for e in found} == {
        ("hallucination", State.SCORED, 1.0),
        ("tone", State.NOT_EVALUABLE, None),
    }


def test_feedback_of_logfire_is_a_score_of_the_span_above_it(trace):
    root = trace.add("ask", {"question": "q?", "return": "An answer to it."}, scope="logfire")
    trace.chat("q?", "An answer to it.", parent=root)
    trace.add(
        "feedback: thumbs",
        {
            "logfire.span_type": "annotation",
            "logfire.feedback.name": "thumbs",
            "thumbs": 0,
            "logfire.feedback.comment": "no",
        },
        parent=root,
        scope="logfire",
    )
    (found,) = judgements_of(trace.spans).values()
    assert [(e.evaluator, e.value, e.reason) for e in found] == [("thumbs", 0.0, "no")]
