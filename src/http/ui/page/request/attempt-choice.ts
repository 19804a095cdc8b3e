/** Chooses the attempt that a tab shows. */
import { html } from 'htm/preact';
import type { Detail } from '../../../../inspector/shapes.ts';
import { shortModel } from '../figures/words.ts';

/** The attempt that is shown: the one of the address where there is such a one, or else the last; undefined where Gemini was not asked. */
export const attemptIn = (attempts: Detail['attempts'], wanted: number): number | undefined =>
  (attempts.find(({ number }) => number === wanted) ?? attempts.at(-1))?.number;

/** What both tabs say where there was no attempt. */
export const NotAsked = ({ isEnded }: { isEnded: boolean }) =>
  html`<p class="second">${isEnded ? 'Gemini was not asked, so there is nothing to show here. Raw has what the client sent, and what it got.' : 'Gemini has not been asked yet.'}</p>`;

type AttemptChoiceProps = {
  attempts: Detail['attempts'];
  attempt: number | undefined;
  /** What is shown of the attempt: `Sent at`. */
  label: string;
  onAttempt(number: number): void;
};

export const AttemptChoice = ({ attempts, attempt, label, onAttempt }: AttemptChoiceProps) =>
  attempts.length === 0
    ? null
    : html`<label>${label} <select value=${String(attempt)} onChange=${(event: Event) => onAttempt(Number((event.target as HTMLSelectElement).value))}>
        ${attempts.map(({ number, model, key, failure }) => html`<option value=${String(number)} selected=${number === attempt}>attempt ${number}, ${shortModel(model)}, #${key}${failure !== undefined && `, failed`}</option>`)}
      </select></label>`;
