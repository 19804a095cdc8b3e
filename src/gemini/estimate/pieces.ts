/** The pieces of a request. Each has a rate: the tokens that it costs, about (`request-rates.ts`). */
export const PIECES = [
  /** One token of a text. */
  'text',
  /** What one side says until the other speaks. */
  'content',
  'declaration',
  /** The description of a tool. */
  'description',
  /** The parameters of a tool, all together. */
  'parameters',
  'property',
  /** The description of a property. */
  'note',
  /** A property that has properties. */
  'object',
  'array',
  /** One of several schemas. */
  'variant',
  /** One value of an enum. */
  'value',
  'required',
  'call',
  'result',
  /** A member of the arguments of a call, or of a result. */
  'member',
  'string',
  /** One character of a thought signature. A signature stands for thoughts, which the model reads again. */
  'signature',
  /** The same for a signature from a turn that is over. */
  'past signature',
  'picture',
  'page',
  'second of sound',
  'second of film',
] as const;

export type Piece = (typeof PIECES)[number];

/** Receives a piece, and how often it occurs. */
export type TakePiece = (piece: Piece, times: number) => void;
