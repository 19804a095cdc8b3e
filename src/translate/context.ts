/**
 * Everything from outside that translation may know. It is passed in as a value, so that the same input always gives
 * the same bytes.
 */
import type { AppliedEdit } from '../anthropic/context-edits.ts';
import type { ApiVersion } from '../anthropic/request.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Source } from './citing/source.ts';
import type { CompactFirst } from './edits/context-edits.ts';
import type { MadeFile } from './response/turn.ts';
import type { CacheWritten } from './response/usage.ts';
import type { SignatureLookup, SignatureOrigin } from './signatures.ts';
import type { ToolNames } from './tool-names.ts';
import type { Warn } from './warnings.ts';

/** What this process has read from a URL: bytes in base64, or the reason why there are none. */
export type FetchedMedia = { mimeType: string; data: string } | { problem: string };

/**
 * A file that the client has uploaded, with its name: text, or bytes in base64, or the reason why there is neither.
 * `isMissing`: there is no such file.
 */
export type FoundFile =
  | { mimeType: string; text: string; name: string }
  /** A file that is too large for a request: `size` bytes, which were not read into memory. */
  | { mimeType: string; size: number; isText: boolean; name: string }
  | { mimeType: string; data: string; name: string }
  | { problem: string; isMissing?: boolean };

/**
 * A picture that Gemini does not read, as PNG in base64; or why it could not be converted (the end of a sentence that
 * begins with "Gemini reads no GIF, and").
 */
export type ConvertedPicture = { png: string } | { problem: string };

/** The text of each page of a PDF; or why it could not be read. */
export type PdfPages = { pages: readonly string[] } | { problem: string };

/** What was found out about a request's pictures and documents before translation. */
export type MediaFacts = {
  /** True where Google may be asked to read media by URL. */
  readonly byGoogle: boolean;
  /** What this process has read, by URL. Google is not asked to read these. */
  readonly fetched: ReadonlyMap<string, FetchedMedia>;
  /** The uploaded files that the request names, by id. */
  readonly files: ReadonlyMap<string, FoundFile>;
  /** The pictures of the request that Gemini does not read, converted. The key of each is the base64 of the picture. */
  readonly converted: ReadonlyMap<string, ConvertedPicture>;
  /** The PDFs whose words are to be cited, by their base64. */
  readonly pages: ReadonlyMap<string, PdfPages>;
  /** The media that must not stand in the request, because it would be too large: base64, and the mark in its place. */
  readonly moved: ReadonlyMap<string, string>;
};

/** Whether this process may read pages for the web fetch of a client. */
export type PageReading = 'always' | 'where Google cannot' | 'never';

export type RequestContext = {
  /** The Gemini model that the client's `model` was mapped to. */
  readonly model: GeminiModel;
  readonly apiVersion: ApiVersion;
  /** The most output tokens (`MAX_TOKENS_LIMIT`); undefined where that setting is not set. */
  readonly maxTokensLimit: number | undefined;
  readonly origin: SignatureOrigin;
  /** The stored signatures that were found for the `signatureKeys` of the history. */
  readonly signatures: SignatureLookup;
  readonly media: MediaFacts;
  readonly readsPages: PageReading;
  /** Instructions that the operator adds to the client's system prompt. */
  readonly ownInstructions: readonly string[];
  /** When the request came, in ISO 8601. */
  readonly date: string;
};

/** How thoughts reach the client: not at all, as text, or as an empty block with a signature. */
export type ThinkingDisplay = 'hidden' | 'shown' | 'omitted';

/**
 * What becomes of a call to a tool that the client did not declare. `refused`: the client never sees it. `passed-on`:
 * the client sees it at once, because it knows tools that the proxy does not (deferred ones). `asked-again`: another
 * attempt is made before any content was sent; if that names such a tool too, the client sees it.
 */
export type UndeclaredCalls = 'refused' | 'passed-on' | 'asked-again';

/** The search that Google does for the request. */
export type SearchPlan = {
  /**
   * True where nothing but the search was asked for: one request of Gemini is one search then. Beside other tools Google
   * tells each search by itself.
   */
  readonly isAlone: boolean;
  /** How many searches may be told; undefined where the client set no limit. */
  readonly mostUses: number | undefined;
  /** The user's question. It is shown as the query where Google names no query. */
  readonly question: string;
  /** The only domains from which pages may be shown, and the domains from which none may be shown. */
  readonly allowedDomains: readonly string[];
  readonly blockedDomains: readonly string[];
  /**
   * True where the answer may be cut into several text blocks with citations. False where the answer must stay one
   * text, for example because the client asked for JSON.
   */
  readonly cites: boolean;
};

/** How code that Gemini runs is told: by its name in the client's version of the tool. */
export type CodePlan = { readonly name: 'code_execution' | 'bash_code_execution' };

/** The pages that Google reads for the request. */
export type FetchPlan = {
  /** How many pages may be told; undefined where the client set no limit. */
  readonly mostUses: number | undefined;
  readonly allowedDomains: readonly string[];
  readonly blockedDomains: readonly string[];
};

/** `isStrict`: the client relies on arguments that fit the schema. */
export type InputSchema = { readonly schema: JsonObject; readonly isStrict: boolean };

/** The form that the client wants for the text of the answer. */
export type JsonPlan = {
  /** The client's own schema. */
  readonly schema: JsonObject;
  /** True where Gemini was asked for JSON by a setting. False where it was asked in words, which it may overlook. */
  readonly isPromised: boolean;
};

/** The tools that Google runs for the answer: what must be known of each that the request has. */
export type HostedPlan = {
  readonly search: SearchPlan | undefined;
  readonly code: CodePlan | undefined;
  readonly fetch: FetchPlan | undefined;
  /** True where Google tells each call of a search or a fetch where it was made. Otherwise it tells them anywhere. */
  readonly callsAreTold: boolean;
};

/** What the translation of the answer must know about the request. */
export type AnswerPlan = HostedPlan & {
  /** The id that the client asked for; the answer repeats it unchanged. */
  readonly requestedModel: string;
  /** When the request came, in ISO 8601: the date of pages that Google has read for it. */
  readonly date: string;
  readonly thinking: ThinkingDisplay;
  readonly stopSequences: readonly string[];
  /** The most tokens of the answer itself, without thoughts. */
  readonly maxTokens: number;
  /** False with `disable_parallel_tool_use`: only the first call is kept. */
  readonly parallelCalls: boolean;
  readonly toolNames: ToolNames;
  readonly undeclaredCalls: UndeclaredCalls;
  /** The tools that the model may call now (by the client's name), each with the arguments that it must have. */
  readonly requiredArguments: ReadonlyMap<string, readonly string[]>;
  /** The client's own schema for the arguments of a tool, by the client's name for the tool. */
  inputSchema(name: string): InputSchema | undefined;
  /** How many tokens prompt and answer may have together. */
  readonly contextWindow: number;
  /** Which turn the answer answers, as `answeredTurn` in signatures.ts names it: a text's signature is stored under it. */
  readonly answeredTurn: string;
  /** What was cleared from the history; undefined where the request had no `context_management`. */
  readonly appliedEdits: AppliedEdit[] | undefined;
  /** Present where the conversation must be summarised before it is answered. */
  readonly compactFirst: CompactFirst | undefined;
  /** The types of `safeguards` that the request asks for; the answer has a result for each. */
  readonly safeguards: readonly string[];
  /** Present where the answer has to be JSON. */
  readonly json: JsonPlan | undefined;
  /** What the answer may cite, by the numbers that the model was told. Present where the client asks for citations. */
  readonly sources: readonly Source[] | undefined;
};

/** Until content has come another model, or another key, may take over: what belongs to either is asked for when it is needed. */
export type AnswerContext = {
  plan(): AnswerPlan;
  readonly messageId: string;
  origin(): SignatureOrigin;
  /** A new tool id; unique, whatever Google's ids are. */
  newToolId(): string;
  /** A new id for a tool that the proxy or Google runs. */
  newServerToolId(): string;
  /** True where the client wants the tokens of each iteration, also of the only one. */
  readonly tellsIterations: boolean;
  /** Stores a signature for later turns. */
  remember(key: string, envelope: string): void;
  /** Keeps a file for the client. Returns its id, or undefined where there is no room. */
  keepFile(file: MadeFile): string | undefined;
  /** What was written to a cache for this answer, until now. */
  cacheWritten(): CacheWritten | undefined;
  /** A text of upstream's as it may be shown to people: without secrets, and cut to a sensible length. */
  shown(text: string): string;
  readonly warn: Warn;
};
