/** Sends the spans of requests to an OpenTelemetry collector. Its packages are loaded only where one is set. */
import type { Context, Tracer } from '@opentelemetry/api';
import { isObject, tryParseJson } from '../lib/json.ts';
import type { Subscriber } from '../trace/trace.ts';
import { type RequestSpans, type StorySpan, StorySpans } from './story-spans.ts';

export type SpanExportOptions = {
  /** The base address of the collector, such as `http://127.0.0.1:4318`. */
  endpoint: string;
  headers: Readonly<Record<string, string>>;
  service: string;
  version: string;
  provider: string;
  /** Takes secrets out of a text: a client may have put one in place of a model. */
  hide(text: string): string;
  /** Called with what went wrong: the packages could not be loaded, or spans could not be sent. */
  onProblem(problem: string): void;
};

export type SpanExport = {
  subscriber: Subscriber;
  /** Sends what is left, for five seconds at most. */
  close(): Promise<void>;
};

/** Milliseconds. */
const SEND_WITHIN = 5_000;
/** Spans that wait to be sent. More are dropped: a collector that is away must not fill the memory. */
const MOST_WAITING = 4_096;

/** Requests that end before the packages are loaded. */
const MOST_EARLY = 100;

/** The package tells an error as JSON, with its stack and numbers of lines. */
function inWords(problem: string): string {
  const told = tryParseJson(problem);
  const message = isObject(told) ? told['message'] : undefined;
  return typeof message === 'string' ? message : problem;
}

type Sender = { send(spans: RequestSpans): void; close(): Promise<void> };

/** Sending begins when the packages are loaded. Until then the first stories wait. */
export function openSpanExport(options: SpanExportOptions): SpanExport {
  const { provider, hide, onProblem } = options;
  let sender: Sender | undefined;
  const waiting: RequestSpans[] = [];
  const tell = (error: unknown) => onProblem(error instanceof Error ? error.message : String(error));
  const opened = openSender(options).then((made) => {
    sender = made;
    for (const spans of waiting.splice(0)) made.send(spans);
  }, tell);
  return {
    subscriber: () => {
      const story = new StorySpans(provider, hide);
      return (event) => {
        const spans = story.hear(event);
        if (!spans) return;
        if (sender) sender.send(spans);
        else if (waiting.length < MOST_EARLY) waiting.push(spans);
      };
    },
    close: async () => {
      await opened;
      await sender?.close().catch(tell);
    },
  };
}

async function openSender({
  endpoint,
  headers,
  service,
  version,
  onProblem,
}: SpanExportOptions): Promise<Sender> {
  const api = await import('@opentelemetry/api');
  const { BatchSpanProcessor, TracerProvider } = await import('@opentelemetry/sdk-trace');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  const quiet = () => {};
  const told = (problem: string) => onProblem(inWords(problem));
  api.diag.setLogger(
    { error: told, warn: told, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: { ...headers },
    timeoutMillis: SEND_WITHIN,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.version': version }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter, maxQueueSize: MOST_WAITING, exportTimeoutMillis: SEND_WITHIN }),
    ],
  });
  const tracer = provider.getTracer(service, version);
  return {
    send: (spans) => write(spans, tracer, api),
    close: () => provider.shutdown(),
  };
}

type Api = typeof import('@opentelemetry/api');

/** The context of a `traceparent` header: the client's span, under which the request's span stands. */
function parentOf(traceParent: string | undefined, api: Api): Context {
  const [, traceId, spanId, flags] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceParent ?? '') ?? [];
  if (!traceId || !spanId) return api.ROOT_CONTEXT;
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags ?? '00', 16), isRemote: true };
  return api.isSpanContextValid(context)
    ? api.trace.setSpanContext(api.ROOT_CONTEXT, context)
    : api.ROOT_CONTEXT;
}

function write({ root, children, traceParent }: RequestSpans, tracer: Tracer, api: Api): void {
  const begun = start(root, parentOf(traceParent, api), tracer, api);
  const inside = api.trace.setSpan(api.ROOT_CONTEXT, begun);
  for (const child of children) start(child, inside, tracer, api).end(child.to);
  begun.end(root.to);
}

function start(story: StorySpan, parent: Context, tracer: Tracer, api: Api) {
  const kind = { server: api.SpanKind.SERVER, client: api.SpanKind.CLIENT, internal: api.SpanKind.INTERNAL }[
    story.kind
  ];
  const span = tracer.startSpan(
    story.name,
    { kind, startTime: story.from, attributes: story.attributes },
    parent,
  );
  for (const { name, at, attributes } of story.events) span.addEvent(name, attributes, at);
  if (story.error !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR, message: story.error });
  return span;
}
