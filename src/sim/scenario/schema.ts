/**
 * The shape of a scenario file. docs/scenarios.md says what the fields mean. The schema for editors is made from it, so
 * its titles and descriptions are read by people.
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { ANSWERED_CALLERS } from '../../translate/caller.ts';
import { type Act, act, Count, closed, Name, Names, OneOrMore, one, told } from './act-schema.ts';

const Range = Type.Union([
  Count,
  Type.Object({ min: Type.Optional(Count), max: Type.Optional(Count) }, closed),
]);

const Caller = OneOrMore(one('kind of request', ANSWERED_CALLERS));

const Result = Type.Object(
  { tool: Type.Optional(Names), text: Type.Optional(Names), error: Type.Optional(Type.Boolean()) },
  closed,
);

const When = Type.Object(
  {
    caller: Type.Optional(Caller),
    user: Type.Optional(told(Names, "Pieces of the user's words in any case, or /expressions/")),
    turn: Type.Optional(told(Range, 'How often the model has spoken since those words')),
    request: Type.Optional(told(Range, 'Which request of the turn it is, failed ones counted')),
    state: Type.Optional(told(Names, "States of the scenario's flows")),
    result: Type.Optional(told(Result, 'One of the results just given fits')),
    called: Type.Optional(told(Names, "One of these tools was called since the user's words")),
    not_called: Type.Optional(told(Names, 'None of these was')),
  },
  closed,
);

const Alternative = Type.Object(
  {
    weight: Type.Optional(
      Type.Number({ minimum: 0, description: 'How often it comes, compared with the others; 1 without it' }),
    ),
    ...act,
  },
  closed,
);

const chance = {
  one_of: Type.Optional(
    Type.Array(Alternative, {
      minItems: 1,
      description: 'One of these by chance, which MOCK_SEED makes the same',
    }),
  ),
};

const Rule = Type.Object({ name: Name, when: Type.Optional(When), ...act, ...chance }, closed);

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

const State = Type.Object(
  { ...act, ...chance, next: Type.Optional(Type.Array(Transition, { minItems: 1 })) },
  closed,
);

const Flow = Type.Object(
  {
    name: Name,
    caller: Type.Optional(Caller),
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

const pair = (description: string) =>
  Type.Optional(Type.Array(Type.Number({ minimum: 0 }), { minItems: 2, maxItems: 2, description }));

/** A figure that may differ from answer to answer. */
const distributed = <T extends TSchema>(figure: T, description: string) =>
  Type.Union([
    figure,
    Type.Object(
      {
        fixed: Type.Optional(figure),
        uniform: pair('From the first to the second, all as likely'),
        normal: pair('Mean and standard deviation'),
        lognormal: pair('Median, and standard deviation of the logarithm'),
        p50: Type.Optional(figure),
        p95: Type.Optional(figure),
      },
      { ...closed, description },
    ),
  ]);

const Milliseconds = Type.Number({ minimum: 0, maximum: 86_400_000 });
const Speed = Type.Number({ exclusiveMinimum: 0 });

const Pace = Type.Object(
  {
    first_ms: Type.Optional(distributed(Milliseconds, 'Milliseconds until the first event')),
    tokens_per_second: Type.Optional(distributed(Speed, 'Tokens a second after that')),
  },
  closed,
);

export const ScenarioFile = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: 'Where an editor finds this schema' })),
    name: Name,
    description: Name,
    order: Type.Optional(
      Type.Integer({ description: 'The place in which it is asked, smallest first; 0 without it' }),
    ),
    prompt: Type.Optional(told(Names, 'The words that the scenario takes, as in `user`; all without it')),
    pace: Type.Optional(told(Pace, 'How fast answers come with MOCK_PACE=human')),
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
    asides: Type.Optional(
      Type.Array(Type.String({ pattern: '^[\\w-]+$' }), {
        description: "Tags whose content is not the user's own words",
      }),
    ),
    aside_texts: Type.Optional(Type.Array(Name, { description: 'Beginnings of texts that are not' })),
    rules: Type.Optional(
      Type.Array(Rule, { minItems: 1, description: 'Asked in order; the first that fits answers' }),
    ),
    flows: Type.Optional(
      Type.Array(Flow, { minItems: 1, description: 'State machines, asked after the rules' }),
    ),
    demo: Type.Optional(Demo),
  },
  closed,
);

export type FileData = Static<typeof ScenarioFile>;
export type ActData = Static<typeof Act>;
export type ActOrChance = Static<typeof Act> & { one_of?: readonly Static<typeof Alternative>[] };
export type RuleData = Static<typeof Rule>;
export type FlowData = Static<typeof Flow>;
export type StateData = Static<typeof State>;
export type WhenData = Static<typeof When>;
export type ResultData = Static<typeof Result>;
export type RangeData = Static<typeof Range>;
export type TransitionData = Static<typeof Transition>;
export type DemoData = Static<typeof Demo>;
export type PaceData = Static<typeof Pace>;
export type FigureData = NonNullable<PaceData['first_ms']>;
