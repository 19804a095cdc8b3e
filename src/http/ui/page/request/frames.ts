/** What Gemini sent, frame by frame, beside the events that the client got. */
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import type { Frames as Content, Detail } from '../../../../inspector/shapes.ts';
import { ask } from '../data/api.ts';
import { useAnswer } from '../data/hooks.ts';
import { bytes, plural } from '../figures/words.ts';
import { Fold, Sign } from '../parts.ts';
import { Failed, Loading } from '../states.ts';
import { Term } from '../terms.ts';
import { AttemptChoice, NotAsked } from './attempt-choice.ts';

type Frame = Content['frames'][number];
type Group = { frames: [Frame, ...Frame[]] };

/** What a frame is, without what differs from one to the next: frames of one kind in a row make one line. */
const kindOf = ({ says, events }: Frame): string => [says.replace(/ “.*/s, ''), ...new Set(events)].join(' ');

/** Frames of the same kind in a row, without repairs, are one line. The first of a kind always has a line of its own. */
export function grouped(frames: readonly Frame[]): Group[] {
  const groups: Group[] = [];
  for (const frame of frames) {
    const last = groups.at(-1);
    const joins =
      last &&
      frame.repairs.length === 0 &&
      last.frames[0].repairs.length === 0 &&
      kindOf(frame) === kindOf(last.frames[0]);
    if (joins) last.frames.push(frame);
    else groups.push({ frames: [frame] });
  }
  return groups;
}

/** `5 × thinking_delta, 0` */
function eventText(frames: readonly Frame[]): string {
  const runs: { event: string; times: number }[] = [];
  for (const event of frames.flatMap(({ events }) => events)) {
    const last = runs.at(-1);
    if (last?.event === event) last.times++;
    else runs.push({ event, times: 1 });
  }
  return runs.map(({ event, times }) => (times === 1 ? event : `${times} × ${event}`)).join(' · ');
}

const span = (first: string, last: string) => (first === last ? first : `${first}–${last}`);

/** The bytes of a frame as they came, redacted. */
function FrameBytes({ frame, base }: { frame: Frame; base: string }) {
  const [text, setText] = useState('…');
  useEffect(() => {
    ask(`${base}/text?at=${frame.at}`)
      .then((response) => response.text())
      .then(setText, (error: Error) => setText(error.message));
  }, [frame.at]);
  return html`<pre class="text">${text}</pre>`;
}

function GroupRow({ group: { frames }, base }: { group: Group; base: string }) {
  const [first] = frames;
  const last = frames.at(-1) ?? first;
  const says = frames.length === 1 ? first.says : `${frames.length} × ${first.says.replace(/ “.*/s, '')}`;
  return html`<tr class=${first.repairs.length > 0 ? 'repaired' : ''}>
    <td class="figure second">${span(String(first.number), String(last.number))}</td>
    <td class="figure">${span((first.ms / 1_000).toFixed(3), (last.ms / 1_000).toFixed(3))}</td>
    <td class="figure second">${bytes(frames.reduce((sum, frame) => sum + frame.bytes, 0))}</td>
    <td>
      <${Fold} head=${html`${first.repairs.length > 0 && html`<${Sign} sign="slow" />`}<span>${says}</span>`}>
        ${() => frames.map((frame) => html`<${FrameBytes} key=${frame.number} frame=${frame} base=${base} />`)}
      <//>
      ${first.repairs.map((repair) => html`<div class="warn">${repair}</div>`)}
    </td>
    <td><code>${eventText(frames) || '–'}</code></td>
  </tr>`;
}

type FramesProps = {
  detail: Detail;
  base: string;
  attempt: number | undefined;
  onAttempt(number: number): void;
};

export function Frames({ detail, base, attempt, onAttempt }: FramesProps) {
  const asked = useAnswer<Content>(
    attempt === undefined ? undefined : `${base}/frames?attempt=${attempt}`,
    detail.row.state,
  );
  if (attempt === undefined) return html`<${NotAsked} isEnded=${detail.row.state === 'ended'} />`;
  if (asked.is === 'loading') return html`<${Loading} isLate=${asked.isLate} />`;
  if (asked.is === 'failed') return html`<${Failed} why=${asked.why} />`;
  const { frames, bytes: size, eventCount } = asked.answer;
  const failed = detail.lines.find(
    ({ label, sign }) => label === `Attempt ${attempt}` && sign === 'failed',
  )?.text;
  return html`
    <div class="title-line"><h2 class="title">What Gemini sent, what the client got</h2>
      <${AttemptChoice} attempts=${detail.attempts} attempt=${attempt} label="Answer to" onAttempt=${onAttempt} /></div>
    <section class="panel frames">
    <header><span class="second">${plural(frames.length, 'frame')}, ${bytes(size)} · ${plural(eventCount, 'event')}</span></header>
    <div class="scroll"><table>
      <thead><tr><th class="figure"><${Term} of="frame" /></th><th class="figure">at s</th><th class="figure">Size</th><th>Gemini’s frame</th><th><${Term} of="event">Events<//> sent</th></tr></thead>
      <tbody>${grouped(frames).map((group) => html`<${GroupRow} key=${group.frames[0].number} group=${group} base=${base} />`)}</tbody>
    </table></div>
    ${failed !== undefined && html`<p class="reason failed"><${Sign} sign="failed" /> <span>${failed}</span></p>`}
  </section>`;
}
