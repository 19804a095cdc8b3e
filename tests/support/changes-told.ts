/** Sends one request, and gets what the inspector's page shows of it. */
import type { Changes, Detail, Frames } from '../../src/inspector/shapes.ts';
import type { Fetch } from '../../src/lib/ports.ts';
import { allEnded, Looker } from './clients/looker.ts';
import { googleStream, hello, startProxy, textChunk } from './proxy.ts';

export const answers: Fetch = async () => googleStream(textChunk('hi', 'STOP'));

type Told = { detail: Detail; changes: Changes; frames: Frames };

export async function told(
  body: object,
  fetch: Fetch = answers,
  attempt?: number,
  headers = {},
): Promise<Told> {
  await using proxy = await startProxy({ fetch });
  await (await proxy.send('/v1/messages', { ...hello, stream: true, ...body }, headers)).text();
  const looker = await (await Looker.at(proxy)).until(allEnded(1));
  looker.leave();
  const get = async (path: string) =>
    (await proxy.send(`/ui/api/requests/${looker.list[0]?.id}${path}`)).json();
  const query = attempt === undefined ? '' : `?attempt=${attempt}`;
  return {
    detail: await get(''),
    changes: await get(`/changes${query}`),
    frames: await get(`/frames${query}`),
  };
}
