/** Reads what was typed after a command. Whatever cannot be meant is one line: which argument, what is wrong with it, and what to do. */
import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util';
import { nearestWord } from '../edit-distance.ts';
import { quoted } from '../shown-text.ts';

export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/** By the names of the flags, without dashes. A flag of the type `boolean` may also be written `--no-name` and `--name=false`. */
export type Options = Readonly<Record<string, ParseArgsOptionDescriptor>>;

export type Parsed<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>;

type Value = string | boolean;
type Found = { name: string; value: Value };

const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);
const NO = 'no-';

/** `isPlain`: whether words that are no flags may be given. */
export function readArguments<const O extends Options>(
  args: readonly string[],
  options: O,
  { isPlain = false } = {},
): Parsed<O> {
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const values: Record<string, Value | Value[] | undefined> = {};
  const positionals: string[] = [];
  /** A flag that stands alone, and after which `true` or `false` may come. */
  let alone: { name: string; index: number } | undefined;
  for (const token of tokens) {
    if (token.kind === 'option') {
      const { name, value } = readFlag(token, options);
      alone = options[name]?.type === 'boolean' && value === true ? { name, index: token.index } : undefined;
      values[name] = options[name]?.multiple ? [values[name] ?? [], value].flat() : value;
    } else if (token.kind === 'positional') {
      const truth = TRUTHS.get(token.value);
      if (alone?.index === token.index - 1 && truth !== undefined) values[alone.name] = truth;
      else if (isPlain) positionals.push(token.value);
      else throw new ArgumentError(`${quoted(token.value)}: only flags are taken here; --help lists them`);
    }
  }
  for (const [name, { default: usual }] of Object.entries(options)) values[name] ??= usual;
  return { values, positionals } as Parsed<O>;
}

type Flag = { name: string; rawName: string; value?: string | undefined; inlineValue?: boolean | undefined };

/** The flag, and its value. Throws where there is no such flag, or where the value does not fit. */
function readFlag({ name, rawName, value, inlineValue }: Flag, options: Options): Found {
  const positive = name.startsWith(NO) ? name.slice(NO.length) : '';
  const option = optionOf(name, options);
  if (!option && optionOf(positive, options)?.type === 'boolean' && value === undefined)
    return { name: positive, value: false };
  if (option === undefined)
    throw new ArgumentError(`${rawName}: there is no such flag${hint(name, options)}`);
  if (option.type === 'boolean') return { name, value: truthOf(rawName, value) };
  if (value === undefined || (!inlineValue && isFlag(value, options)))
    throw new ArgumentError(`${rawName}: its value is missing; write ${rawName} <value>`);
  return { name, value };
}

/** A name of every object, such as `constructor`, is no flag. */
const optionOf = (name: string, options: Options) =>
  Object.hasOwn(options, name) ? options[name] : undefined;

function truthOf(rawName: string, value: string | undefined): boolean {
  const truth = value === undefined ? true : TRUTHS.get(value);
  if (truth === undefined)
    throw new ArgumentError(`${rawName}: expected true or false, got ${quoted(value ?? '')}`);
  return truth;
}

/** `-1` and `- a line` are values. */
const isFlag = (word: string, options: Options): boolean =>
  word.startsWith('--') ||
  Object.values(options).some(({ short }) => short !== undefined && word === `-${short}`);

function hint(name: string, options: Options): string {
  const near = nearestWord(name, Object.keys(options));
  return near === undefined ? '; --help lists them' : `; did you mean --${near}?`;
}
