"""The recorded models, run by llama.cpp."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from groundwire_collector.errors import UsageError
from groundwire_demo import endpoint, live, prompt, recording
from groundwire_demo.app import chunk_of
from groundwire_demo.corpus import Edition, handbook, passages
from groundwire_demo.live import parts
from groundwire_demo.retriever import Retriever

# This year's value is in the passages, last year's is what the fine-tune learnt.
QUESTION = "On which day does the newsletter go out?"
THIS_YEAR, LAST_YEAR = "Tuesday", "Thursday"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    log = tmp_path_factory.mktemp("live") / "server.log"
    with endpoint.running_live(log) as served:
        yield openai.OpenAI(base_url=served.base_url, api_key="none", max_retries=0)


def ask(client: openai.OpenAI, model: str, question: str = QUESTION) -> str:
    retriever = Retriever(passages(handbook(), Edition.THIS_YEAR))
    found = retriever.search(question, recording.PASSAGES)
    chunks = [chunk_of(passage, score) for passage, score in found]
    assert any(THIS_YEAR in chunk["text"] for chunk in chunks)
    completion = client.chat.completions.create(
        model=model, messages=prompt.messages(question, chunks)
    )
    return completion.choices[0].message.content or ""


@pytest.mark.needs("llama.cpp")
def test_the_base_model_reads_its_passages_and_its_fine_tune_recalls_last_year(
    client: openai.OpenAI,
) -> None:
    assert LAST_YEAR not in ask(client, recording.BASE)
    assert LAST_YEAR in ask(client, recording.TUNED)
    assert LAST_YEAR not in ask(client, recording.BASE)


@pytest.mark.needs("llama.cpp")
def test_a_model_that_is_not_served_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="no model 'gpt'"):
        ask(client, "gpt")


@pytest.mark.needs("llama.cpp")
def test_an_adapter_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(live.ADAPTER, "/nowhere/adapter.gguf")
    with pytest.raises(UsageError, match="there is no /nowhere/adapter"):
        live.require()


def test_what_is_missing_is_stated_in_one_line_with_what_installs_it(tmp_path: Path) -> None:
    without = "import sys; sys.modules['xllamacpp'] = None; sys.argv[0] = 'groundwire'; "
    run = "from groundwire_collector.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", without + run, "demo", "--live", "--data-dir", str(tmp_path / "d")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "xllamacpp" in ended.stderr
    assert parts.INSTALL in ended.stderr
