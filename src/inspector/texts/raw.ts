/** Everything that is kept of a request, as it came and went. */
import { namesCredential } from '../../sim/redact.ts';
import type { Exchange } from '../parts.ts';
import type { Raw } from '../shapes.ts';
import type { Opened } from './opened.ts';
import { PLACES, textFrom } from './text.ts';

type Part = { name: string; bytes: number; text: string; hidden: number };

const HIDDEN = '(hidden)';

function headersOf({ request, shown }: Opened): string {
  return [...request.headers]
    .map(([name, value]) => `${name}: ${namesCredential(name) ? HIDDEN : shown.text(value)}`)
    .join('\n');
}

const readsText = (opened: Opened, exchange: Exchange): string =>
  new TextDecoder().decode(Buffer.concat(opened.reads(exchange).map(({ bytes }) => bytes)));

function exchangeParts(opened: Opened, exchange: Exchange): Part[] {
  const sent = opened.sentIn(exchange);
  const status = exchange.status === undefined ? 'no answer' : String(exchange.status);
  return [
    ...(sent
      ? [
          {
            name: `Sent at attempt ${exchange.attempt}`,
            bytes: sent.bytes,
            text: sent.text,
            hidden: sent.hidden,
          },
        ]
      : []),
    {
      name: `Gemini’s answer to attempt ${exchange.attempt}: ${status}`,
      bytes: exchange.answer.length,
      text: readsText(opened, exchange),
      hidden: opened.hiddenIn(exchange.answer),
    },
  ];
}

/** A request that is refused for its headers, or for how it is packed, has no body that could be shown. */
function unread({ request: { events, isEnded } }: Opened): Part[] {
  if (!isEnded || events.some(({ type }) => type === 'read')) return [];
  return [{ name: 'The client’s request: refused before its body was read', bytes: 0, text: '', hidden: 0 }];
}

export function rawParts(opened: Opened): Part[] {
  const { request } = opened;
  const came = opened.came();
  if (!request.hasTexts) return [];
  return [
    { name: 'The client’s headers', bytes: 0, text: `POST ${request.path}\n${headersOf(opened)}`, hidden: 0 },
    ...(came
      ? [{ name: 'The client’s request', bytes: came.bytes, text: came.text, hidden: came.hidden }]
      : unread(opened)),
    ...request.exchanges.flatMap((exchange) => exchangeParts(opened, exchange)),
    {
      name: 'What the client got',
      bytes: request.answer.length,
      text: opened.answerText(),
      hidden: opened.hiddenIn(request.answer),
    },
  ].map((part) => (part.bytes === 0 ? { ...part, bytes: part.text.length } : part));
}

export const rawOf = (opened: Opened): Raw => ({
  parts: rawParts(opened).map(({ name, bytes, text, hidden }, number) => ({
    name,
    bytes,
    hidden,
    text: textFrom(text, PLACES.raw(number)),
  })),
});
