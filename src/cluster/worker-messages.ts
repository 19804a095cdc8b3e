/**
 * What a proxy and its workers tell each other. The messages are checked as they come: an update may have replaced the
 * files of the program since the parent was started, and a new worker is then of another version.
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { isObject } from '../lib/json.ts';

/** Milliseconds between two signs of life of a worker. */
export const SIGN_OF_LIFE_MS = 5_000;

const Count = Type.Integer({ minimum: 0 });

const FIGURES = Type.Object({
  since: Type.Number(),
  open: Count,
  requests: Count,
  retries: Count,
  errors: Type.Record(Type.String(), Count),
  recentErrors: Type.Array(
    Type.Object({
      at: Type.String(),
      class: Type.Optional(Type.String()),
      type: Type.String(),
      message: Type.String(),
      request_id: Type.String(),
    }),
  ),
  lately: Type.Object({ ended: Count, failed: Count, asker: Type.Optional(Type.String()) }),
});

/** A notice, as `facts.ts` writes it. */
const NOTICE = Type.Object({ kind: Type.Literal('notice'), text: Type.String() });

const FROM_WORKER = Type.Union([
  /** The worker serves. */
  Type.Object({ kind: Type.Literal('listening') }),
  /** The worker does not stand still. Any other message says that as well. */
  Type.Object({ kind: Type.Literal('alive') }),
  NOTICE,
  Type.Object({ kind: Type.Literal('figures'), figures: FIGURES }),
  /** What the worker has counted for `/metrics`, as JSON: the newest telling holds. */
  Type.Object({ kind: Type.Literal('metrics'), json: Type.String() }),
  /** A question to all other workers, and the answer to one's question. */
  Type.Object({ kind: Type.Literal('question'), id: Type.String(), text: Type.String() }),
  Type.Object({ kind: Type.Literal('answer'), to: Count, id: Type.String(), text: Type.String() }),
  /** The worker wants its turn; its turn is over. */
  Type.Object({ kind: Type.Literal('want-turn') }),
  Type.Object({ kind: Type.Literal('end-turn') }),
]);

/** The number of a worker, or 0 for all those that have ended. */
const Worker = Count;

const TO_WORKER = Type.Union([
  NOTICE,
  Type.Object({ kind: Type.Literal('figures'), of: Worker, figures: FIGURES }),
  Type.Object({ kind: Type.Literal('metrics'), of: Worker, json: Type.String() }),
  Type.Object({ kind: Type.Literal('question'), of: Worker, id: Type.String(), text: Type.String() }),
  Type.Object({ kind: Type.Literal('answer'), of: Worker, id: Type.String(), text: Type.String() }),
  /** Another worker has ended. */
  Type.Object({ kind: Type.Literal('gone'), of: Worker }),
  /** It is your turn: nobody else has it until you end it. */
  Type.Object({ kind: Type.Literal('turn') }),
  /** Read the settings anew. */
  Type.Object({ kind: Type.Literal('reload') }),
  /** Let answers under way end, and then end. */
  Type.Object({ kind: Type.Literal('close') }),
  Type.Object({ kind: Type.Literal('break-off') }),
]);

export type FromWorker = Static<typeof FROM_WORKER>;
export type ToWorker = Static<typeof TO_WORKER>;

/** Undefined for what this version does not know. */
const reader =
  <S extends TSchema>(schema: S) =>
  (value: unknown): Static<S> | undefined =>
    isObject(value) && Value.Check(schema, value) ? value : undefined;

export const readFromWorker = reader(FROM_WORKER);
export const readToWorker = reader(TO_WORKER);
