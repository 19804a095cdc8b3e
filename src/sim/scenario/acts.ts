/** Reads and checks the acts of a scenario file: what a rule or a state does. */
import type { JsonObject } from '../../lib/json.ts';
import type { FaultRule } from '../faults/index.ts';
import { ERROR_NAMES } from '../mock/google-errors.ts';
import { list } from './conditions.ts';
import { parseScenarioFaults } from './faults.ts';
import type { ActData } from './schema.ts';
import { type Act, type Grounding, ScenarioError, type ScenarioRefusal } from './types.ts';

/** Reads an act. Throws where there is nothing to do, or where parts exclude each other. */
export function toAct(data: ActData, at: string): Act {
  const { thinking, text, calls, grounding, code, pages, error, fault, errand } = data;
  if (errand) return toErrand(data, at);
  const speaks = text !== undefined || calls !== undefined;
  const faults = toFaults(fault, at);
  if (error !== undefined) {
    if (speaks || [thinking, fault, grounding, code, pages].some((other) => other !== undefined))
      throw new ScenarioError(
        `${at}.error: stands alone; no text, calls, thinking, grounding, code, pages or fault beside it`,
      );
    return { kind: 'refuse', refusal: toRefusal(error, `${at}.error`) };
  }
  if (!speaks) {
    if (faults.length === 0) throw new ScenarioError(`${at}: needs text, calls, error or fault`);
    return { kind: 'spoil', faults };
  }
  const said = toText(text);
  const speech = {
    thinking: list(thinking ?? []),
    text: said,
    calls: (calls ?? []).map((call) => ({ tool: list(call.tool), args: (call.args ?? {}) as JsonObject })),
    ...(grounding === undefined ? {} : { grounding: toGrounding(grounding, said, `${at}.grounding`) }),
    ...(code === undefined ? {} : { code }),
    ...(pages === undefined ? {} : { pages }),
  };
  return { kind: 'say', speech, faults };
}

/** Reads an errand: the user's words decide on text and calls. */
function toErrand({ errand: _, ...rest }: ActData, at: string): Act {
  const other = ['thinking', 'text', 'calls', 'grounding', 'code', 'pages', 'error', 'fault'].find(
    (key) => key in rest,
  );
  if (other !== undefined) throw new ScenarioError(`${at}.errand: stands alone; no ${other} beside it`);
  return { kind: 'errand' };
}

function toText(text: ActData['text']): string {
  if (text === undefined || typeof text === 'string') return text ?? '';
  const { repeat, times } = text;
  return Array.from({ length: times }, (_, index) => repeat.replaceAll('{{n}}', String(index + 1))).join('');
}

function toRefusal(error: NonNullable<ActData['error']>, at: string): ScenarioRefusal {
  const { name, retry_after: retryAfter } =
    typeof error === 'string' ? { name: error, retry_after: undefined } : error;
  if (!ERROR_NAMES.includes(name))
    throw new ScenarioError(`${at}: no error is called ${name}; there are ${ERROR_NAMES.join(', ')}`);
  return { name, retryAfter };
}

function toFaults(fault: ActData['fault'], at: string): readonly FaultRule[] {
  if (fault === undefined) return [];
  try {
    return parseScenarioFaults(list(fault));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new ScenarioError(`${at}.fault: ${reason}`, { cause: error });
  }
}

function toGrounding(data: NonNullable<ActData['grounding']>, text: string, at: string): Grounding {
  const { queries, sources, supports = [] } = data;
  for (const [index, support] of supports.entries()) {
    if (!text.includes(support.text))
      throw new ScenarioError(`${at}.supports.${index}.text: is no piece of the text`);
    if (support.sources.some((source) => source >= sources.length))
      throw new ScenarioError(`${at}.supports.${index}.sources: there are only ${sources.length} sources`);
  }
  return { queries, sources, supports };
}
