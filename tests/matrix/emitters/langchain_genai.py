from corpus import QUESTION, provider
from langchain_chain import ask
from opentelemetry.instrumentation.genai.langchain import LangChainInstrumentor

exporting = provider()
LangChainInstrumentor().instrument(tracer_provider=exporting)
ask(QUESTION)
exporting.shutdown()
