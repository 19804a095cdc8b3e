/** The house rules as data: every rule says what it demands and why, and finds violations in plain source text. */
import { posix } from 'node:path';

export type SourceFile = {
  /** From the repository's root, with forward slashes. */ path: string;
  text: string;
};

export type Rule = {
  name: string;
  why: string;
  /** Scripts and tests have to keep it as well. */
  everywhere?: true;
  /** The violations in `file`, one line each; empty when there are none. */
  breaches(file: SourceFile): string[];
};

export type Import = { target: string; typeOnly: boolean; line: number };

/** The lines of `text` without comments; biome keeps block comments on lines of their own. */
export function codeLines(text: string): string[] {
  let inComment = false;
  return text.split('\n').map((line) => {
    const trimmed = line.trim();
    if (trimmed.startsWith('/*')) inComment = true;
    const isComment = inComment || trimmed.startsWith('//');
    if (trimmed.includes('*/')) inComment = false;
    return isComment ? '' : line.replace(/\s\/\/\s.*$/, '');
  });
}

const IMPORT = /\b(?:import|export)\s+(type\s)?(?:[\w*{},\s]+?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/g;

export function importsOf(text: string): Import[] {
  const code = codeLines(text).join('\n');
  return [...code.matchAll(IMPORT)].map((match) => ({
    target: match[2] ?? match[3] ?? '',
    typeOnly: match[1] !== undefined,
    line: code.slice(0, match.index).split('\n').length,
  }));
}

/** The source file that a relative import of `path` names. */
const resolveImport = (path: string, target: string): string => posix.join(posix.dirname(path), target);

// ── floors ────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * A room on a floor may import the rooms below it. `config` and `compose` stand above the server, because only they read
 * settings and only `compose` puts the system together.
 */
const FLOORS: Readonly<Record<string, number>> = {
  lib: 0,
  prices: 0.5,
  trace: 1,
  metrics: 2,
  telemetry: 2,
  anthropic: 2,
  gemini: 2,
  translate: 3,
  cluster: 3,
  storage: 3,
  upstream: 4,
  signatures: 4,
  files: 4,
  batches: 4,
  usage: 4,
  keys: 5,
  limits: 5.5,
  sim: 5,
  answer: 6,
  inspector: 6.5,
  http: 7,
  config: 8,
  compose: 8.1,
  launch: 8.1,
  workers: 8.1,
  doctor: 8.15,
  testing: 8.15,
  commands: 8.2,
  'main.ts': 8.3,
};

/** `src/<room>/…` or `src/<file>`; undefined outside `src`. */
const roomOf = (path: string): string | undefined =>
  path.startsWith('src/') ? path.split('/')[1] : undefined;

function floorBreach(file: SourceFile, { target, line }: Import): string[] {
  if (!target.startsWith('.')) return [];
  const from = roomOf(file.path);
  const to = roomOf(resolveImport(file.path, target));
  if (from === undefined || from === to) return [];
  // Only the floor that knows the program's name reads its version from package.json.
  if (to === undefined && target.endsWith('/package.json') && from === 'config') return [];
  if (to === undefined) return [`${file.path}:${line} imports ${target}, outside src`];
  const [here, there] = [FLOORS[from], FLOORS[to]];
  if (here === undefined || there === undefined)
    return [`${file.path}:${line} ${here === undefined ? from : to} has no floor`];
  if (there < here) return [];
  return [`${file.path}:${line} ${from} (floor ${here}) imports ${to} (floor ${there})`];
}

// ── packages ──────────────────────────────────────────────────────────────────────────────────────────────────

type Lodging = {
  /** Rooms that may import values. */ values: readonly string[] /** And types only. */;
  types?: readonly string[];
};

const SERVING = ['http', 'compose', 'main.ts'];
const SHELL = [
  'lib',
  'cluster',
  'storage',
  'upstream',
  'signatures',
  'files',
  'batches',
  'keys',
  'sim',
  'answer',
  'inspector',
  'http',
  'config',
  'compose',
  'launch',
  'workers',
  'doctor',
  'testing',
  'commands',
  'main.ts',
];

/**
 * The longest matching prefix wins. A package without a row is a violation: to add one is a decision, not an accident.
 */
export const PACKAGES: Readonly<Record<string, Lodging>> = {
  '@google/genai': { values: ['upstream'], types: ['gemini'] },
  elysia: { values: SERVING },
  '@elysiajs/': { values: SERVING },
  'swagger-ui-dist': { values: ['http'] },
  // In the browser, for the page of the inspector.
  preact: { values: ['http'] },
  htm: { values: ['http'] },
  // Loaded with the first page of HTML: the tokenizer alone, which needs no more than one pass.
  htmlparser2: { values: ['answer'] },
  '@sinclair/typebox': { values: ['anthropic', 'gemini', 'cluster', 'sim', 'http', 'config', 'compose'] },
  ioredis: { values: ['cluster'] },
  pino: { values: ['lib'] },
  'prom-client': { values: ['metrics'] },
  '@opentelemetry/': { values: ['telemetry'] },
  'pino-pretty': { values: ['lib'] },
  // The text of PDFs, whose words are cited by page.
  unpdf: { values: ['answer'] },
  yaml: { values: ['sim', 'config'] },
  'bun:sqlite': { values: ['storage', 'signatures', 'files', 'batches', 'usage'] },
  bun: { values: SHELL },
  'node:': { values: SHELL },
};

const packageRow = (target: string): Lodging | undefined => {
  const keys = Object.keys(PACKAGES).filter(
    (key) => target === key || target.startsWith(key.endsWith(':') || key.endsWith('/') ? key : `${key}/`),
  );
  const longest = keys.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? undefined : PACKAGES[longest];
};

function packageBreach(file: SourceFile, { target, typeOnly, line }: Import): string[] {
  const room = roomOf(file.path);
  if (room === undefined || target.startsWith('.')) return [];
  const row = packageRow(target);
  if (!row) return [`${file.path}:${line} imports ${target}, which no room may`];
  if (row.values.includes(room) || (typeOnly && row.types?.includes(room))) return [];
  return [
    `${file.path}:${line} imports ${typeOnly ? 'types' : 'values'} of ${target}, not allowed in ${room}`,
  ];
}

// ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The page runs in a browser, on the user's own clock. What it shows was redacted by the proxy. */
const PAGE = 'src/http/ui/page/';

const inSource = (path: string) => path.startsWith('src/') && !path.startsWith(PAGE);

/** A rule that bans `pattern` from the code (not the comments) of the files that `where` names. */
export function banned(name: string, pattern: RegExp, where: (path: string) => boolean, why: string): Rule {
  return {
    name,
    why,
    breaches: (file) =>
      where(file.path)
        ? codeLines(file.text).flatMap((line, index) =>
            pattern.test(line) ? [`${file.path}:${index + 1} ${line.trim()}`] : [],
          )
        : [],
  };
}

/** The wall clock is for what people read, what other processes are told, and Google's days, times and prices. */
const TELLS_DATES: ReadonlySet<string> = new Set([
  'src/upstream/genai.ts',
  'src/upstream/file-upload.ts',
  'src/keys/pool.ts',
  'src/keys/quotas.ts',
  'src/cluster/link.ts',
  'src/cluster/redis-shared.ts',
  'src/cluster/worker-shared.ts',
  'src/signatures/store.ts',
  'src/files/store.ts',
  'src/batches/store.ts',
  'src/compose/recording.ts',
  'src/compose/compose.ts',
  'src/compose/worlds.ts',
  'src/answer/lessons.ts',
  'src/answer/pages/page-reader.ts',
  'src/answer/cost/spending.ts',
  'src/usage/store.ts',
  'src/compose/usage.ts',
  'src/limits/spending-limits.ts',
  'src/http/admit-spending.ts',
  'src/http/routes/usage-now.ts',
  'src/commands/usage.ts',
  'src/commands/recordings/list-recordings.ts',
  'src/answer/caching/terms.ts',
  'src/upstream/prompt-keeper.ts',
  'src/sim/mock/kept-contents.ts',
  'src/compose/live-models.ts',
  'src/doctor/google.ts',
  'src/compose/sharing.ts',
  'src/lib/ports.ts',
  'src/http/routes/test-connection.ts',
  'src/http/routes/health.ts',
  'src/http/client-request.ts',
  'src/trace/counters.ts',
  'src/sim/record/recorder.ts',
  'src/http/ui/live.ts',
  'src/http/ui/actions.ts',
  'src/http/ui/figures.ts',
  'src/http/ui/keys-facts.ts',
  'src/compose/inspecting.ts',
]);

/** A file with one duty rarely has more than 250 lines. */
const MAX_LINES = 400;
/** Nobody knows all files of a folder that has more than this. */
const MAX_FILES = 25;

/** And of the docs that a script makes. */
const TESTS_OF_SCRIPTS = /^tests\/(?:scripts\/|docs\.test\.ts$)/;

export const RULES: readonly Rule[] = [
  {
    name: 'imports go down only',
    why: 'a floor that knows the one above cannot be tested or replaced without it; rooms side by side stay strangers',
    breaches: (file) => importsOf(file.text).flatMap((found) => floorBreach(file, found)),
  },
  {
    name: 'a package lives in its rooms',
    why: 'the SDK, the web framework and the file system are each met in one place only; translation is pure',
    breaches: (file) => importsOf(file.text).flatMap((found) => packageBreach(file, found)),
  },
  {
    name: 'imports name the file',
    why: 'what is written is what is loaded: no resolution to guess, no barrel that drags a room along',
    breaches: (file) =>
      importsOf(file.text)
        .filter(({ target }) => target.startsWith('.') && posix.extname(target) === '')
        .map(({ target, line }) => `${file.path}:${line} ${target}`),
  },
  {
    name: `no file over ${MAX_LINES} lines`,
    everywhere: true,
    why: 'a file has one duty; a longer one has two',
    breaches: ({ path, text }) => {
      const lines = text.trimEnd().split('\n').length;
      return lines > MAX_LINES ? [`${path} has ${lines} lines`] : [];
    },
  },
  {
    name: 'tests import src, not scripts',
    everywhere: true,
    why: 'what a test needs of a script is part of the product, or of tests/support, from where scripts may have it as well',
    breaches: (file) =>
      !file.path.startsWith('tests/') || TESTS_OF_SCRIPTS.test(file.path)
        ? []
        : importsOf(file.text)
            .filter(({ target }) => resolveImport(file.path, target).startsWith('scripts/'))
            .map(({ target, line }) => `${file.path}:${line} ${target}`),
  },
  banned(
    'no any',
    /(?:[:<|,(]|\bas)\s*any\b(?!\s*:)/,
    inSource,
    'wire data is unknown until it was looked at',
  ),
  banned('no default exports', /\bexport default\b/, inSource, 'one name for one thing, everywhere'),
  banned('no barrels', /\bexport \*/, inSource, 'a barrel hides who uses what'),
  banned(
    'the environment is read on the top floor',
    /\b(?:process|Bun)\.(?:env|argv)\b|\bimport\.meta\.env\b/,
    (path) => inSource(path) && !/^src\/(?:config|commands|main)\b/.test(path),
    'settings are typed and checked once, at start',
  ),
  banned(
    'time, chance and ids come through ports',
    /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bMath\.random\b|\brandomUUID\b|\bgetRandomValues\b/,
    (path) => inSource(path) && path !== 'src/lib/ports.ts',
    'the same input gives the same bytes, in tests and in replays',
  ),
  banned(
    'what is shown is cut where its secrets are hidden',
    /\bhideSecrets\b|\$\{[^}]*\.slice\(0, (?:\d|[A-Z_]{2,})/,
    (path) =>
      /^src\/(?:gemini|cluster|upstream|signatures|keys|answer|http|lib)\/|^src\/translate\/response\//.test(
        path,
      ) &&
      !path.startsWith(PAGE) &&
      !['src/lib/secrets.ts', 'src/lib/shown-text.ts', 'src/answer/asker.ts'].includes(path),
    'a text that was cut before may end in most of a key, which nothing recognises any more: `lib/shown-text.ts`',
  ),
  banned(
    'pictures are decoded in one place',
    /\bBun\.Image\b|\.image\(/,
    (path) => inSource(path) && path !== 'src/answer/media/picture-converter.ts',
    'Bun takes a text for the path of a file, and a few bytes may stand for millions of pixels',
  ),
  banned(
    "the wall's clock tells dates",
    /\.wall\(\)/,
    (path) => inSource(path) && !TELLS_DATES.has(path),
    'it is set back and forward: how long something takes, and until when it holds, is of the monotonic one',
  ),
  banned(
    'no Anthropic word below the translation',
    /anthropic|\btool_use\b|\btool_result\b|\bcontent_block|\bmessage_(?:start|delta|stop)\b|\bend_turn\b/i,
    (path) => /^src\/(?:cluster|upstream|signatures|keys|sim|gemini|lib|trace)\//.test(path),
    'a way to reach Gemini works for any client; what it must know of one comes as neutral labels',
  ),
  banned(
    "no vendor's word in the story",
    // `gemini_model` is a field of the log that users' queries name.
    /anthropic|claude|google|gemini(?!_model)/i,
    (path) => path.startsWith('src/trace/'),
    'what a request met is told, counted and shown in the same words, whoever is upstream',
  ),
];

// ── rooms ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The folders with too many files. The files of inner folders do not count. */
export function crowdedRooms(files: readonly SourceFile[]): string[] {
  const counts = new Map<string, number>();
  for (const { path } of files) {
    const room = posix.dirname(path);
    counts.set(room, (counts.get(room) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > MAX_FILES)
    .map(([room, count]) => `${room} has ${count} files`);
}

// ── cycles ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Every import cycle among `files`, as the paths around it. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text)
        .filter(({ target }) => target.startsWith('.'))
        .map(({ target }) => resolveImport(path, target)),
    ]),
  );
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' → '));
    if (start >= 0 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return cycles;
}
