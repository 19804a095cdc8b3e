/** What a test suite needs of a mock. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Grade } from '../../peers/judge.ts';
import type { Bench } from '../bench.ts';
import type { Probe } from '../probes.ts';
import { HEADERS, post } from '../subjects.ts';

const asking = (text: string) => ({
  model: 'claude-opus-5-5',
  max_tokens: 1_000,
  stream: false,
  messages: [{ role: 'user', content: text }],
});

const ask = (url: string, text: string, testId: string) =>
  post(`${url}/v1/messages`, asking(text), { ...HEADERS, 'x-test-id': testId });

async function journal(bench: Bench): Promise<Grade> {
  const { url } = await bench.mock();
  await ask(url, 'fixed words', 'of-the-journal');
  const text = await (await fetch(`${url}${bench.subject.journal}`, { headers: HEADERS })).text();
  if (!text.includes('fixed words')) return { mark: 'wrong', note: 'the request is not there' };
  return text.includes('"attempts":[{')
    ? { mark: 'exact', note: 'with what Gemini was sent' }
    : { mark: 'exact', note: '' };
}

async function faultOfOneTest(bench: Bench): Promise<Grade> {
  const { url } = await bench.mock();
  const { subject } = bench;
  const set = await subject.fault(url, subject.failing, 'one');
  if (!set.ok) return { mark: 'wrong', note: `${set.status}` };
  const [one, other] = [await ask(url, 'fixed words', 'one'), await ask(url, 'fixed words', 'other')];
  if (one.ok) return { mark: 'wrong', note: 'the fault does not strike' };
  return other.ok ? { mark: 'exact', note: '' } : { mark: 'wrong', note: 'strikes the other test as well' };
}

async function kindsOfFaults(bench: Bench): Promise<Grade> {
  const { url } = await bench.mock();
  const { subject } = bench;
  let known = 0;
  for (const name of subject.faults) if ((await subject.fault(url, name, 'kinds')).ok) known++;
  return { mark: known > 0 ? 'exact' : 'wrong', note: `${known}` };
}

async function strict(bench: Bench): Promise<Grade> {
  const { url } = await bench.mock(true);
  const { status } = await ask(url, 'words that no fixture has, such as sesquipedalian', 'strict');
  const known = await ask(url, bench.subject.knownPrompt, 'strict');
  if (!known.ok) return { mark: 'wrong', note: `${known.status} for a prompt that it knows` };
  return status >= 400
    ? { mark: 'exact', note: `${status}` }
    : { mark: 'wrong', note: 'answers all the same' };
}

async function library(bench: Bench): Promise<Grade> {
  const program = join(bench.subject.folder, 'probe.mjs');
  writeFileSync(program, bench.subject.library);
  const { code, text } = await bench.run(['node', program], bench.subject.folder);
  return code === 0 && /http:\/\/\S+:\d+/.test(text)
    ? { mark: 'exact', note: '' }
    : { mark: 'wrong', note: text.trim().split('\n').at(-1)?.slice(0, 60) ?? '' };
}

async function plugins(bench: Bench): Promise<Grade> {
  const { name, folder } = bench.subject;
  const { exports = {} } = await Bun.file(join(folder, 'node_modules', name, 'package.json')).json();
  const there = ['./vitest', './jest'].filter((path) => path in exports).map((path) => path.slice(2));
  return there.length > 0 ? { mark: 'exact', note: there.join(', ') } : { mark: 'wrong', note: 'none' };
}

async function check(bench: Bench): Promise<Grade> {
  const home = bench.home();
  const { subject } = bench;
  const [good, bad] = [subject.check(home, true), subject.check(home, false)];
  if (!good || !bad) return { mark: 'wrong', note: 'none' };
  const codes = [(await bench.run(good, home)).code, (await bench.run(bad, home)).code];
  return codes[0] === 0 && codes[1] !== 0
    ? { mark: 'exact', note: '' }
    : { mark: 'wrong', note: `exit ${codes[0]} for a good one, ${codes[1]} for a bad one` };
}

async function drift(bench: Bench): Promise<Grade> {
  const { drift: command } = bench.subject;
  if (!command.slice(1).every((path) => !path.includes('/') || existsSync(path)))
    return { mark: 'wrong', note: 'none' };
  const { text } = await bench.run(command, join(import.meta.dir, '../../..'));
  return /unexpected argument|unknown command|usage/i.test(text)
    ? { mark: 'told', note: 'in its own CI, not in the package' }
    : { mark: 'told', note: 'from a clone; looks at the API with a key' };
}

export const testProbes: readonly Probe[] = [
  { id: 'library', wanted: 'Started and stopped by a test under Node', run: library },
  { id: 'plugins', wanted: 'Plugins for test runners', run: plugins },
  { id: 'journal', wanted: 'A journal: a test reads what was asked', run: journal },
  {
    id: 'isolation',
    wanted: 'A fault that is set while it runs, for one test, does not strike another',
    run: faultOfOneTest,
  },
  { id: 'faults', wanted: 'Kinds of faults that can be set while it runs', run: kindsOfFaults },
  { id: 'strict', wanted: 'Strict: a prompt that no fixture has is an error', run: strict },
  {
    id: 'check',
    wanted: 'Made-up answers are checked offline: a bad file is an error, a good one is not',
    run: check,
  },
  { id: 'drift', wanted: 'A command says where the real API differs', run: drift },
];
