/** Scenarios: what the mock says, and when. Data, one file each; the format is described in docs/scenarios.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { parse } from 'yaml';
import type { JsonObject } from '../lib/json.ts';

const closed = { additionalProperties: false };
const OneOrMore = <T extends TSchema>(item: T) => Type.Union([item, Type.Array(item, { minItems: 1 })]);
const Name = Type.String({ minLength: 1 });
const Count = Type.Integer({ minimum: 0 });

const When = Type.Object(
  {
    caller: Type.Optional(OneOrMore(Name)),
    user: Type.Optional(OneOrMore(Name)),
    turn: Type.Optional(
      Type.Union([Count, Type.Object({ min: Type.Optional(Count), max: Type.Optional(Count) }, closed)]),
    ),
    result: Type.Optional(
      Type.Object(
        {
          tool: Type.Optional(OneOrMore(Name)),
          text: Type.Optional(OneOrMore(Name)),
          error: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
    ),
    called: Type.Optional(OneOrMore(Name)),
    not_called: Type.Optional(OneOrMore(Name)),
  },
  closed,
);

const Call = Type.Object(
  { tool: OneOrMore(Name), args: Type.Optional(Type.Record(Type.String(), Type.Unknown())) },
  closed,
);

const Rule = Type.Object(
  {
    name: Name,
    when: Type.Optional(When),
    thinking: Type.Optional(OneOrMore(Name)),
    text: Type.Optional(Type.String()),
    calls: Type.Optional(Type.Array(Call, { minItems: 1 })),
  },
  closed,
);

const Fact = Type.Object({ find: Name, otherwise: Type.String() }, closed);

const ScenarioFile = Type.Object(
  {
    name: Name,
    description: Name,
    order: Type.Optional(Type.Integer()),
    facts: Type.Optional(Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]*$' }), Fact)),
    asides: Type.Optional(Type.Array(Name)),
    rules: Type.Array(Rule, { minItems: 1 }),
  },
  closed,
);

/** True where the text has one of the wanted pieces. */
export type TextTest = (text: string) => boolean;

export type ScenarioCall = {
  /** Names that the tool may have; the first that the request declares is called. */
  tool: readonly string[];
  args: JsonObject;
};

export type ScenarioRule = {
  name: string;
  when: {
    caller?: readonly string[];
    user?: TextTest;
    turn?: { min: number; max: number };
    result?: { tool?: readonly string[]; text?: TextTest; error?: boolean };
    called?: readonly string[];
    notCalled?: readonly string[];
  };
  thinking: readonly string[];
  text: string;
  calls: readonly ScenarioCall[];
};

export type Scenario = {
  name: string;
  description: string;
  /** Scenarios are asked in this order, smallest first. */
  order: number;
  /** Values that templates can name, each found in the request's texts by its first group. */
  facts: ReadonlyMap<string, { find: RegExp; otherwise: string }>;
  /** Tags whose content is not the user's own words. */
  asides: readonly string[];
  rules: readonly ScenarioRule[];
};

/** Not for wrong requests: only for scenario files that cannot be used. The message is one line. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/** Every `*.yaml` of `folder`, in the order in which they are asked. Throws a ScenarioError naming file and field. */
export function loadScenarios(folder: string): Scenario[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return files
    .sort()
    .map((file) => parseScenario(readFileSync(join(folder, file), 'utf8'), file))
    .sort((a, b) => a.order - b.order);
}

/** One scenario from its YAML text; `file` is only named in errors. */
export function parseScenario(text: string, file: string): Scenario {
  const read = readYaml(text, file);
  const error = Value.Errors(ScenarioFile, read).First();
  if (error) {
    const field = error.path.slice(1).replaceAll('/', '.') || 'the file';
    throw new ScenarioError(`${file}: ${field}: ${error.message.toLowerCase()}`);
  }
  const data = read as Static<typeof ScenarioFile>;
  const facts = Object.entries(data.facts ?? {}).map(([name, { find, otherwise }]) => {
    return [name, { find: pattern(find, 'gi', `${file}: facts.${name}.find`), otherwise }] as const;
  });
  return {
    name: data.name,
    description: data.description,
    order: data.order ?? 0,
    facts: new Map(facts),
    asides: data.asides ?? [],
    rules: data.rules.map((rule, index) => toRule(rule, `${file}: rules.${index}`)),
  };
}

function readYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new ScenarioError(`${file}: not YAML: ${reason}`, { cause: error });
  }
}

function toRule(rule: Static<typeof Rule>, at: string): ScenarioRule {
  const { thinking, text, calls } = rule;
  if (text === undefined && calls === undefined) throw new ScenarioError(`${at}: needs text or calls`);
  return {
    name: rule.name,
    when: toCondition(rule.when ?? {}, `${at}.when`),
    thinking: list(thinking ?? []),
    text: text ?? '',
    calls: (calls ?? []).map((call) => ({ tool: list(call.tool), args: (call.args ?? {}) as JsonObject })),
  };
}

function toCondition(when: Static<typeof When>, at: string): ScenarioRule['when'] {
  const { caller, user, turn, result, called, not_called: notCalled } = when;
  return {
    ...(caller === undefined ? {} : { caller: list(caller) }),
    ...(user === undefined ? {} : { user: textTest(list(user), `${at}.user`) }),
    ...(turn === undefined ? {} : { turn: range(turn) }),
    ...(result === undefined
      ? {}
      : {
          result: {
            ...(result.tool === undefined ? {} : { tool: list(result.tool) }),
            ...(result.text === undefined ? {} : { text: textTest(list(result.text), `${at}.result.text`) }),
            ...(result.error === undefined ? {} : { error: result.error }),
          },
        }),
    ...(called === undefined ? {} : { called: list(called) }),
    ...(notCalled === undefined ? {} : { notCalled: list(notCalled) }),
  };
}

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

function range(turn: number | { min?: number; max?: number }): { min: number; max: number } {
  if (typeof turn === 'number') return { min: turn, max: turn };
  return { min: turn.min ?? 0, max: turn.max ?? Number.POSITIVE_INFINITY };
}

/** `/…/` is a regular expression, anything else a piece of the text; both in any case. */
function textTest(wanted: readonly string[], at: string): TextTest {
  const tests = wanted.map((item): TextTest => {
    const inner = /^\/(.+)\/$/s.exec(item)?.[1];
    if (inner !== undefined) {
      const expression = pattern(inner, 'i', at);
      return (text) => expression.test(text);
    }
    const piece = item.toLowerCase();
    return (text) => text.toLowerCase().includes(piece);
  });
  return (text) => tests.some((matches) => matches(text));
}

function pattern(source: string, flags: string, at: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new ScenarioError(`${at}: not a regular expression: ${source}`, { cause: error });
  }
}
