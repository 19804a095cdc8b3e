/**
 * Redacts a recording again, before it becomes a fixture: rules may be newer than the recording, and only this machine
 * knows its own keys. It stops where something is left that looks like a credential, so that a person can look.
 */
import type { Span } from '../../src/lib/readings/reading.ts';
import type { RecordedRequest, Redaction, UpstreamExchange } from '../../src/sim/cassette/types.ts';
import { createRedactor, isPersonal, type OwnRule, type Redactor } from '../../src/sim/redact.ts';

export type Again = {
  /** The keys of this machine. */
  secrets: readonly string[];
  /** The user's own patterns. */
  own?: readonly OwnRule[];
  /** Does not stop at something that looks like a credential, but blots it out. */
  blot?: boolean;
};

/** How many characters before a place are shown. */
const SHOWN_BEFORE = 40;
const SHOWN_AFTER = 10;
const MOST_SHOWN = 20;

/**
 * A field whose name sounds like a secret. A recorder would be wrong too often with this rule, but here a person looks.
 */
const NAMED =
  /(?<=(?:key|token|secret|passwd|password|pwd|credentials?)["']?\s{0,3}[:=]\s{0,3}["']?)(?=[A-Za-z_+/.-]{0,200}\d)(?=[\d_+/.-]{0,200}[A-Za-z])[\w+/.-]{12,200}={0,2}/gi;

const namedSecrets: OwnRule = {
  kind: 'named-as-secret',
  find: (text): Span[] =>
    [...text.matchAll(NAMED)].map(({ 0: found, index }) => ({ start: index, length: found.length })),
};

type Hit = Redaction & { shown: string };

class Finding {
  readonly hits: Hit[] = [];
  personal = 0;
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  bytes(bytes: Uint8Array, where: string): Uint8Array {
    const list: Redaction[] = [];
    const clean = this.#redactor.bytes(bytes, where, list);
    const text = Buffer.from(clean).toString('latin1');
    for (const found of list) {
      if (isPersonal(found.kind)) this.personal++;
      else {
        const from = Math.max(0, found.at - SHOWN_BEFORE);
        const shown = text.slice(from, found.at + Math.min(found.length, 8) + SHOWN_AFTER);
        this.hits.push({ ...found, shown: Buffer.from(shown, 'latin1').toString('utf8') });
      }
    }
    return clean;
  }

  text(text: string, where: string): string {
    return Buffer.from(this.bytes(Buffer.from(text, 'utf8'), where)).toString('utf8');
  }

  headers(headers: Readonly<Record<string, string>>, where: string): Record<string, string> {
    return Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, this.text(value, `${where}.${name}`)]),
    );
  }
}

/** Throws with every place where a credential may be left, unless these are to be blotted out. */
export function redactAgain(
  recorded: RecordedRequest,
  { secrets, own = [], blot = false }: Again,
  notes: string[],
): RecordedRequest {
  const finding = new Finding(createRedactor(secrets, [...own, namedSecrets]));
  const body = finding.text(recorded.request.body, 'request.body');
  const headers = finding.headers(recorded.request.headers, 'request.headers');
  const upstream = recorded.upstream.map((exchange, index) =>
    redactExchange(exchange, `upstream ${index + 1}`, finding),
  );
  if (finding.hits.length > 0 && !blot) throw new Error(refusal(finding.hits));
  const count = finding.personal + finding.hits.length;
  if (count > 0) notes.push(`${count} places blotted out that the recorder had left`);
  return { ...recorded, request: { ...recorded.request, body, headers }, upstream, redactions: [] };
}

function redactExchange(exchange: UpstreamExchange, name: string, finding: Finding): UpstreamExchange {
  if (exchange.truncatedRecording) throw new Error('upstream’s answer was too large to be recorded whole');
  const joined = Buffer.concat(exchange.reads.map(({ bytes }) => bytes));
  const before = finding.hits.length;
  const clean = finding.bytes(joined, `${name}, response.body`);
  const added = finding.hits
    .slice(before)
    .map(({ shown: _shown, ...place }) => ({ ...place, where: 'response.body' }));
  let at = 0;
  const reads = exchange.reads.map(({ ms, bytes }) => {
    const piece = clean.slice(at, at + bytes.length);
    at += bytes.length;
    return { ms, bytes: piece };
  });
  const head = exchange.head && {
    ...exchange.head,
    headers: finding.headers(exchange.head.headers, `${name}, response.headers`),
  };
  const redactions = [...exchange.redactions.filter(({ where }) => where === 'response.body'), ...added];
  return { ...exchange, head, reads, redactions };
}

function refusal(hits: readonly Hit[]): string {
  const lines = hits
    .slice(0, MOST_SHOWN)
    .map(({ where, at, kind, shown }) => `  ${where}, byte ${at} (${kind}): …${shown.replace(/\s+/g, ' ')}…`);
  const more = hits.length > MOST_SHOWN ? [`  and ${hits.length - MOST_SHOWN} more`] : [];
  return [
    'something in this request looks like a credential; here it is shown as x:',
    ...lines,
    ...more,
    'nothing was written. Look at it; --blot adopts the request with these places blotted out',
  ].join('\n');
}
