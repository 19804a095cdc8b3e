/** What one worker asks all others of a proxy: each of them knows only of the requests that it has served. */
import type { Clock } from '../lib/ports.ts';
import type { ParentLink } from './worker-shared.ts';

/** Milliseconds. A worker that stands still must not keep a person waiting. */
const LONGEST_WAIT_MS = 3_000;

export type Questions = {
  /** The answers that come in time, by the workers that gave them. */
  ask(text: string): Promise<ReadonlyMap<number, string>>;
  /** Says how the questions of others are answered. */
  answerWith(answer: (text: string) => Promise<string>): void;
};

/** For a process that has nobody to ask. */
export const NO_QUESTIONS: Questions = { ask: async () => new Map(), answerWith() {} };

export type QuestionsOptions = {
  parent: ParentLink;
  clock: Clock;
  /** The other workers that serve. */
  others(): readonly number[];
  onProblem(error: unknown): void;
};

type Open = { answers: Map<number, string>; waitsFor: Set<number>; resolve(): void };

export function openQuestions({ parent, clock, others, onProblem }: QuestionsOptions): Questions {
  const open = new Map<string, Open>();
  let last = 0;
  let answer: ((text: string) => Promise<string>) | undefined;
  parent.listen((message) => {
    if (message.kind === 'gone') {
      for (const one of open.values()) settle(one, message.of);
    } else if (message.kind === 'answer') {
      const one = open.get(message.id);
      one?.answers.set(message.of, message.text);
      if (one) settle(one, message.of);
    } else if (message.kind === 'question') {
      const { of: to, id, text } = message;
      answer?.(text).then((told) => parent.send({ kind: 'answer', to, id, text: told }), onProblem);
    }
  });
  return {
    answerWith(given) {
      answer = given;
    },
    async ask(text) {
      const waitsFor = new Set(others());
      const answers = new Map<number, string>();
      if (waitsFor.size === 0) return answers;
      const id = String(++last);
      await new Promise<void>((resolve) => {
        const cancel = clock.after(LONGEST_WAIT_MS, resolve);
        open.set(id, {
          answers,
          waitsFor,
          resolve: () => {
            cancel();
            resolve();
          },
        });
        parent.send({ kind: 'question', id, text });
      });
      open.delete(id);
      return answers;
    },
  };
}

function settle({ waitsFor, resolve }: Open, worker: number): void {
  waitsFor.delete(worker);
  if (waitsFor.size === 0) resolve();
}
