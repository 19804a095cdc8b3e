/** The row of a request in the list, made of its story. */

import type { TraceEvent } from '../../trace/events.ts';
import { oddWords } from '../../trace/headline.ts';
import type { Oddness } from '../../trace/odd.ts';
import { Summary } from '../../trace/summary.ts';
import type { KeptRequest } from '../kept-request.ts';
import { SHOWN } from '../news.ts';
import { changeWords, errorWords, failureWords } from '../plain-words.ts';
import type { Row } from '../shapes.ts';
import type { Shown } from '../shown.ts';
import { spansOf } from './spans.ts';

/** Characters of what was unusual: an error's whole text, of which the list shows the two ends. */
const MOST_WORDS = 3_000;

export function summaryOf(events: readonly TraceEvent[]): Summary {
  const summary = new Summary();
  for (const event of events) summary.hear(event);
  return summary;
}

/** `claude-cli/2.1.330 (external, cli)` → `claude-cli 2.1.330`. */
const shortAgent = (userAgent: string | undefined): string | undefined =>
  userAgent?.split(' ')[0]?.replace('/', ' ');

function says({ news }: KeptRequest, shown: Shown): string {
  switch (news?.kind) {
    case 'words':
    case 'refused':
      return shown.beginning(news.text, SHOWN);
    case 'results':
      return shown.beginning(`Tool results: ${news.names.join(', ')}`, SHOWN);
    default:
      return '';
  }
}

function askedModel({ news }: KeptRequest, model: string | undefined, shown: Shown): string {
  if (model !== undefined) return shown.text(model);
  return news?.kind === 'refused' ? shown.beginning(news.model, SHOWN) : '';
}

/** True where the error that the client was told says all that there is to say. */
export const isAllTold = ({
  error,
  failed,
  waits,
  replaced,
  silences,
  mended,
  continued,
}: Summary): boolean =>
  error !== undefined &&
  failed.length === 1 &&
  failed[0]?.failure.class === error.class &&
  waits.length === 0 &&
  silences.length === 0 &&
  mended.length === 0 &&
  continued === 0 &&
  replaced === undefined;

function wordsOf(request: KeptRequest, summary: Summary, oddness: Oddness, shown: Shown): string | undefined {
  const { error } = summary;
  const odd = isAllTold(summary) ? [] : oddWords(summary, oddness, failureWords);
  const told = error && [errorWords(error.class ?? error.error, error.message)];
  const warned = oddness.sign === 'changed' && odd.length === 0 ? changedWords(request.events) : [];
  const words = [...(told ?? []), ...odd, ...warned];
  return words.length === 0 ? undefined : shown.ends(words.join(' · '), MOST_WORDS);
}

/** The first thing that was changed, and how many others there are. */
function changedWords(events: readonly TraceEvent[]): string[] {
  const warnings = events.filter((event) => event.type === 'warning' && !event.routine);
  const [first, ...others] = warnings;
  if (first?.type !== 'warning') return [];
  const more =
    others.length === 0 ? [] : [`${others.length} more ${others.length === 1 ? 'change' : 'changes'}`];
  return [changeWords(first.code, first.path, first.detail), ...more];
}

const endingOf = ({ end, error, stopped }: Summary): string | undefined =>
  end?.clientLeft ? 'client left' : (error?.error ?? stopped?.reason);

function signUnderWay(isTold: boolean, isSilent: boolean): Row['sign'] {
  if (isTold) return 'failed';
  return isSilent ? 'slow' : 'ordinary';
}

function stateOf({ end, firstSignMs }: Summary): Row['state'] {
  if (end) return 'ended';
  return firstSignMs === undefined ? 'open' : 'streaming';
}

/** Of an answer that failed, what Google has counted for it: that is paid. */
function tokensOf({ usage, spent, end }: Summary): Pick<Row, 'in' | 'cached' | 'out' | 'thinking'> {
  const counted = usage ?? (end ? spent : undefined);
  if (!counted) return {};
  const { cached, out, thinking } = counted;
  return { in: counted.in + cached, cached, out, thinking };
}

const dollarsOf = ({ spent, lost }: Summary): Pick<Row, 'dollars' | 'listDollars' | 'lostDollars'> => ({
  dollars: spent?.dollars,
  listDollars: spent?.listDollars,
  lostDollars: lost?.dollars,
});

export function rowOf(request: KeptRequest, shown: Shown): Row {
  const { events, oddness, id, opening } = request;
  const summary = summaryOf(events);
  const { received, asked, end, model, sentTo, replaced, error } = summary;
  const silentSince = request.isSilent ? request.heardAt : undefined;
  return {
    id,
    at: received?.at.getTime() ?? 0,
    thread: asked?.session ?? id,
    agent: asked?.agent,
    branchOf: request.origin?.request,
    branchCall: request.origin?.call,
    client: asked?.client,
    userAgent: shortAgent(received?.userAgent && shown.text(received.userAgent)),
    caller: asked?.caller ?? 'unknown',
    says: says(request, shown),
    opening: opening && shown.beginning(opening.text, SHOWN),
    asked: askedModel(request, asked?.model, shown),
    // Of a request that was never sent no model has answered, whichever was chosen for it.
    answered: end ? sentTo : model,
    replaced: replaced?.model,
    key: summary.key,
    state: stateOf(summary),
    status: end?.status,
    ending: endingOf(summary),
    sign: end ? oddness.sign : signUnderWay(error !== undefined, request.isSilent),
    silentSince,
    resends: request.resends,
    words: wordsOf(request, summary, oddness, shown),
    spans: spansOf(events, silentSince),
    firstMs: summary.firstSignMs,
    totalMs: end?.ms,
    ...tokensOf(summary),
    // Nobody pays the mock.
    ...(request.resends?.to === 'mock' ? {} : dollarsOf(summary)),
    warnings: summary.warnings,
  };
}
