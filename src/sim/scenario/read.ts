/** Reads one scenario from the text of its file. */
import { Value } from '@sinclair/typebox/value';
import { parse } from 'yaml';
import { toAct } from './acts.ts';
import { list, toCondition, toPattern, toTextTest, toTransition } from './conditions.ts';
import {
  type DemoData,
  type FileData,
  type FlowData,
  type RuleData,
  ScenarioFile,
  type StateData,
} from './schema.ts';
import {
  type Demo,
  type Fact,
  type Flow,
  type Scenario,
  ScenarioError,
  type ScenarioRule,
  type State,
  USUAL_SPEED,
} from './types.ts';

/**
 * Reads a scenario. `text` is YAML or JSON; `file` is only for errors. Throws a ScenarioError of one line: file, field,
 * reason.
 */
export function parseScenario(text: string, file: string): Scenario {
  const data = checkShape(readText(text, file), file);
  const { prompt, pace, rules = [], flows = [] } = data;
  if (rules.length + flows.length === 0) throw new ScenarioError(`${file}: needs rules or flows`);
  const read = flows.map((flow, index) => toFlow(flow, index, `${file}: flows.${index}`));
  const scenario: Scenario = {
    name: data.name,
    description: data.description,
    order: data.order ?? 0,
    prompt: prompt === undefined ? undefined : toTextTest(prompt, `${file}: prompt`),
    pace: pace && {
      firstMs: pace.first_ms ?? USUAL_SPEED.firstMs,
      tokensPerSecond: pace.tokens_per_second ?? USUAL_SPEED.tokensPerSecond,
    },
    facts: readFacts(data.facts ?? {}, file),
    asides: data.asides ?? [],
    asideTexts: data.aside_texts ?? [],
    rules: rules.map((rule, index) => toRule(rule, `${file}: rules.${index}`)),
    flows: read,
    demo: data.demo && toDemo(data.demo),
  };
  checkStates(scenario, file);
  return scenario;
}

function readText(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new ScenarioError(`${file}: not YAML or JSON: ${reason}`, { cause: error });
  }
}

function checkShape(read: unknown, file: string): FileData {
  const error = Value.Errors(ScenarioFile, read).First();
  if (error) {
    const field = error.path.slice(1).replaceAll('/', '.') || 'the file';
    throw new ScenarioError(`${file}: ${field}: ${error.message.toLowerCase()}`);
  }
  return read as FileData;
}

function readFacts(facts: NonNullable<FileData['facts']>, file: string): Scenario['facts'] {
  const rows = Object.entries(facts).map(([name, fact]): [string, Fact] => {
    const find = toPattern(fact.find, 'gi', `${file}: facts.${name}.find`);
    return [name, { find, otherwise: fact.otherwise, in: fact.in ?? 'texts' }];
  });
  return new Map(rows);
}

function toRule(data: RuleData, at: string): ScenarioRule {
  return { name: data.name, when: toCondition(data.when ?? {}, `${at}.when`), act: toAct(data, at) };
}

function toFlow(data: FlowData, index: number, at: string): Flow {
  const { name, caller, prompt, states } = data;
  if (index > 0 && prompt === undefined)
    throw new ScenarioError(`${at}.prompt: every flow but the first needs one`);
  if (index === 0 && prompt !== undefined)
    throw new ScenarioError(`${at}.prompt: the first flow begins with the scenario's own prompt`);
  const read = Object.entries(states).map(([key, state]) => toState(key, state, `${at}.states.${key}`));
  return {
    name,
    caller: caller === undefined ? undefined : list(caller),
    prompt: prompt === undefined ? undefined : toTextTest(prompt, `${at}.prompt`),
    states: new Map(read.map((state) => [state.name, state])),
  };
}

function toState(name: string, data: StateData, at: string): State {
  const act = toAct(data, at);
  if (act.kind === 'spoil') throw new ScenarioError(`${at}: needs text, calls or error beside its fault`);
  if (act.kind === 'errand') throw new ScenarioError(`${at}.errand: belongs to rules, not to states`);
  const next = (data.next ?? []).map((row, index) => toTransition(row, `${at}.next.${index}`));
  const leadsOn = next.some(({ on }) => on.kind === 'step' && !on.result && !on.turn);
  if (act.kind === 'say' && act.speech.calls.length > 0 && !leadsOn)
    throw new ScenarioError(
      `${at}.next: a state with calls needs a row without conditions, or it would call for ever`,
    );
  return { name, act, next };
}

/** Throws where a rule or row names a state that does not exist. */
function checkStates({ flows, rules }: Scenario, file: string): void {
  for (const [index, { states }] of flows.entries()) {
    for (const { name, next } of states.values()) {
      for (const [row, { to }] of next.entries()) {
        if (states.has(to)) continue;
        const at = `${file}: flows.${index}.states.${name}.next.${row}.to`;
        throw new ScenarioError(`${at}: no state is called ${to}`);
      }
    }
  }
  const known = new Set(flows.flatMap(({ states }) => [...states.keys()]));
  for (const [index, { when }] of rules.entries()) {
    const unknown = when.state?.find((state) => !known.has(state));
    if (unknown === undefined) continue;
    throw new ScenarioError(`${file}: rules.${index}.when.state: no state is called ${unknown}`);
  }
}

function toDemo({ prompt, args = [], files = {} }: DemoData): Demo {
  const rows = Object.entries(files).map(([path, file]) => {
    return [path, typeof file === 'string' ? file : Buffer.from(file.base64, 'base64')] as const;
  });
  return { prompt, args, files: new Map(rows) };
}
