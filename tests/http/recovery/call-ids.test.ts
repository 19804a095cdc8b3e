/** Ids of calls go back to a host that gives them, and not to one that refuses them, whatever the model's row says. */
import { describe, expect, test } from 'bun:test';
import type { Fetch } from '../../../src/lib/ports.ts';
import { openGoogleCloud } from '../../support/google/google-cloud.ts';
import { httpFetch } from '../../support/google/upstream.ts';
import { call, model, result, say, user } from '../../support/history.ts';
import { googleError, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const tools = [{ name: 'Bash', input_schema: { type: 'object' } }];
const messages = [user(say('go')), model(call('toolu_a')), user(result('toolu_a'))];
const FIRST = { ...hello, tools };
const NEXT = { ...FIRST, messages };

const refusals: [string, string][] = [
  [
    'by its place',
    `Invalid JSON payload received. Unknown name "id" at 'contents[1].parts[0].function_call': Cannot find field.\nInvalid JSON payload received. Unknown name "id" at 'contents[2].parts[0].function_response': Cannot find field.`,
  ],
  ['by its message', 'Unknown field for FunctionCall: id'],
];

const calls = (id?: string) => {
  const functionCall = { name: 'Bash', args: {}, ...(id === undefined ? {} : { id }) };
  return googleStream({
    candidates: [{ content: { role: 'model', parts: [{ functionCall }] }, finishReason: 'STOP' }],
  });
};
const says = () => googleStream(textChunk('Hi', 'STOP'));

/** The ids in a request's history: of its calls, and of their results. */
function idsIn(body: string) {
  const { contents } = JSON.parse(body);
  const parts: { functionCall?: { id?: string }; functionResponse?: { id?: string } }[] = contents.flatMap(
    (content: { parts: unknown[] }) => content.parts,
  );
  return parts.flatMap(({ functionCall, functionResponse }) => {
    const found = functionCall ?? functionResponse;
    return found ? [found.id] : [];
  });
}

const GIVEN = ['toolu_a', 'toolu_a'];
const NONE = [undefined, undefined];

async function onVertex(reply: (body: string) => Response, ...requests: object[]) {
  using cloud = await openGoogleCloud(({ body }) => reply(body));
  await using proxy = await startProxy({ fetch: httpFetch, env: cloud.env() });
  const statuses: number[] = [];
  for (const request of requests) statuses.push((await proxy.send('/v1/messages', request)).status);
  return { statuses, asked: cloud.vertex.requests.map(({ body }) => idsIn(body)) };
}

describe('Vertex AI', () => {
  test.each([
    ['that has given no ids gets none', undefined, NONE],
    ['that has given an id gets ids from then on', 'a323kt5y', GIVEN],
  ])('%s', async (_name, id, expected) => {
    const reply = (body: string) => (idsIn(body).length === 0 ? calls(id) : says());
    const { statuses, asked } = await onVertex(reply, NEXT, FIRST, NEXT);
    expect([statuses, asked]).toEqual([
      [200, 200, 200],
      [NONE, [], expected],
    ]);
  });

  test('that gives ids and refuses them gets them once', async () => {
    const [, message] = refusals[0] ?? ['', ''];
    const reply = (body: string) => {
      if (idsIn(body).some(Boolean)) return googleError(400, 'INVALID_ARGUMENT', message);
      return idsIn(body).length === 0 ? calls('a323kt5y') : says();
    };
    const { statuses, asked } = await onVertex(reply, FIRST, NEXT, NEXT, FIRST, NEXT);
    expect([statuses, asked]).toEqual([
      [200, 200, 200, 200, 200],
      [[], GIVEN, NONE, NONE, [], NONE],
    ]);
  });

  test('teaches nothing about another model', async () => {
    const reply = (body: string) => (idsIn(body).length === 0 ? calls('a323kt5y') : says());
    const { asked } = await onVertex(reply, FIRST, { ...NEXT, model: 'gemini-3.5-flash' });
    expect(asked).toEqual([[], NONE]);
  });
});

describe('a host in place of the Gemini API', () => {
  test.each(refusals)(
    'that refuses ids %s is asked again, and from then on without',
    async (_name, message) => {
      const asked: unknown[] = [];
      const fetch: Fetch = async (_url, init) => {
        const ids = idsIn(String(init.body));
        asked.push(ids);
        return ids.some(Boolean) ? googleError(400, 'INVALID_ARGUMENT', message) : says();
      };
      await using proxy = await startProxy({ fetch });
      const statuses = [];
      for (const request of [NEXT, NEXT]) statuses.push((await proxy.send('/v1/messages', request)).status);
      expect([statuses, asked]).toEqual([
        [200, 200],
        [GIVEN, NONE, NONE],
      ]);
    },
  );

  test.each([
    [
      'another field of a call',
      `Unknown name "foo" at 'contents[1].parts[0].function_call': Cannot find field.`,
    ],
    ['an id elsewhere', `Unknown name "id" at 'tools[0].code_execution': Cannot find field.`],
  ])('is believed where it refuses %s', async (_name, message) => {
    let times = 0;
    const fetch: Fetch = async () => {
      times++;
      return googleError(400, 'INVALID_ARGUMENT', message);
    };
    await using proxy = await startProxy({ fetch });
    expect([(await proxy.send('/v1/messages', NEXT)).status, times]).toEqual([400, 1]);
  });
});
