/** `GET /metrics`: what was counted, and what is true now, in the text format of Prometheus. */
import type { Reading } from '../../metrics/metrics.ts';
import { together } from '../../trace/figures.ts';
import type { ClientRequest } from '../client-request.ts';
import type { ServerDeps } from '../deps.ts';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';

function readings({ settings, keys, shared, counters, admission, colleagues }: ServerDeps): Reading[] {
  const all = together([counters.figures(admission.answersOpen), ...colleagues.others().values()]);
  const states = keys.states();
  const { kind, state } = shared.status();
  return [
    { name: 'streams_in_flight', labels: {}, value: all.open },
    ...states.map(
      ({ fingerprint, state }): Reading => ({
        name: 'key_state',
        labels: { key: fingerprint, state },
        value: 1,
      }),
    ),
    ...states.flatMap(({ fingerprint, models }) =>
      models.map(
        ({ model, state }): Reading => ({
          name: 'breaker_state',
          labels: { key: fingerprint, model, state },
          value: 1,
        }),
      ),
    ),
    { name: 'shared_state_up', labels: { kind }, value: state === 'away' ? 0 : 1 },
    { name: 'start_time_seconds', labels: {}, value: all.since / 1_000 },
    { name: 'resident_memory_bytes', labels: {}, value: process.memoryUsage.rss() },
    { name: 'build_info', labels: { version: settings.version, backend: keys.kind }, value: 1 },
  ];
}

export async function answerMetrics(_client: ClientRequest, deps: ServerDeps): Promise<Response> {
  const { metrics, toldMetrics } = deps;
  const text = await metrics.text(readings(deps), await toldMetrics.exchanged());
  return new Response(text, { headers: { 'content-type': TYPE } });
}
