/** Which APIs the mock speaks, and how well. */
import { foldEvents } from '../../../src/translate/response/message.ts';
import { readEvents } from '../../../tests/support/answers/events.ts';
import { violations } from '../../../tests/support/answers/laws.ts';
import { installVersion, runClaude } from '../../../tests/support/clients/claude-code.ts';
import type { Grade } from '../../peers/judge.ts';
import { MODEL } from '../../peers/peers.ts';
import type { Bench } from '../bench.ts';
import type { Probe } from '../probes.ts';
import { post } from '../subjects.ts';

const BASH = {
  name: 'Bash',
  description: 'Runs a command.',
  input_schema: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
};
const ASKED = 'run `git status`';
const MESSAGES = {
  model: 'claude-opus-5-5',
  max_tokens: 1_000,
  stream: true,
  tools: [BASH],
  messages: [{ role: 'user', content: ASKED }],
};

async function anthropicCall(bench: Bench): Promise<Grade> {
  const { url } = await bench.mock();
  const response = await post(`${url}/v1/messages`, MESSAGES);
  const events = readEvents(new Uint8Array(await response.arrayBuffer()));
  const broken = violations(events);
  const { content, stop_reason } = foldEvents(events);
  const call = content.find((block) => block.type === 'tool_use');
  if (!call || JSON.stringify(call.input) !== '{"command":"git status"}')
    return { mark: 'wrong', note: 'no call' };
  if (stop_reason !== 'tool_use') return { mark: 'wrong', note: `ends with ${stop_reason}` };
  return broken.length === 0 ? { mark: 'exact', note: '' } : { mark: 'told', note: broken[0] ?? '' };
}

/** An endpoint of another API: there, with a body that holds `holds`. */
const endpoint =
  (path: string, body: unknown, holds: string) =>
  async (bench: Bench): Promise<Grade> => {
    const { url } = await bench.mock();
    const response = await post(`${url}${path}`, body);
    const text = await response.text();
    if (response.ok && text.includes(holds)) return { mark: 'exact', note: '' };
    return { mark: 'wrong', note: `${response.status}` };
  };

const WORDS = 'fixed words';
const user = { role: 'user', content: WORDS };

async function mcp(bench: Bench): Promise<Grade> {
  const { mcp: serve } = bench.subject;
  if (!serve) return { mark: 'wrong', note: 'no servers of MCP' };
  const { url } = await bench.start((port) => serve(bench.home(), port));
  const params = {
    protocolVersion: '2025-03-26',
    capabilities: {},
    clientInfo: { name: 'probe', version: '1' },
  };
  const response = await post(`${url}/mcp`, { jsonrpc: '2.0', id: 1, method: 'initialize', params });
  return response.ok ? { mark: 'exact', note: '' } : { mark: 'wrong', note: `${response.status}` };
}

const call = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' } };
const turn = (role: string, ...content: unknown[]) => ({ role, content });

/** Requests that Anthropic answers with 400. */
const WRONG: readonly object[] = [
  { ...MESSAGES, max_tokens: undefined },
  { ...MESSAGES, messages: [] },
  { ...MESSAGES, messages: [turn('wizard', { type: 'text', text: 'hi' })] },
  { ...MESSAGES, messages: [turn('user', { type: 'tool_result', tool_use_id: 'toolu_9', content: 'x' })] },
  {
    ...MESSAGES,
    messages: [
      turn('user', { type: 'text', text: 'hi' }),
      turn('assistant', call),
      turn('user', { type: 'text', text: 'go on' }),
    ],
  },
  { ...MESSAGES, tools: [{ name: 'not a name!', input_schema: { type: 'object' } }] },
  { ...MESSAGES, tools: [BASH, BASH] },
  { ...MESSAGES, temperature: 7 },
];

async function refusesWrong(bench: Bench): Promise<Grade> {
  const { url } = await bench.mock();
  let refused = 0;
  for (const body of WRONG) if ((await post(`${url}/v1/messages`, body)).status === 400) refused++;
  return {
    mark: refused === WRONG.length ? 'exact' : refused > 0 ? 'told' : 'wrong',
    note: `${refused} of ${WRONG.length}`,
  };
}

/** A prompt, its call, and the result of that call: the words of the result reach the answer. */
async function toolLoop(bench: Bench): Promise<Grade> {
  const { url } = await bench.mock();
  const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'On branch main' };
  const messages = [...MESSAGES.messages, turn('assistant', call), turn('user', result)];
  const text = await (await post(`${url}/v1/messages`, { ...MESSAGES, messages })).text();
  if (!text.includes('message_stop')) return { mark: 'wrong', note: 'no answer' };
  return text.includes('On branch main')
    ? { mark: 'exact', note: '' }
    : { mark: 'told', note: 'answers by fixture, whatever the result was' };
}

const CLAUDE_CODE = '2.1.330';

async function claudeCode(bench: Bench): Promise<Grade> {
  const client = await installVersion(CLAUDE_CODE, { retries: 0 });
  if (!client.ok) return { mark: 'told', note: `not tried: ${client.reason}` };
  const { url } = await bench.mock();
  const cwd = bench.home();
  const run = { path: client.path, baseUrl: url, cwd, home: bench.home(), prompt: ASKED, timeoutMs: 120_000 };
  const { exitCode, stdout } = await runClaude(run);
  const said = stdout.trim().replaceAll(/\s+/g, ' ').replaceAll('|', ' ');
  if (exitCode !== 0 || said === '') return { mark: 'wrong', note: `exit ${exitCode}: ${said.slice(0, 60)}` };
  return /not a git repository/i.test(said)
    ? { mark: 'exact', note: 'runs it, and is told what it said' }
    : { mark: 'told', note: `ends with "${said.slice(0, 40)}"` };
}

export const mockProbes: readonly Probe[] = [
  {
    id: 'anthropic',
    wanted: "Anthropic's API: a call, streamed, by the rules of its events",
    run: anthropicCall,
  },
  {
    id: 'tool-loop',
    wanted: 'The result of a call is in the answer to it, without a fixture for it',
    run: toolLoop,
  },
  { id: 'wrong-requests', wanted: 'Requests that Anthropic refuses are refused (400)', run: refusesWrong },
  { id: 'claude-code', wanted: 'Claude Code, asked to run a command', run: claudeCode },
  {
    id: 'gemini',
    wanted: "Gemini's API, for programs that speak it",
    run: endpoint(
      `/v1beta/models/${MODEL}:generateContent`,
      { contents: [{ role: 'user', parts: [{ text: WORDS }] }] },
      'candidates',
    ),
  },
  {
    id: 'openai',
    wanted: "OpenAI's API",
    run: endpoint('/v1/chat/completions', { model: 'gpt-5', messages: [user] }, 'choices'),
  },
  {
    id: 'embeddings',
    wanted: 'Embeddings',
    run: endpoint('/v1/embeddings', { model: 'text-embedding-3-small', input: WORDS }, 'embedding'),
  },
  { id: 'mcp', wanted: 'MCP servers', run: mcp },
];
