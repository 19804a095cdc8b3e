/** In which form the program runs, by the place of its files. */
import { expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { FORM, type Form, formAt, ownFile } from '../../../src/lib/program/own-files.ts';

const ROWS: readonly (readonly [string, string | undefined, Form])[] = [
  ['/home/me/gemini-claude-proxy', undefined, 'clone'],
  ['/home/me/node_modules_of_mine/proxy', undefined, 'clone'],
  ['/usr/lib/node_modules/gemini-claude-proxy', undefined, 'package'],
  ['/home/me/.npm/_npx/0a/node_modules/gemini-claude-proxy', undefined, 'package'],
  ['/$bunfs/root', '/$bunfs/root', 'executable'],
];

test.each(ROWS)('%s: %s is a %s', (root, embedded, form) => {
  expect(formAt(root, embedded)).toBe(form);
});

test('here it is a clone, whose files are found from its root', () => {
  expect(FORM).toBe('clone');
  expect(existsSync(ownFile('package.json'))).toBe(true);
});
