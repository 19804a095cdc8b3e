/** Ways in which the files of one recorded request get broken, or are edited by hand. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

export type Damage = {
  what: string;
  /** Breaks the request in this folder. */
  damage(folder: string): void;
  /** What is said about it: the file, what is wrong with it, and what to do. */
  told: RegExp;
  /** True where a replay cannot even tell which request of a client it was. */
  losesRequest?: true;
};

export function edit(folder: string, file: string, change: (text: string) => string): void {
  const path = join(folder, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

/** The first blob that the client's request needs; makes one where it needs none. */
function blobOf(folder: string): string {
  const blobs = join(dirname(folder), 'blobs');
  const request = readFileSync(join(folder, 'client-request.json'), 'utf8');
  const [name = ''] = existsSync(blobs) ? readdirSync(blobs).filter((hash) => request.includes(hash)) : [];
  if (name === '') throw new Error(`${folder} needs a text of more than 1,000 characters for this`);
  return join(blobs, name);
}

const META = 'meta.json';
const STREAM = 'upstream/01/stream.jsonl';
const MEND = 'mend that, or remove \\S+$';
const told = (text: string) => new RegExp(text);

/** What git leaves in a file that two people have changed. */
const conflicted = (text: string): string => `<<<<<<< HEAD\n${text}\n=======\n${text}\n>>>>>>> theirs\n`;
const CONFLICT = `git has left a merge conflict in line 1; ${MEND}`;

/** What is written of a date, a status or a header by hand is not always one. */
const WRONG_VALUES = [
  ['meta.json', '"recordedAt": "', '"recordedAt": "about ', '/recordedAt: not a date'],
  ['meta.json', '"clockStart": ', '"clockStart": -', '/clockStart: '],
  ['meta.json', '"status": ', '"status": 9', '/answer/status: '],
  ['upstream/01/meta.json', '"status": ', '"status": 9', '/head/status: '],
  ['upstream/01/meta.json', '"headers": {', '"headers": { "no name": "x",', '/head/headers: '],
  ['client-request.json', '"method": "POST"', '"method": "GET"', '/method: '],
  ['client-request.json', '"headers": {', '"headers": { "x-a": "two\\nlines",', '/headers: '],
] as const;

export const DAMAGES: readonly Damage[] = [
  ...WRONG_VALUES.map(
    ([file, from, to, problem]): Damage => ({
      what: `${file} has ${to}`,
      damage: (folder) => edit(folder, file, (text) => text.replace(from, to).replace(/,(\s*})/g, '$1')),
      told: told(`/${file}: ${problem}.*; ${MEND}`),
      ...(file === 'client-request.json' ? { losesRequest: true } : {}),
    }),
  ),
  ...(['meta.json', 'client-request.json', 'expected.sse', 'upstream/01/stream.jsonl'] as const).map(
    (file): Damage => ({
      what: `${file} has a conflict`,
      damage: (folder) => edit(folder, file, conflicted),
      told: told(`/${file}(?::1)?: ${CONFLICT}`),
      ...(file === 'client-request.json' ? { losesRequest: true } : {}),
    }),
  ),
  {
    what: 'a file stands in the place of upstream',
    damage(folder) {
      rmSync(join(folder, 'upstream'), { recursive: true });
      writeFileSync(join(folder, 'upstream'), '');
    },
    told: told(`/upstream: cannot be read: .*; ${MEND}`),
  },
  {
    what: 'a link leads nowhere',
    damage(folder) {
      rmSync(folder, { recursive: true });
      symlinkSync(join(folder, '../gone'), folder);
    },
    told: told(`/meta\\.json: is missing; ${MEND}`),
    losesRequest: true,
  },
  {
    what: 'meta.json is empty',
    damage: (folder) => edit(folder, META, () => ''),
    told: told(`/meta\\.json: is empty; ${MEND}`),
  },
  {
    what: 'meta.json is cut off',
    damage: (folder) => edit(folder, META, (text) => text.slice(0, text.length / 2)),
    told: told(`/meta\\.json: not JSON: \\w.*; ${MEND}`),
  },
  {
    what: 'meta.json lacks a field',
    damage: (folder) => edit(folder, META, (text) => text.replace('"seed"', '"sead"')),
    told: told(`/meta\\.json: /seed: .*; ${MEND}`),
  },
  {
    what: 'meta.json has a format of tomorrow',
    damage: (folder) => edit(folder, META, (text) => text.replace('"format": 1', '"format": 2')),
    told: /\/meta\.json: \/format: 2 is not known, only 1; update the proxy, or record again$/,
  },
  {
    what: 'meta.json is missing',
    damage: (folder) => rmSync(join(folder, META)),
    told: told(`/meta\\.json: is missing; ${MEND}`),
  },
  {
    what: 'meta.json is a folder',
    damage(folder) {
      rmSync(join(folder, META));
      mkdirSync(join(folder, META));
    },
    told: told(`/meta\\.json: cannot be read: .*; ${MEND}`),
  },
  {
    what: "the client's request is missing",
    damage: (folder) => rmSync(join(folder, 'client-request.json')),
    told: told(`/client-request\\.json: is missing; ${MEND}`),
    losesRequest: true,
  },
  {
    what: "the client's request is no JSON",
    damage: (folder) => edit(folder, 'client-request.json', (text) => `${text}}`),
    told: told(`/client-request\\.json: not JSON: \\w.*; ${MEND}`),
    losesRequest: true,
  },
  {
    what: 'a long text is missing',
    damage: (folder) => rmSync(blobOf(folder)),
    told: told(`/blobs/[0-9a-f]+: is missing; ${MEND}`),
    losesRequest: true,
  },
  {
    what: 'the exchange is missing',
    damage: (folder) => rmSync(join(folder, 'upstream'), { recursive: true }),
    told: told(`/upstream/01: is missing; ${MEND}`),
  },
  {
    what: 'stream.jsonl is missing',
    damage: (folder) => rmSync(join(folder, STREAM)),
    told: told(`/stream\\.jsonl: is missing; ${MEND}`),
  },
  {
    what: 'stream.jsonl lost its end',
    damage: (folder) => edit(folder, STREAM, (text) => text.slice(0, text.trimEnd().lastIndexOf('\n') + 1)),
    told: /\/stream\.jsonl: the last line, which tells how the stream ended, is missing; add one, such as \[0,"eof","upstream"\]$/,
  },
  {
    what: 'stream.jsonl is cut off within a line',
    damage: (folder) => edit(folder, STREAM, (text) => text.slice(0, 20)),
    told: told(`/stream\\.jsonl:1: expected \\[ms, code, text\\]; ${MEND}`),
  },
  {
    what: 'stream.jsonl was edited',
    damage: (folder) => edit(folder, STREAM, (text) => text.replace('{', '{ ')),
    told: /\/stream\.jsonl: was edited by hand \(its SHA-256 is not the recorded one\); bun run bless \S+ accepts that$/,
  },
  {
    what: 'all files are gone',
    damage(folder) {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
    },
    told: /: is an empty folder; remove it$/,
    losesRequest: true,
  },
];

/** What git, editors and people do to files that means nothing: all is read as it was written. */
export const HARMLESS: readonly { what: string; change(folder: string): void }[] = [
  ...(
    [
      ['line ends of Windows', (text: string) => text.replace(/\r?\n/g, '\r\n')],
      ['line ends of Windows, and half of one at the end', (text: string) => text.replace(/$/gm, '\r')],
      ['a byte-order mark', (text: string) => `\ufeff${text}`],
      ['one more line end', (text: string) => `${text}\n`],
      ['a mark, and line ends of Windows', (text: string) => `\ufeff${text.replace(/\r?\n/g, '\r\n')}\r\n`],
    ] as const
  ).map(([what, dress]) => ({
    what,
    change(folder: string) {
      for (const file of [META, 'client-request.json', 'expected.sse', 'upstream/01/meta.json', STREAM])
        edit(folder, file, dress);
      edit(dirname(folder), `blobs/${basename(blobOf(folder))}`, dress);
    },
  })),
  {
    what: 'copies that editors leave',
    change(folder) {
      for (const copy of ['meta.json~', '.meta.json.swp', '#meta.json#', '.DS_Store'])
        writeFileSync(join(folder, copy), 'x');
      writeFileSync(join(folder, 'upstream/Thumbs.db'), 'x');
      mkdirSync(join(folder, 'upstream/.idea'));
    },
  },
  {
    what: 'a link in the place of its folder',
    change(folder) {
      const elsewhere = join(dirname(folder), '..', `${Bun.randomUUIDv7()}-elsewhere`);
      renameSync(folder, elsewhere);
      symlinkSync(elsewhere, folder);
    },
  },
];
