/** A call's name as the client declared it, or as the client can answer it. Models put namespaces before names, and change their case. */
import type { ToolNames } from '../tool-names.ts';

/** What Gemini itself puts before names, or models of it, without meaning anything. */
const INNER_NAMESPACES = /^(?:(?:default_api|functions|function|tools|tool)[.:])+/i;
const ANY_NAMESPACES = /^(?:[A-Za-z_]\w*[.:])+/;
const JOINTS = /[.:/]/g;

const bareName = (name: string): string => name.trim().replace(INNER_NAMESPACES, '');

/**
 * The client's tool that has this name, in whatever case, spelling or namespace of the model's own; undefined where it
 * declared none (`default_api.Bash` unchanged makes Claude Code answer "No such tool available").
 */
export function clientToolName(name: string, tools: ToolNames): string | undefined {
  const bare = bareName(name);
  return tools.exact(name) ?? tools.exact(bare) ?? tools.alike(bare);
}

/**
 * The one declared tool that can be meant by a name that none has: the model left out the segments of its server, or put a
 * namespace before it that nobody declared. Only to be asked where all names are known.
 */
export function meantToolName(name: string, tools: ToolNames): string | undefined {
  const bare = bareName(name);
  return (
    tools.endingIn(bare.replace(JOINTS, '__')) ?? clientToolName(bare.replace(ANY_NAMESPACES, ''), tools)
  );
}

/** What an Anthropic API takes for the name of a call in the history. */
const MAX_LENGTH = 128;
const NOT_TAKEN = /[^A-Za-z0-9_-]/g;

/**
 * A name that no tool has, for the client to answer; undefined where nothing is left of it, or where it would become that of a
 * declared tool: then it would not be answered but run.
 */
export function undeclaredName(name: string, tools: ToolNames): string | undefined {
  const taken = bareName(name).slice(0, MAX_LENGTH).replace(NOT_TAKEN, '_');
  return /[A-Za-z0-9]/.test(taken) && tools.alike(taken) === undefined ? taken : undefined;
}
