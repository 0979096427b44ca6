# ruff: noqa: E402
from corpus import MODEL_URL, PROMPT, SESSION, USER, provider
from openinference.instrumentation import using_attributes
from openinference.instrumentation.smolagents import SmolagentsInstrumentor

exporting = provider()
SmolagentsInstrumentor().instrument(tracer_provider=exporting)
from smolagents import OpenAIModel

model = OpenAIModel(model_id="acme-chat", api_base=f"{MODEL_URL}/v1", api_key="none")
with using_attributes(session_id=SESSION, user_id=USER):
    model.generate([{"role": "user", "content": [{"type": "text", "text": PROMPT}]}])
exporting.shutdown()
