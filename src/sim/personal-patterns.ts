/**
 * Patterns that find text about a person, an account or a machine that is no credential. They are for text whose
 * escapes are undone (several backslashes in a row are one) and whose characters are bytes. Each pattern starts with
 * fixed letters, and no two quantifiers side by side match the same character, so no part of a text is read more than a
 * few times.
 */
import type { Span } from '../lib/readings/reading.ts';
import type { Finder } from './finder.ts';
import { findHomes } from './home-paths.ts';

/** A pattern whose first group stays in the text, and whose last group is blotted out. */
const behind =
  (pattern: RegExp): Finder['find'] =>
  ({ text }) =>
    [...text.matchAll(pattern)].map((match) => ({
      start: match.index + (match[1] ?? '').length,
      length: (match.at(-1) ?? '').length,
    }));

const ID_KEYS = [
  'device_id',
  'account_uuid',
  'account_id',
  'organization_uuid',
  'organization_id',
  'session_id',
  'user_id',
];
const PROJECT_KEYS = ['project_id', 'projectId', 'project_number', 'quota_project_id', 'containerInfo'];

/** Matches the text before a value. JSON inside of JSON is found too: its quotes are not escaped here. */
const beforeValue = (keys: readonly string[]) => new RegExp(String.raw`"(?:${keys.join('|')})"\s*:\s*"`, 'g');

/** The most characters of an id. A longer text is no id. */
const LONGEST_ID = 1_000;

/**
 * Finds the values of these keys. The quotes around a value have one depth of escaping, and the quotes within the value
 * have one more. An object in a string is searched, not blotted out.
 */
const valuesAt = (keys: readonly string[]): Finder['find'] => {
  const before = beforeValue(keys);
  return ({ text, lengthAt }) =>
    [...text.matchAll(before)].flatMap(({ 0: found, index }) => {
      const start = index + found.length;
      const depth = lengthAt(index);
      const isAlike = (at: number) => lengthAt(at) === depth;
      if (text[start] === '{' || !isAlike(index + found.indexOf('"', 1)) || !isAlike(start - 1)) return [];
      const last = Math.min(text.length, start + LONGEST_ID);
      for (let at = text.indexOf('"', start); at >= 0 && at < last; at = text.indexOf('"', at + 1)) {
        // Before the quote there may be backslashes that belong to the value itself.
        if (lengthAt(at) % (2 * depth) === depth) return [{ start, length: at - start }];
      }
      return [];
    });
};

/** Matches where a word may begin. Right before the word there may be the letter of an escape such as `\n`. */
const START = String.raw`(?:^|[^\w./~-]|\\[bfnrt])`;

export const PERSONAL_FINDERS: readonly Finder[] = [
  // An older form of Claude Code's ids: three of them in one string.
  { kind: 'account-id', find: behind(/(\buser_)([0-9a-f]{64}_account_[0-9a-f-]*_session_[0-9a-f-]+)/g) },
  { kind: 'account-id', find: valuesAt(ID_KEYS) },
  { kind: 'project-id', find: valuesAt(PROJECT_KEYS) },
  {
    kind: 'project-id',
    find: behind(
      new RegExp(
        String.raw`((?:${START}|/v1(?:beta1?)?/)projects/)([a-z][a-z0-9-]{4,28}[a-z0-9]|\d{6,})(?![\w-])`,
        'g',
      ),
    ),
  },
  {
    kind: 'project-id',
    find: behind(new RegExp(String.raw`(${START}project(?:_number)?[ =:]+|[?&]project=)(\d{6,})`, 'g')),
  },
  { kind: 'home-path', find: findHomes },
  { kind: 'email', find: ({ text }) => findEmails(text) },
];

/** Finds addresses backwards from the `@`. Forwards, every long word would be read again and again. */
function findEmails(text: string): Span[] {
  const spans: Span[] = [];
  for (const { 0: domain, index } of text.matchAll(
    /(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}/g,
  )) {
    let start = index;
    while (start > 0 && LOCAL_PART.test(text[start - 1] ?? '')) start--;
    // The letter of an escape belongs to the escape, and not to the name.
    if (text[start - 1] === '\\') start++;
    if (start < index) spans.push({ start, length: index - start + domain.length });
  }
  return spans;
}

const LOCAL_PART = /[A-Za-z0-9._%+-]/;
