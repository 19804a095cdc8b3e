/** Small pieces of the page: signs, bars, buttons, texts. */
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Span, SpanKind, Text } from '../../../inspector/shapes.ts';
import { ask, copy, saveAs } from './data/api.ts';
import { bytes, count } from './figures/words.ts';

const SIGN_TEXTS = {
  failed: 'failed',
  slow: 'slow, retried or not cached',
  changed: 'changed',
  good: 'well',
  idle: 'idle',
};
const SIGN_MARKS: Readonly<Record<string, string>> = { failed: '✕', slow: '!', changed: 'i' };

/** A sign that can be told without its colour. */
export const Sign = ({ sign }: { sign: string }) =>
  sign in SIGN_MARKS
    ? html`<span class="sign ${sign}" role="img" aria-label=${SIGN_TEXTS[sign as 'failed']}>${SIGN_MARKS[sign]}</span>`
    : null;

/** The number of a warning, as it stands beside what it is about. */
export const Mark = ({
  number,
  isRoutine = false,
  onOpen,
}: {
  number: number;
  isRoutine?: boolean;
  onOpen?: () => void;
}) =>
  onOpen
    ? html`<button class="number ${isRoutine ? 'routine' : ''}" title="What was changed here" onClick=${onOpen}>${number}</button>`
    : html`<span class="number ${isRoutine ? 'routine' : ''}">${number}</span>`;

export const Tag = ({ sign = 'idle', children }: { sign?: string; children?: unknown }) =>
  html`<span class="tag ${sign}">${children}</span>`;

export const Key = ({ children }: { children?: unknown }) => html`<kbd>${children}</kbd>`;

export const SPAN_TEXTS: Readonly<Record<SpanKind, string>> = {
  proxy: 'this proxy',
  waiting: 'waiting',
  failed: 'failed attempts',
  silent: 'Gemini silent',
  first: 'Gemini’s first byte',
  thinking: 'thinking',
  writing: 'writing',
};

const place = (ms: number, whole: number) => `${Math.min(100, Math.max(0, (ms / whole) * 100)).toFixed(3)}%`;

/** Spans of time side by side. `wholeMs`: the time at the bar's end. A bar that does not fit is cut. */
export function Bar({ spans, wholeMs, endMs }: { spans: readonly Span[]; wholeMs: number; endMs: number }) {
  return html`<div class="bar ${endMs > wholeMs * 1.001 ? 'cut' : ''}">
    ${spans
      .filter(({ from }) => from < wholeMs)
      .map(({ kind, from, to = endMs }) => {
        const style = {
          left: place(from, wholeMs),
          right: `calc(100% - ${place(Math.max(to, from), wholeMs)})`,
        };
        return html`<i class=${kind} style=${style}></i>`;
      })}
  </div>`;
}

/** A share of a limit. */
export const Meter = ({ now, most, label }: { now: number; most: number; label: string }) => {
  const share = most > 0 ? Math.min(1, now / most) : 0;
  return html`<div class="meter ${share >= 0.8 ? 'full' : ''}" role="meter" aria-label=${label}
    aria-valuemin="0" aria-valuemax=${most} aria-valuenow=${now}><i style=${{ width: `${share * 100}%` }}></i></div>`;
};

/** Copies a text; where the browser does not let it, selects the text for the user to copy. */
export function CopyButton({ text, children = 'Copy' }: { text: string; children?: unknown }) {
  const [said, say] = useState('');
  const onClick = async () => {
    say((await copy(text)) ? 'Copied' : 'Select the text and copy it');
    setTimeout(() => say(''), 2_500);
  };
  return html`<button onClick=${onClick} aria-live="polite">${said || children}</button>`;
}

/** Characters that “Show more” brings. */
const MORE = 200_000;

/** A text of the request, as text. A long one is shown from its beginning. */
export function LongText({ text, base, name }: { text: Text; base: string; name: string }) {
  const [more, setMore] = useState('');
  const [why, setWhy] = useState('');
  const shown = text.text + more;
  const rest = text.length - shown.length;
  const read = async (query: string): Promise<string> =>
    (await ask(`${base}/text?at=${text.at ?? ''}${query}`)).text();
  const attempt = (work: () => Promise<void>) => () =>
    work().then(
      () => setWhy(''),
      (error: Error) => setWhy(error.message),
    );
  const show = attempt(async () => setMore(more + (await read(`&from=${shown.length}&length=${MORE}`))));
  const save = attempt(async () => saveAs(`${name}.txt`, new Blob([await read('')], { type: 'text/plain' })));
  return html`<pre class="text">${shown}</pre>
    ${
      rest > 0 &&
      text.at !== undefined &&
      html`<div class="more">
        <span>${count(shown.length)} of ${count(text.length)} characters</span>
        <button class="link" onClick=${show}>Show more</button>
        <button class="link" onClick=${save}>Save the text</button>
        ${why && html`<span class="bad">${why}</span>`}
      </div>`
    }`;
}

/** Something that opens and closes. Its content is made only when it is opened. */
export function Fold({
  head,
  children,
  isOpen = false,
}: {
  head: unknown;
  children?: () => unknown;
  isOpen?: boolean;
}) {
  const [open, set] = useState(isOpen);
  return html`<details class="fold" open=${open} onToggle=${(event: Event) => set((event.target as HTMLDetailsElement).open)}>
    <summary>${head}</summary>
    ${open && children?.()}
  </details>`;
}

/** A dialog in front of the page. Escape, a click beside it, and its own buttons close it. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children?: unknown;
}) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    element.current?.showModal();
  }, []);
  const onClick = (event: Event) => {
    if (event.target === element.current) onClose();
  };
  return html`<dialog ref=${element} aria-label=${title} onClose=${onClose} onClick=${onClick}>
    <div class="dialog">
      <h2>${title}</h2>
      ${children}
    </div>
  </dialog>`;
}

export const sizeText = (size: number) => html`<span class="second">${bytes(size)}</span>`;
