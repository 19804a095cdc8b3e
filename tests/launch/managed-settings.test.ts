import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leadingElsewhere, managedFolder, readManaged } from '../../src/launch/managed-settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'managed-'));
  mkdirSync(join(folder, 'managed-settings.d'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lay = (name: string, content: unknown) =>
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
const VARIABLES = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1', ANTHROPIC_AUTH_TOKEN: 'dummy' };

test.each([
  ['darwin', '/Library/Application Support/ClaudeCode'],
  ['linux', '/etc/claude-code'],
  ['win32', 'C:\\Program Files\\ClaudeCode'],
])('on %s they lie in %s', (platform, path) => {
  expect(managedFolder(platform)).toBe(path);
});

test('the one file comes first, then the others by their names', () => {
  for (const name of [
    'managed-settings.d/20-b.json',
    'managed-settings.d/10-a.json',
    'managed-settings.json',
  ])
    lay(name, { name });
  lay('managed-settings.d/notes.txt', '');
  expect(readManaged(folder).map(({ settings }) => settings['name'])).toEqual([
    'managed-settings.json',
    'managed-settings.d/10-a.json',
    'managed-settings.d/20-b.json',
  ]);
});

test('where there are none, there is nothing to say', () => {
  expect(readManaged(join(folder, 'none'))).toEqual([]);
  expect(leadingElsewhere(VARIABLES, [])).toEqual([]);
});

test('what leads elsewhere is named, with its file', () => {
  lay('managed-settings.json', { env: { ...VARIABLES, CLAUDE_CODE_USE_BEDROCK: '1' } });
  lay('managed-settings.d/a.json', { env: { ANTHROPIC_BASE_URL: 'https://gateway.example' } });
  lay('managed-settings.d/b.json', { env: { ...VARIABLES, HTTPS_PROXY: 'http://proxy.example' } });
  expect(leadingElsewhere(VARIABLES, readManaged(folder))).toEqual([
    expect.stringMatching(/managed-settings\.json sets CLAUDE_CODE_USE_BEDROCK, and nothing overrules/),
    expect.stringMatching(/a\.json sets ANTHROPIC_BASE_URL, and nothing overrules/),
  ]);
});

test('a file that cannot be read says why, and counts as empty', () => {
  lay('managed-settings.json', '{');
  expect(readManaged(folder)).toMatchObject([
    { settings: {}, problem: expect.stringContaining('is not valid JSON') },
  ]);
});
