/** The picture of the demo, as it lies in the docs: it can be shown anywhere, and what it shows is what the demo prints today. */
import { describe, expect, test } from 'bun:test';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { parseXml, XmlElement, type XmlNode } from '@rgrove/parse-xml';
import { COMMANDS } from '../../src/commands/table.ts';
import { withDemo } from '../support/programs/demo.ts';

const PICTURE = join(import.meta.dir, '../../docs/pictures/demo.svg');
const MOST_BYTES = 60_000;
/** The folder of every demo in the picture. */
const FOLDER = '/tmp/gemini-demo';

const source = await Bun.file(PICTURE).text();
const root = parseXml(source).root ?? new XmlElement('nothing');

const elements = (node: XmlNode): XmlElement[] =>
  node instanceof XmlElement ? [node, ...node.children.flatMap(elements)] : [];
/** Without the title of the window. */
const lines = elements(root)
  .filter(({ name, attributes }) => name === 'text' && attributes['class'] === undefined)
  .map(({ text }) => text);
const [command = '', ...printed] = lines;

describe('the picture of the demo', () => {
  test('is an SVG of text, with a title, and small', () => {
    expect(root.name).toBe('svg');
    expect(elements(root).map(({ name }) => name)).toContain('title');
    expect(lines.length).toBeGreaterThan(30);
    expect(source.length).toBeLessThan(MOST_BYTES);
  });

  test('refers to nothing outside of itself, and runs nothing', () => {
    const names = new Set(elements(root).map(({ name }) => name));
    expect([...names].sort()).toEqual(['circle', 'desc', 'rect', 'style', 'svg', 'text', 'title', 'tspan']);
    const attributes = elements(root).flatMap((element) => Object.keys(element.attributes));
    expect(attributes.filter((name) => /^on|href|src/.test(name))).toEqual([]);
    expect(source).not.toMatch(/url\(|@import|@font-face|<[?!]/);
    expect(source.match(/\w+:\/\/[^"\s]*/g)).toEqual(['http://www.w3.org/2000/svg']);
  });

  test('has no path or name of a machine', () => {
    const paths = lines.join('\n').match(/(?<![\w.~])(?:\/|[A-Z]:\\|~\/)[\w.-][^\s"]*/g) ?? [];
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.filter((path) => !path.startsWith(`${FOLDER}/project`))).toEqual([]);
    const own = [homedir(), hostname(), userInfo().username].filter((name) => name.length > 3);
    expect(own.filter((name) => lines.join('\n').includes(name))).toEqual([]);
  });

  test('shows a command that there is, and what it prints', async () => {
    const [, name = '', args = ''] = /^\$ bun run (\w+) (.*)$/.exec(command) ?? [];
    expect(Object.keys(COMMANDS)).toContain(name);
    await withDemo({ args: [...args.split(' '), '--client', 'scripted'] }, ({ output, project }) => {
      const shown = output.replaceAll(project, `${FOLDER}/project`).split('\n');
      expect(sameForAllClients(printed)).toBe(sameForAllClients(shown));
    });
  });
});

/** What a tool says, the size of prompts and the words for another try are the client's own. Line breaks are the terminal's. */
function sameForAllClients(lines: readonly string[]): string {
  const own = /^(?:✓|~ asks again|done |tokens )/;
  const common = lines.map((line) => line.trim()).filter((line) => !own.test(line));
  return common.join(' ').split(/\s+/).join(' ').trim();
}
