# ruff: noqa: E402
import os

os.environ["CREWAI_DISABLE_TELEMETRY"] = "true"
os.environ["CREWAI_DISABLE_TRACKING"] = "true"
os.environ["CREWAI_TRACING_ENABLED"] = "false"
from corpus import MODEL_URL, PROMPT, SESSION, USER, provider

exporting = provider()
from crewai import LLM, Agent, Crew, Task
from openinference.instrumentation import using_attributes
from openinference.instrumentation.crewai import CrewAIInstrumentor

CrewAIInstrumentor().instrument(tracer_provider=exporting)
llm = LLM(model="openai/acme-chat", base_url=f"{MODEL_URL}/v1", api_key="none")
agent = Agent(role="support", goal="answer", backstory="a clerk", llm=llm)
task = Task(description=PROMPT, expected_output="an answer", agent=agent)
with using_attributes(session_id=SESSION, user_id=USER):
    Crew(agents=[agent], tasks=[task]).kickoff()
exporting.shutdown()
