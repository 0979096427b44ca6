import logfire
from corpus import CHUNKS, MODEL_URL, PROMPT, QUESTION, SESSION, SYSTEM
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

# Logfire scrubs whatever is called `session` unless told otherwise.
logfire.configure(send_to_logfire=False, console=False, scrubbing=False)
logfire.instrument_pydantic_ai()
model = OpenAIChatModel(
    "acme-chat", provider=OpenAIProvider(base_url=f"{MODEL_URL}/v1", api_key="none")
)
agent = Agent(model, instructions=SYSTEM)


@logfire.instrument("retrieve {question}", record_return=True)
def retrieve(question):
    return CHUNKS


@logfire.instrument("ask {question}", record_return=True)
def ask(question):
    retrieve(question)
    return agent.run_sync(PROMPT).output


with logfire.set_baggage(**{"session.id": SESSION}):
    ask(QUESTION)
logfire.force_flush()
logfire.shutdown()
