/** Takes tool declarations apart into what costs tokens. */
import { isObject } from '../../lib/json.ts';
import { oncePer } from '../../lib/lasting.ts';
import type { FunctionDeclaration } from '../wire.ts';
import type { Piece, TakePiece } from './pieces.ts';
import { textTokens } from './text-tokens.ts';

/** Google writes a schema out at each place that refers to it; one that refers to itself, this often. */
const MOST_TURNS = 4;
/** The most schemas of one declaration that are looked at: a schema of a few lines can refer to others without end. */
const MOST_SCHEMAS = 2_000;

/** The pieces of a declaration. A tool that comes with each turn is taken apart once. */
const piecesOf = oncePer((declaration: FunctionDeclaration): readonly (readonly [Piece, number])[] => {
  const pieces = new Map<Piece, number>();
  const take: TakePiece = (piece, times) => pieces.set(piece, (pieces.get(piece) ?? 0) + times);
  const { name, description, parametersJsonSchema: schema } = declaration;
  take('declaration', 1);
  take('text', textTokens(name));
  describe('description', description, take);
  if (schema) {
    take('parameters', 1);
    new SchemaPieces(schema, take).members(schema);
  }
  return [...pieces];
});

export function declarationPieces(declaration: FunctionDeclaration, take: TakePiece): void {
  for (const [piece, times] of piecesOf(declaration)) take(piece, times);
}

function describe(as: 'description' | 'note', text: unknown, take: TakePiece): void {
  if (typeof text !== 'string' || text === '') return;
  take(as, 1);
  take('text', textTokens(text));
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

type Schema = Readonly<Record<string, unknown>>;

class SchemaPieces {
  readonly #root: Schema;
  readonly #take: TakePiece;
  /** The references that are being written out. */
  readonly #open: string[] = [];
  #left = MOST_SCHEMAS;

  constructor(root: Schema, take: TakePiece) {
    this.#root = root;
    this.#take = take;
  }

  members({ properties, items, anyOf, required, enum: values }: Schema): void {
    const take = this.#take;
    if (isObject(properties)) {
      for (const [name, property] of Object.entries(properties)) {
        take('property', 1);
        take('text', textTokens(name));
        this.#nested(property);
      }
    }
    for (const name of listOf(required)) this.#word('required', name);
    for (const value of listOf(values)) this.#word('value', value);
    for (const variant of listOf(anyOf)) {
      take('variant', 1);
      this.#nested(variant);
    }
    if (isObject(items)) {
      take('array', 1);
      this.#nested(items);
    }
  }

  #word(piece: Piece, word: unknown): void {
    this.#take(piece, 1);
    this.#take('text', textTokens(typeof word === 'string' ? word : JSON.stringify(word)));
  }

  #nested(schema: unknown): void {
    if (!isObject(schema) || this.#left <= 0) return;
    this.#left--;
    if (isObject(schema['properties'])) this.#take('object', 1);
    describe('note', schema['description'], this.#take);
    this.members(schema);
    const { $ref: reference } = schema;
    if (typeof reference === 'string') this.#referred(reference);
  }

  #referred(reference: string): void {
    if (this.#open.filter((open) => open === reference).length >= MOST_TURNS) return;
    this.#open.push(reference);
    this.#nested(this.#find(reference));
    this.#open.pop();
  }

  /** The schema at a pointer like `#/$defs/Name`. */
  #find(pointer: string): unknown {
    const keys = pointer.split('/').slice(1);
    return keys.reduce<unknown>(
      (value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
      this.#root,
    );
  }
}
