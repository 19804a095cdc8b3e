/**
 * Cases rebuilt from public bug reports (`cases/` of the corpus; its README describes the format): requests, upstream's
 * answers, and a JavaScript expression that says what must come of them. They run over real sockets.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Seen, serveUpstream } from '../google/upstream.ts';
import { startProxy } from '../proxy.ts';
import { CORPUS_DIR, readCorpusFile } from './corpus.ts';

type CaseRequest = {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  rawBody?: string;
  timeoutMs?: number;
};

type CaseAnswer = {
  status?: number;
  headers?: Record<string, string>;
  /** Objects are sent as events, texts as they are. */
  chunks?: (object | string)[];
  body?: string;
  gzip?: boolean;
  /** A pattern for the request's body: the answer is given only to a body that matches. */
  refusesIf?: string;
};

export type BugCase = {
  name: string;
  title: string;
  env?: Record<string, string>;
  request?: CaseRequest;
  requests?: CaseRequest[];
  upstream?: CaseAnswer | CaseAnswer[];
  countUpstream?: CaseAnswer | CaseAnswer[];
  expect: string;
  check: string;
};

/** The result of one request, as the expressions see it. */
type Finding = {
  status: number;
  ms: number;
  headers: Record<string, string>;
  text: string;
  json: unknown;
  error: { type: string; message: string } | undefined;
  answer: string;
  tools: { id: string; name: string; input: unknown }[];
};

/** Empty where there is no corpus, or one without cases. */
export function bugCases(): BugCase[] {
  const folder = join(CORPUS_DIR, 'cases');
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().flatMap((file) => {
    const read = readCorpusFile<Omit<BugCase, 'name'>>(join('cases', file));
    return read ? [{ name: file.replace(/\.json$/, ''), ...read }] : [];
  });
}

const GOOD = {
  candidates: [{ content: { parts: [{ text: 'fine' }], role: 'model' }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 1, totalTokenCount: 11 },
};

const eventText = (chunk: object | string) =>
  typeof chunk === 'string' ? chunk : `data: ${JSON.stringify(chunk)}\r\n\r\n`;

function response({ status = 200, headers, chunks, body, gzip }: CaseAnswer, url: URL): Response {
  const asStream = url.pathname.endsWith(':streamGenerateContent');
  const [first] = chunks ?? [];
  const unary = typeof first === 'string' ? first.replace(/^data: /, '') : JSON.stringify(first ?? GOOD);
  const text = body ?? (asStream ? (chunks ?? [GOOD]).map(eventText).join('') : unary);
  const type = asStream ? 'text/event-stream' : 'application/json';
  return new Response(gzip ? gzipSync(text) : text, {
    status,
    headers: { 'content-type': type, ...(gzip ? { 'content-encoding': 'gzip' } : {}), ...headers },
  });
}

/** The answers in order; the last one repeats. */
function answerer(answers: CaseAnswer | CaseAnswer[] | undefined, good: object) {
  const list = answers === undefined ? [] : [answers].flat();
  let next = 0;
  return ({ body, url }: Seen): Response => {
    const answer = list[Math.min(next++, list.length - 1)];
    const refuses = answer?.refusesIf;
    if (!answer || (refuses !== undefined && !new RegExp(refuses).test(body)))
      return response({ chunks: [good] }, url);
    return response(answer, url);
  };
}

const objectsOf = (text: string) =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? ''));

const parsed = (text: string) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

function readStream(text: string): Pick<Finding, 'error' | 'answer' | 'tools'> {
  const blocks: { type: string; text: string; json: string; id: string; name: string }[] = [];
  let error: Finding['error'];
  for (const event of objectsOf(text)) {
    if (event.type === 'error') error = event.error;
    if (event.type === 'content_block_start')
      blocks[event.index] = { ...event.content_block, text: event.content_block.text ?? '', json: '' };
    const block = blocks[event.index];
    if (event.type !== 'content_block_delta' || !block) continue;
    block.text += event.delta.text ?? '';
    block.json += event.delta.partial_json ?? '';
  }
  const ofType = (type: string) => blocks.filter((block) => block.type === type);
  return {
    error,
    answer: ofType('text')
      .map((block) => block.text)
      .join(''),
    tools: ofType('tool_use').map(({ id, name, json }) => ({ id, name, input: JSON.parse(json || '{}') })),
  };
}

function readWhole(json: { error?: Finding['error']; content?: Record<string, unknown>[] } | undefined) {
  const content = Array.isArray(json?.content) ? json.content : [];
  return {
    error: json?.error,
    answer: content.map((block) => (block['type'] === 'text' ? block['text'] : '')).join(''),
    tools: content.filter((block) => block['type'] === 'tool_use') as Finding['tools'],
  };
}

async function send(url: string, request: CaseRequest): Promise<Finding> {
  const { path = '/v1/messages', method = 'POST', headers, body, rawBody, timeoutMs = 30_000 } = request;
  const begun = performance.now();
  const reply = await fetch(`${url}${path}`, {
    method,
    headers: {
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      'x-api-key': 'dummy',
      ...headers,
    },
    ...(method === 'GET' ? {} : { body: rawBody ?? JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await reply.text();
  const json = parsed(text);
  const isStream = reply.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  return {
    status: reply.status,
    ms: performance.now() - begun,
    headers: Object.fromEntries(reply.headers),
    text,
    json,
    ...(isStream ? readStream(text) : readWhole(json)),
  };
}

const requestsOf = ({ request, requests }: BugCase): CaseRequest[] => requests ?? (request ? [request] : []);

/** Throws what went wrong, with everything that the expression could see. */
export async function runBugCase(bugCase: BugCase): Promise<void> {
  const generate = answerer(bugCase.upstream, GOOD);
  const count = answerer(bugCase.countUpstream, { totalTokens: 10 });
  using upstream = serveUpstream((_request, seen) =>
    seen.url.pathname.endsWith(':countTokens') ? count(seen) : generate(seen),
  );
  const given = Object.entries({ GOOGLE_GEMINI_BASE_URL: 'SUFFIX:', ...bugCase.env });
  const env = Object.fromEntries(
    given.map(([name, value]) => [name, value.replace('SUFFIX:', upstream.url)]),
  );
  await using proxy = await startProxy({
    env: { BACKEND: 'gemini', GEMINI_API_KEY: 'AIza-case-key', ...env },
  });
  const res: Finding[] = [];
  for (const request of requestsOf(bugCase)) res.push(await send(proxy.url, request));
  const ups = upstream.requests
    .filter(({ url }) => /:(?:streamG|g)enerateContent$/.test(url.pathname))
    .map(({ url, headers, body }) => ({ path: url.pathname, headers, raw: body, body: parsed(body) }));
  const known = {
    res,
    r: res.at(-1),
    ups,
    up: ups.at(-1),
    log: proxy.lines.map((line) => JSON.stringify(line)).join('\n'),
  };
  const check = new Function(...Object.keys(known), `return (${bugCase.check});`);
  if (check(...Object.values(known))) return;
  const seen = JSON.stringify({ res, ups: ups.map(({ path, raw }) => ({ path, raw })) }, undefined, 1);
  throw new Error(`expected: ${bugCase.expect}\ncheck: ${bugCase.check}\nseen: ${seen.slice(0, 4_000)}`);
}
