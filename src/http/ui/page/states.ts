/** What the page says where there is nothing to show: nothing yet, nothing found, no proxy, no key, no more text. */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { Address } from './data/address.ts';
import { useNow } from './data/hooks.ts';
import type { Connection, Hello, Live, State } from './data/live.ts';
import { clock, count, shortModel } from './figures/words.ts';
import { SIGNS } from './list/filters.ts';
import { CopyButton } from './parts.ts';

export function Empty({ hello }: { hello: Hello | undefined }) {
  const token = hello?.needsKey ? 'your-proxy-key' : 'dummy';
  const command = `ANTHROPIC_BASE_URL=${hello?.baseUrl ?? location.origin} \\\nANTHROPIC_AUTH_TOKEN=${token} claude`;
  return html`<section class="card">
    <h2>Nothing has come yet</h2>
    <p>Connect Claude Code; its requests appear here as they stream.</p>
    <pre class="command">${command}</pre>
    <${CopyButton} text=${command} />
  </section>`;
}

export const Loading = ({
  isLate = true,
}: {
  isLate?: boolean;
}) => html`<section class="card loading" aria-busy="true" aria-label="Loading">
    ${isLate && [88, 70, 82, 58, 76].map((width) => html`<i style=${{ width: `${width}%` }}></i>`)}
  </section>`;

export function NoMatch({
  address,
  total,
  onClear,
}: {
  address: Address;
  total: number;
  onClear: () => void;
}) {
  const { q = '', sign = '', caller = '', model = '', key = '', client = '' } = address.query;
  const words = [
    ...(q === '' ? [] : [`“${q}”`]),
    ...SIGNS.filter((one) => sign.split(',').includes(one)),
    ...[caller, ...model.split(',').map(shortModel), key === '' ? '' : `#${key}`, client].filter(
      (word) => word !== '',
    ),
  ];
  return html`<section class="card">
    <h2>No request matches</h2>
    <p>${words.join(', ')}. All ${count(total)} were searched.</p>
    <button onClick=${onClear}>Clear the filters</button>
  </section>`;
}

export function Gone({ connection, live }: { connection: Extract<Connection, { is: 'gone' }>; live: Live }) {
  const now = useNow(1_000);
  const left = Math.max(0, Math.ceil((connection.retryAt - now) / 1_000));
  return html`<div class="notice failed" role="alert">
    <span class="sign failed" aria-hidden="true">✕</span>
    <span><strong>The proxy does not answer.</strong> ${connection.why} Trying again ${left > 0 ? `in ${left} s` : 'now'}.
      What you see was true at ${clock(connection.since)}.</span>
    <button onClick=${() => live.connect()}>Try now</button>
  </div>`;
}

/** No key opens the page. */
const Closed = ({
  why,
}: {
  why: string;
}) => html`<main class="narrow-page"><section class="card panel" role="alert">
    <h2>This page is closed</h2>
    <p>${why}.</p>
    <pre class="command">PROXY_API_KEY=a-long-word-of-your-own</pre>
  </section></main>`;

type LockProps = { connection: Extract<Connection, { is: 'locked' }>; live: Live };

export function Lock({ connection: { wasWrong, isClosed, why }, live }: LockProps) {
  const [key, setKey] = useState('');
  const onSubmit = (event: Event) => {
    event.preventDefault();
    live.unlock(key.trim());
  };
  if (isClosed) return html`<${Closed} why=${why} />`;
  return html`<main class="narrow-page"><form class="card panel" onSubmit=${onSubmit}>
    <h2>This proxy asks for its key</h2>
    <p>PROXY_API_KEY is set. It is sent as a header and kept for this tab only.</p>
    ${wasWrong && html`<p class="bad" role="alert">That was not the key. ${why}.</p>`}
    <input type="password" autofocus autocomplete="off" placeholder="PROXY_API_KEY" aria-label="PROXY_API_KEY" value=${key}
      onInput=${(event: Event) => setKey((event.target as HTMLInputElement).value)} />
    <button class="primary" type="submit" disabled=${key.trim() === ''}>Open</button>
  </form></main>`;
}

export const LetGo = ({ megabytes }: { megabytes: number | undefined }) => html`<section class="card">
    <h2>The text of this request was let go</h2>
    <p>${megabytes === undefined ? 'A bounded amount is' : `${megabytes} MB are`} kept (INSPECTOR_MEMORY). The figures, the time line and the warnings of
      this request are still here. Save what you need as a recording.</p>
  </section>`;

export const Failed = ({ why }: { why: string }) => html`<section class="card" role="alert">
    <h2>This could not be shown</h2>
    <p>${why}</p>
  </section>`;

/** What to say of somebody who stands in for Google. */
const STAND_INS: Readonly<Record<string, string>> = {
  mock: 'The mock answers. Nothing here came from Google, and nothing was paid.',
  replay: 'A recording answers. Nothing here came from Google now, and nothing was paid.',
};

/** Says whose requests and figures these are, where several proxies share one Redis. */
export const OneOfSeveral = ({ instance }: { instance: NonNullable<State['instance']> }) =>
  html`<div class="notice plain" role="note"><span class="sign changed" aria-hidden="true">i</span><span><strong>This page shows the requests of this instance
    (${instance.number} of ${instance.of}).</strong> <span class="wide">The others share keys with it through Redis, what is known of models that fail, and budgets; each has a page of its own for its requests.</span></span></div>`;

export const StandIn = ({ hello }: { hello: Hello | undefined }) => {
  const text = STAND_INS[hello?.upstream ?? ''];
  return text
    ? html`<div class="notice plain" role="note"><span class="sign changed" aria-hidden="true">i</span><span>${text}</span></div>`
    : null;
};
