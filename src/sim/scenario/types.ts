/** The form in which the mock plays a scenario: read and checked, with compiled expressions. */
import type { JsonObject } from '../../lib/json.ts';
import type { FaultRule } from '../faults/index.ts';

/** True where the text contains one of the wanted pieces. */
export type TextTest = (text: string) => boolean;

/** A range of numbers, including both ends. */
export type Range = { min: number; max: number };

export type ResultTest = { tool?: readonly string[]; text?: TextTest; error?: boolean };

/** The conditions of a rule; all of them must hold. */
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
  /** The names that the tool may have. The first name that the request declares is called. */
  tool: readonly string[];
  args: JsonObject;
};

export type Grounding = {
  queries: readonly string[];
  sources: readonly { title: string; uri: string }[];
  /** `text` is a piece of the answer; `sources` are positions in the list `sources` above. */
  supports: readonly { text: string; sources: readonly number[] }[];
};

/** The speed of an answer where the pace is `human`. */
export type Speed = {
  /** Milliseconds until the first event. */
  firstMs: number;
  tokensPerSecond: number;
};

/** The speed where a file sets none. */
export const USUAL_SPEED: Speed = { firstMs: 600, tokensPerSecond: 90 };

/** Code that Google runs. `picture`: a PNG that the code draws, in base64. */
export type CodeRun = { source: string; output: string; failed?: true; picture?: string };

export type Speech = {
  thinking: readonly string[];
  text: string;
  calls: readonly ScenarioCall[];
  grounding?: Grounding;
  code?: readonly CodeRun[];
  /** The addresses of pages that Google reads. */
  pages?: readonly string[];
};

/** `retryAfter`: the seconds that Google tells the client to wait. */
export type ScenarioRefusal = { name: string; retryAfter: number | undefined };

/** What a rule or a state does. If it has only faults, it spoils the answer of the next rule or state that applies. */
export type Act =
  | { kind: 'say'; speech: Speech; faults: readonly FaultRule[] }
  | { kind: 'refuse'; refusal: ScenarioRefusal }
  /** Does what the user's words plainly ask for. Skipped where the words ask for nothing that the mock knows. */
  | { kind: 'errand' }
  | { kind: 'spoil'; faults: readonly FaultRule[] };

export type ScenarioRule = { name: string; when: Condition; act: Act };

/** What leads from one state to another. */
export type Transition = {
  to: string;
  on: /** The state's own step has come with its results. */
    | { kind: 'step'; result?: ResultTest; turn?: Range }
    /** The user has said something new. */
    | { kind: 'words'; user: TextTest }
    /** The client has none of the tools that the state wants to call. */
    | { kind: 'unable' };
};

export type State = {
  name: string;
  act: Exclude<Act, { kind: 'spoil' | 'errand' }>;
  next: readonly Transition[];
};

/** One kind of conversation in a scenario (the user's, or a subagent's) as a state machine. */
export type Flow = {
  name: string;
  caller: readonly string[] | undefined;
  /**
   * Tests the words that begin the flow. Undefined for the first flow of a scenario, which the scenario's prompt
   * begins.
   */
  prompt: TextTest | undefined;
  /** The states by name. The flow begins with the first state. */
  states: ReadonlyMap<string, State>;
};

/** A text file, or bytes. */
export type DemoFile = string | Uint8Array;

/** How people can try the scenario with a real client in an empty folder. */
export type Demo = { prompt: string; args: readonly string[]; files: ReadonlyMap<string, DemoFile> };

/**
 * A fact is the first group of the last match of `find`, in the texts of the request or in the results of its tools.
 */
export type Fact = { find: RegExp; otherwise: string; in: 'texts' | 'results' };

export type Scenario = {
  name: string;
  description: string;
  /** The place in the order in which scenarios are asked, smallest first. */
  order: number;
  /**
   * Tests whether a prompt has the words for this scenario. Undefined where all prompts fit. Ignored where the scenario
   * was chosen by name.
   */
  prompt: TextTest | undefined;
  pace: Speed | undefined;
  /** The values that templates can name. */
  facts: ReadonlyMap<string, Fact>;
  /** The tags whose content is not the user's own words. */
  asides: readonly string[];
  /** The beginnings of texts that are not the user's own words. */
  asideTexts: readonly string[];
  rules: readonly ScenarioRule[];
  flows: readonly Flow[];
  demo: Demo | undefined;
};

/** Thrown for a scenario file that cannot be used. (Wrong requests throw no ScenarioError.) The message is one line. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}
