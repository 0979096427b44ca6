import os

os.environ["AGENTO11Y_ENABLE_EXPERIMENTAL_FEATURES"] = "true"

from agento11y import Client, ClientConfig, GenerationStart, ModelRef
from agento11y.config import GenerationExportConfig
from agento11y.models import TokenUsage, assistant_text_message, user_text_message
from corpus import MESSAGES, PROMPT, SESSION, SYSTEM, USER, client, provider

exporting = provider()
export = GenerationExportConfig(protocol="otel")
recording = Client(ClientConfig(generation_export=export, use_experimental_otel=True))
start = GenerationStart(
    conversation_id=SESSION,
    user_id=USER,
    model=ModelRef(provider="openai", name="acme-chat"),
    system_prompt=SYSTEM,
)
with recording.start_generation(start) as generation:
    done = client().chat.completions.create(model="acme-chat", messages=MESSAGES)
    generation.set_result(
        input=[user_text_message(PROMPT)],
        output=[assistant_text_message(done.choices[0].message.content)],
        response_model=done.model,
        response_id=done.id,
        usage=TokenUsage(
            input_tokens=done.usage.prompt_tokens, output_tokens=done.usage.completion_tokens
        ),
    )
recording.shutdown()
exporting.shutdown()
