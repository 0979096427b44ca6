import asyncio

from autogen_agentchat.agents import AssistantAgent
from autogen_ext.models.openai import OpenAIChatCompletionClient
from corpus import MODEL_URL, PROMPT, SESSION, SYSTEM, USER, provider
from openinference.instrumentation import using_attributes
from openinference.instrumentation.autogen_agentchat import AutogenAgentChatInstrumentor

exporting = provider()
AutogenAgentChatInstrumentor().instrument(tracer_provider=exporting)
information = {
    "vision": False,
    "function_calling": True,
    "json_output": False,
    "family": "unknown",
    "structured_output": False,
}


async def main() -> None:
    model = OpenAIChatCompletionClient(
        model="acme-chat", base_url=f"{MODEL_URL}/v1", api_key="none", model_info=information
    )
    agent = AssistantAgent("helper", model_client=model, system_message=SYSTEM)
    with using_attributes(session_id=SESSION, user_id=USER):
        await agent.run(task=PROMPT)
    await model.close()


asyncio.run(main())
exporting.shutdown()
