/** Vertex AI and Google Cloud's server of tokens, on real sockets; and the files of credentials that lead to it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Seen, serveUpstream } from './upstream.ts';

export const PROJECT = 'canary-project';

/** A key as Google makes it for a service account; made once, because that takes a moment. */
async function newPrivateKey(): Promise<string> {
  const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048 };
  const exponent = new Uint8Array([1, 0, 1]);
  const pair = await crypto.subtle.generateKey({ ...rsa, publicExponent: exponent }, true, [
    'sign',
    'verify',
  ]);
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', pair.privateKey)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

let privateKey: Promise<string> | undefined;

/** What the server of tokens does: by default it gives the next token. */
export type TokenReply = (seen: Seen, number: number) => Response | undefined;

export const tokenOf = (number: number): string => `ya29.canary-access-token-${number}-abcdefghij`;

/** `reply` is Vertex AI; it is asked only with a token that was not `revoke`d. */
export async function openGoogleCloud(
  reply: (seen: Seen) => Response | Promise<Response>,
  tokenReply: TokenReply = () => undefined,
) {
  const folder = mkdtempSync(join(tmpdir(), 'google-cloud-'));
  const valid = new Set<string>();
  let given = 0;
  const tokens = serveUpstream((_, seen) => {
    given += 1;
    const other = tokenReply(seen, given);
    if (other) return other;
    valid.add(tokenOf(given));
    return Response.json({ access_token: tokenOf(given), expires_in: 3_599, token_type: 'Bearer' });
  });
  const vertex = serveUpstream((_, seen) => {
    const token = seen.headers.get('authorization')?.replace(/^Bearer /, '') ?? '';
    return valid.has(token) ? reply(seen) : unauthenticated();
  });
  privateKey ??= newPrivateKey();
  const key = await privateKey;
  const write = (name: string, credentials: object): string => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(credentials));
    return path;
  };
  const serviceAccount = write('service-account.json', {
    type: 'service_account',
    project_id: PROJECT,
    private_key_id: 'canary-key-id-0123456789',
    private_key: key,
    client_email: 'proxy@canary-project.iam.gserviceaccount.com',
    token_uri: `${tokens.url}/token`,
  });
  const user = write('user.json', {
    type: 'authorized_user',
    client_id: 'canary.apps.googleusercontent.com',
    client_secret: 'canary-client-secret-0123456789',
    refresh_token: '1//canary-refresh-token-0123456789',
    token_uri: `${tokens.url}/token`,
  });
  return {
    tokens,
    vertex,
    serviceAccount,
    user,
    privateKey: key,
    /** From now on every token that was given is expired. */
    revoke: () => valid.clear(),
    env: (credentials = serviceAccount, location = 'us-central1'): Record<string, string> => ({
      BACKEND: 'vertex',
      GOOGLE_CLOUD_PROJECT: PROJECT,
      GOOGLE_CLOUD_LOCATION: location,
      GOOGLE_APPLICATION_CREDENTIALS: credentials,
      GOOGLE_GEMINI_BASE_URL: vertex.url,
    }),
    [Symbol.dispose]() {
      tokens[Symbol.dispose]();
      vertex[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Vertex AI's answer to a token that it does not know, as it was recorded. */
const unauthenticated = (): Response =>
  Response.json(
    {
      error: {
        code: 401,
        message:
          'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
        status: 'UNAUTHENTICATED',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'ACCESS_TOKEN_TYPE_UNSUPPORTED',
            metadata: { service: 'aiplatform.googleapis.com' },
          },
        ],
      },
    },
    { status: 401 },
  );
