/**
 * Serves client requests while they are recorded. Their ids come from a seed that is kept in the recording, and
 * everything that comes in and goes out is watched.
 */

import type { FileReader } from '../../answer/media/file-reader.ts';
import type { PlacedMedium, Uploads } from '../../answer/media/uploads.ts';
import type { UrlFetcher } from '../../answer/media/url-fetcher.ts';
import type { PageReader } from '../../answer/pages/page-reader.ts';
import { UpstreamError } from '../../gemini/errors.ts';
import type { SignatureStore } from '../../signatures/store.ts';
import type { RequestRecorder } from '../../sim/record/recorder.ts';
import type { ClientReply, RequestRecording } from '../../sim/record/request-recording.ts';
import { tapBody } from '../../sim/record/tap.ts';
import type { Subscriber } from '../../trace/trace.ts';
import type { PromptSize } from '../../translate/response/usage.ts';
import { ClientGone, type ClientRequest } from '../client-request.ts';
import type { OpenScope, Reply, ServerDeps } from '../deps.ts';
import { recordedPage } from './recorded-pages.ts';
import { untouched } from './untouched.ts';

const AS_IT_IS: OpenScope = (request, _path, deps) => ({ request, deps });

/**
 * Makes a scope that records each request and serves it with the parts that `inner` gives. A request that `inner`
 * refuses is not recorded, nor one whose reply `isWanted` does not want.
 */
export function recordRequests(
  recorder: RequestRecorder,
  inner: OpenScope = AS_IT_IS,
  isWanted: (reply: Reply) => boolean = () => true,
): OpenScope {
  return async (request, path, server) => {
    const scope = await inner(request, path, server);
    if (scope.refusal !== undefined) return scope;
    const { deps } = scope;
    const recording = recorder.begin(scope.request, path, scope.carried?.again);
    let caller = 'unknown';
    const hearCaller: Subscriber = () => (event) => {
      if (event.type === 'asked') caller = event.caller;
    };
    return {
      ...scope,
      // A replay must be able to repeat the answer, so the answer must not depend on other requests.
      deps: {
        ...deps,
        ...untouched(recording.seed, deps.keys.backends[0], deps.clock),
        signatures: watchedStore(deps.signatures, recording),
        promptTold: toldOnce(deps.promptTold, recording),
        date: () => recording.date,
        urlFetcher: watchedFetcher(deps.urlFetcher, recording),
        fileReader: watchedReader(deps.fileReader, recording),
        uploads: watchedUploads(deps.uploads, recording),
        pages: watchedPages(deps.pages, recording),
        subscribers: [...deps.subscribers, hearCaller],
      },
      begin(client) {
        scope.begin?.(client);
        recorder.bind(client.id, recording);
      },
      keepBody: (bytes) => recording.keepBody(bytes),
      async watch(reply, client) {
        const watched = (await scope.watch?.(reply, client)) ?? reply;
        return watchReply(watched, client, recording, (headers) => {
          const [{ keyFingerprint }] = deps.keys.backends;
          const end = endOf(watched, client);
          const outcome = scope.carried?.outcome();
          if ((outcome && 'problem' in outcome) || !isWanted(reply)) return recorder.leaveOut(client.id);
          const carriedOver = outcome && { carriedOver: outcome };
          recorder.finish(client.id, recording, { caller, keyFingerprint, ...end, headers, ...carriedOver });
        });
      },
    };
  };
}

/** A request has one size: where it is told twice, the client is told the same. */
function toldOnce(tell: ServerDeps['promptTold'], recording: RequestRecording): ServerDeps['promptTold'] {
  let told: PromptSize | undefined;
  return (size) => {
    if (told) return told;
    told = tell(size);
    recording.promptTold(told);
    return told;
  };
}

function watchedStore(store: SignatureStore, recording: RequestRecording): SignatureStore {
  return {
    async get(keys) {
      const found = await store.get(keys);
      recording.lookedUp(keys.map((key) => found.get(key) ?? null));
      return found;
    },
    put: (key, envelope) => store.put(key, envelope),
    close: () => store.close(),
  };
}

const watchedFetcher = (fetcher: UrlFetcher, recording: RequestRecording): UrlFetcher => ({
  async fetch(urls, signal) {
    const media = await fetcher.fetch(urls, signal);
    recording.fetched(media);
    return media;
  },
});

const watchedReader = (reader: FileReader, recording: RequestRecording): FileReader => ({
  open: (id) => reader.open(id),
  async read(files, signal) {
    const found = await reader.read(files, signal);
    recording.fetched(found);
    return found;
  },
});

const watchedPages = (pages: PageReader, recording: RequestRecording): PageReader => ({
  async read(wanted, signal) {
    const page = await pages.read(wanted, signal);
    recording.fetched([recordedPage(page)]);
    return page;
  },
});

function watchedUploads(uploads: Uploads, recording: RequestRecording): Uploads {
  const placed = (media: readonly PlacedMedium[]) =>
    recording.uploaded({ uris: media.map(({ uri = null }) => uri) });
  return {
    async place(...asked) {
      try {
        const media = await uploads.place(...asked);
        placed(media);
        return media;
      } catch (error) {
        if (error instanceof UpstreamError) recording.uploaded({ failed: failureOf(error) });
        throw error;
      }
    },
    async known(...asked) {
      const media = await uploads.known(...asked);
      if (media) placed(media);
      else recording.uploaded({ unknown: true });
      return media;
    },
    forget: (uris) => uploads.forget(uris),
  };
}

const failureOf = ({ kind, message, status, retryAfter, means, google }: UpstreamError) => ({
  kind,
  message,
  ...(status === undefined ? {} : { status }),
  ...(retryAfter === undefined ? {} : { retryAfter }),
  ...(means === undefined ? {} : { means }),
  ...(google === undefined ? {} : { google }),
});

const hasLeft = (client: ClientRequest) => client.signal.reason instanceof ClientGone;

const endOf = ({ response }: Reply, client: ClientRequest): Pick<ClientReply, 'status' | 'end'> => ({
  status: response.status,
  end: hasLeft(client) ? 'client-gone' : 'whole',
});

/** Resolves with the reply to send. `finish` runs once, when the last byte has gone out or the client has left. */
async function watchReply(
  reply: Reply,
  client: ClientRequest,
  recording: RequestRecording,
  finish: (headers: Headers) => void,
): Promise<Reply> {
  const { response, ended } = reply;
  const { status, headers } = response;
  if (!headers.get('content-type')?.startsWith('text/event-stream') || !response.body) {
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!hasLeft(client)) recording.answer.add(bytes);
    // By then the id of the request has been added to the headers.
    void ended.then(() => finish(headers));
    return { response: new Response(bytes, { status, headers }), ended };
  }
  const drained = Promise.withResolvers<void>();
  const done = () => drained.resolve();
  const body = tapBody(response.body, {
    read: (bytes) => recording.answer.add(bytes),
    end: done,
    fail: done,
    cancel: done,
  });
  // Where the client has left, the end of the body is not waited for: the client reads no more, so the body never ends.
  void ended.then(() => (hasLeft(client) ? undefined : drained.promise)).then(() => finish(headers));
  return { response: new Response(body, { status, headers }), ended };
}
