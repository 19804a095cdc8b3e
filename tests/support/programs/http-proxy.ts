/** An HTTP proxy of a company: it opens tunnels to one port of this machine, or says why not. */
import { createServer, type Socket, connect as tcpConnect } from 'node:net';

const HEAD_END = '\r\n\r\n';

/** `opens` gets the head of a CONNECT in small letters, and returns the status line of a refusal; undefined opens the tunnel. */
export async function serveTunnels(port: number, opens: (head: string) => string | undefined) {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => client.destroy());
    let head = '';
    const read = (bytes: Buffer) => {
      head += bytes.toString('latin1');
      if (!head.includes(HEAD_END)) return;
      client.off('data', read);
      const refusal = opens(head.toLowerCase());
      if (refusal !== undefined) {
        client.end(`HTTP/1.1 ${refusal}${HEAD_END}`);
        return;
      }
      const host = tcpConnect(port, '127.0.0.1', () => client.write(`HTTP/1.1 200 OK${HEAD_END}`));
      sockets.add(host);
      host.on('error', () => client.destroy());
      client.pipe(host).pipe(client);
    };
    client.on('data', read);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const own = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${own}`,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
