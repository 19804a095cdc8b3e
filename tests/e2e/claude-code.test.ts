/**
 * The real Claude Code, unmodified, against the mock: one session in four acts. It takes the tour; then the proxy
 * crashes and is started again, and the session is resumed; then it is resumed twice more, each time with another
 * model. A tap keeps what went over the wire.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CLAUDE_CODE_VERSIONS,
  type ClaudeCodeVersion,
  type ClaudeResult,
  type Installed,
  installClaudeCode,
  requireE2e,
  runClaude,
  streamJson,
} from '../support/clients/claude-code.ts';
import { writeAssets } from '../support/made/assets.ts';
import { startProxy } from '../support/programs/proxy-process.ts';
import { startTap, type TappedExchange, textOfStream } from '../support/tap.ts';

const RUN_MS = 100_000;
/** Another id for the same Gemini model, and an id for another one. */
const OTHER_MODELS = ['claude-sonnet-5', 'claude-haiku-4-5'];

/** What `fixtures/scenarios/tour.yaml` works with. */
const TOUR = {
  script: 'hello.sh',
  printed: 'Hello from the tour: 42',
  png: 'pic.png',
  pdf: 'doc.pdf',
  tool: 'CronList',
};

type Act = { claude: ClaudeResult; exchanges: TappedExchange[]; log: Record<string, unknown>[] };
type Session = { tour: Act; resumed: Act; otherModels: Act[] };

/** Plays the acts, each against a proxy process of its own on the same data folder. */
async function playSession(claude: string, folder: string): Promise<Session> {
  const cwd = join(folder, 'project');
  const home = join(folder, 'home');
  for (const path of [cwd, home]) mkdirSync(path, { recursive: true });
  writeAssets({ png: join(cwd, TOUR.png), pdf: join(cwd, TOUR.pdf) });
  const session = crypto.randomUUID();
  const act = async (prompt: string, args: string[]): Promise<Act> => {
    const proxy = await startProxy({ folder: join(folder, 'proxy'), args: ['--backend', 'mock'] });
    const tap = startTap(proxy.url);
    const run = { path: claude, baseUrl: tap.url, cwd, home, prompt, args, timeoutMs: RUN_MS };
    const result = await runClaude(run).finally(() => Promise.all([proxy.crash(), tap.stop()]));
    return { claude: result, exchanges: tap.exchanges, log: proxy.log() };
  };
  const streamed = ['--output-format', 'stream-json', '--verbose'];
  const tour = await act('take the tour', ['--session-id', session]);
  const resumed = await act('what did you do so far?', ['--resume', session, ...streamed]);
  const otherModels: Act[] = [];
  for (const model of OTHER_MODELS) {
    otherModels.push(await act('and what else?', ['--resume', session, '--model', model, ...streamed]));
  }
  return { tour, resumed, otherModels };
}

type Block = Record<string, unknown>;

/** Every content block of a request, including those inside of tool results. */
function blocksOf(exchange: TappedExchange | undefined): Block[] {
  const flat = (content: unknown): Block[] =>
    Array.isArray(content) ? content.flatMap((block: Block) => [block, ...flat(block['content'])]) : [];
  const messages: { content: unknown }[] = exchange?.body?.messages ?? [];
  return messages.flatMap((message) => flat(message.content));
}

const isMain = ({ method, path, headers, body }: TappedExchange) =>
  method === 'POST' &&
  path === '/v1/messages' &&
  !headers['x-claude-code-agent-id'] &&
  body.tools?.length > 0;

const mainTurns = (act: Act) => act.exchanges.filter(isMain);

const lastText = async (act: Act) => textOfStream((await mainTurns(act).at(-1)?.answer) ?? '');

const resultOf = (act: Act) =>
  streamJson(act.claude.stdout).find((line) => line['type'] === 'result')?.['result'];

/**
 * What the mock saw of signatures in an act: its own that came back, those on another part, and stand-ins for lost
 * ones.
 */
function signatureCounts(act: Act): { real: number; moved: number; sentinel: number } {
  const notes = act.log.filter((line) => 'sentinel' in line);
  const sum = (key: string) => notes.reduce((total, note) => total + Number(note[key]), 0);
  return { real: sum('real'), moved: sum('moved'), sentinel: sum('sentinel') };
}

const failedResults = (act: Act) =>
  act.exchanges
    .flatMap(blocksOf)
    .filter((block) => block['type'] === 'tool_result' && block['is_error'] === true);

const refusals = (act: Act) =>
  act.exchanges
    .filter(({ status }) => status !== 200)
    .map(({ method, path, status }) => `${method} ${path} ${status}`);

// One after the other: if both have to be downloaded, the second finds npm's cache.
const installations: [ClaudeCodeVersion, Installed][] = [];
for (const version of CLAUDE_CODE_VERSIONS) installations.push([version, await installClaudeCode(version)]);

describe.each(installations)('Claude Code %s', (version, installed) => {
  if (!installed.ok && requireE2e) throw new Error(`Claude Code ${version}: ${installed.reason}`);
  if (!installed.ok) console.warn(`skipped: Claude Code ${version} (${installed.reason})`);

  describe.skipIf(!installed.ok)('against the mock', () => {
    let session: Session;
    const folder = mkdtempSync(join(tmpdir(), 'claude-code-'));

    beforeAll(
      async () => {
        session = await playSession(installed.ok ? installed.path : '', folder);
      },
      4 * RUN_MS + 60_000,
    );
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const acts = () => [session.tour, session.resumed, ...session.otherModels];

    test('ends well every time', () => {
      expect(acts().map(({ claude }) => [claude.exitCode, claude.stderr])).toEqual(acts().map(() => [0, '']));
    });

    test('is never refused anything', () => {
      expect(acts().flatMap(refusals)).toEqual([]);
    });

    test('has no tool call fail', () => {
      expect(acts().flatMap(failedResults)).toEqual([]);
    });

    test('writes a file and runs it', () => {
      const results = blocksOf(mainTurns(session.tour).at(-1)).filter(
        (block) => block['type'] === 'tool_result',
      );
      expect(JSON.stringify(results)).toContain(TOUR.printed);
      expect(readFileSync(join(folder, 'project', TOUR.script), 'utf8')).toStartWith('#!/bin/sh');
    });

    test('reads a picture and a PDF', () => {
      const types = blocksOf(mainTurns(session.tour).at(-1)).map((block) => block['type']);
      expect(types).toContain('image');
      expect(types).toContain('document');
    });

    test('uses a subagent', () => {
      expect(session.tour.exchanges.some(({ headers }) => headers['x-claude-code-agent-id'])).toBe(true);
    });

    // 2.1.197 sends all its tools inline.
    if (version === '2.1.330')
      test('loads a deferred tool', () => {
        const last = mainTurns(session.tour).at(-1);
        expect(blocksOf(last)).toContainEqual({ type: 'tool_reference', tool_name: TOUR.tool });
        expect(blocksOf(last)).toContainEqual(expect.objectContaining({ type: 'tool_use', name: TOUR.tool }));
      });

    test('prints the last text', async () => {
      const text = await lastText(session.tour);
      expect(text).not.toBe('');
      expect(session.tour.claude.stdout.trim()).toBe(text.trim());
    });

    test('resumes after a crash of the proxy, under other models too', async () => {
      for (const act of acts().slice(1)) {
        const text = await lastText(act);
        expect(text).not.toBe('');
        expect(resultOf(act)).toBe(text);
      }
      const models = session.otherModels.map((act) => mainTurns(act).at(-1)?.body.model);
      expect(models.map((model: string) => model.replace(/-\d{8}$/, ''))).toEqual(OTHER_MODELS);
    });

    test('has every signature back where it belongs', () => {
      for (const act of acts()) {
        const counts = signatureCounts(act);
        expect(counts).toMatchObject({ moved: 0, sentinel: 0 });
        expect(counts.real).toBeGreaterThan(0);
      }
    });
  });
});
