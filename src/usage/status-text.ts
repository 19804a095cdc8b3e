/** The words of a status line. */
import { count, dollarText } from '../trace/headline.ts';

/** What is read of `/health`, as far as it is there. */
export type Told = {
  keys?: readonly { key?: string; state?: string; tested_again?: string; models?: readonly Troubled[] }[];
  breakers?: Readonly<Record<string, string>>;
  models?: { big?: string };
  usage?: {
    session?: {
      model?: string;
      tokens_in?: number;
      tokens_cached?: number;
      tokens_out?: number;
      dollars?: number | null;
      unpriced_calls?: number;
    };
    budget?: { state?: string; spent?: number; limit?: number };
  };
};
type Troubled = { model?: string; state?: string; until?: string };

const clock = (time: string | undefined): string => {
  const date = new Date(time ?? '');
  if (Number.isNaN(date.getTime())) return '';
  return ` until ${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
};

const short = (model: string): string => model.replace(/^gemini-/, '');

function keyTexts({ keys = [] }: Told): string[] {
  return keys.flatMap(({ key = '', state, tested_again, models = [] }) => {
    if (state !== undefined && state !== 'in use') return [`key ${key} ${state}${clock(tested_again)}`];
    const [first] = models;
    return first
      ? [`key ${key} ${first.state ?? 'out'} for ${short(first.model ?? '')}${clock(first.until)}`]
      : [];
  });
}

const breakerTexts = ({ breakers = {} }: Told): string[] =>
  Object.entries(breakers)
    .filter(([, state]) => state === 'open')
    .map(([model]) => `${short(model)} is down`);

function budgetTexts({ usage }: Told): string[] {
  const { state, spent = 0, limit = 0 } = usage?.budget ?? {};
  if (state === 'spent') return [`budget of $${limit} is used up`];
  return state === 'near' ? [`budget ${Math.round((100 * spent) / limit)} %`] : [];
}

function sessionTexts({ usage, models }: Told): string[] {
  const session = usage?.session;
  if (!session) return [models?.big ?? 'no request yet'];
  const {
    model = '',
    tokens_in = 0,
    tokens_cached = 0,
    tokens_out = 0,
    dollars,
    unpriced_calls = 0,
  } = session;
  const prompt = tokens_in + tokens_cached;
  const cached =
    prompt > 0 && tokens_cached > 0 ? ` (${Math.round((100 * tokens_cached) / prompt)} % cached)` : '';
  return [
    model,
    `${count(prompt)} in${cached}, ${count(tokens_out)} out`,
    // Without a price there is nothing to say of the cost.
    ...(typeof dollars === 'number' ? [`${dollarText(dollars)}${unpriced_calls > 0 ? ' + ?' : ''}`] : []),
  ].filter((part) => part !== '');
}

const MOST_TROUBLES = 3;

/** `status`: what Claude Code has told. `told`: undefined where nobody knows more; `why` then says why not. */
export function statusText(
  told: Told | undefined,
  status: Readonly<Record<string, unknown>>,
  why: string,
): string {
  if (!told) {
    const { model } = status as { model?: { display_name?: unknown } };
    const name = typeof model?.display_name === 'string' ? `${model.display_name} · ` : '';
    return `${name}${why}`;
  }
  const troubles = [...keyTexts(told), ...breakerTexts(told), ...budgetTexts(told)];
  const more = troubles.length > MOST_TROUBLES ? [`${troubles.length - MOST_TROUBLES} more`] : [];
  const warned = [...troubles.slice(0, MOST_TROUBLES), ...more].map((text) => `! ${text}`);
  // What is told comes from elsewhere: a line stays a line.
  return [...sessionTexts(told), ...warned].join(' · ').replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ');
}
