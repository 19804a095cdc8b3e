/**
 * Cuts what upstream said: events go, and long texts become short, as long as the story of the answer stays. Where one
 * read ended and the next began stays as well, as far as there is still something in both.
 */
import { join } from 'node:path';
import { isObject, tryParseJson } from '../../src/lib/json.ts';
import { textOf } from '../../src/sim/cassette/escape.ts';
import { exchangeName, STREAM, UPSTREAM } from '../../src/sim/cassette/layout.ts';
import type { Read, RecordedRequest } from '../../src/sim/cassette/types.ts';
import { unmet } from '../../tests/support/turns/known-failure.ts';
import type { TurnRun } from '../../tests/support/turns/run.ts';
import { Reduction, type Run, reduce } from './reduce.ts';
import { runsOf } from './reductions.ts';

const MAX_RUNS = 300;

export async function trimUpstream(first: Run): Promise<Run> {
  const { recorded } = first;
  const reduction = new Reduction(first, (run) => storyOf(recorded, run), MAX_RUNS);
  await reduce(recorded, cuts, (candidate) => reduction.accepts(candidate));
  const { best } = reduction;
  return { ...best, recorded: toldAsEdited(best.recorded, recorded) };
}

function toldAsEdited(cut: RecordedRequest, before: RecordedRequest): RecordedRequest {
  const files = cut.upstream.flatMap(({ reads }, index) =>
    latin1(reads) === latin1(before.upstream[index]?.reads ?? [])
      ? []
      : join(UPSTREAM, exchangeName(index + 1), STREAM),
  );
  const edited = [...new Set([...(before.edited ?? []), ...files])].sort();
  return edited.length === 0 ? cut : { ...cut, edited };
}

// ── the story ─────────────────────────────────────────────────────────────────────────────────────────────────

/** What is told, without its words and figures: which blocks, calls and arguments, which end, after which attempts. */
function storyOf({ fails }: RecordedRequest, { recorded: now, bugs, warnings }: TurnRun): string {
  const { status, bytes, end } = now.answer;
  return JSON.stringify([
    status,
    end,
    blocksOf(textOf(bytes)),
    now.upstream.map(({ model, anomalies }) => [model, anomalies]),
    bugs.map(String),
    [...new Set(warnings.map(({ code }) => code))],
    unmet(fails?.wanted ?? [], now) !== undefined,
  ]);
}

function blocksOf(answer: string): unknown {
  const whole = tryParseJson(answer);
  if (isObject(whole)) {
    const { content, stop_reason, error } = whole;
    return [Array.isArray(content) ? content.map(blockStory) : [], stop_reason, error];
  }
  const events = answer.split('\n\n').map((event) => tryParseJson(/^data: (.*)$/m.exec(event)?.[1] ?? ''));
  const told = events.flatMap((event) => (isObject(event) ? eventStory(event) : []));
  return told.filter((line, index) => JSON.stringify(line) !== JSON.stringify(told[index - 1]));
}

function blockStory(block: unknown): unknown {
  if (!isObject(block)) return block;
  const { type, name, input } = block;
  return [type, name, isObject(input) ? Object.keys(input) : undefined];
}

function eventStory(event: Record<string, unknown>): unknown[] {
  const { type, content_block, delta, error } = event;
  if (type === 'content_block_start') return [blockStory(content_block)];
  if (type === 'ping' || type === 'content_block_stop' || type === 'message_start') return [];
  if (!isObject(delta)) return [[type, error]];
  if (type === 'message_delta') return [[type, delta['stop_reason']]];
  const { partial_json } = delta;
  if (typeof partial_json !== 'string') return [delta['type']];
  const input = tryParseJson(partial_json);
  return partial_json === '' ? [] : [isObject(input) ? Object.keys(input) : partial_json];
}

// ── the cuts ──────────────────────────────────────────────────────────────────────────────────────────────────

type Cut = (recorded: RecordedRequest) => RecordedRequest | undefined;
type Span = { start: number; end: number };

/** Events first, in runs; then long texts. */
function* cuts(recorded: RecordedRequest): Generator<Cut> {
  for (const [index, { reads }] of recorded.upstream.entries()) {
    for (const [from, size] of runsOf(eventsOf(reads).length))
      yield (now) => {
        const spans = eventsOf(now.upstream[index]?.reads ?? []).slice(from, from + size);
        const [first, last] = [spans.at(0), spans.at(-1)];
        return first && last && replaced(now, index, { start: first.start, end: last.end }, '');
      };
  }
  for (const [index, { reads }] of recorded.upstream.entries()) {
    for (let nth = longTexts(reads).length - 1; nth >= 0; nth--)
      yield (now) => {
        const long = longTexts(now.upstream[index]?.reads ?? [])[nth];
        return long && replaced(now, index, long, long.short);
      };
  }
}

const latin1 = (reads: readonly Read[]): string =>
  Buffer.concat(reads.map(({ bytes }) => bytes)).toString('latin1');

/** Each with the blank line behind it. */
const eventsOf = (reads: readonly Read[]): Span[] => spansOf(latin1(reads), /[\s\S]+?(?:\r\n\r\n|\n\n|$)/g);

const spansOf = (text: string, pattern: RegExp): Span[] =>
  [...text.matchAll(pattern)].map(({ 0: found, index }) => ({ start: index, end: index + found.length }));

/** Printable ASCII, and whole escapes. */
const SHORT = /^(?:[ !#-[\]-~]|\\(?:u[\da-fA-F]{4}|[^u])){0,16}/;
const LONG_TEXT = /"(?:[^"\\\r\n]|\\.){81,}"/g;

/** String literals of more than 80 bytes. Their beginning is kept, without half of an escape or of a character. */
function longTexts(reads: readonly Read[]): (Span & { short: string })[] {
  const text = latin1(reads);
  return spansOf(text, LONG_TEXT).map(({ start, end }) => {
    const short = SHORT.exec(text.slice(start + 1, end - 1))?.[0] ?? '';
    return { start, end, short: `"${short}"` };
  });
}

/** Puts `text` in the place of a span of bytes. What is left of each read stays in its read. */
function replaced(recorded: RecordedRequest, index: number, { start, end }: Span, text: string) {
  const upstream = recorded.upstream.map((exchange, number) => {
    if (number !== index) return exchange;
    const reads: Read[] = [];
    let [at, late] = [0, 0];
    for (const { ms, bytes } of exchange.reads) {
      const [from, to] = [start - at, end - at].map((edge) => Math.max(0, Math.min(edge, bytes.length)));
      const isFirst = start >= at && start < at + bytes.length;
      const left = Buffer.concat([
        bytes.subarray(0, from),
        Buffer.from(isFirst ? text : '', 'latin1'),
        bytes.subarray(to),
      ]);
      at += bytes.length;
      late += ms;
      if (left.length === 0) continue;
      reads.push({ ms: late, bytes: new Uint8Array(left) });
      late = 0;
    }
    const redactions = exchange.redactions.filter(({ where }) => where !== 'response.body');
    return { ...exchange, reads, redactions, end: { ...exchange.end, ms: exchange.end.ms + late } };
  });
  return { ...recorded, upstream };
}
