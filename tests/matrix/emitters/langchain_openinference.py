from corpus import QUESTION, SESSION, USER, provider
from langchain_chain import ask
from openinference.instrumentation import using_attributes
from openinference.instrumentation.langchain import LangChainInstrumentor

exporting = provider()
LangChainInstrumentor().instrument(tracer_provider=exporting)
with using_attributes(session_id=SESSION, user_id=USER, prompt_template_version="v3"):
    ask(QUESTION)
exporting.shutdown()
