/** Clients that misbehave, each on a socket of its own: faults that no layer over upstream can play. */
import { connect, type Socket } from 'node:net';

export type ClientSide = {
  /** Resolves when upstream was asked and has said what it says before it is held. */
  asked: Promise<void>;
};

export type FaultyClient = {
  name: string;
  /** Where upstream waits for the client to leave: before its head, after its first event, or nowhere. */
  holds: 'head' | 'body' | 'nowhere';
  /** What must come of it. */
  effect: 'upstream is closed' | 'the same answer';
  /** Returns what was read. */
  drive(socket: Socket, upstream: ClientSide): Promise<string>;
};

const STOP = 'event: message_stop';
const HEAD_END = '\r\n\r\n';
/** Bytes for each turn of the event loop. */
const SLOW = 512;

/** Reads until `enough` is true, or to the end. */
function readUntil(socket: Socket, enough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    const text = () => Buffer.concat(pieces).toString('utf8');
    socket.on('data', (piece) => {
      pieces.push(Buffer.from(piece));
      if (enough(text())) resolve(text());
    });
    socket.on('close', () => resolve(text()));
  });
}

/** Complete by its length, or by its last chunk. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf(HEAD_END);
  if (end < 0) return false;
  const length = /^content-length: (\d+)/im.exec(answer.slice(0, end))?.[1];
  const body = answer.slice(end + HEAD_END.length);
  return length === undefined ? body.endsWith('0\r\n\r\n') : Buffer.byteLength(body) >= Number(length);
}

/** One small read for each turn, then a pause: what the client does not take stays with the server. */
async function readSlowly(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  let closed = false;
  socket.on('close', () => {
    closed = true;
  });
  socket.pause();
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    const piece: Buffer | null = socket.read(SLOW) ?? socket.read();
    if (piece) pieces.push(piece);
    const text = Buffer.concat(pieces).toString('utf8');
    if (closed || isWhole(text)) return text;
  }
}

const leaveWhenAsked = async (socket: Socket, { asked }: ClientSide): Promise<string> => {
  await asked;
  socket.destroy();
  return '';
};

export const FAULTY_CLIENTS: readonly FaultyClient[] = [
  { name: 'leaves before the head', holds: 'head', effect: 'upstream is closed', drive: leaveWhenAsked },
  { name: 'leaves in mid-answer', holds: 'body', effect: 'upstream is closed', drive: leaveWhenAsked },
  {
    name: 'closes its half before the answer',
    holds: 'head',
    effect: 'upstream is closed',
    async drive(socket, { asked }) {
      await asked;
      socket.end();
      return '';
    },
  },
  {
    name: 'leaves right after the stop',
    holds: 'nowhere',
    effect: 'the same answer',
    async drive(socket) {
      const text = await readUntil(socket, (seen) => seen.includes(STOP) || isWhole(seen));
      socket.destroy();
      return text;
    },
  },
  {
    name: 'reads slowly',
    holds: 'nowhere',
    effect: 'the same answer',
    drive: readSlowly,
  },
];

/** Sends one request as an ordinary client would. */
export async function openClient(port: number, path: string, body: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    'anthropic-version: 2023-06-01',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  return socket;
}

/** The body of an answer as it came over the wire, with its transfer chunks joined. */
export function bodyOf(answer: string): string {
  const [head = '', ...rest] = answer.split(HEAD_END);
  const body = rest.join(HEAD_END);
  return /transfer-encoding: chunked/i.test(head) ? joinChunks(Buffer.from(body)) : body;
}

function joinChunks(bytes: Buffer): string {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    const size = end < 0 ? 0 : Number.parseInt(bytes.toString('latin1', at, end), 16);
    if (!size) return Buffer.concat(pieces).toString('utf8');
    pieces.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
