/** What tells of a person, an account or a machine without being a credential. For text whose characters are bytes. */

export type Span = { start: number; length: number };
export type Finder = { kind: string; find(text: string): Span[] };

/** A pattern whose first group stays, and whose last is found. */
const behind = (pattern: RegExp) => (text: string) =>
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

const valueAt = (keys: readonly string[]) =>
  // In JSON, and in JSON within JSON: all quotes are escaped alike. An object in a string is looked into, not blotted out.
  new RegExp(String.raw`((\\*)"(?:${keys.join('|')})\2"\s*:\s*\2")([^"\\{][^"\\]*)`, 'g');

/** Where a word may begin: in JSON the letter of an escape such as a newline's may stand right before it. */
const START = String.raw`(?:^|[^\w./~-]|\\[bfnrt])`;

/** Ends a name in a path, in whatever the path is quoted. */
const NAME = String.raw`[^/\\ \t\r\n"'\x60:;,<>()|&?*$]+`;

export const PERSONAL_FINDERS: readonly Finder[] = [
  // An older form of Claude Code's: one string of three ids.
  { kind: 'account-id', find: behind(/(\buser_)([0-9a-f]{64}_account_[0-9a-f-]*_session_[0-9a-f-]+)/g) },
  { kind: 'account-id', find: behind(valueAt(ID_KEYS)) },
  { kind: 'project-id', find: behind(valueAt(PROJECT_KEYS)) },
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
  {
    kind: 'home-path',
    find: behind(
      new RegExp(String.raw`(${START}(?:/home/|/Users/|[A-Za-z]:\\{1,4}Users\\{1,4}))(${NAME})`, 'g'),
    ),
  },
  // Claude Code's name for a project's folder: the path with dashes.
  { kind: 'home-path', find: behind(/(\/-(?:home|Users)-)([A-Za-z0-9_.]+)/g) },
  { kind: 'email', find: findEmails },
];

/** From the `@` backwards: looked for from the front, every long word would be read over and over. */
function findEmails(text: string): Span[] {
  const spans: Span[] = [];
  for (const { 0: domain, index } of text.matchAll(
    /(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}/g,
  )) {
    let start = index;
    while (start > 0 && LOCAL_PART.test(text[start - 1] ?? '')) start--;
    // The letter of a JSON escape belongs to the escape.
    if (text[start - 1] === '\\') start += text[start] === 'u' ? 5 : 1;
    if (start < index) spans.push({ start, length: index - start + domain.length });
  }
  return spans;
}

const LOCAL_PART = /[A-Za-z0-9._%+-]/;
