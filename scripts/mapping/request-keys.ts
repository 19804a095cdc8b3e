/** The rows of the page for each key of a request: what its schema notes of it, and the test that shows it. */
import type { TSchema } from '@sinclair/typebox';
import { MessagesRequest } from '../../src/anthropic/request.ts';
import { isFree, type Note, noteOf, optionsOf } from '../../src/anthropic/schema-words.ts';
import { BLOCKS } from './blocks-and-tools.ts';
import { FIELDS, INSIDE } from './fields.ts';
import { IN, link, type NotedRow, type Row, type Shown } from './row.ts';

function becomes(note: Note | undefined): string {
  if (!note || 'free' in note) return 'used';
  if ('needless' in note) return `accepted: ${note.needless}`;
  return 'refused' in note ? `refused, ${note.refused}` : `left out, with a warning: ${note.ignored}`;
}

const isUsed = (note: Note | undefined): boolean => !note || 'free' in note;

const notedText = ({ first }: NotedRow, note: Note | undefined): string =>
  first === undefined ? becomes(note) : `${first}; other values are ${becomes(note)}`;

/** Throws where the schema and the row do not both say, or both leave to the other, what becomes of the field. */
function fieldRow([key, schema]: [string, TSchema]): string[] {
  const row: Row | NotedRow | undefined = FIELDS[key as keyof typeof FIELDS];
  const note = noteOf(schema);
  if (!row || isUsed(note) === 'noted' in row) {
    throw new Error(
      `scripts/mapping/fields.ts: what becomes of ${key}? Its row must say so where its schema has no note`,
    );
  }
  return [`\`${key}\``, 'noted' in row ? notedText(row, note) : row.becomes, link(row.shown)];
}

export const fieldRows = (): string[][] => Object.entries(MessagesRequest.properties).map(fieldRow);

/** `owner` is the `type` of the object that holds the key, or its path. */
export type InnerKey = { key: string; owner: string; note: Note | undefined; shown: Shown };

/** The test for a key: its own, or that of the kind of object which holds it. */
function shownIn(owner: string, key: string): Shown {
  const block = Object.hasOwn(BLOCKS, owner) ? BLOCKS[owner as keyof typeof BLOCKS].shown : undefined;
  const shown = INSIDE[`${owner}.${key}`] ?? block ?? INSIDE[owner];
  if (!shown) throw new Error(`scripts/mapping/fields.ts: no test shows what becomes of ${owner}.${key}`);
  return shown;
}

function keysInside(schema: TSchema, path: readonly string[]): InnerKey[] {
  if (isFree(schema)) return [];
  return optionsOf(schema).flatMap((option): InnerKey[] => {
    if (option['type'] === 'array') return keysInside(option['items'], path);
    const tag: unknown = option['properties']?.['type']?.['const'];
    const here = typeof tag === 'string' ? [tag] : path;
    const owner = here.join('.');
    return Object.entries((option['properties'] ?? {}) as Record<string, TSchema>).flatMap(([key, field]) => {
      const note = noteOf(field);
      const below = isUsed(note) ? keysInside(field, [...here, key]) : [];
      if (owner === '' || key === 'type') return below;
      return [{ key, owner, note, shown: isUsed(note) ? shownIn(owner, key) : IN.keys }, ...below];
    });
  });
}

/** Each key inside of a field of the request, once. */
export function innerKeys(): InnerKey[] {
  const keys = keysInside(MessagesRequest, []).map((one) => [`${one.owner} ${one.key}`, one] as const);
  return [...new Map(keys).values()];
}

/** Keys with the same name, of which the same becomes, are one row. */
export function insideRows(): string[][] {
  const rows = Map.groupBy(innerKeys(), ({ key, note }) => `${key} ${becomes(note)}`);
  return [...rows.values()].map((fields) => [
    `\`${fields[0]?.key}\``,
    [...new Set(fields.map(({ owner }) => `\`${owner}\``))].join(', '),
    becomes(fields[0]?.note),
    [...new Set(fields.map(({ shown }) => link(shown)))].join(', '),
  ]);
}
