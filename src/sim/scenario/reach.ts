/** Finds rules, rows and states that nothing can ever reach, whatever is asked. */
import { canonicalJson } from '../../lib/json.ts';
import { isUnconditional, list } from './conditions.ts';
import type { Path, Tell } from './problems.ts';
import type { FileData, RuleData, WhenData } from './schema.ts';
import { readSlot, SLOT } from './slots.ts';
import type { Act, Flow, PlainAct, Scenario } from './types.ts';

/** True where an act answers whatever tools the request has, and whatever its words are. */
function alwaysAnswers(act: Act): boolean {
  if (act.kind === 'chance') return act.ways.every(({ weight, act: way }) => weight === 0 || answers(way));
  return answers(act);
}

function answers(act: PlainAct): boolean {
  if (act.kind === 'refuse' || act.kind === 'block') return true;
  if (act.kind !== 'say' || act.speech.code || act.speech.pages) return false;
  const calls = act.speech.parts.filter((part) => part.kind === 'call');
  return calls.length === 0 || calls.some(({ call }) => !call.isDeclared);
}

/** True where every request for which `narrow` holds is one for which `wide` holds. */
function covers(wide: WhenData, narrow: WhenData): boolean {
  return Object.entries(wide).every(([key, wanted]) => {
    const other = narrow[key as keyof WhenData];
    if (other === undefined) return false;
    if (key === 'caller' || key === 'user' || key === 'state' || key === 'called')
      return list(other as string | string[]).every((word) =>
        list(wanted as string | string[]).includes(word),
      );
    return canonicalJson(wanted as never) === canonicalJson(other as never);
  });
}

/** Tells what of a scenario cannot be reached, or is there for nothing. */
export function tellUnreachable(scenario: Scenario, data: FileData, tell: Tell): void {
  const { rules, flows, prompt, demo } = scenario;
  if (prompt && demo && !prompt(demo.prompt)) tell(['demo', 'prompt'], 'has none of the words of prompt');
  tellIdleFacts(data, tell);
  const before: RuleData[] = [];
  for (const [index, rule] of (data.rules ?? []).entries()) {
    const hiding = before.find(({ when }) => covers(when ?? {}, rule.when ?? {}));
    if (hiding) tell(['rules', index], `${rule.name} is never reached: ${hiding.name} answers before it`);
    const act = rules[index]?.act;
    if (act && alwaysAnswers(act)) before.push(rule);
  }
  const all = before.find(({ when }) => Object.keys(when ?? {}).length === 0);
  for (const [index, { name, states }] of flows.entries()) {
    const at = ['flows', index];
    if (all) tell(at, `${name} is never reached: ${all.name} answers before it`);
    tellStates(states, at, tell);
  }
}

/** Tells the facts that no slot names. An errand finds the folder in a fact by itself. */
function tellIdleFacts({ facts = {}, rules = [], flows = [] }: FileData, tell: Tell): void {
  if (rules.some(({ errand }) => errand)) return;
  const named = new Set<string>();
  for (const [, , inside = ''] of JSON.stringify([rules, flows]).matchAll(SLOT))
    named.add(readSlot(inside)?.name ?? '');
  for (const name of Object.keys(facts))
    if (!named.has(name)) tell(['facts', name], `no slot names {{${name}}}`);
}

function tellStates(states: Flow['states'], at: Path, tell: Tell): void {
  const reached = new Set([...states.keys()].slice(0, 1));
  for (const name of reached) for (const { to } of states.get(name)?.next ?? []) reached.add(to);
  for (const [name, { next }] of states) {
    if (!reached.has(name)) tell([...at, 'states', name], 'is never reached: no row leads to it');
    const open = next.findIndex(({ on }) => isUnconditional(on));
    for (const [row, { on }] of next.entries()) {
      if (open < 0 || row <= open || on.kind !== 'step') continue;
      tell([...at, 'states', name, 'next', row], 'is never reached: a row before it has no condition');
    }
  }
}

/** True where the scenario answers whatever is asked, so that none after it is asked at all. */
export const answersAll = ({ prompt, rules }: Scenario, data: FileData): boolean =>
  prompt === undefined &&
  (data.rules ?? []).some((rule, index) => {
    const act = rules[index]?.act;
    return Object.keys(rule.when ?? {}).length === 0 && act !== undefined && alwaysAnswers(act);
  });
