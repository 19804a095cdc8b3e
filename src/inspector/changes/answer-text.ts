/** Compares the text that Gemini sent with the text that the client got. */
import { firstCandidate } from '../../gemini/first-candidate.ts';
import { readFrames } from '../again/frames.ts';
import type { Changes } from '../shapes.ts';
import type { Opened } from '../texts/opened.ts';

type Exchanges = Opened['request']['exchanges'];

const textSent = (opened: Opened, exchanges: Exchanges): string =>
  readFrames(opened, exchanges)
    .flatMap(({ frame }) =>
      frame.kind === 'content' ? (firstCandidate(frame.chunk)?.content?.parts ?? []) : [],
    )
    .map(({ text = '', thought }) => (thought ? '' : text))
    .join('');

const textGot = (opened: Opened): string =>
  opened
    .answer()
    .content.map((block) => (block.type === 'text' ? block.text : ''))
    .join('');

const BLOT = 'x';
/** True where `text` begins with `start`. Secrets are blotted out in either by itself, so a blot stands for anything. */
function beginsWith(text: string, start: string): boolean {
  if (text.startsWith(start)) return true;
  if (start.length > text.length) return false;
  for (let at = 0; at < start.length; at++)
    if (start[at] !== text[at] && start[at] !== BLOT && text[at] !== BLOT) return false;
  return true;
}

/** Undefined where there is no text, or where the answer is made of several of Gemini's, so that nothing is known. */
export function answerTextOf(opened: Opened): Changes['text'] {
  const { exchanges, isEnded, attempts } = opened.request;
  const own = exchanges.filter(({ attempt }) => attempt === attempts);
  const [sent, got] = [textSent(opened, own), textGot(opened)];
  if (!isEnded || (sent === '' && got === '')) return undefined;
  const lengths = { sent: sent.length, got: got.length };
  if (beginsWith(sent, got)) return { is: sent.length === got.length ? 'same' : 'cut', ...lengths };
  return exchanges.length === 1 ? { is: 'other', ...lengths } : undefined;
}
