/** What a request has used and cost, part by part, and why less of its prompt came from the cache than before. */
import type { Rates } from '../../prices/prices.ts';
import type { TraceEvent } from '../../trace/events.ts';
import type { Summary } from '../../trace/summary.ts';
import type { KeptRequest } from '../kept-request.ts';
import type { Row, Usage, UsagePart } from '../shapes.ts';

type Spent = Extract<TraceEvent, { type: 'spent' }>;

const PER_MILLION = 1_000_000;
/** How many requests the picture of the cached shares has. */
const MOST_SHARES = 11;
/** A cached share that fell below this part of the one before is told, as `trace/odd.ts` does. */
const FELL = 0.5;
const LARGE_PROMPT = 10_000;

/** What each upstream request was for, in the words of the table. */
const FOR = {
  answer: '',
  summary: 'summary',
  search: 'search',
  check: 'checks of actions',
  cache: 'kept in the cache',
  test: 'test of a key',
} as const satisfies Record<Spent['for'], string>;

type Kind = { what: string; tokens(spent: Spent): number; rate(rates: Rates): number };

const KINDS: readonly Kind[] = [
  { what: 'In, fresh', tokens: (spent) => spent.in, rate: ({ input }) => input },
  { what: 'In, cached', tokens: (spent) => spent.cached, rate: ({ cacheRead }) => cacheRead },
  {
    what: 'Out, text and calls',
    tokens: ({ out, thinking }) => out - thinking,
    rate: ({ output }) => output,
  },
  { what: 'Out, thinking', tokens: (spent) => spent.thinking, rate: ({ thinking }) => thinking },
];

/** What a group of upstream requests was for; undefined for what has brought the answer. */
function groupName({ for: what, isLost, model }: Spent, answered: string | undefined): string | undefined {
  const words = [isLost ? 'failed attempts' : '', FOR[what], model === answered ? '' : model];
  return words.filter((word) => word !== '').join(', ') || undefined;
}

/** The parts of all upstream requests for one thing at one price. */
function partsOf(all: readonly Spent[], answered: string | undefined): UsagePart[] {
  const [first] = all;
  if (!first) return [];
  const { rates, listRates } = first;
  const group = groupName(first, answered);
  const parts = KINDS.map(({ what, tokens, rate }) => {
    const sum = all.reduce((total, spent) => total + tokens(spent), 0);
    const cost = (of: Rates) => (sum * rate(of)) / PER_MILLION;
    return {
      group,
      what,
      tokens: sum,
      perMillion: rates ? rate(rates) : 0,
      dollars: rates ? cost(rates) : 0,
      ...(listRates ? { listDollars: cost(listRates) } : {}),
    };
  });
  return group === undefined ? parts : parts.filter(({ tokens }) => tokens > 0);
}

/** What has brought the answer comes first. */
const answerFirst = (parts: readonly UsagePart[]): UsagePart[] => [
  ...parts.filter(({ group }) => group === undefined),
  ...parts.filter(({ group }) => group !== undefined),
];

function grouped(spent: readonly Spent[]): Spent[][] {
  const groups = new Map<string, Spent[]>();
  for (const one of spent) {
    const name = `${one.for} ${one.isLost} ${one.model} ${JSON.stringify(one.rates)}`;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups.values()];
}

const shareOf = ({ in: tokens = 0, cached = 0 }: Row): number => (tokens === 0 ? 0 : cached / tokens);

function whyCold(now: Row, before: Row | undefined): string | undefined {
  if (!before || (now.in ?? 0) < LARGE_PROMPT || shareOf(now) >= FELL * shareOf(before)) return undefined;
  const other = [
    ...(now.key === before.key ? [] : ['another key']),
    ...(now.answered === before.answered ? [] : ['another model']),
  ];
  if (other.length === 0) {
    const minutes = Math.round((now.at - before.at) / 60_000);
    return minutes < 5
      ? 'the same key and model answered: the beginning of the prompt has changed, or Gemini has let it go'
      : `the request before came ${minutes} minutes earlier, and Gemini keeps a prompt for some minutes`;
  }
  return `${other.join(' and ')} answered. Gemini’s cache belongs to a key and a model; the thread was on #${before.key} and ${before.answered}`;
}

/** As the page writes dollars (`http/ui/page/figures/words.ts`), so that one sum is not told in two ways. */
export const money = (dollars: number): string =>
  `$${dollars.toFixed(dollars >= 0.99995 ? 2 : dollars === 0 || dollars >= 0.00095 ? 4 : 6).replace(/(\.\d\d\d*?)0+$/, '$1')}`;

function headlineOf(dollars: number, now: Row, before: Row | undefined, cold: string | undefined): string {
  const last = before?.dollars;
  const times = last === undefined || last === 0 ? undefined : dollars / last;
  const compared =
    times === undefined || (times < 2 && times > 0.5)
      ? ''
      : times >= 2
        ? `, ${times >= 10 ? Math.round(times) : times.toFixed(1)} times the request before`
        : ', less than half of the request before';
  const cached = cold === undefined ? '' : `: the prompt was ${shareOf(now) === 0 ? 'not' : 'hardly'} cached`;
  return `${money(dollars)}${compared}${cached}`;
}

/** What was paid for nothing, in a sentence. */
function lostOf({ lost, spent, error }: Summary): string | undefined {
  if (!lost) return undefined;
  const what = lost.requests === 1 ? 'an attempt' : `${lost.requests} attempts`;
  const part = lost.dollars === undefined ? 'Something' : money(lost.dollars);
  const paid = `${lost.requests === spent?.requests ? 'All' : part} of it`;
  // Of an answer that broke off for good the client has got what had come.
  const unused = error ? '' : ', though nothing of the answer was used';
  return `${paid} was for ${what} that failed after Google had read the prompt. Google counts that${unused}.`;
}

/** `conversation`: the requests of the same conversation until this one, the oldest first. */
export function usageOf(
  { events }: KeptRequest,
  conversation: readonly Row[],
  summary: Summary,
): Usage | undefined {
  const { spent, model, asked } = summary;
  const all = events.filter((event) => event.type === 'spent');
  const row = conversation.at(-1);
  if (!spent || !row) return undefined;
  const dollars = spent.dollars ?? 0;
  const before = conversation.slice(0, -1).findLast(({ in: tokens }) => tokens !== undefined);
  const cold = whyCold(row, before);
  return {
    headline:
      spent.dollars === undefined
        ? 'The price of this model is not known'
        : headlineOf(dollars, row, before, cold),
    lost: lostOf(summary),
    model: model ?? '',
    parts: answerFirst(grouped(all).flatMap((group) => partsOf(group, model))),
    dollars,
    listModel: spent.listDollars === undefined ? undefined : asked?.model,
    listDollars: spent.listDollars,
    cachedShares: conversation
      .filter(({ in: tokens }) => tokens !== undefined)
      .slice(-MOST_SHARES)
      .map((one) => ({ id: one.id, share: shareOf(one) })),
    whyCold: cold,
  };
}
