import litellm
from corpus import MESSAGES, MODEL_URL, SESSION, USER, provider
from openinference.instrumentation import using_attributes
from openinference.instrumentation.litellm import LiteLLMInstrumentor

exporting = provider()
LiteLLMInstrumentor().instrument(tracer_provider=exporting)
with using_attributes(session_id=SESSION, user_id=USER):
    litellm.completion(
        model="openai/acme-chat", api_base=f"{MODEL_URL}/v1", api_key="none", messages=MESSAGES
    )
exporting.shutdown()
