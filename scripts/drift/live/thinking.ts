/** Every level of thinking for every model, and the budgets at which the rule of a model changes. */
import type { GeminiModel } from '../../../src/gemini/models.ts';
import type { ThinkingLevel } from '../../../src/gemini/wire.ts';
import type { Probe } from './probe.ts';
import { config, generateProbe } from './requests.ts';

const LEVELS: readonly ThinkingLevel[] = ['minimal', 'low', 'medium', 'high', 'xhigh'];

function budgetsOf({ thinking }: GeminiModel): number[] {
  if (thinking.kind !== 'budget') return [0, 1_024];
  const { min, max } = thinking;
  return [...new Set([-1, 0, Math.max(1, min - 1), min, max, max + 1])];
}

export const thinkingProbes = (models: readonly GeminiModel[]): Probe[] =>
  models.flatMap((model) => [
    ...LEVELS.map((level) =>
      generateProbe(
        [`the thinking level ${level}`, config({ thinkingConfig: { thinkingLevel: level } })],
        model,
      ),
    ),
    ...budgetsOf(model).map((budget) =>
      generateProbe(
        [`a thinking budget of ${budget}`, config({ thinkingConfig: { thinkingBudget: budget } })],
        model,
      ),
    ),
  ]);
