# ruff: noqa: E402
import os

os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "gen_ai_latest_experimental")
from corpus import MODEL_URL, PROMPT, SESSION, SYSTEM, USER, provider

exporting = provider()
from strands import Agent
from strands.models.openai import OpenAIModel

model = OpenAIModel(
    client_args={"base_url": f"{MODEL_URL}/v1", "api_key": "none"}, model_id="acme-chat"
)
agent = Agent(
    model=model,
    system_prompt=SYSTEM,
    callback_handler=None,
    trace_attributes={"session.id": SESSION, "user.id": USER},
)
agent(PROMPT)
exporting.shutdown()
