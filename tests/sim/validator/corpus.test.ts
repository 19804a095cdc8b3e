/** The validator compared with the published description, and with what Google really took and refused. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import { isObject } from '../../../src/lib/json.ts';
import { readCountRequest } from '../../../src/sim/validator/count-tokens.ts';
import { ENUMS } from '../../../src/sim/validator/enums.ts';
import { validateRequest } from '../../../src/sim/validator/index.ts';
import { MESSAGES } from '../../../src/sim/validator/messages.ts';
import { CORPUS_DIR, hasCorpus, type Recording, recordings } from '../../support/corpus/corpus.ts';

type Property = {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: string[];
  items?: Property;
  additionalProperties?: Property | boolean;
  allOf?: Property[];
  anyOf?: Property[];
  properties?: Record<string, Property>;
};

/** Newer than the description. */
const ADDED_FIELDS = new Set(['GenerateContentRequest.continuationToken']);
const ADDED_VALUES = new Set(['ThinkingConfig.ThinkingLevel.XHIGH']);

const FORMATS: Record<string, string> = {
  'string/byte': 'bytes',
  'string/int64': 'int64',
  'string/google-duration': 'duration',
  'string/google-datetime': 'timestamp',
  'integer/int32': 'int32',
  'number/float': 'float',
  'number/double': 'double',
  boolean: 'bool',
};

const RENAMED: Record<string, string> = { V1mainMediaResolution: 'PartMediaResolution' };

/** The description's type in the words of our table; an enum becomes its values. */
function described(property: Property, reach: (name: string) => void): string {
  const inner = property.allOf?.[0] ?? property.anyOf?.[0];
  if (inner) return described(inner, reach);
  if (property.$ref) {
    const name = property.$ref.split('/').at(-1) ?? '';
    reach(name);
    return RENAMED[name] ?? name;
  }
  if (property.type === 'array') return `[${described(property.items ?? {}, reach)}]`;
  if (property.enum) return property.enum.join('|');
  if (property.additionalProperties !== undefined) {
    const value = isObject(property.additionalProperties)
      ? described(property.additionalProperties as Property, reach)
      : 'any';
    return value === 'any' ? 'struct' : `{${value}}`;
  }
  if (property.type === undefined) return 'any';
  const key = property.format ? `${property.type}/${property.format}` : property.type;
  return FORMATS[key] ?? property.type;
}

/** Our type with enums written out, without additions. */
function ours(type: string): string {
  const list = /^\[(.*)\]$/.exec(type);
  if (list?.[1]) return `[${ours(list[1])}]`;
  const values = ENUMS[type];
  return values ? values.filter((value) => !ADDED_VALUES.has(`${type}.${value}`)).join('|') : type;
}

function describedMessages(): Record<string, Record<string, string>> {
  const document = JSON.parse(readFileSync(join(CORPUS_DIR, 'gemini/openapi-v1beta.json'), 'utf8'));
  const schemas: Record<string, Property> = document.components.schemas;
  const found: Record<string, Record<string, string>> = {};
  const visit = (name: string) => {
    const key = RENAMED[name] ?? name;
    if (found[key]) return;
    const fields: Record<string, string> = {};
    found[key] = fields;
    for (const [field, property] of Object.entries(schemas[name]?.properties ?? {})) {
      fields[field] = described(property, visit);
    }
  };
  visit('GenerateContentRequest');
  visit('CountTokensRequest');
  visit('CachedContent');
  return found;
}

function tableMessages(): Record<string, Record<string, string>> {
  return Object.fromEntries(
    Object.entries(MESSAGES).map(([message, fields]) => [
      message,
      Object.fromEntries(
        Object.entries(fields)
          .filter(([field]) => !ADDED_FIELDS.has(`${message}.${field}`))
          .map(([field, type]) => [field, ours(type)]),
      ),
    ]),
  );
}

const isReal = (recording: Recording) =>
  recording.source.provenance === 'recorded' &&
  recording.request.host === 'generativelanguage.googleapis.com' &&
  recording.request.body !== null;

function refusalOf(recording: Recording): string | undefined {
  const id = /models\/([^:/]+)/.exec(recording.request.path)?.[1] ?? '';
  const { body } = recording.request;
  if (!recording.request.path.endsWith(':countTokens')) return validateRequest(modelRow(id), body)?.message;
  const read = readCountRequest(modelRow(id), body);
  return read.ok ? undefined : read.error.message;
}

/** Google accepted it, and we refuse it; each with the reason. */
const REFUSED_NOW: Record<string, string> = {
  'gem-lingua-followup-response-streaming-a1e5ad':
    'a content without parts: passed once on 2.5-flash, reported as a 400 elsewhere; we must never send one',
};

/** Google refused it for a reason that the validator does not know. */
const NOT_MODELLED: Record<string, string> = {
  'gem-pydantic-ai-test-document-url-input-f0cfb2': 'needs a look inside the PDF',
  'gem-pydantic-ai-test-google-model-video-url-detail-d82aac': 'the field was added to the API since',
  'gem-req_llm-gemini-2-5-flash-image-object-basic-d20e86': 'a model that only makes images',
  'gem-ruby_llm-chat-real-error-scenarios-gemi-t-length-exceeded-errors-20def4':
    'the long text was not recorded',
  'gem-ruby_llm-chat-real-error-scenarios-gemi-t-length-exceeded-errors-d7c83d':
    'the long text was not recorded',
};

describe.skipIf(!hasCorpus)('validator and corpus', () => {
  test('the tables name every reachable field of the description, with its type, and none besides', () => {
    expect(tableMessages()).toEqual(describedMessages());
  });

  test('what Google answered is accepted', () => {
    const accepted = recordings('gemini').filter((r) => isReal(r) && r.response.status === 200);
    const refused = accepted
      .filter((recording) => !(recording.id in REFUSED_NOW))
      .flatMap((recording) => {
        const refusal = refusalOf(recording);
        return refusal === undefined ? [] : [`${recording.id} (${recording.model}): ${refusal}`];
      });
    expect(accepted.length).toBeGreaterThan(300);
    expect(refused).toEqual([]);
  });

  test('what Google refused with a 400 is refused with the same text', () => {
    const expected = recordings('gemini')
      .filter((r) => isReal(r) && r.response.status === 400 && !(r.id in NOT_MODELLED))
      .map((recording) => ({ id: recording.id, message: JSON.parse(recording.response.body).error.message }));
    const refused = recordings('gemini')
      .filter((r) => expected.some(({ id }) => id === r.id))
      .map((recording) => ({ id: recording.id, message: refusalOf(recording) }));
    expect(expected.length).toBeGreaterThan(0);
    expect(refused).toEqual(expected);
  });
});
