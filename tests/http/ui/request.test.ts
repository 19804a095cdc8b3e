import { describe, expect, test } from 'bun:test';
import type { Conversation, Detail, Raw, Row } from '../../../src/inspector/shapes.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { detailOf, onlyDetail, rowsOf } from '../../support/clients/shown-requests.ts';
import { googleError, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const answersOf = (...answers: Response[]): Fetch => {
  const left = [...answers];
  return async () => left.shift() ?? googleError(500, 'INTERNAL', 'nothing is left');
};

const labels = ({ lines }: Detail) => lines.map(({ label }) => label);
const line = ({ lines }: Detail, label: string) => lines.find((one) => one.label === label);

describe('one request', () => {
  test.each<[string, string]>([
    ['a long one', `${'You exceeded your current quota. '.repeat(30)}Please use a smaller prompt.`],
    ['a short one', 'Please use a smaller prompt.'],
  ])('an error is told with its end in the list, the headline and the time line: %s', async (_name, text) => {
    await using proxy = await startProxy({ fetch: async () => googleError(400, 'INVALID_ARGUMENT', text) });
    await (await proxy.send('/v1/messages', hello)).text();
    const detail = await onlyDetail(proxy);
    for (const told of [detail.row.words, detail.headline, line(detail, 'Error sent to the client')?.text])
      expect(told).toContain(text);
    expect(detail.headline).toMatch(/^Failed after /);
  });

  test.each<[string, object, Record<string, string>, RegExp, string[]]>([
    [
      'for its body',
      { max_tokens: 'many' },
      {},
      /^unknown: refused before it was understood$/,
      ['The client’s headers', 'The client’s request', 'What the client got'],
    ],
    [
      'for its model',
      { model: 'nobody' },
      {},
      /^sdk, request 1/,
      ['The client’s headers', 'The client’s request', 'What the client got'],
    ],
    [
      'for its headers',
      {},
      { 'anthropic-version': '1999' },
      /^unknown: /,
      [
        'The client’s headers',
        'The client’s request: refused before its body was read',
        'What the client got',
      ],
    ],
  ])('a request refused %s tells only what there is', async (_name, body, headers, fact, parts) => {
    await using proxy = await startProxy();
    await (await proxy.send('/v1/messages', { ...hello, ...body }, headers)).text();
    const { row, facts, hasSent } = await onlyDetail(proxy);
    expect(facts[0]).toMatch(fact);
    expect(facts[0]?.startsWith(row.caller)).toBe(true);
    expect(hasSent).toBe(false);
    const raw: Raw = await (await proxy.send(`/ui/api/requests/${row.id}/raw`)).json();
    expect(raw.parts.map(({ name }) => name)).toEqual(parts);
    const curl = await proxy.send(`/ui/api/requests/${row.id}/curl`, {}, { 'x-inspector': '1' });
    expect(await curl.text()).toContain('Nothing was asked of Gemini');
  });

  test('the headline of a request that was refused here has the reason', async () => {
    await using proxy = await startProxy();
    await (await proxy.send('/v1/messages', { ...hello, max_tokens: 'many' })).text();
    const { headline } = await onlyDetail(proxy);
    expect(headline).toMatch(
      /^Failed after \d+ ms\. The request is not valid: max_tokens.*\(invalid_request_error\)$/,
    );
  });

  test('its time line tells of each attempt, each wait, and the end', async () => {
    const thought = { candidates: [{ content: { role: 'model', parts: [{ text: 'hm', thought: true }] } }] };
    const google = answersOf(
      googleError(503, 'UNAVAILABLE', 'The model is overloaded.'),
      googleStream(thought, textChunk('hi', 'STOP')),
    );
    await using proxy = await startProxy({ fetch: google });
    await (await proxy.send('/v1/messages', { ...hello, stream: true })).text();
    const detail = await onlyDetail(proxy);
    expect(labels(detail)).toEqual([
      'Read and translated',
      'Attempt 1',
      'Pause',
      'Attempt 2',
      'First text or call',
      'End',
    ]);
    expect(line(detail, 'Attempt 1')).toMatchObject({
      text: '503 overloaded: the model was overloaded. “The model is overloaded.”',
      sign: 'failed',
      spans: [{ kind: 'failed' }],
    });
    expect(line(detail, 'End')).toMatchObject({ text: 'STOP → end_turn', mark: detail.row.totalMs });
    expect(detail.headline).toMatch(
      /^Answered after .*One attempt failed after .*: the model was overloaded \(503 overloaded\)/,
    );
    expect(detail.attempts).toMatchObject([
      { number: 1, model: 'gemini-4-argon', status: 503, failure: 'overloaded' },
      { number: 2, status: 200 },
    ]);
  });

  test('a first thought has a line of its own, at the time that the card and the list have', async () => {
    const thought = { candidates: [{ content: { role: 'model', parts: [{ text: 'hm', thought: true }] } }] };
    await using proxy = await startProxy({
      fetch: answersOf(googleStream(thought, textChunk('hi', 'STOP'))),
    });
    const thinking = { type: 'enabled', budget_tokens: 1_024 };
    await (await proxy.send('/v1/messages', { ...hello, max_tokens: 2_000, stream: true, thinking })).text();
    const detail = await onlyDetail(proxy);
    expect(labels(detail)).toEqual(expect.arrayContaining(['First thought', 'First text or call']));
    expect(line(detail, 'First thought')?.mark).toBe(detail.row.firstMs);
  });

  test('the spans and the totals add up to the whole time', async () => {
    await using proxy = await startProxy({
      fetch: answersOf(googleError(503, 'UNAVAILABLE', 'no'), googleStream(textChunk('hi', 'STOP'))),
    });
    await (await proxy.send('/v1/messages', { ...hello, stream: true })).text();
    const { row, totals } = await onlyDetail(proxy);
    const spans = row.spans.reduce((sum, { from, to = Number.NaN }) => sum + to - from, 0);
    expect([spans, totals.reduce((sum, { ms }) => sum + ms, 0)]).toEqual([
      row.totalMs ?? -1,
      row.totalMs ?? -1,
    ]);
  });

  test('another model is told with its reason, and its warnings are not told twice', async () => {
    const google: Fetch = async (url) =>
      url.includes('4-argon')
        ? googleError(404, 'NOT_FOUND', 'models/gemini-4-argon is not found')
        : googleStream(textChunk('hi', 'STOP'));
    await using proxy = await startProxy({ fetch: google });
    await (await proxy.send('/v1/messages', { ...hello, stream: true, foo: 1 })).text();
    const detail = await onlyDetail(proxy);
    expect(detail.row).toMatchObject({ replaced: 'gemini-4-argon', sign: 'slow' });
    expect(line(detail, 'Model replaced')?.text).toContain('gemini-4-argon → ');
    expect(detail.warnings.filter(({ path }) => path === 'foo')).toMatchObject([
      { code: 'field-ignored', routine: false },
    ]);
  });

  test('a breaker that opens meanwhile stands in its time line', async () => {
    const google: Fetch = async () => googleError(503, 'UNAVAILABLE', 'The model is overloaded.');
    await using proxy = await startProxy({
      fetch: google,
      env: { MODEL_FALLBACKS: 'none', MAX_RETRIES: '0' },
    });
    const prompts = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
    let sent = 0;
    const isOpen = () => proxy.lines.some(({ msg }) => String(msg).includes('keeps failing'));
    for (const content of prompts) {
      if (isOpen()) break;
      sent++;
      const body = { ...hello, messages: [{ role: 'user', content }] };
      await (await proxy.send('/v1/messages', body)).text();
    }
    const details = await Promise.all((await rowsOf(proxy, sent)).map(({ id }) => detailOf(proxy, id)));
    expect(details.flatMap(labels)).toContain('Model left out');
  });

  test('what it cost is told part by part, to the sum', async () => {
    await using proxy = await startProxy({ fetch: answersOf(googleStream(textChunk('hi', 'STOP'))) });
    await (await proxy.send('/v1/messages', hello)).text();
    const { usage, row } = await onlyDetail(proxy);
    expect(usage?.parts.map(({ what, tokens }) => [what, tokens])).toEqual([
      ['In, fresh', 20],
      ['In, cached', 10],
      ['Out, text and calls', 4],
      ['Out, thinking', 0],
    ]);
    const sum = usage?.parts.reduce((total, { dollars }) => total + dollars, 0);
    expect(sum).toBeCloseTo(row.dollars ?? Number.NaN, 12);
    expect(usage?.dollars).toBe(row.dollars ?? Number.NaN);
  });

  test('what Gemini says with each of several failures stands in the time line once', async () => {
    const [busy, slow] = [
      googleError(503, 'UNAVAILABLE', 'The model is overloaded.'),
      googleError(504, 'DEADLINE_EXCEEDED', 'Too late.'),
    ];
    const answers = answersOf(busy, busy.clone(), slow, googleStream(textChunk('hi', 'STOP')));
    await using proxy = await startProxy({ fetch: answers });
    await (await proxy.send('/v1/messages', { ...hello, stream: true })).text();
    const detail = await onlyDetail(proxy);
    expect([1, 2, 3].map((number) => line(detail, `Attempt ${number}`)?.text)).toEqual([
      '503 overloaded: the model was overloaded. “The model is overloaded.”',
      '503 overloaded: the model was overloaded, with the same message',
      '504 timeout: no answer came in time. “Too late.”',
    ]);
  });

  const halfAnAnswer = {
    candidates: [{ content: { role: 'model', parts: [{ text: 'hm', thought: true }] } }],
    usageMetadata: { promptTokenCount: 1_000, thoughtsTokenCount: 50 },
  };

  test('what a failed attempt cost is told apart: in the headline, the row, and the parts', async () => {
    const answers = answersOf(googleStream(halfAnAnswer), Response.json(textChunk('hi', 'STOP')));
    await using proxy = await startProxy({ fetch: answers });
    await (await proxy.send('/v1/messages', { ...hello, stream: true })).text();
    const { usage, row, headline } = await onlyDetail(proxy);
    // 1,000 × $2 + 50 × $10; then 20 × $2 + 10 × $0.10 + 4 × $10, each for a million.
    expect([row.lostDollars, row.dollars]).toEqual([0.0025, 0.002581]);
    expect(headline).toContain('; $0.0025 of $0.0026 was for an attempt that failed');
    expect(row.words).toContain('$0.0025 of $0.0026 was for an attempt that failed');
    expect(usage?.lost).toBe(
      '$0.0025 of it was for an attempt that failed after Google had read the prompt. Google counts that, though nothing of the answer was used.',
    );
    expect(usage?.parts.map(({ group, what, tokens }) => [group, what, tokens])).toEqual([
      [undefined, 'In, fresh', 20],
      [undefined, 'In, cached', 10],
      [undefined, 'Out, text and calls', 4],
      [undefined, 'Out, thinking', 0],
      ['failed attempts', 'In, fresh', 1_000],
      ['failed attempts', 'Out, thinking', 50],
    ]);
    expect(usage?.parts.reduce((sum, { dollars }) => sum + dollars, 0)).toBeCloseTo(row.dollars ?? 0, 12);
  });

  test('of an answer that broke off for good nobody says that nothing of it was used', async () => {
    const begun = { ...textChunk('The beginning'), usageMetadata: halfAnAnswer.usageMetadata };
    await using proxy = await startProxy({ fetch: answersOf(googleStream(begun)) });
    await (await proxy.send('/v1/messages', { ...hello, stream: true })).text();
    const { usage, row } = await onlyDetail(proxy);
    expect([row.sign, row.lostDollars]).toEqual(['failed', row.dollars]);
    expect(usage?.lost).toBe(
      'All of it was for an attempt that failed after Google had read the prompt. Google counts that.',
    );
  });

  test('one that is not kept is a 404 that says so', async () => {
    await using proxy = await startProxy();
    const answer = await proxy.send('/ui/api/requests/req_gone');
    expect([answer.status, (await answer.json()).error.message]).toEqual([
      404,
      expect.stringContaining('not kept'),
    ]);
  });
});

describe('threads and branches', () => {
  const CLI = { 'user-agent': 'claude-cli/2.1.330 (external, cli)', 'x-claude-code-session-id': 'session-1' };
  const prompt = 'Find every caller of parseLocal.';
  const call = (name: string, args: object) => ({
    candidates: [
      {
        content: { role: 'model', parts: [{ functionCall: { name, args }, thoughtSignature: 'c2ln' }] },
        finishReason: 'STOP',
      },
    ],
    usageMetadata: { promptTokenCount: 30, candidatesTokenCount: 4 },
  });
  const tools = ['Agent', 'Bash'].map((name) => ({ name, input_schema: { type: 'object' } }));
  const asks = (content: unknown, more: object = {}) => ({
    ...hello,
    stream: true,
    tools,
    messages: [{ role: 'user', content }],
    ...more,
  });
  const reminder = { type: 'text', text: '<system-reminder>\nThe day is a day.\n</system-reminder>' };

  /** The rows, and the conversation of the first request. */
  async function session(agentPrompt: string): Promise<{ rows: Row[]; asked: Conversation }> {
    const google = answersOf(
      googleStream(call('Agent', { description: 'look', prompt, subagent_type: 'Explore' })),
      googleStream(call('Bash', { command: 'grep' })),
      googleStream(textChunk('Three.', 'STOP')),
    );
    await using proxy = await startProxy({ fetch: google });
    const send = async (body: object, headers = {}) =>
      (await proxy.send('/v1/messages', body, { ...CLI, ...headers })).text();
    await send(asks([reminder, { type: 'text', text: 'Who calls parseLocal?' }]));
    const agent = { 'x-claude-code-agent-id': 'agent-1' };
    const first = [{ type: 'text', text: agentPrompt }];
    await send(asks(first), agent);
    const history = [
      { role: 'user', content: first },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'three' }] },
    ];
    await send(asks('', { messages: history }), agent);
    const rows = await rowsOf(proxy, 3);
    const asked = await proxy.send(`/ui/api/requests/${rows[0]?.id}/conversation`);
    return { rows, asked: await asked.json() };
  }

  test('a subagent stands under the request whose call has its prompt, with all its requests', async () => {
    const [main, ...others] = (await session(prompt)).rows;
    expect(main).toMatchObject({
      caller: 'main',
      says: 'Who calls parseLocal?',
      opening: 'Who calls parseLocal?',
    });
    expect(new Set([main, ...others].map((row) => row?.thread)).size).toBe(1);
    expect(others.map(({ caller, branchOf, says }) => [caller, branchOf, says])).toEqual([
      ['subagent', main?.id, prompt],
      ['subagent', main?.id, 'Tool results: Bash'],
    ]);
  });

  test('each of its requests names the call, under the id that the call has in the answer', async () => {
    const { rows, asked } = await session(prompt);
    const call = asked.answer?.blocks.find((block) => block.type === 'call');
    const id = call?.type === 'call' ? call.id : '';
    expect([call?.type === 'call' && call.name, id]).toEqual(['Agent', expect.stringMatching(/^toolu_/)]);
    expect(rows.map(({ branchCall }) => branchCall)).toEqual([undefined, id, id]);
  });

  test('without such a call it is a branch of nothing', async () => {
    const [, ...others] = (await session('Something else.')).rows;
    expect(others.map(({ branchOf }) => branchOf)).toEqual([undefined, undefined]);
  });
});
