/** A client of MCP that wants one thing: the list of a server's tools. */
import type { Environment } from '../config/env-files.ts';
import { isObject, tryParseJson } from '../lib/json.ts';
import type { Exchange, Fetch } from '../lib/ports.ts';
import { SseDecoder } from '../lib/sse-decoder.ts';
import { endProgram, startProgram } from './run-program.ts';

export type McpTool = { name: string; description?: string; inputSchema?: unknown };

/** Why there is no list: a text for people. */
export class McpError extends Error {}

/** Sends one message; the answer for a request, undefined for a notification. */
type Send = (message: object) => Promise<unknown>;
type Ask = (method: string, params: object) => Promise<unknown>;

const PROTOCOL = '2025-06-18';
/** Pages of a list. A server that never comes to an end must not keep anyone. */
const MOST_PAGES = 50;

const HELLO = {
  protocolVersion: PROTOCOL,
  capabilities: {},
  clientInfo: { name: 'gemini-claude-proxy-doctor', version: '1' },
};

function resultOf(answer: unknown): Record<string, unknown> {
  if (!isObject(answer)) throw new McpError('its answer is no JSON object');
  const { error, result } = answer;
  if (isObject(error)) throw new McpError(`it answers with an error: ${String(error['message'])}`);
  if (!isObject(result)) throw new McpError('its answer has no result');
  return result;
}

const isTool = (tool: unknown): tool is McpTool => isObject(tool) && typeof tool['name'] === 'string';

async function listTools(send: Send): Promise<McpTool[]> {
  let id = 0;
  const ask: Ask = (method, params) => {
    id += 1;
    return send({ jsonrpc: '2.0', id, method, params });
  };
  const { capabilities } = resultOf(await ask('initialize', HELLO));
  await send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  if (!isObject(capabilities) || capabilities['tools'] === undefined) return [];
  const tools: McpTool[] = [];
  let cursor: unknown;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { tools: listed, nextCursor } = resultOf(
      await ask('tools/list', cursor === undefined ? {} : { cursor }),
    );
    tools.push(...(Array.isArray(listed) ? listed.filter(isTool) : []));
    if (typeof nextCursor !== 'string' || nextCursor === '') break;
    cursor = nextCursor;
  }
  return tools;
}

const reasonOf = (signal: AbortSignal): McpError =>
  new McpError(String(signal.reason?.message ?? signal.reason));

// ── a program ─────────────────────────────────────────────────────────────────────────────────────────────────

export type StdioServer = { command: string; args: readonly string[]; env: Environment; cwd: string };

/** Characters. */
const MOST_LINE = 16 * 1024 * 1024;
const MOST_ERRORS = 4_096;

/** Starts the server as Claude Code would, and ends it with all that it has started. Rejects with an McpError. */
export async function toolsOfProgram(server: StdioServer, signal: AbortSignal): Promise<McpTool[]> {
  const child = startProgram(server);
  const waiting = new Map<unknown, (answer: unknown) => void>();
  const failed = Promise.withResolvers<never>();
  let errors = '';
  let rest = '';
  const fail = (why: string) => failed.reject(new McpError(why));
  const onAbort = () => failed.reject(reasonOf(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  child.on('error', (error) => fail(`it cannot be started: ${error.message}`));
  child.on('close', (code) => fail(`it ended by itself (exit code ${code})${said(errors)}`));
  child.stdin?.on('error', () => {}); // its end is told by "close"
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    if (errors.length < MOST_ERRORS) errors += part;
  });
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MOST_LINE) fail('it writes a line that does not end');
    for (const line of lines) {
      const message = tryParseJson(line);
      if (isObject(message)) waiting.get(message['id'])?.(message);
    }
  });
  const send: Send = (message) => {
    child.stdin?.write(`${JSON.stringify(message)}\n`);
    if (!('id' in message)) return Promise.resolve(undefined);
    const answer = new Promise((resolve) => waiting.set(message.id, resolve));
    return Promise.race([answer, failed.promise]);
  };
  try {
    return await listTools(send);
  } finally {
    signal.removeEventListener('abort', onAbort);
    failed.promise.catch(() => {}); // the end that we bring about is no failure
    endProgram(child);
  }
}

/** The last line of what a program complained of: most name their reason there. */
function said(errors: string): string {
  const last = errors.trim().split('\n').at(-1)?.trim();
  return last ? `: ${last}` : '';
}

// ── an address ────────────────────────────────────────────────────────────────────────────────────────────────

export type HttpServer = { url: string; headers: Readonly<Record<string, string>> };

const EXCHANGE: Exchange = { id: 'doctor', labels: {}, note() {} };

/** The message with this id, in an event stream or alone. */
async function messageIn(response: Response, id: unknown): Promise<unknown> {
  if (!response.headers.get('content-type')?.includes('text/event-stream'))
    return tryParseJson(await response.text());
  const decoder = new SseDecoder();
  const utf8 = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    for (const item of decoder.feed(utf8.decode(bytes, { stream: true }))) {
      const message = item.type === 'event' ? tryParseJson(item.data.join('\n')) : undefined;
      if (isObject(message) && message['id'] === id) return message;
    }
  }
  throw new McpError('its event stream ended without the answer');
}

function refusal({ status }: Response): McpError {
  if (status === 401 || status === 403) return new McpError(`it wants a login (HTTP ${status})`);
  return new McpError(`it answers HTTP ${status}`);
}

/** Rejects with an McpError. */
export async function toolsAtUrl(server: HttpServer, fetch: Fetch, signal: AbortSignal): Promise<McpTool[]> {
  let session: string | undefined;
  const send: Send = async (message) => {
    const headers = {
      ...server.headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': PROTOCOL,
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    };
    const init = { method: 'POST', headers, body: JSON.stringify(message), signal };
    const response = await fetch(server.url, init, EXCHANGE);
    session ??= response.headers.get('mcp-session-id') ?? undefined;
    if (!response.ok) {
      await response.body?.cancel();
      throw refusal(response);
    }
    if ('id' in message) return messageIn(response, message.id);
    await response.body?.cancel();
    return undefined;
  };
  try {
    return await listTools(send);
  } catch (error) {
    if (signal.aborted) throw reasonOf(signal);
    if (error instanceof McpError) throw error;
    throw new McpError(`it cannot be asked: ${error instanceof Error ? error.message : String(error)}`);
  }
}
