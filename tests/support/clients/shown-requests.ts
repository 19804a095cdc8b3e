/** What the page of the inspector shows of the requests that a proxy has answered. */
import type { Detail, Row } from '../../../src/inspector/shapes.ts';
import type { TestProxy } from '../proxy.ts';
import { allEnded, Looker } from './looker.ts';

/** The rows of `count` requests, in the order in which they came: two may come within one millisecond. */
export async function rowsOf(proxy: TestProxy, count: number): Promise<Row[]> {
  const looker = await (await Looker.at(proxy)).until(allEnded(count));
  looker.leave();
  return proxy.requests.ids.flatMap((id) => looker.rows.get(id) ?? []);
}

export const detailOf = async (proxy: TestProxy, id: string): Promise<Detail> =>
  (await proxy.send(`/ui/api/requests/${id}`)).json();

export async function onlyDetail(proxy: TestProxy): Promise<Detail> {
  const [row] = await rowsOf(proxy, 1);
  return detailOf(proxy, row?.id ?? '');
}
