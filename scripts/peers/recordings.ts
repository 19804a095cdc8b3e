/**
 * What comes back out of a recording, byte for byte: of this proxy, as its client hears it, and of aimock, as a client of Gemini hears it.
 * aimock is no proxy between the two APIs, but it records and replays, too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Chunk, eventOf, type Reply, startGemini } from './gemini.ts';
import { CLIENT_KEY, installed, MODEL, npm, type Peer } from './peers.ts';
import { freePort, type PeerProcess, type Start, startPeer } from './process.ts';

export const AIMOCK = '1.43.0';

const usageMetadata = { promptTokenCount: 1000, cachedContentTokenCount: 400, candidatesTokenCount: 24 };
const stream = (...chunks: Chunk[]): Uint8Array[] => chunks.map(eventOf);
const end = (part: Record<string, unknown>, finishReason: string, more: object = {}): Chunk => ({
  candidates: [{ content: { parts: [part] }, finishReason, ...more }],
  usageMetadata,
});

export const STREAMS: Readonly<Record<string, readonly Uint8Array[]>> = {
  'Text, with its usage': stream(
    { candidates: [{ content: { parts: [{ text: 'Grüße, ' }] } }], usageMetadata },
    end({ text: '👍' }, 'STOP'),
  ),
  'A call with its thought signature': stream(
    end({ functionCall: { name: 'Read', args: { path: '/a' } }, thoughtSignature: 'RXFZQg==' }, 'STOP'),
  ),
  'A lost call (`MALFORMED_FUNCTION_CALL`)': stream(
    end({ text: '' }, 'MALFORMED_FUNCTION_CALL', {
      finishMessage: 'Malformed function call: print(default_api.Read(path="/a"))',
    }),
  ),
  'Text, then a broken event': [
    eventOf({ candidates: [{ content: { parts: [{ text: 'half' }] } }] }),
    new TextEncoder().encode('data: {"candidates": [{"content"\r\n\r\n'),
  ],
};

type Tool = {
  name: string;
  record(home: string, port: number, gemini: string): Start;
  replay(home: string, port: number): Start;
  ask(url: string, text: string): Promise<string>;
};

async function post(url: string, headers: Record<string, string>, body: unknown): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.text();
}

function aimock(folder: string): Tool {
  const program = ['node', join(folder, 'node_modules/@copilotkit/aimock/dist/cli.js'), '--fixtures', '.'];
  return {
    name: `@copilotkit/aimock ${AIMOCK}`,
    record: (cwd, port, gemini) => ({
      command: [...program, '--port', String(port), '--record', '--provider-gemini', gemini],
      cwd,
      env: {},
    }),
    replay: (cwd, port) => ({ command: [...program, '--port', String(port), '--strict'], cwd, env: {} }),
    ask: (url, text) =>
      post(
        `${url}/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`,
        { 'x-goog-api-key': 'any' },
        { contents: [{ role: 'user', parts: [{ text }] }] },
      ),
  };
}

const READ = { type: 'object', properties: { path: { type: 'string' } } };

function ours(peer: Peer, folder: string): Tool {
  const start = (home: string, port: number, gemini: string, words: string[]): Start => {
    const { command, ...rest } = peer.start(folder, home, port, gemini);
    return { ...rest, command: [...command.slice(0, -1), ...words] };
  };
  return {
    name: `${peer.name} ${peer.version}`,
    record: (home, port, gemini) => start(home, port, gemini, ['record', 'compared']),
    replay: (home, port) => start(home, port, 'http://127.0.0.1:1', ['replay', 'compared']),
    ask: (url, text) =>
      post(
        `${url}/v1/messages`,
        { 'x-api-key': CLIENT_KEY, 'anthropic-version': '2023-06-01' },
        {
          model: MODEL,
          max_tokens: 500,
          stream: true,
          messages: [{ role: 'user', content: text }],
          tools: [{ name: 'Read', input_schema: READ }],
        },
      ),
  };
}

/** One answer while it is recorded, and the one of the replay. */
async function twice(tool: Tool, writes: readonly Uint8Array[]): Promise<[string, string]> {
  const home = mkdtempSync(join(tmpdir(), 'peer-'));
  const reply: Reply = { kind: 'bytes', writes, reset: false };
  const gemini = await startGemini([reply]);
  const during = async (start: (port: number) => Start): Promise<string> => {
    const port = await freePort();
    await using process: PeerProcess = await startPeer(port, start(port));
    const said = await tool.ask(process.url, 'Say it.');
    // What is recorded is written by now, or when the process ends.
    await process.stop();
    return said;
  };
  try {
    const recorded = await during((port) => tool.record(home, port, gemini.url));
    return [recorded, await during((port) => tool.replay(home, port))];
  } finally {
    await gemini.close();
    rmSync(home, { recursive: true, force: true });
  }
}

export type Recorded = { name: string; same: Record<string, boolean> };

export async function compareRecordings(cache: string, own: Peer): Promise<Recorded[]> {
  const install = [npm(`@copilotkit/aimock@${AIMOCK}`)];
  const folder = await installed({ name: 'aimock', version: AIMOCK, install }, cache);
  const tools = [ours(own, await installed(own, cache)), aimock(folder)];
  const rows: Recorded[] = [];
  for (const tool of tools) {
    const same: Record<string, boolean> = {};
    for (const [name, writes] of Object.entries(STREAMS)) {
      const [recorded, replayed] = await twice(tool, writes);
      same[name] = recorded === replayed;
      console.error(`${tool.name} · ${name}: ${same[name] ? 'the same bytes' : `${replayed.slice(0, 200)}`}`);
    }
    rows.push({ name: tool.name, same });
  }
  return rows;
}
