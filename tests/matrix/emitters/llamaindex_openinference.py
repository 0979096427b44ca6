from corpus import CHUNKS, MODEL_URL, QUESTION, SESSION, USER, provider
from llama_index.core import PromptTemplate
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.llms.openai_like import OpenAILike
from openinference.instrumentation import using_attributes
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

exporting = provider()
LlamaIndexInstrumentor().instrument(tracer_provider=exporting)


class Handbook(BaseRetriever):
    def _retrieve(self, query_bundle):
        return [
            NodeWithScore(node=TextNode(id_=c["id"], text=c["text"]), score=c["score"])
            for c in CHUNKS
        ]


model = OpenAILike(
    model="acme-chat", api_base=f"{MODEL_URL}/v1", api_key="none", is_chat_model=True
)
template = PromptTemplate("Context:\n{context_str}\n\nQuestion: {query_str}")
engine = RetrieverQueryEngine.from_args(Handbook(), llm=model, text_qa_template=template)
with using_attributes(session_id=SESSION, user_id=USER):
    engine.query(QUESTION)
exporting.shutdown()
