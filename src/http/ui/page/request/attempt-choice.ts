/** Chooses the attempt that a tab shows. */
import { html } from 'htm/preact';
import type { Detail } from '../../../../inspector/shapes.ts';
import { shortModel } from '../figures/words.ts';

type AttemptChoiceProps = {
  attempts: Detail['attempts'];
  attempt: number;
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
