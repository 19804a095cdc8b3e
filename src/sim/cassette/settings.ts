/** The settings that answers depend on, in the form in which recordings keep them. */
import { type Static, Type } from '@sinclair/typebox';

/** Times are milliseconds. */
export const RecordedSettings = Type.Object({
  modelMap: Type.Object({
    big: Type.String(),
    small: Type.String(),
    patterns: Type.Array(Type.Tuple([Type.String(), Type.String()])),
  }),
  /** Absent in recordings that are older than `MODEL_FALLBACKS`. */
  modelFallbacks: Type.Optional(Type.Array(Type.Array(Type.String()))),
  maxTokensLimit: Type.Union([Type.Number(), Type.Null()]),
  upstreamStreaming: Type.Boolean(),
  /** Absent in recordings that are older than `URL_FETCH`. */
  urlFetch: Type.Optional(Type.Object({ google: Type.Boolean(), proxy: Type.Boolean() })),
  /** Absent in recordings that are older than `AUTO_MODE_CLASSIFIER`. */
  autoModeClassifier: Type.Optional(Type.Boolean()),
  /** Set where Vertex AI answered: it is sent other requests than the Gemini API. */
  host: Type.Optional(Type.Literal('vertex')),
  /** Absent in recordings that are older than `GUIDANCE` and `IDENTITY`. */
  words: Type.Optional(Type.Object({ guidance: Type.Boolean(), identity: Type.Boolean() })),
  /** Absent in recordings that are older than `LOCAL_ANSWERS`. */
  localAnswers: Type.Optional(Type.Boolean()),
  maxTries: Type.Object({ unary: Type.Integer(), stream: Type.Integer() }),
  requestTimeoutMs: Type.Number(),
  headTimeoutMs: Type.Number(),
  idleTimeoutMs: Type.Number(),
});

export type RecordedSettings = Static<typeof RecordedSettings>;
