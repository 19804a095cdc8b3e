/**
 * Makes the JSON Schemas for `parametersJsonSchema` and `responseJsonSchema`. They are sent as the client wrote them,
 * except for three things: whatever makes Google refuse the whole request (wire section 3); `const`, which Google
 * ignores (it honours `enum`); and the root of a tool's schema, which must be an object. Why:
 * docs/decisions/0030-schemas-that-google-takes.md
 */
import type { JsonObject } from '../../../lib/json.ts';
import { simpleSchema } from '../quarantine/simplify.ts';
import { refuse } from '../refusals/refuse.ts';
import { Cleaner } from './clean.ts';
import { withoutCircles } from './loops.ts';
import { type SchemaPlace, Told } from './place.ts';
import { References } from './references.ts';
import { isPlain, mergeAlternatives } from './root.ts';
import { toType } from './shape.ts';
import { TooMuchWork, Work } from './work.ts';

/** The most levels of objects and lists inside each other. Google refuses schemas that are much less deep than this. */
const DEEPEST = 128;
/**
 * The most values that are looked at for the schemas of one request, and for one schema. Each value is looked at about
 * five times.
 */
export const MOST_WORK = 200_000;
const MOST_OF_ONE = 100_000;
/** The warning for a schema that is sent in a simple form. */
const MOST_ARGUMENTS = 1_000;

export const schemaWork = (): Work => new Work(MOST_WORK);

/** Makes the schema of a tool's input. Throws a MessagesError where its root cannot be an object. */
export function toInputSchema(schema: JsonObject, place: SchemaPlace): JsonObject | undefined {
  const type = toType(schema['type'] ?? null);
  if (type !== undefined && ![type].flat().includes('object'))
    refuse(`${place.path}.type: Input should be 'object'`);
  try {
    return cleaned(schema, place, (written, work, told) => objectRoot(schema, written, work, told));
  } catch (error) {
    if (!(error instanceof TooMuchWork)) throw error;
    return simpleForm(schema, place);
  }
}

/** Makes the schema of a structured answer; its root may be of any type. */
export function toAnswerSchema(schema: JsonObject, place: SchemaPlace): JsonObject {
  try {
    return cleaned(schema, place, () => schema);
  } catch (error) {
    if (!(error instanceof TooMuchWork)) throw error;
    return refuse(`${place.path}: the schema is too large; send one with fewer values and levels`);
  }
}

function cleaned(
  schema: JsonObject,
  place: SchemaPlace,
  rootOf: (written: References, work: Work, told: Told) => JsonObject,
): JsonObject {
  const work = new Work(Math.min(place.work.left, MOST_OF_ONE));
  const told = new Told();
  try {
    const written = new References(schema, work);
    written.walk();
    if (written.depth > DEEPEST) throw new TooMuchWork();
    const root = rootOf(written, work, told);
    const sent = root === schema ? written : new References(root, work);
    const clean = stable(sent, written, work, told);
    // Only cleaning changes where references lead, and most schemas have no references.
    const open = written.holdsReference ? withoutCircles(clean, work, told) : clean;
    told.report(place);
    return open;
  } finally {
    place.work.spend(work.steps);
  }
}

/**
 * Makes sure that references still lead somewhere. A part that is left out may be the target of a reference: then the
 * target is copied from the client's schema.
 */
function stable(sent: References, written: References, work: Work, told: Told): JsonObject {
  const clean = new Cleaner({ sent, written, work, told }).clean();
  return clean === sent.root ? clean : stable(new References(clean, work), written, work, told);
}

function objectRoot(schema: JsonObject, written: References, work: Work, told: Told): JsonObject {
  const { type } = schema;
  if (type === 'object') return schema;
  if (toType(type ?? null) !== undefined || isPlain(schema)) return { ...schema, type: 'object' };
  return { ...mergeAlternatives(schema, written, work, told), type: 'object' };
}

/**
 * The simple form of a schema. Google accepts it, and the model can call the tool. That is better than losing the tool,
 * and better than a proxy that spends all its time on one request.
 */
function simpleForm(schema: JsonObject, place: SchemaPlace): JsonObject | undefined {
  const { properties } = schema;
  if (Object.keys(properties ?? {}).length > MOST_ARGUMENTS) {
    refuse(
      `${place.path}.properties: too many; a tool may have ${MOST_ARGUMENTS} arguments where its schema is as large as this`,
    );
  }
  place.warn('tool-changed', place.path, 'too large or too deep to be read whole: sent in a simple form');
  return simpleSchema(schema);
}
