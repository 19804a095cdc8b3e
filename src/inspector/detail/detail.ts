/** One request: its headline, where its time went, its attempts, and its warnings. */
import type { TraceEvent } from '../../trace/events.ts';
import { duration, headline } from '../../trace/headline.ts';
import type { Oddness } from '../../trace/odd.ts';
import type { Summary } from '../../trace/summary.ts';
import type { Inspector } from '../inspector.ts';
import type { KeptRequest } from '../kept-request.ts';
import { adviceWords, errorWords, failureWords, isOfKeys } from '../plain-words.ts';
import { isAllTold, summaryOf } from '../rows/row.ts';
import { spansOf, totalsOf } from '../rows/spans.ts';
import type { AttemptRow, Detail, Row } from '../shapes.ts';
import type { Shown } from '../shown.ts';
import { linesOf, type TimeLimits } from './lines.ts';
import { repeatsOf, type Turn } from './repeats.ts';
import { usageOf } from './usage.ts';
import { shownWarning, warningsOf } from './warnings.ts';

function attemptsOf(events: readonly TraceEvent[], request: KeptRequest): AttemptRow[] {
  const attempts: AttemptRow[] = [];
  for (const event of events) {
    if (event.type === 'attempt') {
      const { model, key, streamed } = event;
      const number = attempts.length + 1;
      const status = request.exchanges.findLast(({ attempt }) => attempt === number)?.status;
      attempts.push({ number, model, key, streamed, status });
    }
    const last = attempts.at(-1);
    if (event.type === 'failure' && last) last.failure ??= event.class;
  }
  return attempts;
}

/** The requests of the same thread, agent and kind, the oldest first. Rows are made for the thread alone. */
function wholeConversation(row: Row, inspector: Inspector): Turn[] {
  return inspector
    .requests()
    .filter(({ id, session = id, agent }) => session === row.thread && agent === row.agent)
    .map((request) => ({ request, row: inspector.row(request) }))
    .filter(({ row: { caller } }) => caller === row.caller);
}

const until = (whole: readonly Turn[], last: KeptRequest): Row[] =>
  whole.flatMap(({ request, row }) => (request.number <= last.number ? [row] : []));

/** The requests of the same thread, agent and kind until this one, the oldest first. */
export const sameConversation = (request: KeptRequest, row: Row, inspector: Inspector): Row[] =>
  until(wholeConversation(row, inspector), request);

export const cachedShare = ({ in: tokens, cached = 0 }: Row): number | undefined =>
  tokens === undefined || tokens === 0 ? undefined : cached / tokens;

function homeKeyOf(events: readonly TraceEvent[]): string | undefined {
  const moved = events.find((event) => event.type === 'chosen' && event.home !== undefined);
  return moved?.type === 'chosen' ? moved.home : undefined;
}

const placeOf = ({ resends }: Row, number: number): string =>
  resends === undefined ? `request ${number} of its conversation` : 'sent again';

/** The caller is known once the request is understood. */
function callerText(row: Row, number: number): string {
  if (row.caller !== 'unknown') return `${row.caller}, ${placeOf(row, number)}`;
  return row.state === 'ended' ? 'unknown: refused before it was understood' : 'unknown';
}

/** What happened; of a request that failed also what the client was told, since that says what to do. */
function headlineOf(summary: Summary, oddness: Oddness): string {
  const { error, end } = summary;
  const happened = headline(summary, oddness, failureWords);
  if (!error) return happened;
  const opening =
    end && !end.clientLeft && isAllTold(summary) ? `Failed after ${duration(end.ms)}.` : happened;
  return `${opening} ${errorWords(error.class ?? error.error, error.message)}`;
}

function adviceOf({ error }: Summary): Detail['advice'] {
  const text = error && adviceWords(error.class, error.error);
  return text === undefined ? undefined : { text, isOfKeys: isOfKeys(error?.class) };
}

const hiding = (shown: Shown) => (text: string) => shown.text(text);

export function detailOf(request: KeptRequest, inspector: Inspector, limits: TimeLimits): Detail {
  const shown = inspector.shown(request);
  const hidden = hiding(shown);
  const row = inspector.row(request);
  const { events } = request;
  const summary = summaryOf(events);
  const whole = wholeConversation(row, inspector);
  const conversation = until(whole, request);
  const attempts = attemptsOf(events, request);
  const before = conversation.at(-2);
  const { silentSince } = row;
  const sizes = new Map(request.exchanges.map(({ attempt, body }) => [attempt, body.length]));
  const moments = inspector.keyMoments(request, attempts);
  const lines = linesOf(events, { sizes, moments, silentSince, limits });
  return {
    row,
    headline: hidden(headlineOf(summary, request.oddness)),
    advice: adviceOf(summary),
    facts: [callerText(row, conversation.length)],
    homeKey: homeKeyOf(events),
    usualFirstMs: summary.model === undefined ? undefined : inspector.usualFirstMs(summary.model),
    cachedBefore: before && cachedShare(before),
    totals: totalsOf(spansOf(events, silentSince)),
    lines: lines.map((line) => ({ ...line, text: hidden(line.text) })),
    attempts,
    hasSent: request.exchanges.length > 0,
    warnings: warningsOf(events).map((warning) => ({
      ...shownWarning(warning),
      path: hidden(warning.path),
      detail: hidden(warning.detail),
    })),
    usage: usageOf(request, conversation, summary),
    hasTexts: request.hasTexts,
    ...repeatsOf({ request, row }, whole),
  };
}
