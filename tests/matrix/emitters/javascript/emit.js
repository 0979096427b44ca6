// OTLP/JSON from the JavaScript exporter, with OpenInference attributes.
import { trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { detectResources, envDetector } from "@opentelemetry/resources";

const question = "How long do I have to return an item?";
const chunks = [
  ["policy-0001", "Refunds are accepted within 30 days of purchase with a receipt.", 0.91],
  ["policy-0002", "Gift cards cannot be refunded or exchanged for cash.", 0.77],
  ["hours-0001", "Our stores open at 9am on weekdays.", 0.42],
];
const answer = "You have 30 days from the date of purchase, with a receipt.";

const provider = new NodeTracerProvider({
  resource: detectResources({ detectors: [envDetector] }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();
const tracer = trace.getTracer("bot");

tracer.startActiveSpan("ask", (root) => {
  root.setAttributes({
    "openinference.span.kind": "CHAIN",
    "input.value": question,
    "output.value": answer,
    "session.id": "sess-42",
    "user.id": "user-7",
  });
  tracer.startActiveSpan("retrieve", (span) => {
    span.setAttributes({ "openinference.span.kind": "RETRIEVER", "input.value": question });
    chunks.forEach(([id, text, score], rank) =>
      span.setAttributes({
        [`retrieval.documents.${rank}.document.id`]: id,
        [`retrieval.documents.${rank}.document.content`]: text,
        [`retrieval.documents.${rank}.document.score`]: score,
      }),
    );
    span.end();
  });
  tracer.startActiveSpan("llm", (span) => {
    span.setAttributes({
      "openinference.span.kind": "LLM",
      "llm.model_name": "acme-chat-2026-05-01",
      "llm.token_count.prompt": 57,
      "llm.token_count.completion": 14,
      "llm.output_messages.0.message.role": "assistant",
      "llm.output_messages.0.message.content": answer,
    });
    span.end();
  });
  root.end();
});
await provider.shutdown();
