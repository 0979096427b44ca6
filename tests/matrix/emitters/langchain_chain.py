"""The LangChain application that several instrumentations trace."""

from corpus import CHUNKS, MODEL_URL, SESSION, SYSTEM, USER
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI


class Handbook(BaseRetriever):
    def _get_relevant_documents(self, query, *, run_manager):
        return [
            Document(id=c["id"], page_content=c["text"], metadata={"score": c["score"]})
            for c in CHUNKS
        ]


def chain():
    prompt = ChatPromptTemplate.from_messages(
        [("system", SYSTEM), ("user", "Context:\n{context}\n\nQuestion: {question}")]
    )
    joined = RunnableLambda(lambda found: "\n".join(d.page_content for d in found))
    model = ChatOpenAI(
        model="acme-chat", base_url=f"{MODEL_URL}/v1", api_key="none", stream_usage=True
    )
    provided = {"context": Handbook() | joined, "question": RunnablePassthrough()}
    return provided | prompt | model | StrOutputParser()


def ask(question, **config):
    made, options = chain(), {"metadata": {"session_id": SESSION, "user_id": USER}, **config}
    made.invoke(question, options)
    for _ in made.stream(question, options):
        pass
