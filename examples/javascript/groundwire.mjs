// Wrappers that trace retrieval-augmented answers for Groundwire, over OpenTelemetry's API alone.
//
//   const search = retrieval(async (question) => [{ id, text, score }]);
//   const generate = generation(async (question, chunks) => "text, a response object or a stream");
//   const ask = observe(async (question) => generate(question, await search(question)));
//
// They keep arguments, return values, errors and streams as they are, and are standard decorators of
// TypeScript methods too (@retrieval). `annotate` tags the current turn.
import { context, SpanStatusCode, trace } from "@opentelemetry/api";

const tracer = trace.getTracer("groundwire");
const TAGS = {
  session: "session.id",
  user: "user.id",
  modelVersion: "groundwire.model_version",
  promptVersion: "gen_ai.prompt.version",
  indexVersion: "groundwire.index_version",
  adapter: "groundwire.adapter",
  release: "groundwire.release",
  tenant: "groundwire.tenant",
};

export const observe = wrapper("invoke_workflow", {
  input: (args) => ({ "gen_ai.input.messages": messages("user", questionIn(args)) }),
  output: (value) => ({
    "gen_ai.output.messages": messages("assistant", textOf(value)),
    "groundwire.answer_complete": true,
  }),
});

export const retrieval = wrapper("retrieval", {
  input: (args) => ({ "gen_ai.retrieval.query.text": questionIn(args) }),
  output: (value) => ({ "gen_ai.retrieval.documents": JSON.stringify(documents(value)) }),
});

export const generation = wrapper("chat", {
  input: () => ({}),
  output: (value) => ({
    "gen_ai.output.messages": messages("assistant", textOf(value)),
    "gen_ai.response.model": value?.model,
    "gen_ai.response.id": value?.id,
    "gen_ai.usage.input_tokens": value?.usage?.prompt_tokens ?? value?.usage?.inputTokens,
    "gen_ai.usage.output_tokens": value?.usage?.completion_tokens ?? value?.usage?.outputTokens,
  }),
});

// Inside an observed function: annotate({ session, user, modelVersion, promptVersion, ... }).
export function annotate(tags) {
  const known = Object.entries(tags).map(([name, value]) => [TAGS[name] ?? name, value]);
  trace.getActiveSpan()?.setAttributes(present(Object.fromEntries(known)));
}

function wrapper(operation, { input, output }) {
  return (f) =>
    function (...args) {
      return tracer.startActiveSpan(f.name || operation, (span) => {
        const active = context.active();
        describe(span, () => ({ "gen_ai.operation.name": operation, ...input(args) }));
        const end = (value) => {
          describe(span, () => output(value));
          span.end();
          return value;
        };
        const fail = (error) => {
          span.recordException(error);
          span.setStatus({ code: SpanStatusCode.ERROR, message: String(error?.message ?? error) });
          span.setAttribute("error.type", error?.name ?? "Error");
          span.end();
          throw error;
        };
        let value;
        try {
          value = f.apply(this, args);
        } catch (error) {
          fail(error);
        }
        if (typeof value?.then === "function") {
          return value.then((v) => (isStream(v) ? relayed(v, active, end, fail) : end(v)), fail);
        }
        return isStream(value) ? relayed(value, active, end, fail) : end(value);
      });
    };
}

// A stream with the same items; its span ends with it, and holds the text of all items.
function relayed(stream, active, end, fail) {
  const source = stream[Symbol.asyncIterator]();
  const texts = [];
  let open = true;
  const close = () => {
    if (open) end(texts.join(""));
    open = false;
  };
  return {
    async next() {
      try {
        const step = await context.with(active, () => source.next());
        if (step.done) close();
        else texts.push(textOf(step.value));
        return step;
      } catch (error) {
        if (!open) throw error;
        open = false;
        return fail(error);
      }
    },
    async return(value) {
      close();
      return (await source.return?.(value)) ?? { done: true, value };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

// What cannot be described is left out: telemetry never breaks the application.
function describe(span, attributes) {
  try {
    span.setAttributes(present(attributes()));
  } catch (error) {
    span.recordException(error);
  }
}

function present(attributes) {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value != null));
}

function isStream(value) {
  return typeof value?.[Symbol.asyncIterator] === "function";
}

function messages(role, content) {
  return content == null ? null : JSON.stringify([{ role, parts: [{ type: "text", content }] }]);
}

function questionIn(args) {
  const first = args.find((value) => typeof value === "string");
  return first ?? args.map((value) => value?.question ?? value?.query).find((text) => text);
}

function textOf(value) {
  if (value == null || typeof value === "string") return value ?? "";
  const choice = value.choices?.[0];
  const text = choice?.message?.content ?? choice?.delta?.content ?? value.text ?? value.answer;
  return text ?? (choice ? "" : JSON.stringify(value));
}

function documents(value) {
  const listed = Array.isArray(value) ? value : (value?.documents ?? value?.results ?? []);
  return listed.map((item) => {
    if (typeof item === "string") return { content: item };
    const { id, score, metadata } = item;
    const content = item.text ?? item.content ?? item.pageContent ?? JSON.stringify(item);
    return { id: id == null ? undefined : String(id), score, content, metadata };
  });
}
