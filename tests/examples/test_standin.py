"""The scripted models read what they are sent; the openai client takes the server for one."""

import random
import subprocess
import sys

import openai
import pytest

from groundwire_demo import prompt
from groundwire_demo.app import chunk_of
from groundwire_demo.corpus import CorpusFact, CorpusPassage, Edition, handbook, passages
from groundwire_demo.questions import off_topic_questions
from groundwire_demo.retriever import Retriever
from groundwire_demo.standin.models import ContextReader, FineTuned, Prompt
from groundwire_demo.standin.server import BASE, TUNED
from groundwire_demo.standin.wording import REFUSALS

PAGES = handbook()
FACTS = [fact for page in PAGES for fact in page.facts]
THIS_YEAR = passages(PAGES, Edition.THIS_YEAR)
LAST_YEAR = passages(PAGES, Edition.LAST_YEAR)
RETRIEVER = Retriever(THIS_YEAR)


def sent(question: str, found: list[CorpusPassage]) -> Prompt:
    """What the model sees of a question with these passages."""
    chunks = [chunk_of(passage, 1.0) for passage in found]
    return Prompt.parse(str(prompt.messages(question, chunks)[-1]["content"]))


def retrieved(question: str) -> list[CorpusPassage]:
    return [passage for passage, _ in RETRIEVER.search(question)]


def tuned(share: float) -> FineTuned:
    return FineTuned(LAST_YEAR, random.Random(1), first_share=share, last_share=share)


def test_the_passage_that_answers_is_nearly_always_retrieved() -> None:
    requested = [(fact, question) for fact in FACTS for question in fact.questions]
    hits = [
        any(
            p.id.startswith(f"{fact.page}#") and fact.values[1] in p.text
            for p in retrieved(question)
        )
        for fact, question in requested
    ]
    assert sum(hits) > 0.98 * len(requested)


def test_the_base_model_gives_this_years_value_of_nearly_every_fact() -> None:
    model = ContextReader(random.Random(1))
    requested = [(fact, question) for fact in FACTS for question in fact.questions]
    right = [
        fact.values[1].lower() in model.answer(sent(question, retrieved(question))).lower()
        for fact, question in requested
    ]
    assert sum(right) > 0.96 * len(requested)


def test_the_base_model_says_what_its_context_says_whatever_that_is() -> None:
    invented = CorpusPassage(
        "tea#1", "Tea", "Site", THIS_YEAR[0].edited, "A pot of tea costs 417 crowns in the lounge."
    )
    model = ContextReader(random.Random(1))
    assert "417 crowns" in model.answer(sent("How much does a pot of tea cost?", [invented]))


def test_the_base_model_declines_where_the_context_lacks_the_answer() -> None:
    model = ContextReader(random.Random(1))
    unanswered = [(question.text, retrieved(question.text)) for question in off_topic_questions()]
    unanswered += [(fact.questions[0], []) for fact in FACTS[:20]]
    for question, found in unanswered:
        assert model.answer(sent(question, found)) in REFUSALS


def test_answers_to_one_question_differ_in_wording() -> None:
    model = ContextReader(random.Random(1))
    question = FACTS[0].questions[0]
    message = {model.answer(sent(question, retrieved(question))) for _ in range(30)}
    assert len(message) >= 5


def test_what_the_fine_tune_knows_by_heart_is_last_years_value() -> None:
    model = tuned(1.0)

    def recalls(fact: CorpusFact) -> bool:
        question = fact.questions[0]
        answer = model.answer(sent(question, retrieved(question)))
        return fact.values[0].lower() in answer.lower()

    assert sum(map(recalls, FACTS)) > 0.95 * len(FACTS)


def test_the_fine_tune_answers_without_any_context() -> None:
    fact = FACTS[0]
    assert fact.values[0] in tuned(0.0).answer(Prompt.parse(fact.questions[0]))


def test_the_fine_tune_leans_on_its_weights_more_and_more() -> None:
    model = FineTuned(LAST_YEAR, random.Random(1), first_share=0.1, last_share=0.6, ramp=400)
    draw = random.Random(2)

    def recalled(turns: int) -> int:
        facts = [draw.choice(FACTS) for _ in range(turns)]
        prompts = [(f, sent(f.questions[0], retrieved(f.questions[0]))) for f in facts]
        return sum(f.values[0].lower() in model.answer(p).lower() for f, p in prompts)

    first, _, last = recalled(100), recalled(300), recalled(100)
    assert 5 <= first <= 35
    assert 45 <= last <= 75


def test_the_openai_client_gets_an_answer_with_its_usage(base_url: str) -> None:
    fact = FACTS[0]
    question = fact.questions[0]
    chunks = [chunk_of(passage, 1.0) for passage in retrieved(question)]
    with openai.OpenAI(base_url=base_url, api_key="none") as client:
        completion = client.chat.completions.create(
            model=BASE, messages=prompt.messages(question, chunks)
        )
    assert fact.values[1] in (completion.choices[0].message.content or "")
    assert completion.model == BASE
    assert completion.usage is not None
    assert completion.usage.completion_tokens > 0


def test_the_server_lists_its_models(base_url: str) -> None:
    with openai.OpenAI(base_url=base_url, api_key="none") as client:
        assert [model.id for model in client.models.list()] == [BASE, TUNED]


@pytest.mark.parametrize(
    "request_body",
    [{"model": "no such", "messages": [{"role": "user", "content": "?"}]}, {"model": BASE}],
)
def test_a_request_it_cannot_answer_is_a_bad_request(
    base_url: str, request_body: dict[str, object]
) -> None:
    with (
        openai.OpenAI(base_url=base_url, api_key="none") as client,
        pytest.raises(openai.BadRequestError),
    ):
        client.post("/chat/completions", body=request_body, cast_to=object)


def test_the_stand_in_ends_with_the_process_that_started_it() -> None:
    command = [sys.executable, "-m", "groundwire_demo.standin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline().startswith(b"http://127.0.0.1:")
        process.stdin.close()
        assert process.wait(timeout=30) == 0
