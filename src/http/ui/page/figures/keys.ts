/** Keys, models, budgets, clients: what works now, and when the rest works again. */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { ActionAnswer, KeysPage } from '../../../../inspector/shapes.ts';
import { act } from '../data/api.ts';
import { useAnswer, useNow } from '../data/hooks.ts';
import { Dialog, Meter, Tag } from '../parts.ts';
import { Failed, Loading } from '../states.ts';
import { Term } from '../terms.ts';
import { clock, cost, count, countdown, money, plural, shortModel, tokens } from './words.ts';

/** Milliseconds from one look to the next. */
const LOOK = 2_000;

type KeyRow = KeysPage['keys'][number];
type Test = (what: string, path: string, body?: unknown) => void;

function Back({ row, now }: { row: KeyRow; now: number }) {
  if (row.until === undefined) return html`<strong>${row.backWords ?? '–'}</strong>`;
  return html`<strong>${row.back === undefined || row.back === 'again' ? '' : `${row.back} `}in ${countdown(row.until - now)}</strong><div class="second">${row.backWords ?? clock(row.until)}</div>`;
}

function LastMinute({ value }: { value: KeyRow['lastMinute'] }) {
  if (!value) return html`–`;
  if (value.limit === undefined) return html`${count(value.requests)}`;
  return html`${count(value.requests)} / ${count(value.limit)}<${Meter} now=${value.requests} most=${value.limit} label="Requests of the last minute" />`;
}

const KeysTable = ({
  keys,
  now,
  test,
}: {
  keys: readonly KeyRow[];
  now: number;
  test: Test;
}) => html`<section class="panel">
    <header><h2>Keys</h2><span class="second">named by fingerprint; the key itself is never shown</span></header>
    <div class="scroll"><table>
      <thead><tr><th><${Term} of="key" /></th><th>State</th><th><${Term} of="worksAgain" /></th>
        <th title="Requests to Google, failed ones too">Sent,<br />last minute</th><th class="figure wide" title="Requests of clients">Answered,<br />today</th>
        <th class="figure wide">Tokens in,<br />today</th><th class="figure">Cost,<br />today</th><th class="figure wide" title="Sessions whose requests go to this key">Sessions</th><th></th></tr></thead>
      <tbody>${keys.map(
        (row) => html`<tr key=${row.key}>
          <td><code><strong>#${row.key}</strong></code></td>
          <td><span title=${row.hint}><${Tag} sign=${row.sign}>${row.state}<//></span><div class="second">${row.why}</div></td>
          <td><${Back} row=${row} now=${now} /></td>
          <td class="minute"><${LastMinute} value=${row.lastMinute} /></td>
          <td class="figure wide">${count(row.today.requests)}</td><td class="figure wide">${tokens(row.today.in)}</td>
          <td class="figure">${cost(row.today)}</td><td class="figure wide">${count(row.sessions)}</td>
          <td class="figure"><button onClick=${() => test(`key #${row.key}`, `keys/${row.key}/test`)}>Test</button></td>
        </tr>`,
      )}</tbody>
    </table></div>
  </section>`;

/** What answers in place of a model that is down, or has done so today. */
const InsteadOf = ({ isDown, instead }: Pick<KeysPage['models'][number], 'isDown' | 'instead'>) => {
  if (instead.length === 0) return html`<span class="second">–</span>`;
  return instead.map(({ model, since, last, requests }, index) => {
    const isNow = isDown && index === 0;
    const when = isNow ? `since ${clock(since)}` : `last at ${clock(last)}`;
    return html`<div>${isNow ? html`<strong>${shortModel(model)}</strong>` : shortModel(model)}
      <div class="second">${plural(requests, 'request')} today, ${when}</div></div>`;
  });
};

type ModelRow = KeysPage['models'][number];
type Cell = ModelRow['cells'][number];

const CellView = ({ cell }: { cell: Cell }) =>
  html`<span title=${cell.hint}><${Tag} sign=${cell.sign}>${cell.state}<//></span>`;

/** The most keys that have room beside each other in a narrow window. */
const SIDE_BY_SIDE = 3;

/** How many keys answer, and what keeps the others from it: for more keys than have room beside each other. */
function FewWords({ cells }: { cells: readonly Cell[] }) {
  const others = cells.filter(({ sign }) => sign !== 'good');
  return html`<td>
    <${Tag} sign=${others.length === 0 ? 'good' : others.length === cells.length ? 'failed' : 'slow'}>${cells.length - others.length} of ${count(cells.length)} answer<//>
    ${others.map((cell) => html`<div class="few"><code>#${cell.key}</code> <${CellView} cell=${cell} /> <span class="second">${cell.more}</span></div>`)}
  </td>`;
}

const KeyCell = ({ cell }: { cell: Cell | undefined }) =>
  html`<td>${cell ? html`<${CellView} cell=${cell} /><div class="second">${cell.more}</div>` : html`<span class="second">–</span>`}</td>`;

const Models = ({
  models,
  keys,
  test,
}: {
  models: KeysPage['models'];
  keys: readonly KeyRow[];
  test: Test;
}) => html`<section class="panel">
    <header><h2>Models</h2><span class="second">a model that keeps failing with a key is <${Term} of="leftOut">left out<//> for a while</span></header>
    <div class="scroll"><table>
      <thead><tr><th>Model</th>${keys.length > SIDE_BY_SIDE ? html`<th>Keys</th>` : keys.map(({ key }) => html`<th><code>#${key}</code></th>`)}<th>Answered in its place</th><th></th></tr></thead>
      <tbody>${models.map(
        ({ model, cells, isDown, instead }) => html`<tr key=${model}>
          <td><strong>${model}</strong></td>
          ${
            keys.length > SIDE_BY_SIDE
              ? html`<${FewWords} cells=${cells} />`
              : keys.map(({ key }) => html`<${KeyCell} cell=${cells.find((one) => one.key === key)} />`)
          }
          <td><${InsteadOf} isDown=${isDown} instead=${instead} /></td>
          <td class="figure"><button onClick=${() => test(model, `models/${encodeURIComponent(model)}/test`)}>Test</button></td>
        </tr>`,
      )}</tbody>
    </table></div>
  </section>`;

const amount = (unit: 'dollars' | 'count', value: number) =>
  unit === 'dollars' ? money(value) : count(value);

const Budgets = ({ budgets }: { budgets: KeysPage['budgets'] }) => html`<section class="panel">
    <header><h2>Budgets</h2></header>
    ${budgets.map(
      ({
        name,
        note,
        now,
        most,
        unit,
      }) => html`<div class="budget"><span>${name}<div class="second">${note}</div></span>
        <span class="figure">${
          most === undefined
            ? html`${amount(unit, now)}<div class="second">no limit so far</div>`
            : html`${amount(unit, now)} of ${amount(unit, most)}<${Meter} now=${now} most=${most} label=${name} />`
        }</span></div>`,
    )}
  </section>`;

const Clients = ({ clients }: { clients: KeysPage['clients'] }) => html`<section class="panel">
    <header><h2>Clients</h2></header>
    ${clients.length === 0 && html`<p class="inside second">No client has a name. CLIENT_KEYS gives each client a name, a key and limits of its own.</p>`}
    ${clients.map(
      ({
        name,
        note,
        minute,
        day,
      }) => html`<div class="budget"><span>${name}<div class="second">${note}</div></span>
        <span class="figure">${minute && html`${count(minute.now)} of ${count(minute.most)}<${Meter} now=${minute.now} most=${minute.most} label="Requests a minute" />`}</span>
        <span class="figure">${day && html`${money(day.now)} of ${money(day.most)}<${Meter} now=${day.now} most=${day.most} label="Dollars a day" />`}</span></div>`,
    )}
  </section>`;

function useTest(onDone: () => void): { test: Test; dialog: unknown } {
  const [said, say] = useState<{ title: string; text: string }>();
  const test: Test = (what, path, body) => {
    say({ title: `Testing ${what}`, text: 'One small request is sent to Google …' });
    act<ActionAnswer>(path, body)
      .then(
        (answer) => say({ title: `Tested ${what}`, text: answer.said }),
        (error: Error) => say({ title: `Testing ${what} did not work`, text: error.message }),
      )
      .then(onDone);
  };
  const close = () => say(undefined);
  const dialog =
    said &&
    html`<${Dialog} title=${said.title} onClose=${close}><div role="status">${said.text.split('\n').map((line) => html`<p>${line}</p>`)}</div>
      <div class="buttons"><button class="primary" onClick=${close}>Close</button></div><//>`;
  return { test, dialog };
}

export function Keys() {
  const now = useNow(1_000);
  const [tested, setTested] = useState(0);
  const asked = useAnswer<KeysPage>('keys', `${Math.floor(now / LOOK)} ${tested}`);
  const { test, dialog } = useTest(() => setTested(tested + 1));
  if (asked.is === 'loading') return html`<main class="view"><${Loading} isLate=${asked.isLate} /></main>`;
  if (asked.is === 'failed') return html`<main class="view"><${Failed} why=${asked.why} /></main>`;
  const { headline, keys, models, budgets, clients } = asked.answer;
  return html`<main class="view keys">
    <div class="title-line"><h1>${headline}</h1>${keys.length > 0 && html`<button onClick=${() => test('all keys', 'keys/test')}>Test all keys</button>`}</div>
    <${KeysTable} keys=${keys} now=${now} test=${test} />
    <${Models} models=${models} keys=${keys} test=${test} />
    <div class="two"><${Budgets} budgets=${budgets} /><${Clients} clients=${clients} /></div>
    ${dialog}
  </main>`;
}
