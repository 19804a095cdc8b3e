/** The form in which the mock plays a scenario: read and checked, with compiled expressions. */
import type { Json, JsonObject } from '../../lib/json.ts';
import type { FaultRule } from '../faults/index.ts';

/** True where the text contains one of the wanted pieces. `wanted`: these as the file has them. */
export type TextTest = ((text: string) => boolean) & { readonly wanted?: readonly string[] };

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
  /** False: the call is of the one name in `tool`, whether the request declares it or not. */
  isDeclared: boolean;
  /** `fitted`: made to fit the tool's schema. `exact`: sent as it is; undefined leaves the arguments out. */
  args: { kind: 'fitted'; args: JsonObject } | { kind: 'exact'; value: Json | undefined };
};

/** True, false, or a text in place of a signature. Undefined: as Google does. */
export type Signed = boolean | string | undefined;

/** One piece of an answer. `exact`: a part of Gemini's wire, as it is. */
export type SpeechPart = { signed?: Signed } & (
  | { kind: 'thought' | 'text'; text: string }
  | { kind: 'call'; call: ScenarioCall }
  | { kind: 'exact'; part: JsonObject }
);

/** An end in Google's words, also in words that Google does not have yet. */
export type Ending = { reason: string; message?: string };

export type SafetyRating = { category: string; probability: string; blocked?: true };

/** Counts in place of those that are counted. `none`: no counts come at all. */
export type UsageSet =
  | 'none'
  | { readonly [count in 'prompt' | 'cached' | 'output' | 'thoughts' | 'toolPrompt' | 'total']?: number };

export type Grounding = {
  queries: readonly string[];
  sources: readonly { title: string; uri: string }[];
  /** `text` is a piece of the answer; `sources` are positions in the list `sources` above. */
  supports: readonly { text: string; sources: readonly number[] }[];
};

/** A number that may differ from answer to answer. `quantiles`: half are below `p50`, 95 % below `p95`. */
export type Distribution =
  | { kind: 'fixed'; value: number }
  | { kind: 'uniform'; from: number; to: number }
  | { kind: 'normal'; mean: number; deviation: number }
  | { kind: 'lognormal'; median: number; sigma: number };

/** How fast answers are where the pace is `human`. */
export type Speed = {
  /** Milliseconds until the first event. */
  firstMs: Distribution;
  tokensPerSecond: Distribution;
};

/** Code that Google runs. `picture`: a PNG that the code draws, in base64. */
export type CodeRun = { source: string; output: string; failed?: true | 'deadline'; picture?: string };

/** A page that Google reads, or cannot read. */
export type PageRead = { url: string; failed?: 'error' | 'paywall' | 'unsafe' };

/** What may come with the words of an answer. */
export type SpeechSetting = {
  grounding?: Grounding;
  code?: readonly CodeRun[];
  pages?: readonly PageRead[];
  finish?: Ending;
  safety?: readonly SafetyRating[];
  usage?: UsageSet;
  /** Candidates beside the first. */
  candidates?: readonly { parts: readonly SpeechPart[]; finish: Ending }[];
  /** More fields of the last event. */
  extra?: { candidate?: JsonObject; response?: JsonObject };
};

export type Speech = SpeechSetting & { parts: readonly SpeechPart[] };

/** The prompt is blocked: no candidate comes. */
export type PromptBlock = { blocked: Ending; safety?: readonly SafetyRating[]; usage?: UsageSet };

/** What a rule or a state does. If it has only faults, it spoils the answer of the next rule or state that applies. */
export type PlainAct =
  | { kind: 'say'; speech: Speech; faults: readonly FaultRule[] }
  | { kind: 'block'; block: PromptBlock; faults: readonly FaultRule[] }
  /** A fault that refuses the request in Google's words. */
  | { kind: 'refuse'; refusal: FaultRule }
  /** Does what the user's words plainly ask for. Skipped where the words ask for nothing that the mock knows. */
  | { kind: 'errand' }
  | { kind: 'spoil'; faults: readonly FaultRule[] };

/** One of these by chance. Weights are compared with each other. */
export type Chances<A> = { kind: 'chance'; ways: readonly { weight: number; act: A }[] };

export type Act = PlainAct | Chances<PlainAct>;

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

/** An act that answers by itself. */
export type OwnAnswer = Exclude<PlainAct, { kind: 'spoil' | 'errand' }>;

export type State = {
  name: string;
  act: OwnAnswer | Chances<OwnAnswer>;
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
