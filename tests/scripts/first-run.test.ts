/** What `strace` has seen, as `bun scripts/first-run.ts` reads it: who was asked beyond this machine, and by whom. */
import { expect, test } from 'bun:test';
import { beyondThisMachine } from '../../scripts/first-run/connections.ts';

const IPV4 = (address: string, port: number) =>
  `{sa_family=AF_INET, sin_port=htons(${port}), sin_addr=inet_addr("${address}")}, 16`;
const IPV6 = (address: string, port: number) =>
  `{sa_family=AF_INET6, sin6_port=htons(${port}), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "${address}", &sin6_addr), sin6_scope_id=0}, 28`;

test.each([
  ['this machine', `10 connect(3, ${IPV4('127.0.0.1', 8082)}) = 0`, []],
  ['this machine by IPv6', `10 connect(3, ${IPV6('::1', 8082)}) = 0`, []],
  ['a socket of a file', '10 connect(3, {sa_family=AF_UNIX, sun_path="/tmp/x.sock"}, 110) = 0', []],
  [
    'a host',
    `10 connect(3, ${IPV4('192.0.2.1', 443)}) = -1 EINPROGRESS (Operation now in progress)`,
    ['192.0.2.1:443'],
  ],
  [
    'a host without a way to it',
    `10 connect(3, ${IPV6('2001:db8::1', 443)}) = -1 ENETUNREACH`,
    ['2001:db8::1:443'],
  ],
  [
    'a host, and the call is cut',
    `10   connect(3, ${IPV4('192.0.2.1', 443)} <unfinished ...>`,
    ['192.0.2.1:443'],
  ],
  ['a name server', `10 sendto(4, "x", 30, MSG_NOSIGNAL, ${IPV4('192.0.2.53', 53)}) = 30`, ['192.0.2.53:53']],
  [
    'who looks up names',
    '10 connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1',
    ['/var/run/nscd/socket'],
  ],
] as const)('%s', (_name, line, asked) => {
  expect(beyondThisMachine(line)).toEqual({ ours: [...asked], client: [] });
});

test('Claude Code, and what it has started, is told from the program', () => {
  const trace = [
    '1 execve("/usr/bin/node", ["node"], 0x1 /* 9 vars */) = 0',
    '1 clone3({flags=CLONE_VM}, 88) = 2',
    '2 execve("/elsewhere/claude", ["claude"], 0x1) = -1 ENOENT (No such file or directory)',
    '1 vfork( <unfinished ...>',
    '3 execve("/home/of/bin/claude", ["claude", "-p"], 0x1 /* 9 vars */) = 0',
    '1 <... vfork resumed>) = 3',
    '3 clone(child_stack=NULL, flags=CLONE_CHILD) = 4',
    '4 execve("/bin/sh", ["sh"], 0x1) = 0',
    `4 connect(3, ${IPV4('192.0.2.4', 443)}) = 0`,
    `2 connect(3, ${IPV4('192.0.2.2', 443)}) = 0`,
  ];
  expect(beyondThisMachine(trace.join('\n'))).toEqual({ ours: ['192.0.2.2:443'], client: ['192.0.2.4:443'] });
});
