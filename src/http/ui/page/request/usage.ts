/** What one request cost, and how much of its thread's prompts came from the cache. */
import { html } from 'htm/preact';
import type { Usage as Content } from '../../../../inspector/shapes.ts';
import { addable, count, money, percentNumber } from '../figures/words.ts';

/** Requests that have room side by side. */
const SHOWN = 11;

type SharesProps = { shares: Content['cachedShares']; own: string; why: string | undefined };

function Shares({ shares, own, why }: SharesProps) {
  const shown = shares.slice(-SHOWN);
  return html`<section class="panel shares">
    <header><h2>Cached share of the prompt in this thread, %</h2><span class="second">the last ${shown.length === 1 ? 'request' : `${shown.length} requests`}</span></header>
    <div class="columns">
      ${shown.map(({ id, share }) => {
        const isThis = id === own;
        return html`<a href=${`#/requests/${id}?tab=usage`} class=${isThis ? `this ${why === undefined ? '' : 'warn'}` : ''}>
          <span>${percentNumber(share)}</span><i style=${{ height: `${Math.max(1, share * 80)}px` }}></i>${isThis && html`<em>this one</em>`}
        </a>`;
      })}
    </div>
    ${why !== undefined && html`<p class="reason"><span class="sign slow" aria-hidden="true">!</span> <span><strong>Why so little came from the cache:</strong> ${why}</span></p>`}
  </section>`;
}

/** `own`: the id of the request. */
export function Usage({ content, own }: { content: Content; own: string }) {
  const exact = addable(
    content.parts.map(({ dollars }) => dollars),
    content.dollars,
  );
  const exactList = addable(
    content.parts.map(({ listDollars = 0 }) => listDollars),
    content.listDollars ?? 0,
  );
  return html`
  <h2 class="title">${content.headline}</h2>
  ${content.lost !== undefined && html`<p class="lost"><span class="sign slow" aria-hidden="true">!</span> <span>${content.lost}</span></p>`}
  <section class="panel">
    <header><h2>What it cost</h2><span class="second">${content.model}</span></header>
    <table class="cost">
      <thead><tr><th></th><th class="figure">Tokens</th><th class="figure">$ a million</th><th class="figure">Cost</th>
        <th class="figure">At Anthropic’s list${content.listModel && html`<br /><span class="second">${content.listModel}</span>`}</th></tr></thead>
      <tbody>
        ${content.parts.map(
          (
            { group, what, tokens, perMillion, dollars, listDollars },
            index,
          ) => html`${group !== undefined && group !== content.parts[index - 1]?.group && html`<tr class="group"><th scope="rowgroup" colspan="5">${group}</th></tr>`}<tr class=${group === undefined ? '' : 'inner'}>
            <th scope="row">${what}</th><td class="figure">${count(tokens)}</td><td class="figure">${perMillion.toFixed(2)}</td>
            <td class="figure">${exact(dollars)}</td><td class="figure second">${listDollars === undefined ? '–' : exactList(listDollars)}</td>
          </tr>`,
        )}
        <tr class="sum"><th scope="row">Together</th><td class="figure">${count(content.parts.reduce((sum, { tokens }) => sum + tokens, 0))}</td><td></td>
          <td class="figure" title=${money(content.dollars)}>${exact(content.dollars)}</td>
          <td class="figure second">${content.listDollars === undefined ? '–' : exactList(content.listDollars)}</td></tr>
      </tbody>
    </table>
  </section>
  ${content.cachedShares.length > 0 && html`<${Shares} shares=${content.cachedShares} own=${own} why=${content.whyCold} />`}`;
}
