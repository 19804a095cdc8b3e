/** The page's address: which view is shown, and how. All of it stands after the `#`, so that a link brings it back. */

export type View = 'requests' | 'request' | 'keys' | 'charts';
export const TABS = ['conversation', 'changes', 'frames', 'usage', 'raw'] as const;
export type Tab = (typeof TABS)[number];

export type Address = {
  view: View;
  /** The request that is open. */
  id?: string | undefined;
  /** What is chosen in the view: filters, tab, attempt, range. */
  query: Readonly<Record<string, string>>;
};

const isTop = (name: string | undefined): name is 'keys' | 'charts' => name === 'keys' || name === 'charts';

/** An address that means nothing leads to the list. */
export function readAddress(hash: string): Address {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first, second] = path.split('/');
  const query = Object.fromEntries(new URLSearchParams(search));
  if (isTop(first)) return { view: first, query };
  if (first === 'requests' && second) return { view: 'request', id: decoded(second), query };
  return { view: 'requests', query };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function writeAddress({ view, id, query }: Address): string {
  const path = view === 'request' ? `requests/${encodeURIComponent(id ?? '')}` : view;
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}

/** The address with some of its choices changed. An empty value takes a choice away. */
export const withQuery = (address: Address, change: Readonly<Record<string, string>>): Address => ({
  ...address,
  query: Object.fromEntries(
    Object.entries({ ...address.query, ...change }).filter(([, value]) => value !== ''),
  ),
});

/** Another tab of the same request. What is looked for stays; what was chosen in the tab before does not. */
export const toTab = ({ query: { find = '' }, ...address }: Address, tab: Tab): Address =>
  withQuery({ ...address, query: {} }, { find, tab: tab === 'conversation' ? '' : tab });

export const tabOf = ({ query }: Address): Tab => TABS.find((tab) => tab === query['tab']) ?? 'conversation';
