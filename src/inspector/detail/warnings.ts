/** The warnings of a request, numbered, each once. */
import type { TraceEvent } from '../../trace/events.ts';
import { detailWords, warningWords } from '../plain-words.ts';
import type { Warning } from '../shapes.ts';

/** A warning, and the attempts for which it was told: the first and the last. */
export type ToldWarning = Warning & { attempts: readonly number[] };

/**
 * The warnings in the order in which they were told. A request that is translated again for another model causes the
 * same warnings again. `attempt` is set where the first attempt did not have the warning.
 */
export function warningsOf(events: readonly TraceEvent[]): ToldWarning[] {
  const found = new Map<string, Omit<ToldWarning, 'attempts'> & { attempts: number[] }>();
  let attempt = 0;
  let isUnderWay = false;
  for (const event of events) {
    if (event.type === 'attempt') {
      attempt++;
      isUnderWay = true;
    } else if (event.type === 'failure') isUnderWay = false;
    if (event.type !== 'warning') continue;
    const at = isUnderWay ? attempt : attempt + 1;
    const { code, path, detail, routine } = event;
    const name = JSON.stringify([code, path, detail]);
    const known = found.get(name);
    if (known) known.attempts.push(at);
    else {
      const number = found.size + 1;
      found.set(name, {
        number,
        code,
        words: warningWords(code),
        path,
        detail: detailWords(code, detail),
        routine,
        attempts: [at],
        ...(at > 1 ? { attempt: at } : {}),
      });
    }
  }
  return [...found.values()];
}

export const shownWarning = ({ attempts: _attempts, ...warning }: ToldWarning): Warning => warning;
