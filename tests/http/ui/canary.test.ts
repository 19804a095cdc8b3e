/** A secret in every place where one may stand is seen in nothing that the inspector tells, saves or copies. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Conversation, Detail, Raw } from '../../../src/inspector/shapes.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { allEnded, Looker } from '../../support/clients/looker.ts';
import {
  GEMINI_KEY,
  googleError,
  googleStream,
  hello,
  startProxy,
  type TestProxy,
  textChunk,
} from '../../support/proxy.ts';

const PROXY_KEY = 'proxy-canary-0123456789';
/** Nobody has told the proxy of this one: it is known by its shape. */
const TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';
const SECRETS = [GEMINI_KEY, PROXY_KEY, TOKEN];

/** The forms in which a secret must not be read off, either. */
const formsOf = (secret: string): string[] => [
  secret,
  Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -2),
];

const said = SECRETS.join(' and ');
const tool = {
  name: 'Bash',
  description: `uses ${said}`,
  input_schema: { type: 'object', properties: { a: { const: said } } },
};
const body = {
  ...hello,
  stream: true,
  max_tokens: 64,
  top_k: 5,
  [TOKEN]: 1,
  [`x_${GEMINI_KEY}`]: 1,
  system: [{ type: 'text', text: `The keys are ${said}.` }],
  tools: [tool],
  stop_sequences: [`stop ${GEMINI_KEY}`],
  metadata: { user_id: said },
  messages: [
    { role: 'user', content: `${'word '.repeat(30)}${said}` },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: said },
        {
          type: 'tool_use',
          id: 'toolu_1',
          name: 'Bash',
          input: { command: `curl -H ${said}`, deep: [{ said }] },
        },
        { type: 'tool_use', id: 'toolu_2', name: 'Bash', input: said },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: `${'x'.repeat(19_990)} ${said}` },
        { type: 'text', text: said },
      ],
    },
  ],
};

/** Gemini says the secrets as well: in pieces, in a call, in an error. */
const google = (): Fetch => {
  const half = Math.floor(GEMINI_KEY.length / 2);
  const call = {
    candidates: [
      {
        content: { role: 'model', parts: [{ functionCall: { name: 'Bash', args: { command: said } } }] },
        finishReason: 'STOP',
      },
    ],
  };
  const answers = [
    googleError(503, 'UNAVAILABLE', `overloaded for ${said}`),
    googleStream(
      textChunk(`It is ${GEMINI_KEY.slice(0, half)}`),
      textChunk(`${GEMINI_KEY.slice(half)} and ${TOKEN}`),
      call,
    ),
    googleError(400, 'INVALID_ARGUMENT', `refused: ${said}`),
  ];
  return async () => answers.shift() ?? googleError(500, 'INTERNAL', said);
};

const KEYED = { 'x-api-key': PROXY_KEY };

const expectClean = (where: string, text: string) => {
  for (const secret of SECRETS) {
    for (const form of formsOf(secret)) expect([where, text.includes(form)]).toEqual([where, false]);
  }
};

/** Asks for everything that there is, and follows each place that is named. */
async function everything(proxy: TestProxy, id: string): Promise<[string, string][]> {
  const told: [string, string][] = [];
  const get = async (path: string): Promise<string> => {
    const text = await (await proxy.send(`/ui/api/${path}`, undefined, KEYED)).text();
    told.push([path, text]);
    return text;
  };
  const base = `requests/${id}`;
  const detail: Detail = JSON.parse(await get(base));
  for (const { number } of detail.attempts) {
    await get(`${base}/changes?attempt=${number}`);
    const { frames } = JSON.parse(await get(`${base}/frames?attempt=${number}`));
    for (const { at } of frames) await get(`${base}/text?at=${encodeURIComponent(at)}`);
    await get(`${base}/text?at=${encodeURIComponent(`sent ${number}`)}`);
  }
  const conversation: Conversation = JSON.parse(await get(`${base}/conversation`));
  const { parts }: Raw = JSON.parse(await get(`${base}/raw`));
  const places = [JSON.stringify(conversation), JSON.stringify(parts)].flatMap((text) =>
    [...text.matchAll(/"at":"([^"]+)"/g)].map(([, at = '']) => at),
  );
  for (const at of ['came', 'answer', 'raw 0', 'raw 1', ...places])
    await get(`${base}/text?at=${encodeURIComponent(at)}`);
  await get(`${base}/usage`);
  await get(`${base}/again`);
  await get(`${base}/adopt`);
  return told;
}

describe('a canary in every place', () => {
  test('is in nothing that is told, saved or copied', async () => {
    await using proxy = await startProxy({ fetch: google(), env: { PROXY_API_KEY: PROXY_KEY } });
    const headers = {
      ...KEYED,
      'user-agent': `cli/${TOKEN}`,
      'x-app': said,
      'x-claude-code-session-id': said,
    };
    for (const asked of [body, { ...body, messages: [{ role: 'user', content: said }] }]) {
      await (await proxy.send('/v1/messages', asked, headers)).text();
    }
    const looker = await (await Looker.at(proxy, KEYED)).until(allEnded(2));
    looker.leave();
    expectClean('live', JSON.stringify(looker.messages));
    expect(looker.list.every(({ words }) => words !== undefined)).toBe(true);
    for (const { id } of looker.list) {
      const told = await everything(proxy, id);
      expect(told.length).toBeGreaterThan(10);
      for (const [where, text] of told) expectClean(where, text);
      for (const action of ['save', 'adopt', 'curl']) {
        const answer = await proxy.send(
          `/ui/api/requests/${id}/${action}`,
          {},
          { ...KEYED, 'x-inspector': '1' },
        );
        expect(answer.status).toBe(200);
        expectClean(action, await answer.text());
      }
    }
    for (const path of ['keys', 'charts', 'charts?by=key', 'charts?by=client'])
      expectClean(path, await (await proxy.send(`/ui/api/${path}`, undefined, KEYED)).text());
    const files = readdirSync(join(proxy.folder, 'recordings'), {
      recursive: true,
      withFileTypes: true,
      encoding: 'utf8',
    });
    const saved = files.filter((file) => file.isFile());
    expect(saved.length).toBeGreaterThan(10);
    for (const file of saved) expectClean(file.name, readFileSync(join(file.parentPath, file.name), 'utf8'));
  });

  test('as the name of a model or an agent is in no page, no header and no file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'canary-'));
    const fetch: Fetch = async () => googleStream(textChunk('Hi', 'STOP'));
    const proxy = await startProxy({ fetch, env: { PROXY_API_KEY: PROXY_KEY, DATA_DIR: folder } });
    for (const secret of [GEMINI_KEY, PROXY_KEY]) {
      for (const model of [secret, `gemini-${secret}`, 'claude-opus-5-5']) {
        const headers = { ...KEYED, 'x-claude-code-agent-id': secret };
        const answer = await proxy.send('/v1/messages', { ...hello, stream: true, model }, headers);
        expectClean('headers', JSON.stringify([...answer.headers]));
        await answer.text();
      }
    }
    const looker = await (await Looker.at(proxy, KEYED)).until(allEnded(6));
    looker.leave();
    expectClean('live', JSON.stringify(looker.messages));
    for (const { id, answered } of looker.list) {
      if (answered === undefined) continue;
      for (const [where, text] of await everything(proxy, id)) expectClean(where, text);
    }
    for (const by of ['model', 'client'])
      expectClean(by, await (await proxy.send(`/ui/api/charts?by=${by}`, undefined, KEYED)).text());
    await proxy[Symbol.asyncDispose]();
    const stored = readFileSync(join(folder, 'usage.sqlite'), 'latin1');
    expect(stored).toContain('claude-opus-5-5');
    expectClean('usage.sqlite', stored);
    rmSync(folder, { recursive: true });
  });
});
