/** Turns the conditions of a scenario file into tests. */
import type { RangeData, ResultData, TransitionData, WhenData } from './schema.ts';
import {
  type Condition,
  type Range,
  type ResultTest,
  ScenarioError,
  type TextTest,
  type Transition,
} from './types.ts';

export const list = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? value : [value as T];

const toRange = (range: RangeData): Range =>
  typeof range === 'number'
    ? { min: range, max: range }
    : { min: range.min ?? 0, max: range.max ?? Number.POSITIVE_INFINITY };

export const inRange = (value: number, { min, max }: Range): boolean => value >= min && value <= max;

export function toPattern(source: string, flags: string, at: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new ScenarioError(`${at}: not a regular expression: ${source}`, { cause: error });
  }
}

/**
 * Makes a test for texts. `/…/` is a regular expression; any other text must be a piece of the tested text. Upper and
 * lower case are the same.
 */
export function toTextTest(wanted: string | readonly string[], at: string): TextTest {
  const tests = list(wanted).map((item): TextTest => {
    const inner = /^\/(.+)\/$/s.exec(item)?.[1];
    if (inner !== undefined) {
      const expression = toPattern(inner, 'i', at);
      return (text) => expression.test(text);
    }
    const piece = item.toLowerCase();
    return (text) => text.toLowerCase().includes(piece);
  });
  return (text) => tests.some((matches) => matches(text));
}

function toResultTest({ tool, text, error }: ResultData, at: string): ResultTest {
  return {
    ...(tool === undefined ? {} : { tool: list(tool) }),
    ...(text === undefined ? {} : { text: toTextTest(text, `${at}.text`) }),
    ...(error === undefined ? {} : { error }),
  };
}

export function toCondition(when: WhenData, at: string): Condition {
  const { caller, user, turn, request, state, result, called, not_called: notCalled } = when;
  return {
    ...(caller === undefined ? {} : { caller: list(caller) }),
    ...(user === undefined ? {} : { user: toTextTest(user, `${at}.user`) }),
    ...(turn === undefined ? {} : { turn: toRange(turn) }),
    ...(request === undefined ? {} : { request: toRange(request) }),
    ...(state === undefined ? {} : { state: list(state) }),
    ...(result === undefined ? {} : { result: toResultTest(result, `${at}.result`) }),
    ...(called === undefined ? {} : { called: list(called) }),
    ...(notCalled === undefined ? {} : { notCalled: list(notCalled) }),
  };
}

/** Reads a row of a state. Throws where one row names several occasions. */
export function toTransition(row: TransitionData, at: string): Transition {
  const { to, user, result, turn, unable } = row;
  const step = result !== undefined || turn !== undefined;
  if (Number(step) + Number(user !== undefined) + Number(unable !== undefined) > 1)
    throw new ScenarioError(`${at}: user, unable, and result with turn exclude each other`);
  if (unable) return { to, on: { kind: 'unable' } };
  if (user !== undefined) return { to, on: { kind: 'words', user: toTextTest(user, `${at}.user`) } };
  return {
    to,
    on: {
      kind: 'step',
      ...(result === undefined ? {} : { result: toResultTest(result, `${at}.result`) }),
      ...(turn === undefined ? {} : { turn: toRange(turn) }),
    },
  };
}
