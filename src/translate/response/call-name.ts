/**
 * Finds the name of a call as the client declared it, or else a name that the client can answer. Models put namespaces
 * before names, and change upper and lower case.
 */
import type { ToolNames } from '../tool-names.ts';

/** Matches prefixes that Gemini or some of its models put before names, and that mean nothing. */
const INNER_NAMESPACES = /^(?:(?:default_api|functions|function|tools|tool)[.:])+/i;
const ANY_NAMESPACES = /^(?:[A-Za-z_]\w*[.:])+/;
const JOINTS = /[.:/]/g;

const bareName = (name: string): string => name.trim().replace(INNER_NAMESPACES, '');

/**
 * The client's tool that a call names, whatever case, spelling or namespace the model used. Undefined where the client
 * declared no such tool. (With `default_api.Bash`, unchanged, Claude Code would answer "No such tool available".)
 */
export function clientToolName(name: string, tools: ToolNames): string | undefined {
  const bare = bareName(name);
  return tools.exact(name) ?? tools.exact(bare) ?? tools.alike(bare);
}

/**
 * The one declared tool that an unknown name can mean, because the model left out the server's part of the name, or
 * added a namespace that nobody declared. To be used only where the proxy knows all names.
 */
export function meantToolName(name: string, tools: ToolNames): string | undefined {
  const bare = bareName(name);
  return (
    tools.endingIn(bare.replace(JOINTS, '__')) ?? clientToolName(bare.replace(ANY_NAMESPACES, ''), tools)
  );
}

/** The longest name that Anthropic's API accepts for a call in the history. */
const MAX_LENGTH = 128;
const NOT_TAKEN = /[^A-Za-z0-9_-]/g;

/**
 * A name that no tool has, so that the client can answer the call. Undefined where nothing is left of the name, or
 * where it would become the name of a declared tool: the client would then run that tool.
 */
export function undeclaredName(name: string, tools: ToolNames): string | undefined {
  const taken = bareName(name).slice(0, MAX_LENGTH).replace(NOT_TAKEN, '_');
  return /[A-Za-z0-9]/.test(taken) && tools.alike(taken) === undefined ? taken : undefined;
}
