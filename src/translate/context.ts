/** All that translation may know of the world: handed in, so that the same input gives the same bytes. */
import type { ApiVersion } from '../anthropic/request.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { SignatureLookup, SignatureOrigin } from './signatures.ts';
import type { ToolNames } from './tool-names.ts';
import type { Warn } from './warnings.ts';

/** What was at a URL, read by this process: bytes in base64, or why there are none. */
export type FetchedMedia = { mimeType: string; data: string } | { problem: string };

/** A picture that Gemini does not read, as PNG in base64; or why it could not be made one, to stand after "Gemini reads no GIF, and". */
export type ConvertedPicture = { png: string } | { problem: string };

/** What was found out, before translation, of the pictures and documents of a request. */
export type MediaFacts = {
  /** Google may be told to read what is named by URL. */
  readonly byGoogle: boolean;
  /** What this process has read, by URL; wins. */
  readonly fetched: ReadonlyMap<string, FetchedMedia>;
  /** Every picture of the request that Gemini does not read, by its base64. */
  readonly converted: ReadonlyMap<string, ConvertedPicture>;
};

export type RequestContext = {
  /** The Gemini model that the client's `model` was mapped to. */
  readonly model: GeminiModel;
  readonly apiVersion: ApiVersion;
  /** Cap on output tokens (`MAX_TOKENS_LIMIT`), where set. */
  readonly maxTokensLimit: number | undefined;
  readonly origin: SignatureOrigin;
  /** Signatures found for the `signatureKeys` of the history. */
  readonly signatures: SignatureLookup;
  readonly media: MediaFacts;
};

/** How thoughts reach the client: not at all, as text, or as an empty block with a signature. */
export type ThinkingDisplay = 'hidden' | 'shown' | 'omitted';

/**
 * What becomes of a call of a tool that the client did not declare: the client is never shown it; or shown it at once, because
 * not all names that it knows are known here; or shown it where another try, before content, brings the like again.
 */
export type UndeclaredCalls = 'refused' | 'passed-on' | 'asked-again';

/** A request that has the web searched: nothing else can be called in it. */
export type SearchPlan = {
  /** What the user asked; the query, where Google names none. */
  readonly question: string;
  /** Domains of which alone, or of which none, pages may be told. */
  readonly allowedDomains: readonly string[];
  readonly blockedDomains: readonly string[];
  /** False where the answer must stay one text: JSON. */
  readonly cites: boolean;
};

/** What the answer's translation must know of the request. */
export type AnswerPlan = {
  /** The id that the client asked for, echoed to the letter. */
  readonly requestedModel: string;
  readonly thinking: ThinkingDisplay;
  readonly stopSequences: readonly string[];
  /** Tokens of the answer itself; thoughts come on top. */
  readonly maxTokens: number;
  /** False with `disable_parallel_tool_use`: only the first call is kept. */
  readonly parallelCalls: boolean;
  readonly toolNames: ToolNames;
  readonly undeclaredCalls: UndeclaredCalls;
  /** The tools that the model may call now, by the client's name, with the arguments that each must have. */
  readonly requiredArguments: ReadonlyMap<string, readonly string[]>;
  /** Tokens that prompt and answer may fill together. */
  readonly contextWindow: number;
  /** Which turn the answer answers, as `answeredTurn` in signatures.ts names it: a text's signature is stored under it. */
  readonly answeredTurn: string;
  /** The request had `context_management`: the answer reports applied edits (none). */
  readonly contextManagement: boolean;
  /** Types of the safeguards asked for; each is answered. */
  readonly safeguards: readonly string[];
  /** Present where Google searches the web for the answer. */
  readonly search: SearchPlan | undefined;
};

/** Until content has come another model, or another key, may take over: what belongs to either is asked for when it is needed. */
export type AnswerContext = {
  plan(): AnswerPlan;
  readonly messageId: string;
  origin(): SignatureOrigin;
  /** A fresh tool id, unique whatever Google's ids are. */
  newToolId(): string;
  /** The same for a tool that runs on our side. */
  newServerToolId(): string;
  /** Keeps a signature for the turns to come. */
  remember(key: string, envelope: string): void;
  /** What upstream says for people to read, as it may be told: without secrets, and no longer than anybody reads. */
  shown(text: string): string;
  readonly warn: Warn;
};
