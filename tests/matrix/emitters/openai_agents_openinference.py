import asyncio

from agents import Agent, OpenAIChatCompletionsModel, Runner
from corpus import MODEL_URL, PROMPT, SESSION, SYSTEM, USER, provider
from openai import AsyncOpenAI
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor

exporting = provider()
OpenAIAgentsInstrumentor().instrument(tracer_provider=exporting)
model = OpenAIChatCompletionsModel(
    model="acme-chat",
    openai_client=AsyncOpenAI(base_url=f"{MODEL_URL}/v1", api_key="none"),
)
agent = Agent(name="support", instructions=SYSTEM, model=model)
with using_attributes(session_id=SESSION, user_id=USER):
    asyncio.run(Runner.run(agent, PROMPT))
exporting.shutdown()
