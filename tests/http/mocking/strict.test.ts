/** With MOCK_STRICT the mock answers what a scenario has a row for, and nothing else. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalAnswer } from '../../../src/http/api-description/mock-answers.ts';
import { hello, startProxy, type TestProxy } from '../../support/proxy.ts';

const root = mkdtempSync(join(tmpdir(), 'strict-'));
afterAll(() => rmSync(root, { recursive: true }));
writeFileSync(
  join(root, 'shop.yaml'),
  `name: shop
description: Answers about orders.
rules:
  - { name: refund, when: { user: ["/\\\\brefund\\\\b/", money back] }, text: Refunded. }
  - { name: order, when: { user: where is my order }, text: On its way. }
  - { name: agents, when: { user: invoice, caller: subagent }, text: Paid. }
`,
);

const strict = (env: Record<string, string> = {}) => startProxy({ env: { MOCK_STRICT: 'true', ...env } });
const own = { SCENARIOS: root };
const says = (content: string) => ({ ...hello, messages: [{ role: 'user', content }] });
const CLAUDE = { 'user-agent': 'claude-cli/2.1.330 (external, cli)' };

async function ask(proxy: TestProxy, body: object, headers: Record<string, string> = {}) {
  const response = await proxy.send('/v1/messages', body, headers);
  return { status: response.status, body: await response.json() };
}

describe('words that no row fits are a 404, which names the nearest row and its words', () => {
  const rows: [string, string, string][] = [
    ['Please refnd my order', 'shop/refund', '"/\\brefund\\b/" or "money back"'],
    ['Where are my orders?', 'shop/order', '"where is my order"'],
    ['Mend my failed tests', 'fix-a-failing-test/', '"failing test"'],
    ['fix my tst', 'fix-a-failing-test/', '"failing test"'],
    ['write me a cmmand line tool', 'build-a-small-cli/', '(cli|command'],
    [')(', '', 'for "'],
  ];
  test.each(rows)('%s: %s', async (words, row, wanted) => {
    await using proxy = await strict(own);
    const { status, body } = await ask(proxy, says(words));
    expect(status).toBe(404);
    expect(body.error.type).toBe('not_found_error');
    expect(body.error.message).toContain(`No scenario has an answer to "${words}" (MOCK_STRICT)`);
    expect(body.error.message).toContain(`the nearest row is ${row}`);
    expect(body.error.message).toContain(wanted);
  });

  test('it is asked once: no other attempt, and no other model', async () => {
    await using proxy = await strict();
    await ask(proxy, { ...says('Sing a song'), stream: true });
    const { requests }: JournalAnswer = await (await proxy.send('/__mock/requests')).json();
    expect(requests).toMatchObject([
      {
        answer: { status: 404, error: { type: 'not_found_error' }, source: null },
        attempts: [{ status: 404, source: null }],
      },
    ]);
  });

  test('the log has it as an error, since Claude Code shows nothing of it', async () => {
    await using proxy = await strict({ ...own, LOG_LEVEL: 'ERROR' });
    await ask(proxy, says('Please refnd my order'));
    expect(proxy.lines.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(
        /^mock: No scenario has an answer to "Please refnd my order" .+ nearest row is shop\/refund/,
      ),
    ]);
  });

  test('also where the answer would have to be a call, or JSON', async () => {
    await using proxy = await strict();
    const tools = [{ name: 'look', input_schema: { type: 'object' } }];
    const forced = { ...says('Sing a song'), tools, tool_choice: { type: 'any' } };
    expect((await ask(proxy, forced)).status).toBe(404);
  });
});

test('what a row fits is answered, also in a scenario without a prompt, and in a chosen one', async () => {
  await using proxy = await strict(own);
  expect((await ask(proxy, says('I want a refund'))).body.content[0].text).toBe('Refunded.');
  expect((await ask(proxy, says('Write a long story about a fox'))).status).toBe(200);
  await using chosen = await strict({ MOCK_SCENARIO: 'long-stream' });
  expect((await ask(chosen, says('anything at all'))).status).toBe(200);
});

test('who has a scenario that answers everything is answered', async () => {
  const folder = join(root, 'all');
  await Bun.write(
    join(folder, 'default.yaml'),
    'name: default\ndescription: All.\norder: 100\nrules: [{ name: all, text: Yes. }]\n',
  );
  await using proxy = await strict({ SCENARIOS: folder });
  expect((await ask(proxy, says('Sing a song'))).body.content[0].text).toBe('Yes.');
});

test('what a client asks by itself keeps its rows: titles, summaries of pages, the test of the connection', async () => {
  await using proxy = await strict();
  const format = {
    type: 'json_schema',
    schema: { type: 'object', properties: { title: { type: 'string' } } },
  };
  const title = { ...says('Sing a song'), output_config: { format } };
  expect((await ask(proxy, title, CLAUDE)).status).toBe(200);
  expect((await ask(proxy, says('Sing a song'), CLAUDE)).status).toBe(200);
  expect((await proxy.send('/test-connection')).status).toBe(200);
  expect((await proxy.send('/v1/messages/count_tokens', says('Sing a song'))).status).toBe(200);
  const tools = [{ name: 'Read', input_schema: { type: 'object' } }];
  expect((await ask(proxy, { ...says('Sing a song'), tools }, CLAUDE)).status).toBe(404);
});

test('without it every prompt is answered', async () => {
  await using proxy = await startProxy();
  expect((await ask(proxy, says('Sing a song'))).status).toBe(200);
});
