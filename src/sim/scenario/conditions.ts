/** Turns the conditions of a scenario file into tests. */
import type { Path, Tell } from './problems.ts';
import type { RangeData, ResultData, TransitionData, WhenData } from './schema.ts';
import type { Condition, Range, ResultTest, TextTest, Transition } from './types.ts';

export const list = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? value : [value as T];

const toRange = (range: RangeData): Range =>
  typeof range === 'number'
    ? { min: range, max: range }
    : { min: range.min ?? 0, max: range.max ?? Number.POSITIVE_INFINITY };

export const inRange = (value: number, { min, max }: Range): boolean => value >= min && value <= max;

const NEVER = /(?!)/;

export function toPattern(source: string, flags: string, at: Path, tell: Tell): RegExp {
  try {
    return new RegExp(source, flags);
  } catch {
    tell(at, `not a regular expression: ${source}`);
    return NEVER;
  }
}

/**
 * Makes a test for texts. `/…/` is a regular expression; any other text must be a piece of the tested text. Upper and
 * lower case are the same.
 */
export function toTextTest(wanted: string | readonly string[], at: Path, tell: Tell): TextTest {
  const tests = list(wanted).map((item): TextTest => {
    const inner = /^\/(.+)\/$/s.exec(item)?.[1];
    if (inner !== undefined) {
      const expression = toPattern(inner, 'i', at, tell);
      return (text) => expression.test(text);
    }
    const piece = item.toLowerCase();
    return (text) => text.toLowerCase().includes(piece);
  });
  const test = (text: string) => tests.some((matches) => matches(text));
  return Object.assign(test, { wanted: list(wanted) });
}

const toResultTest = ({ tool, text, error }: ResultData, at: Path, tell: Tell): ResultTest => ({
  ...(tool === undefined ? {} : { tool: list(tool) }),
  ...(text === undefined ? {} : { text: toTextTest(text, [...at, 'text'], tell) }),
  ...(error === undefined ? {} : { error }),
});

export function toCondition(when: WhenData, at: Path, tell: Tell): Condition {
  const { caller, user, turn, request, state, result, called, not_called: notCalled } = when;
  for (const [name, range] of Object.entries({ turn, request })) {
    if (typeof range === 'object' && (range.max ?? Infinity) < (range.min ?? 0))
      tell([...at, name], 'max is below min, so it never holds');
  }
  return {
    ...(caller === undefined ? {} : { caller: list(caller) }),
    ...(user === undefined ? {} : { user: toTextTest(user, [...at, 'user'], tell) }),
    ...(turn === undefined ? {} : { turn: toRange(turn) }),
    ...(request === undefined ? {} : { request: toRange(request) }),
    ...(state === undefined ? {} : { state: list(state) }),
    ...(result === undefined ? {} : { result: toResultTest(result, [...at, 'result'], tell) }),
    ...(called === undefined ? {} : { called: list(called) }),
    ...(notCalled === undefined ? {} : { notCalled: list(notCalled) }),
  };
}

/** True where a row leads on from a step whatever its results are. */
export const isUnconditional = (on: Transition['on']): boolean =>
  on.kind === 'step' && on.result === undefined && on.turn === undefined;

/** Reads a row of a state. A row may have one occasion only. */
export function toTransition(row: TransitionData, at: Path, tell: Tell): Transition {
  const { to, user, result, turn, unable } = row;
  const step = result !== undefined || turn !== undefined;
  if (Number(step) + Number(user !== undefined) + Number(unable !== undefined) > 1)
    tell(at, 'user, unable, and result with turn exclude each other');
  if (unable) return { to, on: { kind: 'unable' } };
  if (user !== undefined) return { to, on: { kind: 'words', user: toTextTest(user, [...at, 'user'], tell) } };
  return {
    to,
    on: {
      kind: 'step',
      ...(result === undefined ? {} : { result: toResultTest(result, [...at, 'result'], tell) }),
      ...(turn === undefined ? {} : { turn: toRange(turn) }),
    },
  };
}
