/**
 * What programs do that were written with an SDK. Each case is a function of the client's program (`programs/`), which looks at what it gets with the SDK's own
 * types, and fails where that is something else.
 */
import { join } from 'node:path';
import { writeAssets } from '../../tests/support/made/assets.ts';
import { type Bench, type Case, must, oneLine } from './case.ts';

/** Why a client has not got it. */
type Missing = Readonly<Record<string, string>>;

const NO_CALL = 'has no call for it';
const NOT_IN_FRAMEWORKS: Missing = { 'ai-6': NO_CALL, langchain: NO_CALL, 'pydantic-ai': NO_CALL };

/** The last line of an error, without the traceback above it. */
function reasonOf(stderr: string): string {
  const lines = stderr.trim().split('\n');
  return (
    lines.findLast((line) => /^\w*(?:Error|Exception)\b.*:|AssertionError/.test(line)) ??
    lines.at(-1) ??
    'nothing said'
  );
}

function sdkCase(name: string, what: string, missing: Missing = {}): Case {
  const run = async (bench: Bench): Promise<void> => {
    writeAssets({ png: join(bench.project, 'pic.png'), pdf: join(bench.project, 'doc.pdf') });
    const proxy = await bench.proxy(bench.google());
    const { code, stderr } = await bench.run({
      command: [...bench.ready.command, name],
      cwd: bench.project,
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        HOME: bench.home,
        TMPDIR: bench.home,
        LANG: 'C.UTF-8',
        COMPAT_BASE_URL: proxy.url,
        COMPAT_KEY: 'dummy',
        ...bench.ready.env,
      },
      label: name,
    });
    must(code === 0, () => oneLine(reasonOf(stderr)));
  };
  return { name, what, seconds: 90, notOffered: (client) => missing[client], run };
}

const COMMON: readonly Case[] = [
  sdkCase('answer', 'A whole answer: text, stop reason, usage'),
  sdkCase('stream', 'A stream, by the helpers of the client'),
  sdkCase('thinking', 'Thoughts are shown where they are asked for'),
  sdkCase('tools', 'A tool of the program, run by the loop of the client'),
  sdkCase('structured', 'A value of a schema'),
];

export const API_CASES: readonly Case[] = [
  ...COMMON,
  sdkCase('count', 'Tokens counted, with tools', { 'ai-6': NO_CALL, 'ai-7': NO_CALL }),
  sdkCase('web-search', 'Web search: query, pages, citations, usage'),
  sdkCase('web-page', 'Web fetch: the page that was read'),
  sdkCase('code', 'Code execution: code, output'),
  sdkCase('paper', 'A PDF in the request'),
  sdkCase('citations', 'Citations: the place in a document of the request'),
  sdkCase('pages', 'Citations: the page of a PDF'),
  sdkCase('files', 'Files: uploaded, listed, used in a request, deleted', NOT_IN_FRAMEWORKS),
  sdkCase('batches', 'Batches: created, followed, results read, deleted', NOT_IN_FRAMEWORKS),
  sdkCase('errors', 'Errors by their class, with the reason'),
];

export const AGENT_CASES: readonly Case[] = [
  ...COMMON,
  sdkCase('task', 'A task: a file edited, a command run'),
  sdkCase('session', 'A session goes on, and is resumed'),
];
