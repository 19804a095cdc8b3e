/** Whether an answer is the one that Google gave, an error that a client can act on, or neither. */
import type { Told } from './client.ts';

export type Grade = { mark: 'exact' | 'told' | 'wrong'; note: string };

export type Call = { name: string; input: unknown };
export type Answer = {
  text: string;
  calls: readonly Call[];
  stop: string;
  /** All of the prompt, what of it came out of the cache, and all that the model made, thoughts included. */
  usage?: { prompt: number; cached: number; made: number };
};

const figure = (value: unknown): number => (typeof value === 'number' ? value : 0);

const textOf = (told: Told): string =>
  told.content.map((block) => (block.type === 'text' ? String(block['text']) : '')).join('');

const callsOf = (told: Told): Call[] =>
  told.content.flatMap((block) =>
    block.type === 'tool_use' ? [{ name: String(block['name']), input: block['input'] }] : [],
  );

function usageFaults(told: Told, usage: NonNullable<Answer['usage']>): string[] {
  const cached = figure(told.usage['cache_read_input_tokens']);
  const prompt = figure(told.usage['input_tokens']) + cached;
  const made = figure(told.usage['output_tokens']);
  const pairs: [string, number, number][] = [
    ['prompt', prompt, usage.prompt],
    ['cached', cached, usage.cached],
    ['output', made, usage.made],
  ];
  return pairs.flatMap(([name, is, should]) => (is === should ? [] : [`${name} tokens ${is} for ${should}`]));
}

function callFaults(calls: readonly Call[], wanted: readonly Call[]): string[] {
  if (Bun.deepEquals(calls, wanted)) return [];
  if (calls.length === wanted.length) return ['other arguments'];
  return [`${calls.length} of ${wanted.length} calls`];
}

function textFaults(text: string, wanted: string): string[] {
  if (text === wanted) return [];
  return [wanted === '' ? `says ${JSON.stringify(text)} of its own` : 'the text differs'];
}

/** What differs from `answer`; empty where nothing does. */
export function differences(told: Told, answer: Answer): string[] {
  const [text, calls] = [textOf(told), callsOf(told)];
  const order = told.disorder.length > 0 ? ['events out of order'] : [];
  if (text === '' && calls.length === 0)
    return [`nothing, told as a whole answer (${told.stopReason})`, ...order];
  return [
    ...textFaults(text, answer.text),
    ...callFaults(calls, answer.calls),
    ...(told.stopReason === answer.stop ? [] : [`${told.stopReason} for ${answer.stop}`]),
    ...(answer.usage ? usageFaults(told, answer.usage) : []),
    ...order,
  ];
}

/** Claude Code asks again after these. */
const RETRYABLE = /^(?:overloaded_error|api_error|rate_limit_error|timeout_error)$/;

/** The answer itself, or an error after which a client asks again. */
export function exactOrTold(told: Told, answer: Answer): Grade {
  if (told.ended === 'never') return { mark: 'wrong', note: 'no end in 45 s' };
  if (told.formless !== undefined) {
    const mark = told.status === 429 || told.status >= 500 ? 'told' : 'wrong';
    return { mark, note: `${told.status}, not in Anthropic's form` };
  }
  if (told.error) {
    const { type } = told.error;
    const where = told.status >= 400 ? `${told.status} ` : '';
    if (RETRYABLE.test(type)) return { mark: 'told', note: `${where}${type}` };
    return { mark: 'wrong', note: `told not to ask again: ${where}${type}` };
  }
  if (told.ended === 'cut') return { mark: 'told', note: 'the connection breaks off, without a word' };
  const wrong = differences(told, answer);
  if (wrong.length === 0) return { mark: 'exact', note: '' };
  return { mark: 'wrong', note: wrong.join('; ') };
}

/** Where upstream broke off for good, no answer may look whole. */
export function neverWhole(told: Told): Grade {
  if (told.ended === 'whole')
    return { mark: 'wrong', note: `half an answer told as whole (${told.stopReason})` };
  const grade = exactOrTold(told, { text: '', calls: [], stop: '' });
  return grade.mark === 'told' ? { ...grade, mark: 'exact' } : grade;
}
