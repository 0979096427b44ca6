# ruff: noqa: E402
import asyncio
import os

os.environ.setdefault("ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS", "true")
from corpus import MODEL_URL, PROMPT, SESSION, SYSTEM, USER, provider

exporting = provider()
from google.adk.agents import LlmAgent
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner
from google.genai import types


async def main():
    model = LiteLlm(model="openai/acme-chat", api_base=f"{MODEL_URL}/v1", api_key="none")
    agent = LlmAgent(name="support", model=model, instruction=SYSTEM)
    runner = InMemoryRunner(agent=agent, app_name="shop")
    await runner.session_service.create_session(app_name="shop", user_id=USER, session_id=SESSION)
    message = types.Content(role="user", parts=[types.Part(text=PROMPT)])
    async for _ in runner.run_async(user_id=USER, session_id=SESSION, new_message=message):
        pass


asyncio.run(main())
exporting.shutdown()
