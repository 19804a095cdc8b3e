/** What was said: the messages that are new in this request, and the answer. System, tools and older messages are folded. */
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Block, Conversation as Content, Message, Row, Warning } from '../../../../inspector/shapes.ts';
import { ask } from '../data/api.ts';
import { bytes, duration, money, plural } from '../figures/words.ts';
import { sumsOf } from '../list/threads.ts';
import { holds } from '../marks.ts';
import { Fold, LongText, Mark, sizeText, Tag } from '../parts.ts';

type Shared = {
  base: string;
  /** The words that are looked for: what is folded opens where they stand in it. */
  find: string;
  warnings: readonly Warning[];
  /** The requests of the subagents that the calls have begun, the oldest first, by the ids of the calls. */
  subagents: ReadonlyMap<string, readonly Row[]>;
  /** The id of the call that a link has led to. */
  chosenCall: string | undefined;
  onWarning(number: number): void;
};

const Numbers = ({ numbers = [], shared }: { numbers?: readonly number[] | undefined; shared: Shared }) =>
  numbers.map((number) => {
    const warning = shared.warnings.find((one) => one.number === number);
    return html`<${Mark} number=${number} isRoutine=${warning?.routine} onOpen=${() => shared.onWarning(number)} />`;
  });

function Picture({ block, base }: { block: Extract<Block, { type: 'media' }>; base: string }) {
  const [url, setUrl] = useState('');
  const [why, setWhy] = useState('');
  const isPicture = block.mediaType.startsWith('image/');
  const show = () =>
    ask(`${base}/text?at=${block.at}&bytes=1`)
      .then((response) => response.blob())
      .then(
        (blob) => setUrl(URL.createObjectURL(new Blob([blob], { type: block.mediaType }))),
        (error: Error) => setWhy(error.message),
      );
  return html`<div class="media">
    <${Tag}>${block.mediaType}<//> ${sizeText(block.bytes)}
    ${isPicture && url === '' && html`<button class="link" onClick=${show}>Show the picture</button>`}
    ${url !== '' && html`<img src=${url} alt="" />`}
    ${why && html`<span class="bad">${why}</span>`}
  </div>`;
}

/** Leads from a call to the requests of the subagent that the call has begun. */
function SubagentOf({ rows }: { rows: readonly Row[] }) {
  const [first] = rows;
  if (!first) return null;
  const { requests, dollars, isLive } = sumsOf(rows);
  const facts = [
    plural(requests, 'request'),
    ...(dollars === undefined ? [] : [money(dollars)]),
    ...(isLive ? ['under way'] : []),
  ];
  return html`<a class="subagent" href=${`#/requests/${first.id}`}>The subagent that this call began: ${facts.join(', ')} →</a>`;
}

function Call({ block, shared }: { block: Extract<Block, { type: 'call' }>; shared: Shared }) {
  const { id, name, brief, input, edit, result } = block;
  const element = useRef<HTMLElement>(null);
  const isChosen = id === shared.chosenCall;
  useEffect(() => {
    if (isChosen) element.current?.scrollIntoView({ block: 'center' });
  }, [isChosen]);
  return html`<section class="call ${isChosen ? 'chosen' : ''}" ref=${element}>
    <header>
      <strong>${name}</strong> <code class="brief">${brief}</code>
      ${result ? html`<${Tag} sign=${result.isError ? 'failed' : 'idle'}>${result.note ?? (result.isError ? 'error' : 'ok')}<//>` : html`<${Tag}>called<//>`}
      ${result?.clientMs !== undefined && html`<span class="second">${duration(result.clientMs)} at the client</span>`}
      <${Numbers} numbers=${block.warnings} shared=${shared} />
    </header>
    <${SubagentOf} rows=${shared.subagents.get(id) ?? []} />
    ${
      edit
        ? html`<div class="edit"><div class="removed"><${LongText} text=${edit.removed} base=${shared.base} name="removed" /></div>
            <div class="added"><${LongText} text=${edit.added} base=${shared.base} name="added" /></div></div>`
        : input.text !== '{}' &&
          html`<div class="input"><${LongText} text=${input} base=${shared.base} name=${`${name}-input`} /></div>`
    }
    ${result && html`<div class="result ${result.isError ? 'failed' : ''}"><${LongText} text=${result.text} base=${shared.base} name=${`${name}-result`} /></div>`}
  </section>`;
}

function BlockView({ block, shared }: { block: Block; shared: Shared }) {
  const numbers = html`<${Numbers} numbers=${block.warnings} shared=${shared} />`;
  if (block.type === 'call') return html`<${Call} block=${block} shared=${shared} />`;
  if (block.type === 'media') return html`<${Picture} block=${block} base=${shared.base} />`;
  const text = html`<${LongText} text=${block.text} base=${shared.base} name=${block.type} />`;
  if (block.type === 'text') return html`<div class="said">${numbers}${text}</div>`;
  const head =
    block.type === 'thinking' ? `thinking${block.hidden ? ', hidden by the client' : ''}` : block.kind;
  if (block.text.length === 0) return html`<div class="second thought">${head} ${numbers}</div>`;
  return html`<div class="second thought">${numbers}<${Fold} head=${head} isOpen=${isFound(block.text, shared)}>${() => text}<//></div>`;
}

/** What is said of a message beside its blocks, so that no message is missing between two others. */
function restText({ blocks, results = 0 }: Message): string | undefined {
  if (results > 0)
    return `${plural(results, 'tool result')}, shown under ${results === 1 ? 'its call' : 'their calls'}`;
  return blocks.length === 0 ? 'empty' : undefined;
}

/** The id of an answer has no room beside it. */
const briefPath = (path: string): string => (path.startsWith('msg_') ? `${path.slice(0, 8)}…` : path);

const MessageView = ({
  message,
  shared,
}: {
  message: Message;
  shared: Shared;
}) => html`<article class="message">
    <div class="who"><span>${message.role}</span><code class="second" title=${message.path}>${briefPath(message.path)}</code></div>
    <div class="blocks">${restText(message) && html`<p class="second">${restText(message)}</p>`}${message.blocks.map((block) => html`<${BlockView} block=${block} shared=${shared} />`)}</div>
  </article>`;

/** True where the words that are looked for stand in something that is folded. */
const isFound = (value: unknown, { find }: Pick<Shared, 'find'>) => find !== '' && holds(value, find);

type ToolListProps = { tools: Content['tools']['tools']; base: string; find: string };

function ToolList({ tools, base, find }: ToolListProps) {
  return html`<div class="inside">
    ${tools.map(
      ({
        name,
        description,
        schema,
      }) => html`<${Fold} isOpen=${isFound([name, description, schema], { find })} head=${html`<code>${name}</code>`}>
        ${() => html`<${LongText} text=${description} base=${base} name=${name} /><${LongText} text=${schema} base=${base} name=${`${name}-schema`} />`}
      <//>`,
    )}
  </div>`;
}

const earlierText = ({ earlier, isAsBefore }: Content) =>
  `${[...new Set([earlier[0]?.path, earlier.at(-1)?.path])].join(' – ')}, ${isAsBefore ? 'same as in the request before' : 'before the last answer that the client sent along'}`;

type ConversationProps = {
  content: Content;
  /** False where nothing was asked of Gemini. */
  hasSent: boolean;
  isEnded: boolean;
} & Shared;

export function Conversation({ content, hasSent, isEnded, ...shared }: ConversationProps) {
  const { system, tools, earlier, fresh, answer } = content;
  const names = tools.tools.map(({ name }) => name).join(', ');
  return html`<section class="panel conversation">
    ${
      system.blocks > 0 &&
      html`<${Fold} isOpen=${isFound(system.texts, shared)} head=${html`<strong>System</strong> <span class="second">${plural(system.blocks, 'block')}, ${bytes(system.bytes)}</span>
        <${Numbers} numbers=${system.warnings} shared=${shared} />`}>
        ${() => html`<div class="inside">${system.texts.map((text, index) => html`<${LongText} text=${text} base=${shared.base} name=${`system-${index}`} />`)}</div>`}
      <//>`
    }
    ${
      tools.tools.length > 0 &&
      html`<${Fold} isOpen=${isFound(tools.tools, shared)} head=${html`<strong>Tools</strong> <span class="second cut-text">${tools.tools.length} declared, ${bytes(tools.bytes)}: ${names}</span>
        <${Numbers} numbers=${tools.warnings} shared=${shared} />`}>
        ${() => html`<${ToolList} tools=${tools.tools} base=${shared.base} find=${shared.find} />`}
      <//>`
    }
    ${
      earlier.length > 0 &&
      html`<${Fold} isOpen=${isFound(earlier, shared)} head=${html`<strong>${plural(earlier.length, 'earlier message')}</strong> <span class="second">${earlierText(content)}</span>`}>
        ${() => earlier.map((message) => html`<${MessageView} message=${message} shared=${shared} />`)}
      <//>`
    }
    <h3 class="fresh">${hasSent || !isEnded ? 'New in this request' : 'What the client sent; nothing was asked of Gemini'}</h3>
    ${isEnded && fresh.length === 0 && html`<p class="inside second">No message could be read. Raw has what came.</p>`}
    ${fresh.map((message) => html`<${MessageView} message=${message} shared=${shared} />`)}
    <h3>The answer</h3>
    ${answer ? html`<${MessageView} message=${answer} shared=${shared} />` : html`<p class="inside second">${isEnded ? 'There is none.' : 'There is none yet.'}</p>`}
  </section>`;
}
