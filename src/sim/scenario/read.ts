/** Reads one scenario from the text of its file. */
import { hintAt } from '../../lib/edit-distance.ts';
import { callsOf, toAct } from './acts.ts';
import { isUnconditional, list, toCondition, toPattern, toTextTest, toTransition } from './conditions.ts';
import { readDocument, type ScenarioDocument } from './document.ts';
import { toSpeed } from './pace.ts';
import { firstOf, type Path, type Problem, type Tell } from './problems.ts';
import {
  type DemoData,
  type FileData,
  type FlowData,
  type RuleData,
  ScenarioFile,
  type StateData,
} from './schema.ts';
import { tellMisfits } from './shape.ts';
import { checkSlots, isBuiltInSlot } from './slots.ts';
import { spared } from './spare.ts';
import type { Act, Demo, Fact, Flow, OwnAnswer, PlainAct, Scenario, ScenarioRule, State } from './types.ts';

/** A scenario with what its file says, or everything that is wrong with the file. */
export type ReadScenario =
  | { scenario: Scenario; data: FileData; lineOf: ScenarioDocument['lineOf'] }
  | { problems: readonly Problem[] };

/** Reads a scenario. `text` is YAML or JSON; `file` is only for what is told. */
export function readScenario(text: string, file: string): ReadScenario {
  const { value, errors, lineOf } = readDocument(text);
  const problems: Problem[] = errors.map(({ line, reason }) => ({ file, line, field: '', reason }));
  const tell: Tell = (at, reason) =>
    void problems.push({ file, line: lineOf(at), field: at.join('.'), reason });
  if (problems.length > 0) return { problems };
  const misfits: Path[] = [];
  tellMisfits(ScenarioFile, value, (at, reason) => {
    misfits.push(at);
    tell(at, reason);
  });
  const data = spared(value, misfits);
  const scenario = data && toScenario(data, tell);
  if (problems.length > 0 || !scenario) return { problems: inLines(problems) };
  return { scenario, data, lineOf };
}

const inLines = (problems: readonly Problem[]): Problem[] =>
  problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));

/** Reads a scenario. Throws a ScenarioError of one line: file, line, field, reason. */
export function parseScenario(text: string, file: string): Scenario {
  const read = readScenario(text, file);
  if ('scenario' in read) return read.scenario;
  throw firstOf(read.problems);
}

function toScenario(data: FileData, tell: Tell): Scenario {
  const { prompt, pace, rules = [], flows = [] } = data;
  if (rules.length + flows.length === 0) tell([], 'needs rules or flows');
  checkSlots(data, tell);
  const scenario: Scenario = {
    name: data.name,
    description: data.description,
    order: data.order ?? 0,
    prompt: prompt === undefined ? undefined : toTextTest(prompt, ['prompt'], tell),
    pace: pace && toSpeed(pace, ['pace'], tell),
    facts: readFacts(data.facts ?? {}, tell),
    asides: data.asides ?? [],
    asideTexts: data.aside_texts ?? [],
    rules: rules.map((rule, index) => toRule(rule, ['rules', index], tell)),
    flows: flows.map((flow, index) => toFlow(flow, index, tell)),
    demo: data.demo && toDemo(data.demo),
  };
  checkNames(data, tell);
  checkStates(scenario, tell);
  return scenario;
}

function readFacts(facts: NonNullable<FileData['facts']>, tell: Tell): Scenario['facts'] {
  const rows = Object.entries(facts).map(([name, fact]): [string, Fact] => {
    if (isBuiltInSlot(name)) tell(['facts', name], `{{${name}}} is built in; give the fact another name`);
    const find = toPattern(fact.find, 'gi', ['facts', name, 'find'], tell);
    return [name, { find, otherwise: fact.otherwise, in: fact.in ?? 'texts' }];
  });
  return new Map(rows);
}

const toRule = (data: RuleData, at: Path, tell: Tell): ScenarioRule => ({
  name: data.name,
  when: toCondition(data.when ?? {}, [...at, 'when'], tell),
  act: toAct(data, at, tell),
});

function toFlow(data: FlowData, index: number, tell: Tell): Flow {
  const { name, caller, prompt, states } = data;
  const at = ['flows', index];
  if (index > 0 && prompt === undefined) tell([...at, 'prompt'], 'every flow but the first needs one');
  if (index === 0 && prompt !== undefined)
    tell([...at, 'prompt'], "the first flow begins with the scenario's own prompt");
  const read = Object.entries(states).map(([key, state]) =>
    toState(key, state, [...at, 'states', key], tell),
  );
  return {
    name,
    caller: caller === undefined ? undefined : list(caller),
    prompt: prompt === undefined ? undefined : toTextTest(prompt, [...at, 'prompt'], tell),
    states: new Map(read.map((state) => [state.name, state])),
  };
}

function toState(name: string, data: StateData, at: Path, tell: Tell): State {
  const act = toAct(data, at, tell);
  const next = (data.next ?? []).map((row, index) => toTransition(row, [...at, 'next', index], tell));
  const leadsOn = next.some(({ on }) => isUnconditional(on));
  if (callsOf(act).length > 0 && !leadsOn)
    tell([...at, 'next'], 'a state with calls needs a row without conditions, or it would call for ever');
  return { name, act: stateAct(act, at, tell), next };
}

/** An act that a state may have: an answer of its own. */
function stateAct(act: Act, at: Path, tell: Tell): State['act'] {
  if (act.kind === 'chance')
    return {
      kind: 'chance',
      ways: act.ways.map(({ weight, act: way }, index) => ({
        weight,
        act: ownAnswer(way, [...at, 'one_of', index], tell),
      })),
    };
  return ownAnswer(act, at, tell);
}

function ownAnswer(act: PlainAct, at: Path, tell: Tell): OwnAnswer {
  if (act.kind !== 'spoil' && act.kind !== 'errand') return act;
  if (act.kind === 'errand') tell([...at, 'errand'], 'belongs to rules, not to states');
  else if (act.faults.length > 0) tell(at, 'needs an answer or an error beside its fault');
  return { kind: 'say', speech: { parts: [] }, faults: [] };
}

/** A name stands in the log for its rule or state, so it must be the only one. */
function checkNames({ rules = [], flows = [] }: FileData, tell: Tell): void {
  const seen = new Set<string>();
  for (const [index, { name }] of rules.entries()) {
    if (seen.has(name)) tell(['rules', index, 'name'], `another rule is called ${name}, too`);
    seen.add(name);
  }
  const flowNames = new Set<string>();
  for (const [index, { name }] of flows.entries()) {
    if (flowNames.has(name)) tell(['flows', index, 'name'], `another flow is called ${name}, too`);
    flowNames.add(name);
  }
}

/** Tells where a rule or row names a state that does not exist. */
function checkStates({ flows, rules }: Scenario, tell: Tell): void {
  for (const [index, { states }] of flows.entries()) {
    for (const { name, next } of states.values()) {
      for (const [row, { to }] of next.entries()) {
        if (states.has(to)) continue;
        const at = ['flows', index, 'states', name, 'next', row, 'to'];
        tell(at, `no state is called ${to}${hintAt(to, [...states.keys()])}`);
      }
    }
  }
  const known = [...new Set(flows.flatMap(({ states }) => [...states.keys()]))];
  for (const [index, { when }] of rules.entries()) {
    const unknown = when.state?.find((state) => !known.includes(state));
    if (unknown === undefined) continue;
    tell(['rules', index, 'when', 'state'], `no state is called ${unknown}${hintAt(unknown, known)}`);
  }
}

function toDemo({ prompt, args = [], files = {} }: DemoData): Demo {
  const rows = Object.entries(files).map(([path, file]) => {
    return [path, typeof file === 'string' ? file : Buffer.from(file.base64, 'base64')] as const;
  });
  return { prompt, args, files: new Map(rows) };
}
