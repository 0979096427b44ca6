"""The page of one turn: every sentence with its reason, its evidence, and what is around it."""

import re
from datetime import timedelta

from groundwire_collector.storage import closed_book_turns
from groundwire_collector.storage.closed_book_turns import ClosedBookTurn
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import SpanStore
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Claim, Evaluation, State, Verdict
from groundwire_evaluators.turn import Chunk


def part(text: str, identity: str) -> str:
    """The element with this id, up to the next card."""
    start = text.index(f'id="{identity}"')
    return text[start : text.index('<div class="card', start + 10)]


def test_reasons_are_read_without_hovering(app, browser, pages):
    turn = pages.judged_turn(1)
    pages.save(app, turn)
    text = browser.get(f"/turns/{turn.turn.id}").text
    findings = text[text.index('id="findings"') :]
    assert "What is wrong (1)" in findings
    assert "two days, not five" in findings
    assert 'href="#evidence-2"' in findings
    assert "title=" not in text[text.index("<main") :]


def test_scores_say_which_end_is_best(app, browser, pages):
    turn = pages.judged_turn(1)
    override = Evaluation(evaluator="override", revision="2", state=State.SCORED, value=1.0)
    failed = Evaluation(
        evaluator="mine", revision="1", state=State.FAILED, reason="time limit of 5 s"
    )
    pages.save(app, JudgedTurn(turn.turn, (*turn.evaluations, override, failed)))
    text = browser.get(f"/turns/{turn.turn.id}").text
    assert "1 of 2 claims are supported by the chunks; the answer is flagged." in text
    assert "A value in the answer contradicts the chunks." in text
    assert "0% is best" in text
    assert "The evaluator failed on this turn." in text
    assert "time limit of 5 s" in text


def test_previous_and_next_stay_within_the_filter(app, browser, pages):
    pages.save(app, *(pages.judged_turn(n, n / 10) for n in (1, 2, 3)))
    pages.save(app, pages.judged_turn(4, 0.25, service="other"))
    text = browser.get("/turns?service=shop").text
    links = re.findall(r'class="question text" href="([^"]*)"', text)
    middle = browser.get(links[1].replace("&amp;", "&")).text
    assert f'href="{links[0]}" rel="prev"' in middle
    assert f'href="{links[2]}" rel="next"' in middle
    assert 'href="/turns?service=shop"' in middle
    assert 'rel="prev"' not in browser.get(links[0].replace("&amp;", "&")).text


def test_chunks_come_in_order_of_rank_with_their_own_numbers(app, browser, pages):
    chunks = (
        Chunk(id="second", text="b", rank=1),
        Chunk(id="first", text="a", rank=0),
        Chunk(id="before", text="c", rank=0, earlier=True),
    )
    turn = pages.judged_turn(1, chunks=chunks)
    pages.save(app, turn)
    text = browser.get(f"/turns/{turn.turn.id}").text
    assert re.findall(r"Chunk (\d) · <span class=\"text\">(\w+)", text) == [
        ("2", "first"),
        ("1", "second"),
        ("3", "before"),
    ]


def test_the_closed_book_answer_is_beside_it(app, browser, pages):
    turn = pages.judged_turn(1, span_id="cd")
    again = pages.judged_turn(
        2, closed_book=True, closed_book_of=f"{turn.turn.trace_id}:cd", answer="From memory: 5 kg."
    )
    pages.save(app, turn, again)
    compared = ClosedBookTurn(
        turn_id=turn.turn.id,
        service="shop",
        model_version="ft-1",
        prompt_version=None,
        sampled_ns=1,
        probability=1.0,
        cell="parametric_override",
    )
    with app.state.engine.begin() as connection:
        closed_book_turns.put(connection, [compared])
    text = browser.get(f"/turns/{turn.turn.id}").text
    assert "From memory: 5 kg." in part(text, "closed-book")
    assert "the answer follows memory against its context" in text
    browser.post("/login", data={"key": pages.key_of(app)})
    blind = browser.get(f"/turns/{turn.turn.id}?blind=1").text
    assert "From memory" not in blind
    assert "What is wrong" not in blind
    assert 'class="evidence' not in blind


def test_the_steps_of_its_trace_are_drawn_in_their_tree(app, browser, pages):
    turn = pages.judged_turn(1)
    pages.save(app, turn)
    start = round((pages.noon + timedelta(minutes=1)).timestamp()) * 10**9
    common = {"trace_id": turn.turn.trace_id, "service": "shop"}

    def span(number: int, name: str, at: int, length: int, parent: int | None = None, **facts):
        return Span(
            **common,
            span_id=f"{number:016x}",
            parent_span_id=None if parent is None else f"{parent:016x}",
            name=name,
            start_ns=start + at,
            end_ns=start + at + length,
            **facts,
        )

    failed = {"status": 2, "status_message": "upstream <b>gone</b>"}
    SpanStore(app.state.engine).add(
        [
            span(1, "answer", 0, 10**9),
            span(3, "generate", 5 * 10**8, 5 * 10**8, 1, **failed),
            span(2, "search", 10**8, 2 * 10**8, 1),
        ]
    )
    text = browser.get(f"/turns/{turn.turn.id}").text
    steps = text[text.index('id="spans"') :]
    names = re.findall(r'class="step in(\d)"><span class="text">(\w+)', steps)
    assert names == [("0", "answer"), ("1", "search"), ("1", "generate")]
    assert 'x="10.00%" width="20.00%"' in steps
    assert "upstream &lt;b&gt;gone" in steps
    assert 'class="failed" x="50.00%"' in steps


def test_markdown_is_shown_as_people_read_it_with_the_raw_text_beside_it(app, browser, pages):
    answer = "It takes **30 days**.\n\n- Red\n- Blue\n"
    claim = Claim(start=0, end=21, text="", verdict=Verdict.UNSUPPORTED, reason="in no chunk")
    turn = pages.judged_turn(1, answer=answer)
    evaluation = Evaluation(
        evaluator="grounding", revision="1", state=State.SCORED, value=0.0, claims=(claim,)
    )
    pages.save(app, JudgedTurn(turn.turn, (evaluation,)))
    text = browser.get(f"/turns/{turn.turn.id}").text
    assert '<strong><mark class="unsupported c1">30 days</mark>' in text
    assert "<li>Red</li>" in text
    assert "It takes **30 days**." in text


def test_an_answer_of_very_many_claims_shows_what_is_wrong_and_folds_the_rest(app, stranger, pages):
    answer = " ".join(f"Fact {n}." for n in range(399))
    claims, at = [], 0
    for number in range(399):
        end = at + len(f"Fact {number}.")
        verdict = Verdict.CONTRADICTED if number == 300 else Verdict.SUPPORTED
        claims.append(Claim(start=at, end=end, text="", verdict=verdict, chunk=0))
        at = end + 1
    evaluation = Evaluation(
        evaluator="grounding", revision="1", state=State.SCORED, value=0.9, claims=tuple(claims)
    )
    turn = pages.judged_turn(1, answer=answer)
    pages.save(app, JudgedTurn(turn.turn, (evaluation,)))
    stranger.post("/login", data={"key": pages.key_of(app)})
    text = stranger.get(f"/turns/{turn.turn.id}").text
    assert "What is wrong (1)" in text
    assert "Supported sentences (398)" in text
    form = text[text.index('id="label"') : text.index("more claims")]
    assert form.count("<select") <= 14
    assert 'name="claim-' in form
