/**
 * Beginnings of prompts that Google keeps by name (`cachedContents`): how a request is cut into what is kept and the
 * rest, and what Google says of what it keeps. A request that names what is kept must not have a system instruction,
 * tools or a tool configuration of its own, so these are always kept.
 */
import { isObject, tryParseJson } from '../lib/json.ts';
import type { UpstreamError } from './errors.ts';
import { tokenCount } from './token-counts.ts';
import type { GenerateContentRequest, RequestContent, RequestPart } from './wire.ts';

/** A place in a request: after so many contents, and so many parts of the next one. */
export type Cut = { readonly contents: number; readonly parts: number };

/** The place after the system instruction and the tools. */
export const HEAD: Cut = { contents: 0, parts: 0 };

/** What is kept. */
export type KeptPart = Pick<GenerateContentRequest, 'systemInstruction' | 'tools' | 'toolConfig'> & {
  contents?: RequestContent[];
};
/** What each request says for itself. */
export type RestPart = Omit<GenerateContentRequest, 'systemInstruction' | 'tools' | 'toolConfig'>;

export const isBefore = (a: Cut, b: Cut): boolean =>
  a.contents < b.contents || (a.contents === b.contents && a.parts < b.parts);

export const isAtEnd = ({ contents }: GenerateContentRequest, cut: Cut): boolean =>
  cut.contents >= contents.length;

const isOfTool = (part: RequestPart): boolean =>
  part.functionCall !== undefined || part.functionResponse !== undefined;
const hasCall = (content: RequestContent | undefined): boolean =>
  content?.parts.some((part) => part.functionCall !== undefined) ?? false;

/**
 * The last place up to `wanted` where the request may be cut. Google counts the results of a content against its calls,
 * so nothing is cut within them or between them.
 */
export function placeToCut({ contents }: GenerateContentRequest, wanted: Cut): Cut {
  const within = contents[wanted.contents];
  let { contents: whole, parts } = wanted;
  if (within && parts >= within.parts.length) [whole, parts] = [whole + 1, 0];
  else if (!within || within.parts.some(isOfTool)) parts = 0;
  whole = Math.min(whole, contents.length);
  if (parts === 0 && hasCall(contents[whole - 1])) whole--;
  return { contents: whole, parts };
}

/** Cuts a request in two. Neither shares its own lists with the request, which is not changed. */
export function cutRequest(
  request: GenerateContentRequest,
  { contents: whole, parts }: Cut,
): { kept: KeptPart; rest: RestPart } {
  const { systemInstruction, tools, toolConfig, contents, ...own } = request;
  const [cut, ...after] = contents.slice(whole);
  const [before, behind] =
    cut && parts > 0
      ? [
          [{ ...cut, parts: cut.parts.slice(0, parts) }],
          [{ ...cut, parts: cut.parts.slice(parts) }, ...after],
        ]
      : [[], contents.slice(whole)];
  const keptContents = [...contents.slice(0, whole), ...before];
  return {
    kept: {
      ...(systemInstruction ? { systemInstruction } : {}),
      ...(tools ? { tools } : {}),
      ...(toolConfig ? { toolConfig } : {}),
      ...(keptContents.length > 0 ? { contents: keptContents } : {}),
    },
    rest: { contents: behind, ...own },
  };
}

/** The body that has this kept until `seconds` from now. */
export const keepingBody = (model: string, kept: KeptPart, seconds: number): string =>
  JSON.stringify({ model: `models/${model}`, ...kept, ttl: `${seconds}s` });

/** The body of a request for an answer whose beginning is kept under `name`. */
export const bodyWith = (name: string, rest: RestPart): string =>
  JSON.stringify({ cachedContent: name, ...rest });

/** What Google keeps: its name, and the tokens of it. */
export type Kept = { name: string; tokens: number };

const NAME = /^cachedContents\/[\w-]{1,200}$/;

/** Reads Google's answer to `keepingBody`; undefined where it is none. */
export function readKept(text: string): Kept | undefined {
  const answer = tryParseJson(text);
  if (!isObject(answer)) return undefined;
  const { name, usageMetadata } = answer;
  const tokens = isObject(usageMetadata) ? tokenCount(usageMetadata['totalTokenCount']) : undefined;
  return typeof name === 'string' && NAME.test(name) && tokens !== undefined ? { name, tokens } : undefined;
}

/**
 * True where a request that names what is kept may be refused because of that name: it has expired, belongs to another
 * key, or does not go with the request. Google has several wordings, and says 403 as well as 404 and 400.
 */
export const mayBeOfKept = ({ kind, status }: UpstreamError): boolean =>
  kind === 'status' && (status === 400 || status === 403 || status === 404);

/** Matches "CachedContent not found (or permission denied)", "Not found: cache content metadata 87…". */
const OF_KEPT = /cached ?contents?|cache content/i;
export const namesKept = ({ message }: UpstreamError): boolean => OF_KEPT.test(message);

/** The least tokens that Google keeps, where it says so. */
export function leastTokensSaid({ message }: UpstreamError): number | undefined {
  const [, least] = /min_total_token_count=(\d{1,9})\b/.exec(message) ?? [];
  return least === undefined ? undefined : Number(least);
}
