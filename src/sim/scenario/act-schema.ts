/** The shape of what a rule or a state does. */

import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { BLOCK_REASONS, FINISH_REASONS } from '../../translate/response/stop-reason.ts';
import { HARM_CATEGORIES } from '../validator/enums.ts';
import { SCENARIO_ERRORS } from './faults.ts';

export const closed = { additionalProperties: false };
export const OneOrMore = <T extends TSchema>(item: T) =>
  Type.Union([item, Type.Array(item, { minItems: 1 })]);
/** One of these words. `title` is what such a word is called. */
export const one = <const T extends readonly string[]>(title: string, words: T) =>
  Type.Union(
    words.map((word) => Type.Literal(word as T[number])),
    { title },
  );
/** The schema with what an editor says of it. */
export const told = <T extends TSchema>(schema: T, description: string): T => ({ ...schema, description });
export const Name = Type.String({ minLength: 1 });
export const Names = OneOrMore(Name);
export const Count = Type.Integer({ minimum: 0 });

const keysOf = <T extends object>(table: T) => Object.keys(table) as (keyof T & string)[];

/** Google's own words for "no reason given" stand beside those that mean something. */
export const FINISH_WORDS = [...keysOf(FINISH_REASONS), 'FINISH_REASON_UNSPECIFIED'] as const;
export const BLOCK_WORDS = [...keysOf(BLOCK_REASONS), 'OTHER', 'BLOCK_REASON_UNSPECIFIED'] as const;

const LIKELY = ['HARM_PROBABILITY_UNSPECIFIED', 'NEGLIGIBLE', 'LOW', 'MEDIUM', 'HIGH'] as const;

const Signature = Type.Optional(
  Type.Union([Type.Boolean(), Name], {
    description:
      'true: signed; false: not signed; a text: that in place of a signature. As Google does, without it',
  }),
);

const call = {
  tool: Type.Optional(Names),
  undeclared: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'A name in place of tool, whether the request declares it or not',
    }),
  ),
  args: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  exact_args: Type.Optional(
    Type.Unknown({ description: 'In place of args, and sent as it is: an object, a text, a list, null' }),
  ),
  no_args: Type.Optional(Type.Literal(true, { description: 'The call has no field args' })),
  signature: Signature,
};
const Call = Type.Object(call, closed);

const Picture = Type.Object({ base64: Name, type: Type.Optional(Name) }, closed);

const Part = Type.Object(
  {
    text: Type.Optional(Type.String()),
    thought: Type.Optional(Type.String()),
    picture: Type.Optional(Picture),
    call: Type.Optional(Type.Omit(Call, ['signature'])),
    exact: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: "A part in the words of Gemini's wire, as it is",
      }),
    ),
    signature: Signature,
  },
  closed,
);
const Parts = Type.Array(Part, {
  minItems: 1,
  description: 'In this order, in place of thinking, text and calls',
});

const Grounding = Type.Object(
  {
    queries: Type.Array(Name),
    sources: Type.Array(Type.Object({ title: Name, uri: Name }, closed), { minItems: 1 }),
    supports: Type.Optional(
      Type.Array(Type.Object({ text: Name, sources: Type.Array(Count, { minItems: 1 }) }, closed)),
    ),
  },
  closed,
);

const Code = Type.Object(
  {
    source: Name,
    output: Type.String(),
    failed: Type.Optional(Type.Union([Type.Literal(true), Type.Literal('deadline')])),
    picture: Type.Optional(Name),
  },
  closed,
);

const Page = Type.Union([
  Name,
  Type.Object({ url: Name, failed: one('reason of a page', ['error', 'paywall', 'unsafe']) }, closed),
]);

/** One of Google's reasons, or one that Google does not have yet, with its message. */
const reason = <const T extends readonly string[]>(title: string, words: T) =>
  Type.Union([
    one(title, words),
    Type.Object(
      {
        reason: Type.Optional(one(title, words)),
        unknown: Type.Optional(
          Type.String({ minLength: 1, description: 'A reason that Google does not have yet' }),
        ),
        message: Type.Optional(Name),
      },
      closed,
    ),
  ]);

const Finish = reason('finish reason', FINISH_WORDS);
const Block = reason('block reason', BLOCK_WORDS);

const Ratings = Type.Array(
  Type.Object(
    {
      category: one('category of harm', HARM_CATEGORIES),
      probability: one('probability', LIKELY),
      blocked: Type.Optional(Type.Literal(true)),
    },
    closed,
  ),
  { minItems: 1 },
);

const Usage = Type.Union([
  Type.Literal('none'),
  Type.Object(
    {
      prompt: Type.Optional(Count),
      cached: Type.Optional(Count),
      output: Type.Optional(Count),
      thoughts: Type.Optional(Count),
      tool_prompt: Type.Optional(Count),
      total: Type.Optional(Count),
    },
    closed,
  ),
]);

const Candidate = Type.Object(
  { text: Type.Optional(Type.String()), parts: Type.Optional(Parts), finish: Type.Optional(Finish) },
  closed,
);

const Extra = Type.Object(
  {
    candidate: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    response: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { ...closed, description: "More fields of the last event, in the words of Gemini's wire" },
);

const Refusal = Type.Union([
  Name,
  Type.Object({ name: Name, retry_after: Type.Optional(Type.Number({ minimum: 0 })) }, closed),
]);

export const act = {
  thinking: Type.Optional(told(Names, 'Each becomes a thought summary')),
  text: Type.Optional(
    Type.Union([
      Type.String(),
      Type.Object({ repeat: Name, times: Type.Integer({ minimum: 1, maximum: 10_000 }) }, closed),
    ]),
  ),
  calls: Type.Optional(Type.Array(Call, { minItems: 1, description: 'Tools that are called' })),
  parts: Type.Optional(Parts),
  grounding: Type.Optional(told(Grounding, 'What Google has searched and found')),
  code: Type.Optional(
    Type.Array(Code, { minItems: 1, description: 'Code that Google runs, before the text' }),
  ),
  pages: Type.Optional(Type.Array(Page, { minItems: 1, description: 'Pages that Google reads' })),
  finish: Type.Optional(told(Finish, 'The finishReason; STOP without it')),
  block: Type.Optional(told(Block, 'The prompt is blocked: no answer comes')),
  safety: Type.Optional(told(Ratings, 'Safety ratings, with the end or with the block')),
  usage: Type.Optional(told(Usage, 'Counts in place of those that are counted; none: no counts come')),
  candidates: Type.Optional(
    Type.Array(Candidate, {
      minItems: 1,
      description: 'Candidates beside the first, which nobody has asked for',
    }),
  ),
  extra: Type.Optional(Extra),
  error: Type.Optional(told(Refusal, `Instead of an answer: ${SCENARIO_ERRORS.join(', ')}`)),
  fault: Type.Optional(told(Names, 'Spoils the answer, as FAULTS does: cut frame=3')),
  errand: Type.Optional(Type.Literal(true, { description: 'Does the plain request that the words are' })),
};

/** The fields of an act, in the order in which they are told. */
export const ACT_KEYS = keysOf(act);

export const Act = Type.Object(act);

export type CallData = Omit<Static<typeof Call>, 'signature'> & { signature?: boolean | string };
export type PartData = Static<typeof Part>;
export type FinishData = Static<typeof Finish>;
export type BlockData = Static<typeof Block>;
