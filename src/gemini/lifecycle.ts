/** How long a model is served, and what takes its place. */

export type Lifecycle = {
  /**
   * `preview`: it may change or go at any time. `deprecated`: it is served, and Google has said that it will go.
   * `retired`: Google does not serve it any more.
   */
  stage: 'preview' | 'stable' | 'deprecated' | 'retired';
  /** ISO dates: since when it is deprecated, and when Google retires it, or has. Undefined where Google has named none. */
  deprecated?: string;
  retires?: string;
  /** The model that Google advises in its place. */
  successor?: string;
  /** From that day on Google answers requests for the model with another one. */
  routed?: { from: string; to: string };
};

/**
 * One sentence (without a full stop) on a model that is about to go, or has gone; undefined for any other. It holds on
 * every day, so nobody needs to know the date.
 */
export function lifecycleNotice(
  id: string,
  { stage, retires, successor, routed }: Lifecycle,
): string | undefined {
  if (routed) return `Google answers ${id} with ${routed.to} from ${routed.from} on`;
  const when = retires === undefined ? '' : ` (${retires})`;
  const instead = successor === undefined ? '' : `; ${successor} takes its place`;
  switch (stage) {
    case 'retired':
      return `Google has retired ${id}${when}${instead}`;
    case 'deprecated':
      return `Google is going to retire ${id}${when}${instead}`;
    case 'preview':
    case 'stable':
      return undefined;
  }
}
