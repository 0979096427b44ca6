import os

os.environ |= {"LANGSMITH_TRACING": "true", "LANGSMITH_OTEL_ENABLED": "true"}
os.environ |= {"LANGSMITH_OTEL_ONLY": "true", "LANGSMITH_API_KEY": "none"}
os.environ["LANGSMITH_ENDPOINT"] = "http://127.0.0.1:9"

from corpus import QUESTION, provider
from langchain_chain import ask
from langchain_core.tracers.langchain import wait_for_all_tracers

exporting = provider()
ask(QUESTION)
wait_for_all_tracers()
exporting.shutdown()
