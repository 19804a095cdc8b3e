/** The shape of a scenario file. docs/scenarios.md says what the fields mean. */
import { type Static, type TSchema, Type } from '@sinclair/typebox';

const closed = { additionalProperties: false };
const OneOrMore = <T extends TSchema>(item: T) => Type.Union([item, Type.Array(item, { minItems: 1 })]);
const Name = Type.String({ minLength: 1 });
const Names = OneOrMore(Name);
const Count = Type.Integer({ minimum: 0 });
const Range = Type.Union([
  Count,
  Type.Object({ min: Type.Optional(Count), max: Type.Optional(Count) }, closed),
]);

const Result = Type.Object(
  { tool: Type.Optional(Names), text: Type.Optional(Names), error: Type.Optional(Type.Boolean()) },
  closed,
);

const When = Type.Object(
  {
    caller: Type.Optional(Names),
    user: Type.Optional(Names),
    turn: Type.Optional(Range),
    request: Type.Optional(Range),
    state: Type.Optional(Names),
    result: Type.Optional(Result),
    called: Type.Optional(Names),
    not_called: Type.Optional(Names),
  },
  closed,
);

const Call = Type.Object(
  { tool: Names, args: Type.Optional(Type.Record(Type.String(), Type.Unknown())) },
  closed,
);

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
    failed: Type.Optional(Type.Literal(true)),
    picture: Type.Optional(Name),
  },
  closed,
);

const Refusal = Type.Union([
  Name,
  Type.Object({ name: Name, retry_after: Type.Optional(Type.Number({ minimum: 0 })) }, closed),
]);

const act = {
  thinking: Type.Optional(Names),
  text: Type.Optional(
    Type.Union([
      Type.String(),
      Type.Object({ repeat: Name, times: Type.Integer({ minimum: 1, maximum: 10_000 }) }, closed),
    ]),
  ),
  calls: Type.Optional(Type.Array(Call, { minItems: 1 })),
  grounding: Type.Optional(Grounding),
  code: Type.Optional(Type.Array(Code, { minItems: 1 })),
  pages: Type.Optional(Type.Array(Name, { minItems: 1 })),
  error: Type.Optional(Refusal),
  fault: Type.Optional(Names),
  errand: Type.Optional(Type.Literal(true)),
};

const Act = Type.Object(act);

const Rule = Type.Object({ name: Name, when: Type.Optional(When), ...act }, closed);

const Transition = Type.Object(
  {
    to: Name,
    user: Type.Optional(Names),
    result: Type.Optional(Result),
    turn: Type.Optional(Range),
    unable: Type.Optional(Type.Literal(true)),
  },
  closed,
);

const State = Type.Object({ ...act, next: Type.Optional(Type.Array(Transition, { minItems: 1 })) }, closed);

const Flow = Type.Object(
  {
    name: Name,
    caller: Type.Optional(Names),
    prompt: Type.Optional(Names),
    states: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]*$' }), State, {
      minProperties: 1,
      ...closed,
    }),
  },
  closed,
);

const Demo = Type.Object(
  {
    prompt: Name,
    args: Type.Optional(Type.Array(Type.String())),
    files: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^(?!.*\\.\\.)[\\w-][\\w./-]*$' }),
        Type.Union([Type.String(), Type.Object({ base64: Name }, closed)]),
        closed,
      ),
    ),
  },
  closed,
);

export const ScenarioFile = Type.Object(
  {
    name: Name,
    description: Name,
    order: Type.Optional(Type.Integer()),
    prompt: Type.Optional(Names),
    pace: Type.Optional(
      Type.Object(
        {
          first_ms: Type.Optional(Count),
          tokens_per_second: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
        },
        closed,
      ),
    ),
    facts: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[a-z][a-z0-9_]*$' }),
        Type.Object(
          { find: Name, otherwise: Type.String(), in: Type.Optional(Type.Literal('results')) },
          closed,
        ),
        closed,
      ),
    ),
    asides: Type.Optional(Type.Array(Type.String({ pattern: '^[\\w-]+$' }))),
    aside_texts: Type.Optional(Type.Array(Name)),
    rules: Type.Optional(Type.Array(Rule, { minItems: 1 })),
    flows: Type.Optional(Type.Array(Flow, { minItems: 1 })),
    demo: Type.Optional(Demo),
  },
  closed,
);

export type FileData = Static<typeof ScenarioFile>;
export type ActData = Static<typeof Act>;
export type RuleData = Static<typeof Rule>;
export type FlowData = Static<typeof Flow>;
export type StateData = Static<typeof State>;
export type WhenData = Static<typeof When>;
export type ResultData = Static<typeof Result>;
export type RangeData = Static<typeof Range>;
export type TransitionData = Static<typeof Transition>;
export type DemoData = Static<typeof Demo>;
