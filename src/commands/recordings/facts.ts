/** What people ask of a recorded request before they look into its files. */
import { isObject, tryParseJson } from '../../lib/json.ts';
import { isEventStream } from '../../sim/cassette/forms.ts';
import { nameOf, readAsItLies } from '../../sim/cassette/read.ts';
import { problemOf } from '../../sim/cassette/text-files.ts';
import type { Answer, RecordedRequest } from '../../sim/cassette/types.ts';
import { emptySummary, summarise } from '../../sim/record/summary.ts';
import { clientText, clientVersionIn } from '../../sim/replay/client-version.ts';

export type Try = { model: string; status: number | undefined; ms: number; reads: number; end: string };

export type RequestFacts = {
  name: string;
  folder: string;
  recordedAt: string;
  /** As its `user-agent` says, such as `claude-cli 2.1.330`. */
  client: string;
  caller: string;
  requestId: string | undefined;
  status: number;
  /** The stop reason, the error, or how the answer was broken off. */
  end: string;
  tries: readonly Try[];
  /** For each anomaly, the number of tries that had it. */
  anomalies: Readonly<Record<string, number>>;
  origin: RecordedRequest['origin'];
  /** The files that people have edited, and those of them that nobody has accepted. */
  edited: readonly string[];
  unaccepted: readonly string[];
  /** Set where it was recorded from a replay. */
  carriedOver: RecordedRequest['carriedOver'];
};

/** `problem`: why its files cannot be read. */
export type Found = RequestFacts | { name: string; folder: string; problem: string };

export function factsOf(folder: string): Found {
  const name = nameOf(folder);
  try {
    const { recorded, edits } = readAsItLies(folder);
    const { recordedAt, caller, answer, upstream, origin, edited = [], carriedOver } = recorded;
    const summary = emptySummary();
    summarise(summary, recorded);
    return {
      name,
      folder,
      recordedAt,
      client: clientOf(recorded.request.headers),
      caller,
      requestId: answer.headers['request-id'],
      status: answer.status,
      end: endOf(answer),
      tries: upstream.map(tryOf),
      anomalies: summary.anomalies,
      origin,
      carriedOver,
      edited: [...new Set([...edited, ...edits.map(({ file }) => file)])],
      unaccepted: edits.map(({ file }) => file),
    };
  } catch (error) {
    return { name, folder, problem: problemOf(error) };
  }
}

function tryOf({ model, head, reads, end }: RecordedRequest['upstream'][number]): Try {
  const ms = (head?.ms ?? 0) + reads.reduce((sum, read) => sum + read.ms, 0) + end.ms;
  const ended = end.kind === 'eof' ? 'whole' : `${end.kind} by ${end.side}`;
  return { model, status: head?.status, ms, reads: reads.length, end: ended };
}

function clientOf(headers: Readonly<Record<string, string>>): string {
  const client = clientVersionIn(headers);
  return client ? clientText(client) : headers['user-agent']?.split(' ')[0] || 'unknown';
}

// ── how an answer ended ───────────────────────────────────────────────────────────────────────────────────────

function endOf({ end, headers, bytes }: Answer): string {
  if (end === 'client-gone') return 'client left';
  const text = new TextDecoder().decode(bytes);
  return isEventStream(headers) ? endOfStream(text) : endOfWhole(tryParseJson(text));
}

function endOfStream(text: string): string {
  const events = text.split('\n\n').map((event) => tryParseJson(/^data: (.*)$/m.exec(event)?.[1] ?? ''));
  const last = events.findLast((event) => isObject(event) && ENDS.includes(String(event['type'])));
  if (!isObject(last)) return 'cut off';
  return isObject(last['delta']) ? String(last['delta']['stop_reason']) : errorIn(last);
}

const ENDS: readonly string[] = ['message_delta', 'error'];

function endOfWhole(value: unknown): string {
  if (!isObject(value)) return 'cut off';
  if (value['error'] !== undefined) return errorIn(value);
  const counted = value['input_tokens'];
  return counted === undefined ? String(value['stop_reason']) : `${String(counted)} tokens`;
}

const errorIn = ({ error }: Record<string, unknown>): string =>
  isObject(error) ? String(error['type']) : 'error';
