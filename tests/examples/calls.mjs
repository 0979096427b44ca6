// What callers of the wrappers of examples/javascript see, and what is exported of it.
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { annotate, generation, observe, retrieval } from "./groundwire.mjs";

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();
const seen = {};

class Bot {
  name = "bot";
  ask = observe(function (question) {
    annotate({ user: "u-1", "app.team": "x" });
    return `${this.name}: ${question}`;
  });
}
seen.this = new Bot().ask("hello?");
seen.sync = retrieval((query) => ["a", { pageContent: "b", id: 7 }, { price: 3 }])("q").length;
seen.object = await generation(async () => ({
  choices: [{ message: { content: "36 months" } }], model: "m-2", usage: { prompt_tokens: 5, completion_tokens: 2 },
}))();
const circular = {};
circular.self = circular;
seen.circular = generation(() => circular)() === circular;
for (const [name, f] of Object.entries({
  thrown: () => { throw new RangeError("full"); },
  rejected: async () => { throw new RangeError("full"); },
})) {
  try { await generation(f)(); } catch (error) { seen[name] = `${error.name} ${error.message}`; }
}
const broken = generation(async function* () { yield "one "; throw new RangeError("cut"); });
try { for await (const _ of broken()) ; } catch (error) { seen.broken = error.message; }
const early = generation(async function* () { yield "one "; yield "two"; });
for await (const word of early()) { seen.early = word; break; }

await provider.forceFlush();
const spans = exporter.getFinishedSpans().map((s) => ({ name: s.name, status: s.status.code, attributes: s.attributes }));
console.log(JSON.stringify({ seen, spans }));
