"""Span attribute names shared by SDK and collector.

OpenTelemetry GenAI names come first; `groundwire.*` names only what no convention has.
https://github.com/open-telemetry/semantic-conventions-genai
"""

# OpenTelemetry GenAI
OPERATION = "gen_ai.operation.name"  # "invoke_workflow" (the turn) | "retrieval" | "chat"
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
RESPONSE_MODEL = "gen_ai.response.model"
RESPONSE_ID = "gen_ai.response.id"
FINISH_REASONS = "gen_ai.response.finish_reasons"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHED_TOKENS = "gen_ai.usage.cache_read.input_tokens"  # a part of INPUT_TOKENS
REASONING_TOKENS = "gen_ai.usage.reasoning.output_tokens"  # a part of OUTPUT_TOKENS
TIME_TO_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"  # seconds
CONVERSATION_ID = "gen_ai.conversation.id"
PROMPT_NAME = "gen_ai.prompt.name"
PROMPT_VERSION = "gen_ai.prompt.version"
QUERY = "gen_ai.retrieval.query.text"
DOCUMENTS = (
    "gen_ai.retrieval.documents"  # JSON: [{"id", "score", "content", "metadata"}], best first
)
TOP_K = "gen_ai.retrieval.top_k"
INPUT_MESSAGES = "gen_ai.input.messages"  # JSON: [{"role", "parts": [{"type": "text", "content"}]}]
OUTPUT_MESSAGES = "gen_ai.output.messages"
ERROR_TYPE = "error.type"
SESSION_ID = "session.id"
USER_ID = "user.id"

# Resource
SERVICE_NAME = "service.name"

# Ours
MODEL_VERSION = "groundwire.model_version"
INDEX_VERSION = "groundwire.index_version"
ADAPTER = "groundwire.adapter"  # of the model, such as a LoRA
RELEASE = "groundwire.release"  # of the application
TENANT = "groundwire.tenant"
ROUTE = "groundwire.route"  # "retrieval" | "parametric" | "cache" | "tool"
ANSWER_COMPLETE = "groundwire.answer_complete"  # true on the turn's span: nothing more will come
CLOSED_BOOK = "groundwire.closed_book"  # true: a closed-book diagnostic call
PROBE = "groundwire.probe"
SAMPLING_PROBABILITY = "groundwire.sampling_probability"  # (0, 1]
LOGPROB_MEAN = "groundwire.answer.logprob_mean"  # nats a token
LOGPROB_MIN = "groundwire.answer.logprob_min"
LOGPROB_ENTROPY = "groundwire.answer.entropy"
UNREADABLE = "groundwire.unreadable"  # type of what a retrieval returned, where no chunk was found
# JSON: {attribute: {"original_length", "sha256"}}; of documents {"chunks": {index: the same},
# "original_count" if some were left out}
TRUNCATED = "groundwire.truncated"
HASHED = "groundwire.hashed"  # JSON: {attribute: {"hmac_sha256", "length"}} in hash-only mode
CLOSED_EARLY = "groundwire.stream.closed_early"
CANCELLED = "groundwire.cancelled"
STREAMED = "gen_ai.request.stream"
CLOSED_BOOK_OF = (
    "groundwire.closed_book_of"  # "trace_id:span_id" of the turn that was asked closed-book
)

OPERATION_TURN = "invoke_workflow"
OPERATION_RETRIEVAL = "retrieval"
OPERATION_GENERATION = "chat"

REDACTED = "__REDACTED__"  # replaces a removed field
SCOPE = "groundwire"  # instrumentation scope name of our own spans
