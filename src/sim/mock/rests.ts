/**
 * Keeps the rest of each answer that is longer than one request gives. Like Google, the mock gives a token with the
 * first part, and the rest to whoever sends the same request with that token; also a second time.
 */
import { RecentMap } from '../../lib/recent-map.ts';
import type { AnswerParts } from './answer-parts.ts';

/** Answers of a mock are small, and few have a rest. */
const MOST = 256;

export class Rests {
  readonly #rests = new RecentMap<string, AnswerParts>(MOST);

  /** Keeps what of `answer` is beyond `most` tokens. Returns what is given now, with the token of its rest. */
  cut(answer: AnswerParts, most: number, newToken: () => string): AnswerParts {
    let tokens = 0;
    const end = answer.pieces.findIndex((piece) => {
      tokens += piece.tokens;
      return tokens > most;
    });
    if (end < 0) return answer;
    // A single piece may be larger than the limit, and an answer must get on.
    const [now, later] = [answer.pieces.slice(0, Math.max(1, end)), answer.pieces.slice(Math.max(1, end))];
    if (later.length === 0) return answer;
    const token = newToken();
    this.#rests.set(token, { ...answer, pieces: later });
    return { pieces: now, finishReason: 'CONTINUATION', token, isCut: true };
  }

  get(token: string): AnswerParts | undefined {
    return this.#rests.get(token);
  }
}
