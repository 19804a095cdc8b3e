/** A host that takes nothing beside the results of tools: Vertex AI, and any other from its first refusal on. */
import { describe, expect, test } from 'bun:test';
import type { GenerateContentRequest, RequestContent } from '../../../src/gemini/wire.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { openGoogleCloud } from '../../support/google/google-cloud.ts';
import { httpFetch } from '../../support/google/upstream.ts';
import { call, model, result, say, system, user } from '../../support/history.ts';
import { googleError, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const PICTURE = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' },
} as const;
const START = user(say('go'));

/** Vertex AI's sentence, which names a turn that nobody has sent. */
const refused = () =>
  googleError(400, 'INVALID_ARGUMENT', 'Requests ending with a model turn are not supported.');
const answer = () => googleStream(textChunk('Hi', 'STOP'));

const isMixed = ({ parts }: RequestContent) =>
  parts.some((part) => part.functionResponse) && parts.some((part) => !part.functionResponse);
const contentsOf = (body: string): RequestContent[] => (JSON.parse(body) as GenerateContentRequest).contents;
const replyTo = (body: string) => (contentsOf(body).some(isMixed) ? refused() : answer());

/** The contents in few words: R is a response, F a call, T a text, M a medium. */
const brief = (body: string) =>
  contentsOf(body)
    .map(({ role, parts }) => {
      const letters = parts.map((part) =>
        part.functionResponse ? 'R' : part.functionCall ? 'F' : part.text === undefined ? 'M' : 'T',
      );
      return `${role[0]}:${letters.join('')}`;
    })
    .join(' ');

describe('Vertex AI is sent results alone, with', () => {
  test.each([
    ['nothing beside them', [START, model(call('a')), user(result('a'))], 'u:T m:F u:R'],
    [
      'a reminder after them',
      [START, model(call('a')), user(result('a'), say('remember'))],
      'u:T m:F u:R u:T',
    ],
    ['a text before them', [START, model(call('a')), user(say('look'), result('a'))], 'u:T m:F u:R u:T'],
    [
      'a message of its own after them',
      [START, model(call('a')), user(result('a')), user(say('next'))],
      'u:T m:F u:R u:T',
    ],
    [
      'a system message after them',
      [START, model(call('a')), user(result('a')), system('files changed')],
      'u:T m:F u:R u:T',
    ],
    [
      'results of several calls in any order',
      [START, model(call('a'), call('b')), user(result('b'), say('x'), result('a'))],
      'u:T m:FF u:RR u:T',
    ],
    ['a call that has no result', [START, model(call('a')), user(say('no, wait'))], 'u:T m:F u:R u:T'],
    ['a picture of the user', [START, model(call('a')), user(result('a'), PICTURE)], 'u:T m:F u:R u:M'],
    [
      'several steps before them',
      [START, model(call('a')), user(result('a'), say('x')), model(call('b')), user(result('b'), say('y'))],
      'u:T m:F u:R u:T m:F u:R u:T',
    ],
  ])('%s', async (_name, messages, contents) => {
    using cloud = await openGoogleCloud(({ body }) => replyTo(body));
    await using proxy = await startProxy({ fetch: httpFetch, env: cloud.env() });
    const response = await proxy.send('/v1/messages', { ...hello, messages });
    expect([response.status, cloud.vertex.requests.map(({ body }) => brief(body))]).toEqual([
      200,
      [contents],
    ]);
  });

  test('media that a model takes only beside them', async () => {
    using cloud = await openGoogleCloud(({ body }) => replyTo(body));
    await using proxy = await startProxy({ fetch: httpFetch, env: cloud.env() });
    const shot = { type: 'tool_result', tool_use_id: 'a', content: [PICTURE] };
    const messages = [START, model(call('a')), { role: 'user', content: [shot] }];
    const response = await proxy.send('/v1/messages', { ...hello, model: 'gemini-2.5-flash-lite', messages });
    expect([response.status, cloud.vertex.requests.map(({ body }) => brief(body))]).toEqual([
      200,
      ['u:T m:F u:R u:TM'],
    ]);
  });
});

describe('another host', () => {
  const mixed = [START, model(call('a')), user(result('a'), say('remember'))];
  const JOINED = 'u:T m:F u:RT';
  const APART = 'u:T m:F u:R u:T';

  async function ask(reply: (body: string) => Response, ...requests: object[]) {
    const bodies: string[] = [];
    const fetch: Fetch = async (_url, init) => {
      if (init.method !== 'POST') return Response.json({ models: [] });
      bodies.push(String(init.body));
      return reply(String(init.body));
    };
    await using proxy = await startProxy({ fetch });
    const statuses: number[] = [];
    for (const request of requests)
      statuses.push((await proxy.send('/v1/messages', { ...hello, ...request })).status);
    return { statuses, asked: bodies.map(brief), warnings: proxy.told('warning') };
  }

  test('that takes them is sent both as one turn', async () => {
    const { statuses, asked } = await ask(answer, { messages: mixed });
    expect([statuses, asked]).toEqual([[200], [JOINED]]);
  });

  test('that refuses them is asked again, and from then on as it wants', async () => {
    const { statuses, asked, warnings } = await ask(replyTo, { messages: mixed }, { messages: mixed });
    expect([statuses, asked]).toEqual([
      [200, 200],
      [JOINED, APART, APART],
    ]);
    expect(warnings).toContainEqual(expect.objectContaining({ code: 'history-repaired', path: 'messages' }));
  });

  test('teaches nothing about its other models', async () => {
    const { asked } = await ask(replyTo, { messages: mixed }, { messages: mixed, model: 'gemini-3.5-flash' });
    expect(asked).toEqual([JOINED, APART, JOINED, APART]);
  });

  test.each([
    ['where nothing stands beside a result', [START, model(call('a')), user(result('a'))], 1],
    ['where that does not help', mixed, 2],
  ])('is believed %s', async (_name, messages, times) => {
    const { statuses, asked } = await ask(refused, { messages }, { messages: [START] });
    expect([statuses, asked.length]).toEqual([[400, 400], times + 1]);
  });
});
