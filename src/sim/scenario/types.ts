/** A scenario as the mock plays it: read and checked, with compiled expressions. */
import type { JsonObject } from '../../lib/json.ts';
import type { FaultRule } from '../faults/index.ts';

/** True where the text has one of the wanted pieces. */
export type TextTest = (text: string) => boolean;

/** Both ends are included. */
export type Range = { min: number; max: number };

export type ResultTest = { tool?: readonly string[]; text?: TextTest; error?: boolean };

/** What must hold for a rule; all of it. */
export type Condition = {
  caller?: readonly string[];
  user?: TextTest;
  turn?: Range;
  request?: Range;
  state?: readonly string[];
  result?: ResultTest;
  called?: readonly string[];
  notCalled?: readonly string[];
};

export type ScenarioCall = {
  /** Names that the tool may have. The first one that the request declares is called. */
  tool: readonly string[];
  args: JsonObject;
};

export type Grounding = {
  queries: readonly string[];
  sources: readonly { title: string; uri: string }[];
  /** `text` is a piece of the answer; `sources` are positions in the list above. */
  supports: readonly { text: string; sources: readonly number[] }[];
};

/** How fast an answer comes at the human pace. */
export type Speed = {
  /** Milliseconds until the first event. */
  firstMs: number;
  tokensPerSecond: number;
};

/** Used where a file does not set the pace. */
export const USUAL_SPEED: Speed = { firstMs: 600, tokensPerSecond: 90 };

export type Speech = {
  thinking: readonly string[];
  text: string;
  calls: readonly ScenarioCall[];
  grounding?: Grounding;
};

/** `retryAfter`: seconds that Google would have the client wait. */
export type ScenarioRefusal = { name: string; retryAfter: number | undefined };

/** What a rule or a state does. With faults alone it spoils the answer of the next rule or state that applies. */
export type Act =
  | { kind: 'say'; speech: Speech; faults: readonly FaultRule[] }
  | { kind: 'refuse'; refusal: ScenarioRefusal }
  /** Does what the user's words plainly ask for; skipped where they ask for nothing that is known. */
  | { kind: 'errand' }
  | { kind: 'spoil'; faults: readonly FaultRule[] };

export type ScenarioRule = { name: string; when: Condition; act: Act };

/** What leads from one state to the next. */
export type Transition = {
  to: string;
  on: /** The state's own step has come with its results. */
    | { kind: 'step'; result?: ResultTest; turn?: Range }
    /** The user has said something new. */
    | { kind: 'words'; user: TextTest }
    /** The client has none of the tools that the state would call. */
    | { kind: 'unable' };
};

export type State = {
  name: string;
  act: Exclude<Act, { kind: 'spoil' | 'errand' }>;
  next: readonly Transition[];
};

/** One kind of conversation in a scenario (that of the user, or of a subagent) as a state machine. */
export type Flow = {
  name: string;
  caller: readonly string[] | undefined;
  /** The words that begin it. The first flow of a scenario has none of its own: the scenario's prompt begins it. */
  prompt: TextTest | undefined;
  /** The states by name. The scenario begins with the first state. */
  states: ReadonlyMap<string, State>;
};

/** A text file, or bytes. */
export type DemoFile = string | Uint8Array;

/** How to try the scenario with a real client in an empty folder. */
export type Demo = { prompt: string; args: readonly string[]; files: ReadonlyMap<string, DemoFile> };

/**
 * A fact is the first group of the last match of `find`, in the texts of the request or in the results of its tools.
 */
export type Fact = { find: RegExp; otherwise: string; in: 'texts' | 'results' };

export type Scenario = {
  name: string;
  description: string;
  /** Scenarios are asked in this order, smallest first. */
  order: number;
  /**
   * Words that a prompt must have for this scenario; without any, all prompts fit. Not looked at where the scenario was
   * chosen by name.
   */
  prompt: TextTest | undefined;
  pace: Speed | undefined;
  /** Values that templates can name. */
  facts: ReadonlyMap<string, Fact>;
  /** Tags whose content is not the user's own words. */
  asides: readonly string[];
  /** How whole texts begin that are not the user's own words. */
  asideTexts: readonly string[];
  rules: readonly ScenarioRule[];
  flows: readonly Flow[];
  demo: Demo | undefined;
};

/** A scenario file that cannot be used. (Wrong requests are no ScenarioErrors.) The message is one line. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}
