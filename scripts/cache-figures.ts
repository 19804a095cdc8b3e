/**
 * `bun scripts/cache-figures.ts` plays the same conversation with and without `CACHE_CONTROL=explicit`, against a Google
 * on its own machine whose implicit cache gives nothing, and says what each costs by the table of models.
 * `--turns 40 --tokens 50000 --growth 2000`: its requests, the tokens of the first, and those that each adds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose } from '../src/compose/compose.ts';
import { SCENARIOS } from '../src/compose/mock-upstream.ts';
import { readConfig } from '../src/config/config.ts';
import { modelRow } from '../src/gemini/model-rows.ts';
import { createLogger } from '../src/lib/log.ts';
import { createSeededRandom, type Fetch, systemClock } from '../src/lib/ports.ts';
import { ratesOf } from '../src/prices/prices.ts';
import { createMockFetch } from '../src/sim/mock/index.ts';
import { loadScenarios } from '../src/sim/scenarios.ts';
import { commandLine } from './command-line/command-line.ts';

const { values } = commandLine({
  name: 'bun scripts/cache-figures.ts',
  about: 'Plays a conversation with and without CACHE_CONTROL=explicit, and says what each costs',
  options: {
    turns: { type: 'string', default: '10' },
    tokens: { type: 'string', default: '50000' },
    growth: { type: 'string', default: '0' },
  },
});
const [turns, tokens, growth] = [values.turns, values.tokens, values.growth].map(Number) as [
  number,
  number,
  number,
];

const MODELS = ['gemini-3.8-flash', 'gemini-3.5-flash', 'gemini-3.1-pro-preview', 'gemini-3.5-flash-lite'];
const CHARACTERS = 4;
const MARK = { cache_control: { type: 'ephemeral' } };

type Usage = { input_tokens: number; cache_creation_input_tokens: number; cache_read_input_tokens: number };
type Run = { usages: Usage[]; kept: number[] };

/** Plays the conversation, and tells what was read, and what was kept. */
async function play(model: string, cacheControl: string): Promise<Run> {
  const scenarios = loadScenarios(SCENARIOS);
  const mock = createMockFetch({
    scenarios,
    random: createSeededRandom(1),
    clock: systemClock,
    implicitCache: false,
  });
  const kept: number[] = [];
  const fetch: Fetch = async (url, init, exchange) => {
    const response = await mock(url, init, exchange);
    if (url.endsWith('/cachedContents'))
      kept.push((await response.clone().json()).usageMetadata.totalTokenCount);
    return response;
  };
  const folder = mkdtempSync(join(tmpdir(), 'figures-'));
  const env = { GEMINI_API_KEY: 'figures', BIG_MODEL: model, CACHE_CONTROL: cacheControl, DATA_DIR: folder };
  const logger = await createLogger({ level: 'critical', format: 'json' });
  const system = compose(readConfig(env, []), {
    clock: systemClock,
    random: createSeededRandom(1),
    logger,
    fetch,
  });
  const usages: Usage[] = [];
  const said: object[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const text = `${turn} ${'word'.repeat(turn === 0 ? 1 : growth)}`;
    const body = {
      ...{ model: 'claude-opus-5-5', max_tokens: 1_000, metadata: { user_id: 'figures' } },
      system: [{ type: 'text', text: 'word'.repeat((tokens * CHARACTERS) / 'word'.length), ...MARK }],
      messages: [...said, { role: 'user', content: [{ type: 'text', text, ...MARK }] }],
    };
    const headers = { 'anthropic-version': '2023-06-01', 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await (await system.handle(new Request('http://127.0.0.1/v1/messages', init))).json();
    usages.push(answer.usage);
    said.push({ role: 'user', content: text }, { role: 'assistant', content: answer.content });
    await Bun.sleep(1);
  }
  await system.close();
  rmSync(folder, { recursive: true });
  return { usages, kept };
}

/** Dollars for all that was read, kept and stored; what was written is the same. */
function cost(id: string, { usages, kept }: Run): number {
  const { price, caching } = modelRow(id);
  const at = new Date().toISOString().slice(0, 10);
  const rates = (promptTokens: number) => ratesOf(price, { at, promptTokens }) ?? { input: 0, cacheRead: 0 };
  const read = usages.map((usage) => {
    const fresh = usage.input_tokens + usage.cache_creation_input_tokens;
    const { input, cacheRead } = rates(fresh + usage.cache_read_input_tokens);
    return fresh * input + usage.cache_read_input_tokens * cacheRead;
  });
  const keeping = kept.map((all) => all * (rates(all).input + (caching?.storage ?? 0) / 12));
  return [...read, ...keeping].reduce((sum, one) => sum + one, 0) / 1_000_000;
}

console.log(`${turns} requests from ${tokens} tokens on, each ${growth} more; kept for 5 minutes\n`);
console.log(
  '| model | without | with | | kept at | cached of the whole |\n| --- | --- | --- | --- | --- | --- |',
);
for (const model of MODELS) {
  const [without, explicit] = [await play(model, 'implicit'), await play(model, 'explicit')];
  const [before, after] = [cost(model, without), cost(model, explicit)];
  const at = explicit.usages.flatMap((usage, index) =>
    usage.cache_creation_input_tokens > 0 ? [index + 1] : [],
  );
  const total = (pick: (usage: Usage) => number) =>
    explicit.usages.reduce((sum, usage) => sum + pick(usage), 0);
  const cached = total((usage) => usage.cache_read_input_tokens);
  const all = cached + total((usage) => usage.input_tokens + usage.cache_creation_input_tokens);
  const cells = [
    model,
    `$${before.toFixed(3)}`,
    `$${after.toFixed(3)}`,
    `${Math.round(100 * (after / before - 1))} %`,
  ];
  console.log(
    `| ${[...cells, `${at.join(', ')} (${explicit.kept.length})`, `${Math.round((100 * cached) / all)} %`].join(' | ')} |`,
  );
}
