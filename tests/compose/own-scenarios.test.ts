/** A folder of one's own scenarios in a whole proxy, and what is told at the end of what never struck. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config/config.ts';
import { hello, startProxy } from '../support/proxy.ts';

let folder: string;
const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
const scenario = (name: string, rules: string, more = '') =>
  `name: ${name}\ndescription: d\n${more}\nrules:\n${rules}`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'own-scenarios-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What each prompt is answered, and the log to the end. */
async function played(prompts: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const proxy = await startProxy({ env: { SCENARIOS: folder, LOG_LEVEL: 'info', ...env } });
  const answers: unknown[] = [];
  try {
    for (const content of prompts) {
      const response = await proxy.send('/v1/messages', {
        ...hello,
        max_tokens: 1_000,
        messages: [{ role: 'user', content }],
      });
      const { content: [block] = [], error } = (await response.json()) as {
        content?: { text?: string }[];
        error?: { type: string };
      };
      answers.push(block?.text ?? error?.type);
    }
  } finally {
    await proxy[Symbol.asyncDispose]();
  }
  return { answers, log: proxy.lines.map(({ msg }) => String(msg)) };
}

describe('SCENARIOS', () => {
  test('is asked beside the built-in scenarios, before those of the same order', async () => {
    write('mine.yaml', scenario('mine', '  - { name: r, text: From me. }', 'prompt: [moon, tour]'));
    const { answers } = await played(['to the moon', 'take the tour', 'hello']);
    expect(answers).toEqual([
      'From me.',
      'From me.',
      expect.stringContaining('Hello! This is the offline mock'),
    ]);
  });

  test('a scenario takes the place of the built-in one of its name', async () => {
    write(
      'd.json',
      JSON.stringify({
        name: 'default',
        description: 'd',
        order: 100,
        rules: [{ name: 'r', text: 'Mine.' }],
      }),
    );
    expect((await played(['hello'])).answers).toEqual(['Mine.']);
  });

  test('a prompt that Gemini blocks is a refusal for the client', async () => {
    write(
      'b.yaml',
      scenario('b', '  - { name: r, block: { reason: PROHIBITED_CONTENT, message: No. } }', 'prompt: bomb'),
    );
    await using proxy = await startProxy({ env: { SCENARIOS: folder } });
    const body = { ...hello, messages: [{ role: 'user', content: 'a bomb' }] };
    expect(await (await proxy.send('/v1/messages', body)).json()).toMatchObject({
      stop_reason: 'refusal',
      stop_details: { explanation: expect.stringContaining('PROHIBITED_CONTENT). No.') },
    });
  });

  test('another candidate that ends first takes nothing from the answer', async () => {
    const text = '{ repeat: "one line after another, and on. ", times: 9 }';
    write(
      'c.yaml',
      scenario('c', `  - { name: r, text: ${text}, candidates: [{ text: Other. }] }`, 'prompt: many'),
    );
    const { answers } = await played(['many']);
    expect(answers).toEqual(['one line after another, and on. '.repeat(9)]);
  });

  test.each<[string, () => string, RegExp]>([
    ['is not there', () => join(folder, 'no'), /^SCENARIOS: .*no is no folder; name one/],
    ['has no scenario', () => folder, /^SCENARIOS: .* has no scenario; a file ends in \.yaml/],
  ])('a folder that %s ends the start', (_what, path, message) => {
    expect(() => readConfig({ BACKEND: 'mock', SCENARIOS: path() }, [])).toThrow(message);
  });

  test('is said to be of no use where Gemini answers', () => {
    write('a.yaml', scenario('a', '  - { name: r, text: x }'));
    const { notices } = readConfig({ GEMINI_API_KEY: 'x'.repeat(20), SCENARIOS: folder }, []);
    expect(notices).toContain('SCENARIOS: not used, because BACKEND is gemini, and not mock');
  });
});

describe('at the end', () => {
  test("rules and states of one's own that never answered are told, and faults that never struck", async () => {
    write(
      'mine.yaml',
      `${scenario('mine', '  - { name: used, text: x, when: { user: sun } }\n  - { name: spoilt, fault: slow-head for=1ms, when: { user: star } }\n  - { name: idle, text: z, when: { user: mars } }', 'prompt: [sun, star]')}
flows: [{ name: f, states: { go: { text: y }, far: { text: z } } }]`,
    );
    const { log } = await played(['the sun', 'a star'], { FAULTS: 'cut@9,bom,http-503:caller=title' });
    expect(log).toContain('rules and states that never answered: mine/idle, mine/far');
    expect(log).toContain('faults that never struck: cut@9, http-503:caller=title');
  });

  test('nothing is told where all has struck', async () => {
    write('mine.yaml', scenario('mine', '  - { name: used, text: x }', 'prompt: sun'));
    const { log } = await played(['the sun'], { FAULTS: 'bom' });
    expect(log.filter((line) => line.includes('never'))).toEqual([]);
  });
});
