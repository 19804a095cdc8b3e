/** A client that writes any bytes: for requests that no HTTP library would send. */
import { connect, type Socket } from 'node:net';

export type RawAnswer = { status: number; head: string; body: string };

export type RawClient = {
  socket: Socket;
  /** Each character stands for one byte. */
  write(bytes: string): void;
  /** The first `count` complete answers, or fewer where the server closes before. Interim answers are left out. */
  answers(count: number): Promise<RawAnswer[]>;
  /** Everything that was read until the server closed. */
  closed: Promise<string>;
  /** Everything read so far. */
  seen(): string;
};

const HEAD_END = '\r\n\r\n';
const NO_BODY = new Set([204, 304]);

/** Answers that are complete, by their length or by their last chunk. */
function wholeAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let at = 0;
  for (;;) {
    const end = text.indexOf(HEAD_END, at);
    if (end < 0) return answers;
    const head = text.slice(at, end);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
    const from = end + HEAD_END.length;
    const to = from + bodyLength(text.slice(from), head, status);
    if (!(to <= text.length)) return answers;
    if (status >= 200) answers.push({ status, head, body: text.slice(from, to) });
    at = to;
  }
}

function bodyLength(rest: string, head: string, status: number): number {
  if (status < 200 || NO_BODY.has(status)) return 0;
  if (/^transfer-encoding: chunked/im.test(head)) {
    const last = rest.indexOf('0\r\n\r\n');
    return last < 0 ? Number.NaN : last + 5;
  }
  return Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
}

export async function openRaw(port: number): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.setEncoding('latin1');
  // A reset is one way to be refused.
  socket.on('error', () => {});
  let seen = '';
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(seen)));
  const waiting = new Set<() => void>();
  socket.on('data', (text: string) => {
    seen += text;
    for (const look of waiting) look();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return {
    socket,
    write: (bytes) => void socket.write(Buffer.from(bytes, 'latin1')),
    closed,
    seen: () => seen,
    answers: (count) =>
      new Promise((resolve) => {
        const look = () => {
          const answers = wholeAnswers(seen);
          if (answers.length < count) return;
          waiting.delete(look);
          resolve(answers);
        };
        waiting.add(look);
        look();
        void closed.then(() => resolve(wholeAnswers(seen)));
      }),
  };
}
