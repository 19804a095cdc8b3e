/** Figures and names in the few words that a table has room for. */

import type { Row } from '../../../../inspector/shapes.ts';
import type { Cost } from '../../../../usage/counts.ts';

const number = new Intl.NumberFormat('en');

export const count = (value: number): string => number.format(value);

/** `14:02:11`, in the time zone of the reader. */
export function clock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** `14:02:11.204` */
export const exactClock = (at: number): string =>
  `${clock(at)}.${String(Math.floor(at) % 1_000).padStart(3, '0')}`;

/** Seconds without their unit: `0.41`, `4.6`, `128`. */
export function seconds(ms: number): string {
  const value = ms / 1_000;
  if (value < 0.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

/** `0.9 ms`, `0.42 s`, `31.9 s`, `2 min 5 s` */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 119_950) return `${seconds(ms)} s`;
  const whole = Math.round(ms / 1_000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** `2,104`, `84.3 k`, `1.91 M` */
export function tokens(value: number): string {
  if (value < 10_000) return count(value);
  if (value < 999_500) return `${(value / 1_000).toFixed(value < 99_950 ? 1 : 0)} k`;
  return `${(value / 1_000_000).toFixed(value < 9_995_000 ? 2 : 1)} M`;
}

/** Below a dollar a sum has as many digits as its parts, so that they can be added up; below a tenth of a cent two more. */
function digits(value: number): number {
  if (value >= 0.99995) return 2;
  return value === 0 || value >= 0.00095 ? 4 : 6;
}

const MOST_DIGITS = 9;

/** Dollars that are parts of a sum, with as many digits as it needs for them to add up. */
export function addable(parts: readonly number[], sum: number): (value: number) => string {
  const at = (value: number, places: number) => Math.round(Number(value.toFixed(places)) * 10 ** places);
  let places = 4;
  while (
    places < MOST_DIGITS &&
    (parts.some((part) => part > 0 && at(part, places) === 0) ||
      parts.reduce((all, part) => all + at(part, places), 0) !== at(sum, places))
  )
    places++;
  return (value) => `$${value.toFixed(places)}`;
}

/** Dollars without their sign: `0.000041`, `0.0032`, `0.1747`, `12.40`. */
export const dollars = (value: number): string => (value === 0 ? '0' : value.toFixed(digits(value)));

/** A sum in a sentence, without zeros that say nothing: `$0.0527`, `$0.50`, `$1.06`. */
export const money = (value: number): string =>
  `$${value.toFixed(digits(value)).replace(/(\.\d\d\d*?)0+$/, '$1')}`;

/** A cost of which parts may have no price: `$0.50 + ?`. */
export const cost = ({ dollars: known, unpriced = 0 }: Cost): string =>
  known === undefined ? '?' : `${money(known)}${unpriced > 0 ? ' + ?' : ''}`;

/** Characters of a long text's end, in which an error says what to do. */
const TAIL = 56;

/** A long text as its beginning and its end, so that the end is seen where there is no room for all; the end of a short one is empty. */
export function endsOf(text: string): [head: string, tail: string] {
  if (text.length <= 2 * TAIL) return [text, ''];
  const space = text.indexOf(' ', text.length - TAIL);
  const at = space < 0 ? text.length - TAIL : space;
  return [text.slice(0, at), text.slice(at)];
}

/** A share in percent, without its sign. Nearly all is not all, and nearly none is not none: these have a digit more. */
export function percentNumber(share: number): string {
  const rounded = Math.round(share * 100);
  if (share <= 0 || share >= 1 || (rounded > 0 && rounded < 100)) return String(rounded);
  return String(
    rounded === 0 ? Math.max(0.1, Math.floor(share * 1_000) / 10) : Math.floor(share * 1_000) / 10,
  );
}

export const percent = (share: number): string => `${percentNumber(share)} %`;

/** `412 B`, `6.1 kB`, `4.2 MB` */
export function bytes(value: number): string {
  if (value < 1_000) return `${value} B`;
  if (value < 999_500) return `${value < 99_950 ? (value / 1_000).toFixed(1) : Math.round(value / 1_000)} kB`;
  return `${(value / 1_000_000).toFixed(value < 99_950_000 ? 1 : 0)} MB`;
}

/** A limit of memory, as its setting counts. */
export const megabytes = (value: number): string => `${Math.round(value / 1_048_576)} MB`;

/** The time until something is back: `0:18`, `17 h 57 min`. */
export function countdown(ms: number): string {
  const left = Math.max(0, Math.ceil(ms / 1_000));
  if (left < 3_600) return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  return `${Math.floor(left / 3_600)} h ${Math.floor((left % 3_600) / 60)} min`;
}

/** `claude-haiku-4-5-20251001` → `haiku-4-5`, `gemini-4-argon` → `4-argon` */
export const shortModel = (model: string): string =>
  model.replace(/^(?:models\/)?(?:claude|gemini)-/, '').replace(/-\d{8}$/, '');

/** Who was asked, and who answered: empty where no model is known, `…` while one may still answer. */
export function modelTexts({ asked, answered, state }: Pick<Row, 'asked' | 'answered' | 'state'>): {
  asked: string;
  answered: string;
} {
  if (answered !== undefined) return { asked, answered };
  if (state !== 'ended') return { asked, answered: '…' };
  return { asked, answered: asked === '' ? '' : 'none' };
}

/** What Anthropic's words for the end of an answer mean. */
export const ENDING_TEXTS: Readonly<Record<string, string>> = {
  end_turn: 'The model has said all it wanted to say',
  tool_use: 'The model calls a tool; its result comes with the next request',
  max_tokens: 'The answer was cut at max_tokens',
  stop_sequence: 'The answer ended at a stop sequence of the request',
  pause_turn: 'The answer goes on with the next request',
  refusal: 'The model, or Google’s filter, refused to answer',
  model_context_window_exceeded: 'The answer reached the end of what the model can read',
  'client left': 'The client closed the connection',
};

/** What the kinds of requests are. */
export const CALLER_TEXTS: Readonly<Record<string, string>> = {
  main: 'The main conversation of Claude Code',
  subagent: 'A subagent of Claude Code',
  title: 'Claude Code asks for a title',
  classifier: 'Claude Code asks whether an action is safe',
  helper: 'Claude Code asks something beside the conversation',
  compaction: 'Claude Code has the conversation summed up',
  'web-search': 'Claude Code searches the web',
  'count-tokens': 'The client counts tokens',
  sdk: 'Another client than Claude Code',
  unknown: 'The request has not been understood, so nobody knows what it is for',
};

export const plural = (amount: number, one: string, many = `${one}s`): string =>
  `${count(amount)} ${amount === 1 ? one : many}`;
