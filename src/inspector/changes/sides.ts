/** What is compared: the request that came, and the one that was sent. */
import { isObject } from '../../lib/json.ts';
import type { Again } from '../again/translate-again.ts';
import type { ChangeLine } from '../shapes.ts';
import type { Body } from '../texts/opened.ts';

type Side = { place: string; lines: readonly ChangeLine[] };
export type Sides = { came: Side; sent: Side };

/** What the two requests are, and how the one became the other. */
export type Both = {
  came: Body;
  sent: Body;
  again: Again | undefined;
  /** The model in the address of what was sent. */
  model: string | undefined;
  /** The model that should have answered, where `model` stands in for it. */
  standsInFor: string | undefined;
};

export type PlacedPart = { content: number; part: Record<string, unknown> };

export function partsOf({ json }: Body): PlacedPart[] {
  const contents = Array.isArray(json['contents']) ? json['contents'].filter(isObject) : [];
  return contents.flatMap(({ parts }, content) =>
    (Array.isArray(parts) ? parts.filter(isObject) : []).map((part) => ({ content, part })),
  );
}
