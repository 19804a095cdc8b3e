/**
 * Makes a call as a model would make it: to a declared tool, with arguments that its schema knows, and with all
 * arguments that the schema requires.
 */
import { isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { ScenarioCall } from '../scenario/types.ts';
import { declarations } from '../validator/request.ts';
import type { Conversation } from './conversation.ts';
import { sampleValue } from './sample.ts';
import { type Fill, fillArgs, fillValue } from './template.ts';

/** `args` may be anything where a scenario says so; undefined where the call has none. */
export type BuiltCall = { name: string; args: Json | undefined };

type FittedCall = { name: string; args: JsonObject };

const asObject = (value: unknown): JsonObject => (isObject(value) ? (value as JsonObject) : {});

/** The smallest call of `name` that its schema allows. */
export function smallestCall(name: string, { request, words }: Conversation): FittedCall {
  const declared = declarations(request).find((declaration) => declaration.name === name);
  const schema = declared?.parametersJsonSchema ?? declared?.parameters;
  return { name, args: schema === undefined ? {} : asObject(sampleValue(schema, words)) };
}

/** Makes the call; undefined where the request declares none of the tools that the call may use. */
export function buildCall(call: ScenarioCall, conversation: Conversation, fill: Fill): BuiltCall | undefined {
  const { tool, isDeclared, args } = call;
  const name = isDeclared ? tool.find((one) => conversation.callable.has(one)) : tool[0];
  if (name === undefined) return undefined;
  if (args.kind === 'exact')
    return { name, args: args.value === undefined ? undefined : fillValue(args.value, fill) };
  const given = Object.entries(fillArgs(args.args, fill));
  const known = knownArguments(name, conversation);
  const kept = known ? given.filter(([key]) => known.has(key)) : given;
  return { name, args: { ...smallestCall(name, conversation).args, ...Object.fromEntries(kept) } };
}

/** The arguments that the tool's schema names; undefined where the schema allows any argument. */
function knownArguments(name: string, { request }: Conversation): ReadonlySet<string> | undefined {
  const declared = declarations(request).find((declaration) => declaration.name === name);
  const schema = declared?.parametersJsonSchema ?? declared?.parameters;
  const properties = isObject(schema) ? schema['properties'] : undefined;
  return isObject(properties) && Object.keys(properties).length > 0
    ? new Set(Object.keys(properties))
    : undefined;
}
