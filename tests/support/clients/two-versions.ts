/** Recordings of a client in two versions, and replays of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { googleStream, startProxy, type TestProxy, textChunk } from '../proxy.ts';
import { recordingProxy, type UpstreamPlay } from '../recording.ts';

const folders: string[] = [];

/** A folder for a recording. */
export function newFolder(): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'two-versions-')), 'recording');
  folders.push(folder);
  return folder;
}

/** To be called after all tests of a file. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(dirname(folder), { recursive: true });
}

export const HEADER = 'x-replay-match';

export type Ask = { body: object; version?: string; agent?: string };

const says =
  (text: string): UpstreamPlay =>
  () =>
    googleStream(textChunk(text, 'STOP'));

/** What a version of Claude Code sends: the same words, in surroundings of its own. */
export const asked = (version: string, messages: object[], more: object = {}) => ({
  model: 'claude-opus-5-5',
  max_tokens: 64,
  system: [
    { type: 'text', text: `x-anthropic-billing-header: cc_version=${version}.abc; cc_entrypoint=cli;` },
    { type: 'text', text: `You are version ${version}.` },
  ],
  tools: [{ name: 'Bash', description: `Runs a command (${version})`, input_schema: { type: 'object' } }],
  messages,
  ...more,
});
export const user = (text: string) => ({ role: 'user', content: text });
export const OLD = '2.1.329';
export const NEW = '2.1.330';

export async function send(proxy: TestProxy, { body, version = NEW, agent }: Ask) {
  const response = await proxy.send('/v1/messages', body, {
    'user-agent': `claude-cli/${version} (external, cli)`,
    ...(agent === undefined ? {} : { 'x-claude-code-agent-id': agent }),
  });
  const answer = JSON.parse(await response.text());
  const text: string = answer.content?.map((block: { text?: string }) => block.text ?? '').join('');
  return { status: response.status, text, error: answer.error?.message, how: response.headers.get(HEADER) };
}

/** Records one answer for each of `asks`: the texts, in order. */
export async function recorded(
  asks: readonly Ask[],
  texts: readonly string[],
  env: Record<string, string> = {},
) {
  const folder = newFolder();
  await using proxy = await recordingProxy(folder, texts.map(says), env);
  for (const ask of asks) await send(proxy, ask);
  return folder;
}

export const replaying = (folder: string, env: Record<string, string> = {}) =>
  startProxy({ env: { BACKEND: 'replay', REPLAY: folder, ...env } });
export const LOOSE = { REPLAY_MATCH: 'loose' };

export const warnings = (proxy: TestProxy) =>
  proxy.lines.filter(({ level }) => level === 'warn').map(({ msg }) => String(msg));
