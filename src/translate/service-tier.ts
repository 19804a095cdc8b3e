/** The service tier, in both directions: what the client asks for, and what Google says it has served. */

/** Google's tiers for the tiers of a request. At `auto` Google decides, which is standard unless the key says otherwise. */
const ASKED: Readonly<Record<string, 'standard' | 'flex' | 'priority' | undefined>> = {
  auto: undefined,
  standard_only: 'standard',
  // Google's own words. Anthropic has no name for the first, and tells the last in its answers.
  standard: 'standard',
  flex: 'flex',
  priority: 'priority',
};

export function askedTier(tier: unknown): { serviceTier?: 'standard' | 'flex' | 'priority' } {
  const asked = typeof tier === 'string' && Object.hasOwn(ASKED, tier) ? ASKED[tier] : undefined;
  return asked ? { serviceTier: asked } : {};
}

const WORD = /^[a-z][a-z_-]{0,31}$/;

/** The tier for `usage`, in Google's word. Where Google says nothing, it has served the request as any other. */
export function toldTier(tier: string | undefined): string {
  const told = tier?.toLowerCase() ?? '';
  return WORD.test(told) && !told.endsWith('unspecified') ? told : 'standard';
}
