from corpus import QUESTION, provider
from langchain_chain import ask
from opentelemetry.instrumentation.langchain import LangchainInstrumentor

exporting = provider()
LangchainInstrumentor().instrument(tracer_provider=exporting)
ask(QUESTION)
exporting.shutdown()
