/** Requests of several versions of Claude Code, as far as they are worded otherwise, that say the same; and others that do not. */
import { describe, expect, test } from 'bun:test';
import { readClientGist } from '../../../src/http/taping/client-gist.ts';
import { CLIENT_NAMES } from '../../../src/http/taping/client-names.ts';
import { CLIENT_NOISE } from '../../../src/http/taping/client-wire.ts';
import { nameGist } from '../../../src/sim/gist.ts';
import { withoutNoise } from '../../../src/sim/match.ts';

type Client = { body: object; path?: string; headers?: Record<string, string> };

const CLI = { 'user-agent': 'claude-cli/2.1.330 (external, cli)' };
const TOOLS = [{ name: 'Bash', input_schema: { type: 'object' } }];

function gistOf({ body, path = '/v1/messages', headers = CLI }: Client) {
  const request = { method: 'POST', path, query: '', headers, body: JSON.stringify(body) };
  const quiet = withoutNoise(body, CLIENT_NOISE);
  const gist = readClientGist(request, quiet);
  return gist && nameGist(gist, request, quiet, CLIENT_NAMES);
}

const message = (messages: unknown[], more: object = {}): Client => ({
  body: { model: 'claude-opus-5-5', max_tokens: 64, tools: TOOLS, messages, ...more },
});
const user = (...content: unknown[]) => ({ role: 'user', content });
const text = (words: string, more: object = {}) => ({ type: 'text', text: words, ...more });
const reminder = (words: string) => text(`<system-reminder>\n${words}\n</system-reminder>\n`);
const call = (id: string, name = 'Bash') => ({ type: 'tool_use', id, name, input: {} });
const result = (id: string, content: unknown, more: object = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...more,
});
const DOCUMENT = {
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: 'aa' },
};
const turn = (...content: unknown[]) => ({ role: 'assistant', content });
const called = (content: unknown) => [
  user(text('go')),
  turn(call('toolu_1')),
  user(result('toolu_1', content)),
];

const [AGENT, OTHER] = ['a0123456789abcdef', 'afedcba9876543210'];
const [TASK, OTHER_TASK] = ['b12345678', 'b87654321'];

const notification = (agent: string, more = '') =>
  `<task-notification>\n<task-id>${agent}</task-id>\n${more}<status>completed</status>\n<summary>Agent "x" finished</summary>\n<result>Found it.</result>\n</task-notification>`;

describe('the gist is the same', () => {
  test.each<[string, Client, Client]>([
    [
      'for another system prompt, other tools, another model and other settings',
      message([user(text('go'))], { system: 'a', thinking: { type: 'adaptive' } }),
      message([user(text('go'))], {
        ...{ model: 'claude-opus-4-8', max_tokens: 9, system: [text('b')], stream: true },
        tools: [...TOOLS, { name: 'Read', input_schema: { type: 'object' } }],
      }),
    ],
    [
      'for words in one text or in blocks',
      message([{ role: 'user', content: 'go' }]),
      message([user(text('go'))]),
    ],
    [
      'for a document in the result of a tool, or behind it',
      message(called([text('PDF file read'), DOCUMENT])),
      message([...called('PDF file read'), user(DOCUMENT)]),
    ],
    [
      'for reminders, wherever they stand',
      message([user(reminder('the day'), text('go'))]),
      message([user(text('go')), user(reminder('skills'))]),
    ],
    [
      'for messages of the system in between',
      message([user(text('go')), { role: 'system', content: 'agents' }]),
      message([user(text('go'))]),
    ],
    [
      "for another form of the model's turn",
      message([
        user(text('go')),
        turn({ type: 'thinking', thinking: 'hm', signature: 's' }, text('yes')),
        user(text('on')),
      ]),
      message([user(text('go')), turn(text('Yes.')), user(text('on'))]),
    ],
    [
      'for an error that is said not to be one',
      message(called('a')),
      message([...called('a').slice(0, 2), user(result('toolu_1', [text('a')], { is_error: false }))]),
    ],
    [
      'for a loaded tool, said or not',
      message([
        ...called([{ type: 'tool_reference', tool_name: 'TaskStop' }]).slice(0, 2),
        user(result('toolu_1', [{ type: 'tool_reference', tool_name: 'TaskStop' }]), text('Tool loaded.')),
      ]),
      message(called([{ type: 'tool_reference', tool_name: 'TaskStop' }])),
    ],
    [
      'for a subagent begun in the background',
      message(
        called([
          text(
            `Async agent launched successfully. (Never quote this.)\nagentId: ${AGENT} (internal)\nIt works.\noutput_file: /t/${AGENT}.output`,
          ),
        ]),
      ),
      message(called([text(`Async agent launched successfully.\nagentId: ${OTHER} (internal ID)`)])),
    ],
    [
      'for what a subagent has cost',
      message(
        called([
          text('Found it.'),
          text(
            `agentId: ${AGENT} (use SendMessage)\n<usage>total_tokens: 17652\ntool_uses: 1\nduration_ms: 3929</usage>`,
          ),
        ]),
      ),
      message(
        called([
          text('Found it.'),
          text(
            `agentId: ${OTHER} (use SendMessage with to: '${OTHER}', summary: 'x')\n<usage>subagent_tokens: 9</usage>`,
          ),
        ]),
      ),
    ],
    [
      'for a command that goes on in the background',
      message(
        called(
          `started\nCommand running in background with ID: ${TASK}. Output is being written to: /tmp/x/tasks/${TASK}.output. You will be notified.`,
        ),
      ),
      message(
        called(
          `started\nCommand running in background with ID: ${OTHER_TASK}. Output is being written to: /tmp/y/tasks/${OTHER_TASK}.output`,
        ),
      ),
    ],
    [
      'for a notification, in a reminder or not',
      message([user(reminder(`[SYSTEM NOTIFICATION]\n${notification(AGENT, '<note>n</note>\n')}`))]),
      message([user(text(notification(OTHER)))]),
    ],
    [
      'for a title, whose words older versions send bare',
      message([user(text('<session>\ngo\n</session>\n\nWrite the title in the language of the session.'))], {
        ...{ tools: [], output_config: { format: { type: 'json_schema', schema: {} } } },
      }),
      message([user(text('go'))], {
        ...{ tools: [], output_config: { format: { type: 'json_schema', schema: {} } } },
      }),
    ],
    [
      'for how a summary is to be written',
      message([
        user(text('go')),
        turn(text('yes', { cache_control: { type: 'ephemeral' } })),
        user(text('Summarise as follows.')),
      ]),
      message([
        user(text('go')),
        turn(text('yes', { cache_control: { type: 'ephemeral' } })),
        user(text('Your task: a summary.')),
      ]),
    ],
    [
      'for results that ended in another order',
      message([
        user(text('go')),
        turn(call('toolu_1'), call('toolu_2')),
        user(result('toolu_1', 'a'), result('toolu_2', 'b')),
      ]),
      message([
        user(text('go')),
        turn(call('toolu_1'), call('toolu_2')),
        user(result('toolu_2', 'b'), result('toolu_1', 'a')),
      ]),
    ],
  ])('%s', (_name, one, other) => {
    expect(gistOf(one)?.key).toBeString();
    expect(gistOf(other)?.key).toBe(gistOf(one)?.key ?? '');
  });
});

describe('the gist is another one', () => {
  const base = message(called('a'));
  test.each<[string, Client]>([
    ['for other words', message([user(text('stop')), ...called('a').slice(1)])],
    ['for another result', message(called('b'))],
    ['for an error', message([...called('a').slice(0, 2), user(result('toolu_1', 'a', { is_error: true }))])],
    ['for words behind the result', message([...called('a'), user(text('and more'))])],
    [
      'for a picture in the result',
      message(
        called([
          text('a'),
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aa' } },
        ]),
      ),
    ],
    ['for one turn less', message(called('a').slice(0, 1))],
    ['for an answer that is begun', message([...called('a'), turn(text('Well'))])],
    ['for a subagent', { ...base, headers: { ...CLI, 'x-claude-code-agent-id': AGENT } }],
    ['for another program', { ...base, headers: { 'user-agent': 'Anthropic/JS 0.94.0' } }],
    [
      'for a count',
      { ...base, path: '/v1/messages/count_tokens', body: { model: 'm', messages: called('a') } },
    ],
  ])('%s', (_name, other) => {
    expect(gistOf(other)?.key).toBeString();
    expect(gistOf(other)?.key).not.toBe(gistOf(base)?.key ?? '');
  });

  test('for another picture', () => {
    const picture = (data: string) =>
      message(called([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }]));
    expect(gistOf(picture('aa'))?.key).not.toBe(gistOf(picture('bb'))?.key ?? '');
  });

  test('where the same name is used for something else', () => {
    const launched = text(`agentId: ${AGENT} (a) `);
    const asked = (words: string) => message([...called([launched]), turn(text('yes')), user(text(words))]);
    expect(gistOf(asked(`stop ${AGENT}`))?.key).not.toBe(gistOf(asked(`stop ${OTHER}`))?.key ?? '');
  });
});

test.each([
  ['is no object', []],
  ['has no messages', { model: 'm' }],
  [
    'has a message that cannot be read',
    { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: [7] }] },
  ],
])('there is no gist of a body that %s', (_name, body) => {
  expect(gistOf({ body })).toBeUndefined();
});

test('a text of 300,000 tags that are never closed is read in one walk', () => {
  const words = '<system-reminder><task-notification><session>'.repeat(100_000);
  const gist = gistOf(message([user(text(words))]));
  expect(gist?.said.join('').length).toBeGreaterThan(words.length);
});
