import { afterAll, describe, expect, test } from 'bun:test';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACCEPTED } from '../../scripts/drift/accepted.ts';
import { enumValuesOf, membersOf } from '../../scripts/drift/declarations.ts';
import { judge, type Look } from '../../scripts/drift/look.ts';
import { unknownIn } from '../../scripts/drift/ours.ts';
import {
  lookAtCorpus,
  lookAtOwnRecordings,
  lookAtRequests,
  sightBody,
} from '../../scripts/drift/recordings.ts';
import { lookAtSdk } from '../../scripts/drift/sdk.ts';
import { TURNS } from '../support/turns/folder.ts';

const looked = (source: string, ...differences: string[]): Look => ({
  source,
  looked: true,
  what: 'x',
  differences,
});
const unseen: Look = { source: 'the live API', looked: false, why: 'no key' };

describe('the verdict', () => {
  test.each<[what: string, looks: Look[], exitCode: number]>([
    ['all looked at, nothing found', [looked('a'), looked('b')], 0],
    ['something found', [looked('a', 'x')], 1],
    ['nothing found, and something not looked at', [looked('a'), unseen], 2],
    ['something found, and something not looked at', [looked('a', 'x'), unseen], 1],
    ['nothing looked at', [unseen], 2],
  ])('%s', (_what, looks, exitCode) => {
    expect(judge(looks, {}).exitCode).toBe(exitCode as 0 | 1 | 2);
  });

  test('what could not be looked at never reads as no drift', () => {
    const { lines } = judge([looked('a'), unseen], {});
    expect(lines).toContain('could not look at the live API: no key');
    expect(lines.at(-1)).toBe('no drift in what was looked at; NOT looked at: the live API');
  });

  test('an accepted difference is none; one of the SDK that is gone is', () => {
    expect(judge([looked('a', 'x')], { a: { x: 'why' } }).exitCode).toBe(0);
    const { lines, exitCode } = judge([looked('the SDK')], { 'the SDK': { x: 'why' } });
    expect(exitCode).toBe(1);
    expect(lines).toContain('  drift: accepted, and no longer so: x');
  });
});

describe('declarations', () => {
  const text = `
export declare interface Part {
    /** Some { text; with: braces } and a
     * line: more. */
    text?: string;
    readonly inlineData?: Blob_2;
    /** This field is not supported in Gemini API. */
    other: { a: string; b: number };
    get data(): string | undefined;
    toJSON(): unknown;
}
export declare enum FinishReason {
    /** The end. */
    STOP = "STOP",
    MAX_TOKENS = "MAX_TOKENS"
}
export type Small = { a?: string; b: { c: 1; d: 2 } };
`;
  test.each([
    ['Part', ['text', 'inlineData', 'other']],
    ['Small', ['a', 'b']],
  ])('members of %s', (type, names) => {
    expect(membersOf(text, type)?.map(({ name }) => name)).toEqual(names);
  });

  test('a comment goes with its member', () => {
    expect(membersOf(text, 'Part')?.find(({ name }) => name === 'other')?.comment).toContain('not supported');
  });

  test('values of an enum', () => {
    expect(enumValuesOf(text, 'FinishReason')).toEqual(['STOP', 'MAX_TOKENS']);
  });

  test('what is not there is told', () => {
    expect([membersOf(text, 'Nothing'), enumValuesOf(text, 'Nothing')]).toEqual([undefined, undefined]);
  });
});

const cutInHalf = (file: string) => {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.slice(0, text.length / 2));
};

const body = (...chunks: object[]) => [
  new TextEncoder().encode(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('')),
];

const part = (more: object) => ({ candidates: [{ content: { role: 'model', parts: [more] }, index: 0 }] });

describe('recordings', () => {
  test('every event is looked at, not the first of a kind', () => {
    const seen = new Map<string, string>();
    const odd = { candidates: [{ index: 0, finishReason: 'BRAND_NEW', mood: 'calm' }], weather: {} };
    expect(sightBody(body(part({ text: 'a' }), part({ text: 'b', smell: 1 }), odd), 'here', seen)).toBe(3);
    expect(unknownIn(seen).sort()).toEqual([
      'unknown Candidate.finishReason BRAND_NEW',
      'unread Candidate.mood',
      'unread GenerateContentResponse.weather',
      'unread Part.smell',
    ]);
  });

  test('the committed turns hold nothing that is neither read nor accepted', () => {
    const look = lookAtRequests('the turns', [TURNS]);
    // Whether a turn can be read is for its own test to say.
    const read = look.looked ? { ...look, unread: [] } : look;
    expect(judge([read], ACCEPTED)).toMatchObject({ exitCode: 0 });
  });

  test.each<[string, string, (file: string) => void, string]>([
    ['lost its files', 'meta.json', (file) => rmSync(file), 'meta.json: is missing'],
    ['was cut off', 'upstream/01/stream.jsonl', cutInHalf, 'stream.jsonl'],
    ['is no JSON', 'client-request.json', (file) => writeFileSync(file, '{'), 'not JSON'],
    [
      'is not what its hash says',
      'upstream/01/stream.jsonl',
      (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('STOP', 'STEP')),
      'SHA-256',
    ],
  ])('one that %s is named, and the others are looked at', (_what, file, spoil, why) => {
    const recordings = mkdtempSync(join(tmpdir(), 'drift-'));
    try {
      const [good = '', bad = ''] = [
        join(recordings, 'session/001-main'),
        join(recordings, 'session/002-main'),
      ];
      for (const to of [good, bad]) cpSync(join(TURNS, 'signed-text'), to, { recursive: true });
      writeFileSync(join(recordings, 'a-note.txt'), 'no recording');
      spoil(join(bad, file));
      const look = lookAtOwnRecordings(recordings);
      const { lines, exitCode } = judge([look], {});
      expect(exitCode).toBe(2);
      expect(lines.join('\n')).toContain('of 1 requests');
      const named = lines.filter((line) => line.startsWith('  could not read '));
      expect(named).toEqual([expect.stringMatching(new RegExp(`002-main/.*${why}`))]);
      expect(lines.at(-1)).toContain('NOT looked at: 1 of the recordings of this machine');
    } finally {
      rmSync(recordings, { recursive: true });
    }
  });

  test('a corpus with a bad file is looked at but for that one', () => {
    const root = mkdtempSync(join(tmpdir(), 'drift-corpus-'));
    try {
      mkdirSync(join(root, 'recordings'));
      const entry = (id: string) => ({ api: 'gemini', kind: 'json', file: `${id}.json`, id });
      const index = ['good', 'broken', 'odd', 'absent'].map(entry);
      writeFileSync(join(root, 'recordings/INDEX.json'), JSON.stringify(index));
      writeFileSync(
        join(root, 'recordings/good.json'),
        JSON.stringify({ response: { body: '{"candidates":[]}' } }),
      );
      writeFileSync(join(root, 'recordings/broken.json'), '{');
      writeFileSync(join(root, 'recordings/odd.json'), '{}');
      const look = lookAtCorpus(root);
      expect(look).toMatchObject({
        looked: true,
        unread: ['broken', 'odd', 'absent'].map((id) => expect.stringContaining(`${id}.json`)),
      });
      writeFileSync(join(root, 'recordings/INDEX.json'), 'none');
      expect(lookAtCorpus(root)).toMatchObject({ looked: false, why: expect.stringContaining('INDEX.json') });
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  test('none at hand is not the same as none that drifted', () => {
    expect([lookAtRequests('a', []), lookAtCorpus('/nowhere')].map(({ looked }) => looked)).toEqual([
      false,
      false,
    ]);
  });
});

describe('the SDK', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drift-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('as installed, every difference is accepted, and every accepted one is there', () => {
    expect(judge([lookAtSdk()], ACCEPTED).lines.slice(1)).toEqual(['no drift in what was looked at']);
  });

  test('a new field, a new end and a lost type are drift', () => {
    const file = join(folder, 'genai.d.ts');
    const ends = 'export declare enum FinishReason {\n    WANDERED_OFF = "WANDERED_OFF"\n}\n';
    const models = 'declare type Model_7 = "gemini-9-xenon" | "gemini-9-xenon-tts" | (string & {});\n';
    writeFileSync(file, `export declare interface Part {\n    scent?: string;\n}\n${ends}${models}`);
    const look = lookAtSdk(file);
    expect(look).toMatchObject({ looked: true });
    const differences = look.looked ? look.differences : [];
    for (const wanted of [
      'simulator lacks Part.scent',
      'unread Part.scent',
      'unknown Candidate.finishReason WANDERED_OFF',
      'SDK lacks the type Candidate',
      'SDK lacks the enum ThinkingLevel',
      'model gemini-9-xenon has no row',
    ]) {
      expect(differences).toContain(wanted);
    }
    expect(differences).not.toContain('model gemini-9-xenon-tts has no row');
  });

  test('not installed is not looked at', () => {
    expect(lookAtSdk(join(folder, 'missing.d.ts')).looked).toBe(false);
  });
});
