/** What can be done with a request: keep it, make a test of it, copy it, send it again. */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { ActionAnswer, AdoptQuestion, AgainQuestion } from '../../../../inspector/shapes.ts';
import { act, copy, get } from '../data/api.ts';
import { count, money } from '../figures/words.ts';
import { CopyButton, Dialog } from '../parts.ts';

type Asked =
  | { is: 'nothing' }
  | { is: 'working' }
  | { is: 'said'; title: string; said: string; command?: string | undefined }
  | { is: 'adopt'; question: AdoptQuestion }
  | { is: 'again'; question: AgainQuestion };

type AdoptDialogProps = { question: AdoptQuestion; onSave(): void; onClose(): void };

/** Nothing is written before the user has seen what, and where. */
function AdoptDialog({ question: { name, folder, command }, onSave, onClose }: AdoptDialogProps) {
  return html`<${Dialog} title="Adopt this request as a test?" onClose=${onClose}>
    <p>First the request is saved as the recording <code>${name}</code>, with its secrets blotted out, in</p>
    <pre class="command">${folder}</pre>
    <p>Then this command, in a clone of the proxy, makes a test of it: a folder under the name at its end, and its line in the list of all tests of this kind. The command shortens the request as far as its answer stays the same.</p>
    <pre class="command">${command}</pre>
    <div class="buttons">
      <button class="primary" onClick=${onSave}>Save the recording</button>
      <${CopyButton} text=${command}>Copy the command<//>
      <button class="link" onClick=${onClose}>Cancel</button>
    </div>
  <//>`;
}

function AgainDialog({
  question,
  onSend,
  onClose,
}: {
  question: AgainQuestion;
  onSend(to: 'gemini' | 'mock'): void;
  onClose(): void;
}) {
  const { model, tokens, dollars, toGemini } = question;
  const price = dollars === undefined ? 'a price that is not known' : `${money(dollars)} with nothing cached`;
  return html`<${Dialog} title="Send this request again?" onClose=${onClose}>
    <p>${toGemini && `To Gemini${model === undefined ? '' : `, ${model} first`}: about ${count(tokens)} tokens in, ${price}. `}To the mock, which is a part of this proxy and only plays a model: nothing. No tool is run.</p>
    <div class="buttons">
      <button onClick=${() => onSend('mock')}>Send to the mock</button>
      ${toGemini && html`<button class="primary" onClick=${() => onSend('gemini')}>Send to Gemini</button>`}
      <button class="link" onClick=${onClose}>Cancel</button>
    </div>
  <//>`;
}

export function Actions({
  base,
  hasTexts,
  hasSent,
  onOpen,
}: {
  base: string;
  hasTexts: boolean;
  /** False where there is no request to Gemini that could be copied. */
  hasSent: boolean;
  onOpen(id: string): void;
}) {
  const [asked, set] = useState<Asked>({ is: 'nothing' });
  const close = () => set({ is: 'nothing' });
  const attempt = (title: string, work: () => Promise<Asked>) => () => {
    set({ is: 'working' });
    work().then(set, (error: Error) =>
      set({ is: 'said', title: `${title}: this did not work`, said: error.message }),
    );
  };
  const tell = (title: string, action: string) =>
    attempt(title, async () => ({ is: 'said', title, ...(await act<ActionAnswer>(`${base}/${action}`)) }));
  const curl = attempt('Copy as curl', async () => {
    const { said, command = '' } = await act<ActionAnswer>(`${base}/curl`);
    return { is: 'said', title: (await copy(command)) ? 'Copied' : 'Copy as curl', said, command };
  });
  const send = (to: 'gemini' | 'mock') =>
    attempt('Send again', async () => {
      const { id, said } = await act<ActionAnswer>(`${base}/again`, { to });
      if (id !== undefined) onOpen(id);
      return id === undefined ? { is: 'said', title: 'Sent again', said } : { is: 'nothing' };
    })();
  const isBusy = asked.is === 'working' || !hasTexts;
  return html`<div class="buttons">
    <button disabled=${isBusy} onClick=${tell('Save as recording', 'save')}>Save as recording</button>
    <button disabled=${isBusy} onClick=${attempt('Adopt as a test', async () => ({ is: 'adopt', question: await get<AdoptQuestion>(`${base}/adopt`) }))}>Adopt as a test…</button>
    ${hasSent && html`<button disabled=${isBusy} onClick=${curl}>Copy as curl</button>`}
    <button disabled=${isBusy} onClick=${attempt('Send again', async () => ({ is: 'again', question: await get<AgainQuestion>(`${base}/again`) }))}>Send again…</button>
    ${
      asked.is === 'said' &&
      html`<${Dialog} title=${asked.title} onClose=${close}>
        <p>${asked.said}</p>
        ${asked.command !== undefined && html`<pre class="command">${asked.command}</pre>`}
        <div class="buttons">${asked.command !== undefined && html`<${CopyButton} text=${asked.command} />`}<button class="primary" onClick=${close}>Close</button></div>
      <//>`
    }
    ${asked.is === 'adopt' && html`<${AdoptDialog} question=${asked.question} onSave=${tell('Adopt as a test', 'adopt')} onClose=${close} />`}
    ${asked.is === 'again' && html`<${AgainDialog} question=${asked.question} onSend=${send} onClose=${close} />`}
  </div>`;
}
