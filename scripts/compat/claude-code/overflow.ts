/** A window that is full, or nearly: Claude Code summarises by the figures of usage, or by the words of the error, and goes on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProxyProcess } from '../../../tests/support/programs/proxy-process.ts';
import { type Bench, type Case, must, mustContain } from '../case.ts';
import type { Asked, Google } from '../google.ts';
import { ask, mustBeServed } from './claude.ts';

/** What fills the window: the window is full while the second prompt stands beside these outputs. */
const FILLING = ['10500\\n10501', '20500\\n20501', 'compat: count on'];
const TOO_LONG = 'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).';

const isFull = ({ body }: Pick<Asked, 'body'>): boolean => {
  const history = JSON.stringify(body.contents);
  return FILLING.every((piece) => history.includes(piece));
};

/** Fills the window, and then has one more command run: after a summary, and once. */
async function fill(
  bench: Bench,
  google: Google,
  env: Readonly<Record<string, string>>,
): Promise<ProxyProcess> {
  const proxy = await bench.proxy(google);
  await ask(bench, proxy, { prompt: 'compat: count far', env });
  const said = await ask(bench, proxy, { prompt: 'compat: count on', args: ['--continue'], env });
  must(
    google.asked.some(({ caller }) => caller === 'compaction'),
    () => 'no summary was asked for',
  );
  mustContain(said.result, 'Counted on.', 'the answer');
  const left = readFileSync(join(bench.project, 'counted.txt'), 'utf8');
  must(left === 'on\n', () => `the command ran ${left.split('\n').length - 1} times`);
  return proxy;
}

export const overflow: Case = {
  name: 'overflow',
  what: 'A prompt over the window: compacts by itself, and goes on',
  seconds: 120,
  notOffered: (client) =>
    client === 'claude-code-2.0.77'
      ? 'shows “Prompt is too long” and stops; it compacts by the figures, before that'
      : undefined,
  async run(bench) {
    let refusals = 0;
    const google = bench.google((asked) => {
      if (asked.method === 'countTokens' || asked.caller === 'compaction' || !isFull(asked)) return undefined;
      refusals += 1;
      const error = { code: 400, message: TOO_LONG, status: 'INVALID_ARGUMENT' };
      return Response.json({ error }, { status: 400 });
    });
    const proxy = await fill(bench, google, {});
    must(refusals > 0, () => 'the window was never full');
    mustBeServed(proxy, [400]);
  },
};

/** The least window that can be set, and the part of it that is full after the first prompt and not before. */
const EARLY = { CLAUDE_CODE_AUTO_COMPACT_WINDOW: '100000', CLAUDE_AUTOCOMPACT_PCT_OVERRIDE: '38' };
/** Its window cannot be set. */
const EARLY_OF_OLD = { CLAUDE_AUTOCOMPACT_PCT_OVERRIDE: '17' };

export const autoCompact: Case = {
  name: 'auto-compact',
  what: 'Compacts by the figures of usage, before the window is full',
  seconds: 120,
  async run(bench) {
    const env = bench.client === 'claude-code-2.0.77' ? EARLY_OF_OLD : EARLY;
    mustBeServed(await fill(bench, bench.google(), env));
  },
};
