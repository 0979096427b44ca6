// Smallest instrumented application in JavaScript (docs/howto/javascript.md).
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { annotate, generation, observe, retrieval } from "./groundwire.mjs";

// OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS say where to and with which key.
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ "service.name": "shop-bot" }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();

const PAGES = [
  { id: "warranty", text: "New balances carry a warranty of 36 months.", score: 0.9 },
  { id: "orders", text: "Orders placed before 12:30 leave the warehouse on the same day.", score: 0.8 },
];
// Stands in for your model. It reads its context, except for one memorized answer.
const MEMORIZED = { "How long is the warranty?": "New balances carry a warranty of 24 months." };

const search = retrieval(async (question) => {
  const terms = question.toLowerCase().replace("?", "").split(" ");
  return PAGES.filter((page) => terms.some((term) => term.length > 4 && page.text.includes(term)));
});

const generate = generation(async function* (question, chunks) {
  for (const word of (MEMORIZED[question] ?? chunks[0].text).split(/(?<= )/)) yield word;
});

const ask = observe(async (question) => {
  annotate({ session: "visit-1", modelVersion: "1" });
  return generate(question, await search(question));
});

for (const question of ["How long is the warranty?", "When do orders leave the warehouse?"]) {
  for await (const word of await ask(question)) process.stdout.write(word);
  process.stdout.write("\n");
}
await provider.shutdown();
