/** Tells what the questions cost, and finds out whether they may be asked. */
import { PRICES } from '../../../src/gemini/model-rows.ts';
import type { LiveOptions } from './live.ts';
import type { Plan } from './plan.ts';

export type ConsentOptions = {
  say(line: string): void;
  /** True where somebody has agreed beforehand, to whatever it costs. */
  isAgreed: boolean;
  /** The most dollars, agreed to beforehand. */
  budget: number | undefined;
  /** Asks a person, where there is one at a terminal. */
  ask?: ((question: string) => string | null) | undefined;
};

const thousands = (count: number): string => count.toLocaleString('en-US');
const dollars = (amount: number): string => `$${amount.toFixed(4)}`;

export const planText = ({ requests, models, input, output, dollars: cost }: Plan): string =>
  `The live API would be asked ${thousands(requests)} questions (${models} models), with about ${thousands(input)} tokens in and at most ${thousands(output)} out: ${dollars(cost)} by the prices of ${PRICES.date}.`;

/** Resolves with the reason why nothing may be asked; undefined where it may. */
export const createConsent =
  ({ say, isAgreed, budget, ask = terminal() }: ConsentOptions): LiveOptions['refuse'] =>
  async (plan) => {
    say(planText(plan));
    if (budget !== undefined && plan.dollars > budget)
      return `${dollars(plan.dollars)} are more than the budget of ${dollars(budget)} (--budget)`;
    if (isAgreed || budget !== undefined) return undefined;
    if (!ask) return 'nobody has agreed to the cost; say --yes, or --budget with dollars';
    const said = ask('Ask? [y/N]') ?? '';
    return /^y(?:es)?$/i.test(said.trim()) ? undefined : 'nobody has agreed to the cost';
  };

/** Undefined where nobody sits there to answer. */
const terminal = (): ConsentOptions['ask'] =>
  process.stdin.isTTY && process.stdout.isTTY ? (question) => prompt(question) : undefined;
