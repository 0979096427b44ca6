# ruff: noqa: E402
import asyncio
import os

os.environ["SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS_SENSITIVE"] = "true"
os.environ["SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS"] = "true"
import logging

from corpus import MESSAGES, MODEL_URL, provider

exporting = provider()
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

logs = LoggerProvider()
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
set_logger_provider(logs)
logging.getLogger().addHandler(LoggingHandler(logger_provider=logs))
logging.getLogger("semantic_kernel").setLevel(logging.INFO)
from openai import AsyncOpenAI
from semantic_kernel.connectors.ai.open_ai import (
    OpenAIChatCompletion,
    OpenAIChatPromptExecutionSettings,
)
from semantic_kernel.contents import ChatHistory

service = OpenAIChatCompletion(
    ai_model_id="acme-chat",
    async_client=AsyncOpenAI(base_url=f"{MODEL_URL}/v1", api_key="none"),
)
history = ChatHistory(system_message=MESSAGES[0]["content"])
history.add_user_message(MESSAGES[1]["content"])
asyncio.run(service.get_chat_message_contents(history, OpenAIChatPromptExecutionSettings()))
logs.shutdown()
exporting.shutdown()
