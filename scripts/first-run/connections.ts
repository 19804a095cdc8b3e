/** Who was asked beyond this machine, by what `strace` has seen of a command and of all that it has started. */

/** What must be traced to tell who asks whom. */
export const TRACED = 'execve,fork,vfork,clone,clone3,connect,sendto,sendmsg,sendmmsg';

export type Beyond = {
  /** Addresses, and services that look up names. */
  ours: readonly string[];
  /** The same for Claude Code, and for what Claude Code has started. */
  client: readonly string[];
};

const LINE = /^(\d+) +(.*)$/;
const NEW_PROCESS = /^(?:<\.\.\. )?(?:v?fork|clone3?)\b.*\) += (\d+)/;
const PROGRAM = /^execve\("([^"]+)"/;
const ASKED = /^(?:connect|send(?:to|m?msg))\(/;
const PORT = /sin6?_port=htons\((\d+)\)/;
const ADDRESS = /inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"/;
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;
/** Programs of the system that look up names for others. */
const NAMES = /sun_path="([^"]*(?:nscd|resolve)[^"]*)"/;

function askedBeyond(call: string): string | undefined {
  const names = NAMES.exec(call)?.[1];
  if (names !== undefined) return names;
  const [, four, six] = ADDRESS.exec(call) ?? [];
  const address = four ?? six;
  return address === undefined || LOOPBACK.test(address)
    ? undefined
    : `${address}:${PORT.exec(call)?.[1] ?? '?'}`;
}

export function beyondThisMachine(trace: string): Beyond {
  const clients = new Set<string>();
  const ours = new Set<string>();
  const theirs = new Set<string>();
  for (const line of trace.split('\n')) {
    const [, pid = '', call = ''] = LINE.exec(line) ?? [];
    const child = NEW_PROCESS.exec(call)?.[1];
    if (child !== undefined && clients.has(pid)) clients.add(child);
    const program = PROGRAM.exec(call)?.[1];
    if (program !== undefined && /(?:^|\/)claude$/.test(program) && !call.includes(') = -1'))
      clients.add(pid);
    const address = ASKED.test(call) ? askedBeyond(call) : undefined;
    if (address !== undefined) (clients.has(pid) ? theirs : ours).add(address);
  }
  return { ours: [...ours], client: [...theirs] };
}
