"""Preset zstd compression dictionary, trained on telemetry of RAG applications.

NEVER CHANGE `COMMON`: what is on disk was compressed with it and cannot be read without it. A
better one is a second constant, with a format mark of its own in storage/contents.py. What
stands near the end costs least to refer to.
"""

COMMON = (
    b"telemetry.sdk.language\x12\x08\n\x06pythontelemetry.sdk.name\x12\x0f\n\ropentelemetry"
    b"telemetry.sdk.version\x12\x08\n\x061.service.nameservice.versionservice.instance.id"
    b"deployment.environment.namehost.nameprocess.pidexception.typeexception.message"
    b'exception.stacktraceTraceback (most recent call last):\n  File "/usr/lib/python3/'
    b"session.iduser.idmetadatainput.mime_typeoutput.mime_typeapplication/jsontext/plain"
    b"llm.model_namellm.providerllm.systemllm.invocation_parameters"
    b"llm.token_count.promptllm.token_count.completionllm.token_count.total"
    b"llm.input_messages.0.message.rolesystemllm.input_messages.1.message.roleuser"
    b"llm.input_messages.1.message.contentllm.input_messages.0.message.content"
    b"llm.output_messages.0.message.roleassistantllm.output_messages.0.message.content"
    b"retrieval.documents.4.document.metadataretrieval.documents.3.document.id"
    b"retrieval.documents.2.document.scoreretrieval.documents.1.document.content"
    b"retrieval.documents.0.document.contentretrieval.documents.0.document.id"
    b"openinference.span.kind\x12\x07\n\x05CHAINRETRIEVERLLMEMBEDDINGRERANKERTOOLAGENT"
    b"traceloop.span.kindtraceloop.entity.nametraceloop.entity.inputtraceloop.entity.output"
    b"langfuse.observation.typelangfuse.observation.inputlangfuse.observation.output"
    b"gen_ai.prompt.0.contentgen_ai.completion.0.contentgen_ai.systemgen_ai.agent.name"
    b"gen_ai.usage.prompt_tokensgen_ai.usage.completion_tokensgen_ai.request.temperature"
    b"gen_ai.response.finish_reasonsgen_ai.response.idgen_ai.response.modelgen_ai.data_source.id"
    b"gen_ai.response.time_to_first_chunkgen_ai.conversation.idgen_ai.prompt.version"
    b"groundwire.model_versiongroundwire.index_versiongroundwire.routeretrieval"
    b"groundwire.answer.logprob_meangroundwire.answer_complete\x12\x02\x10\x01"
    b'{"type": "text", "content": "[{"role": "user", "parts": [{"type": "text", "content": "'
    b'[{"role": "assistant", "parts": [{"type": "text", "content": ""}], "finish_reason": "stop"}]'
    b'"page_content": "", "metadata": {"source": "", "score": 0.[{"id": "", "content": "", '
    b"gen_ai.retrieval.top_kgen_ai.retrieval.query.textgen_ai.retrieval.documents"
    b"gen_ai.provider.nameopenaigen_ai.request.modelgen_ai.input.messagesgen_ai.output.messages"
    b"gen_ai.usage.input_tokensgen_ai.usage.output_tokensgen_ai.operation.nameinvoke_workflow"
    b"gen_ai.operation.name\x12\x0b\n\tretrievalgen_ai.operation.name\x12\x06\n\x04chat"
    b"input.value\x12output.value\x12 because which would about their have been were that are "
    b"will not for can you your this from with has was in the of the to the and the "
)
