// Exports one span by the exporter named, prints what became of it, and ends.
//   node exporter.mjs (http|proto) URL KEY TEXT-LENGTH
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const [kind, url, key, length] = process.argv.slice(2);
const { OTLPTraceExporter } = require(`@opentelemetry/exporter-trace-otlp-${kind}`);
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } =
  require("@opentelemetry/sdk-trace-base");
const { resourceFromAttributes } = require("@opentelemetry/resources");

const memory = new InMemorySpanExporter();
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ "service.name": "shop" }),
  spanProcessors: [new SimpleSpanProcessor(memory)],
});
const span = provider.getTracer("test").startSpan(`ask-${kind}`);
span.setAttribute("text", "x".repeat(Number(length)));
span.end();
await provider.forceFlush();

const exporter = new OTLPTraceExporter({
  url,
  headers: { authorization: `Bearer ${key}` },
  timeoutMillis: 10000,
});
const result = await new Promise((done) => exporter.export(memory.getFinishedSpans(), done));
console.log(JSON.stringify({ code: result.code, status: result.error?.code ?? null }));
await exporter.shutdown();
