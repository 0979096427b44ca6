import anthropic
from corpus import MODEL_URL, PROMPT, SESSION, SYSTEM, USER, provider
from openinference.instrumentation import using_attributes
from openinference.instrumentation.anthropic import AnthropicInstrumentor

exporting = provider()
AnthropicInstrumentor().instrument(tracer_provider=exporting)
model = anthropic.Anthropic(base_url=MODEL_URL, api_key="none")
with using_attributes(session_id=SESSION, user_id=USER):
    model.messages.create(
        model="acme-chat",
        max_tokens=100,
        system=SYSTEM,
        messages=[{"role": "user", "content": PROMPT}],
    )
exporting.shutdown()
