import dspy
from corpus import CHUNKS, MODEL_URL, QUESTION, SESSION, USER, provider
from openinference.instrumentation import using_attributes
from openinference.instrumentation.dspy import DSPyInstrumentor

exporting = provider()
DSPyInstrumentor().instrument(tracer_provider=exporting)
dspy.configure(
    lm=dspy.LM("openai/acme-chat", api_base=f"{MODEL_URL}/v1", api_key="none", cache=False)
)


class Handbook(dspy.Retrieve):
    def forward(self, query, k=3, **_):
        return dspy.Prediction(passages=[c["text"] for c in CHUNKS])


class Bot(dspy.Module):
    def __init__(self):
        super().__init__()
        self.retrieve, self.answer = Handbook(k=3), dspy.Predict("context, question -> answer")

    def forward(self, question):
        context = self.retrieve(question).passages
        return self.answer(context="\n".join(context), question=question)


with using_attributes(session_id=SESSION, user_id=USER):
    Bot()(question=QUESTION)
exporting.shutdown()
