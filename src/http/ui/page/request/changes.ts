/** What was changed, and why: the warnings as a numbered list, then what came beside what was sent. */
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type {
  ChangeLine,
  Changes as Content,
  Detail,
  Pair,
  Unwarned,
  Warning,
} from '../../../../inspector/shapes.ts';
import { useAnswer } from '../data/hooks.ts';
import { bytes, count, plural } from '../figures/words.ts';
import { Fold, LongText, Mark, Tag } from '../parts.ts';
import { Failed, Loading } from '../states.ts';
import { AttemptChoice, NotAsked } from './attempt-choice.ts';

const WarningText = ({ warning }: { warning: Warning }) =>
  html`${warning.path !== 'answer' && html`<code>${warning.path}</code>`} <span class="second">${warning.detail}</span>`;

function WarningList({
  warnings,
  unwarned,
  chosen,
  onChoose,
}: {
  warnings: readonly Warning[];
  unwarned: readonly Unwarned[];
  chosen: number | undefined;
  onChoose(number: number): void;
}) {
  return html`<ol class="panel warnings">
    ${warnings.map(
      (
        warning,
      ) => html`<li class=${warning.number === chosen ? 'chosen' : ''} onClick=${() => onChoose(warning.number)}>
        <${Mark} number=${warning.number} isRoutine=${warning.routine} onOpen=${() => onChoose(warning.number)} />
        <strong class="what">${warning.words}</strong>
        <span class="grow"><${WarningText} warning=${warning} /></span>
        <code class="second">${warning.code}</code>
        ${warning.attempt !== undefined && html`<${Tag}>attempt ${warning.attempt}<//>`}
        ${warning.routine && html`<${Tag}>as usual<//>`}
      </li>`,
    )}
    ${unwarned.map(
      ({
        number,
        says,
        why,
        matters,
      }) => html`<li class=${number === chosen ? 'chosen' : ''} onClick=${() => onChoose(number)}>
        <${Mark} number=${number} isRoutine=${!matters} onOpen=${() => onChoose(number)} />
        <strong class="what">${says}</strong>
        <span class="grow second">${why}</span>
        ${!matters && html`<${Tag}>as usual<//>`}
      </li>`,
    )}
  </ol>`;
}

const SIGN_CLASSES: Readonly<Record<ChangeLine['sign'], string>> = {
  ' ': '',
  '-': 'removed',
  '+': 'added',
  '~': 'altered',
};

/** `side`: where the halves stand beneath each other, only this says which is which. */
type LinesProps = Pair['came'] & { side: string; none: string };

const Lines = ({ side, place, lines, none }: LinesProps) => html`<div class="half">
    <span class="place second"><span class="narrow">${side} · </span><code>${place}</code></span>
    <pre>${lines.map(({ sign, text }) => html`<span class=${`change ${SIGN_CLASSES[sign]}`}><b>${sign}</b>${text}${'\n'}</span>`)}</pre>
    ${lines.length === 0 && html`<span class="second">${none}</span>`}
  </div>`;

const SIGN_COLORS: Readonly<Record<Unwarned['sign'], string>> = { '-': 'bad', '+': 'good', '~': 'accent' };

const UnwarnedText = ({ unwarned: { number, sign, says, why, matters } }: { unwarned: Unwarned }) =>
  html`<p class="reason ${matters ? '' : 'routine'}"><${Mark} number=${number} isRoutine=${!matters} /> <b class=${SIGN_COLORS[sign]}>${sign}</b> <span><strong>${says}</strong> ${why}</span></p>`;

function PairView({
  pair,
  warnings,
  chosen,
}: {
  pair: Pair;
  warnings: readonly Warning[];
  chosen: number | undefined;
}) {
  const element = useRef<HTMLElement>(null);
  const isChosen =
    chosen !== undefined && (pair.warnings.includes(chosen) || pair.unwarned?.number === chosen);
  useEffect(() => {
    if (isChosen) element.current?.scrollIntoView({ block: 'center' });
  }, [isChosen]);
  return html`<section class="pair ${isChosen ? 'chosen' : ''}" ref=${element}>
    <div class="halves"><${Lines} side="as it came" ...${pair.came} none="not in the client’s request" /><${Lines} side="as sent" ...${pair.sent} none="left out" /></div>
    ${warnings
      .filter(({ number }) => pair.warnings.includes(number))
      .map(
        (warning) => html`<p class="reason ${warning.routine ? 'routine' : ''}">
          <${Mark} number=${warning.number} isRoutine=${warning.routine} /> <span><strong>${warning.words}</strong> ${warning.detail}</span> <code class="second">${warning.code}</code>
        </p>`,
      )}
    ${pair.unwarned && html`<${UnwarnedText} unwarned=${pair.unwarned} />`}
  </section>`;
}

const REST = [
  ['unchanged', 'Sent with the same meaning'],
  ['kept', 'Not sent: the proxy does it'],
  ['unsent', 'Not sent'],
] as const;

/** What was not changed: sent, done by the proxy, or not sent. */
const Rest = ({ content }: { content: Content }) =>
  REST.map(
    ([name, title], index) =>
      content[name].length > 0 &&
      html`<div class="rest"><${Fold} head=${html`<strong>${title}</strong> <span class="second cut-text">${content[name].join(', ')}</span>`}>
        ${() => html`<ul class="inside">${content[name].map((one) => html`<li><code>${one}</code></li>`)}</ul>`}
      <//>${index === 0 && content.pairs.length > 0 && html`<span class="second key"><b class="bad">−</b> left out <b class="good">+</b> added <b class="accent">~</b> changed</span>`}</div>`,
  );

function Pairs({
  content,
  warnings,
  chosen,
  base,
}: {
  content: Content;
  warnings: readonly Warning[];
  chosen: number | undefined;
  base: string;
}) {
  const [all, setAll] = useState(false);
  return html`<section class="panel pairs">
    <header class="halves">
      <h2>Anthropic’s request, as it came <span class="second">${bytes(content.cameBytes)}</span></h2>
      <h2>Gemini’s request, as sent <span class="second">${bytes(content.sentBytes)}</span>
        <span class="choice" role="group" aria-label="What is shown">
          <button aria-pressed=${!all} onClick=${() => setAll(false)}>Changes</button>
          <button aria-pressed=${all} onClick=${() => setAll(true)}>All</button>
        </span>
      </h2>
    </header>
    ${
      all
        ? html`<div class="halves"><div class="half"><${LongText} text=${content.came} base=${base} name="request" /></div>
            <div class="half"><${LongText} text=${content.sent} base=${base} name="gemini-request" /></div></div>`
        : content.pairs.map(
            (pair) => html`<${PairView} pair=${pair} warnings=${warnings} chosen=${chosen} />`,
          )
    }
    ${!all && html`<${Rest} content=${content} />`}
  </section>`;
}

/** How many changes may matter: those of which a warning tells that is not as usual, and another model. Wherever a number of changes stands, it is this one. */
export const matteringIn = ({ row, warnings }: Pick<Detail, 'row' | 'warnings'>): number =>
  warnings.filter(({ routine }) => !routine).length + (row.replaced === undefined ? 0 : 1);

/** `2 matter` */
export const matterText = (mattering: number): string =>
  `${count(mattering)} ${mattering === 1 ? 'matters' : 'matter'}`;

/** `unwarned`: how many changes have no warning. While that is not known no number is told, since it would change. */
export function titleOf(warned: number, mattering: number, unwarned: number | undefined): string {
  if (unwarned === undefined) return 'What was changed';
  const changed = warned + unwarned;
  if (changed === 0) return 'Nothing was left out or changed';
  const what = `${plural(changed, 'thing')} ${changed === 1 ? 'was' : 'were'} changed`;
  if (mattering === changed) return what;
  return `${what}, ${mattering === 0 ? 'as in nearly every request' : `${mattering} of them ${mattering === 1 ? 'matters' : 'matter'}`}`;
}

/** Why the client got less text than Gemini sent, by the end that the client was told. */
const CUT_BY: Readonly<Record<string, string>> = {
  stop_sequence: '. The proxy ended the answer at a stop sequence of the request',
  max_tokens: '. The proxy ended the answer at max_tokens',
  'client left': ': then the client left',
};

/** What became of the text of the answer, which was compared. */
function comparedText(text: Content['text'], ending: string | undefined): string {
  switch (text?.is) {
    case 'same':
      return 'The client got the text that Gemini sent';
    case 'cut':
      return `The text of the answer was cut: Gemini sent ${plural(text.sent, 'character')}, the client got the first ${count(text.got)}${CUT_BY[ending ?? ''] ?? ''}`;
    case 'other':
      return 'The client got another text than Gemini sent: Raw has both';
    default:
      return 'No change of the answer is known';
  }
}

/** What became of the answer on its way to the client. */
export function answerText(
  { row, warnings }: Pick<Detail, 'row' | 'warnings'>,
  { answer: numbers, text }: Pick<Content, 'answer' | 'text'>,
): string {
  const own = warnings.filter(({ number }) => numbers.includes(number));
  if (own.length > 0) {
    const what = own.map(({ words, detail }) => `${words}: ${detail}`).join('; ');
    const cut = text?.is === 'cut' ? `. ${comparedText(text, row.ending)}` : '';
    return `${plural(own.length, 'thing')} ${own.length === 1 ? 'was' : 'were'} changed in the answer. ${what}${cut}`;
  }
  if (row.state !== 'ended') return 'No change of the answer is known until now';
  return row.firstMs === undefined
    ? 'There was no answer that could be changed'
    : comparedText(text, row.ending);
}

export type ChangesProps = {
  detail: Detail;
  base: string;
  /** Undefined where Gemini was not asked. */
  attempt: number | undefined;
  chosen: number | undefined;
  onAttempt(number: number): void;
  onChoose(number: number): void;
};

export function Changes({ detail, base, attempt, chosen, onAttempt, onChoose }: ChangesProps) {
  const asked = useAnswer<Content>(
    attempt === undefined ? undefined : `${base}/changes?attempt=${attempt}`,
    detail.row.state,
  );
  const { warnings, attempts } = detail;
  const unwarned =
    asked.is === 'here'
      ? asked.answer.pairs.flatMap((pair) => (pair.unwarned ? [pair.unwarned] : []))
      : undefined;
  const title =
    attempt === undefined
      ? 'Nothing was sent to Gemini'
      : titleOf(warnings.length, matteringIn(detail), unwarned?.length);
  return html`
    <div class="title-line"><h2 class="title">${title}</h2>
      <${AttemptChoice} attempts=${attempts} attempt=${attempt} label="Sent at" onAttempt=${onAttempt} />
    </div>
    ${asked.is === 'here' && html`<p class="second">${answerText(detail, asked.answer)}</p>`}
    ${warnings.length + (unwarned?.length ?? 0) > 0 && html`<${WarningList} warnings=${warnings} unwarned=${unwarned ?? []} chosen=${chosen} onChoose=${onChoose} />`}
    ${attempt === undefined && html`<${NotAsked} isEnded=${detail.row.state === 'ended'} />`}
    ${attempt !== undefined && asked.is === 'loading' && html`<${Loading} isLate=${asked.isLate} />`}
    ${asked.is === 'failed' && html`<${Failed} why=${asked.why} />`}
    ${asked.is === 'here' && html`<${Pairs} content=${asked.answer} warnings=${warnings} chosen=${chosen} base=${base} />`}`;
}
