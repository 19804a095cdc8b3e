/** Client requests while they are recorded: ids from a seed that is kept, and a look at what comes in and goes out. */

import type { UrlFetcher } from '../../answer/media/url-fetcher.ts';
import { QuarantineMemory } from '../../answer/quarantine-memory.ts';
import { ThinkingMemory } from '../../answer/thinking-memory.ts';
import { UNLIMITED } from '../../keys/retry-budget.ts';
import { ALWAYS_STREAMING } from '../../keys/stream-breakers.ts';
import type { SignatureStore } from '../../signatures/store.ts';
import type { Recorder } from '../../sim/record/recorder.ts';
import type { ClientOutcome, RequestRecording } from '../../sim/record/request-recording.ts';
import { tapBody } from '../../sim/record/tap.ts';
import type { Subscriber } from '../../trace/trace.ts';
import { type Call, ClientGone } from '../client-request.ts';
import type { OpenScope, Reply } from '../deps.ts';
import { seeded } from './seeded.ts';

export function recordCalls(recorder: Recorder): OpenScope {
  return (request, path, deps) => {
    const recording = recorder.begin(request, path);
    const signatures = watchedStore(deps.signatures, recording);
    let caller = 'unknown';
    const hearCaller: Subscriber = () => (event) => {
      if (event.type === 'asked') caller = event.caller;
    };
    return {
      request,
      // What a replay must do again must not depend on other requests.
      deps: {
        ...deps,
        ...seeded(recording.seed),
        signatures,
        promptTold(size) {
          const told = size();
          recording.promptTold(told);
          return told;
        },
        urlFetcher: watchedFetcher(deps.urlFetcher, recording),
        quarantine: new QuarantineMemory(),
        thinking: new ThinkingMemory(),
        budget: UNLIMITED,
        streaming: ALWAYS_STREAMING,
        subscribers: [...deps.subscribers, hearCaller],
      },
      begin(call) {
        recorder.bind(call.id, recording);
      },
      keepBody: (bytes) => recording.keepBody(bytes),
      watch: (reply, call) =>
        watchReply(reply, call, recording, (headers) => {
          const [{ keyFingerprint }] = deps.keys.backends;
          recorder.finish(call.id, recording, { caller, keyFingerprint, ...outcomeOf(reply, call), headers });
        }),
    };
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

const hasLeft = (call: Call) => call.signal.reason instanceof ClientGone;

const outcomeOf = ({ response }: Reply, call: Call): Pick<ClientOutcome, 'status' | 'end'> => ({
  status: response.status,
  end: hasLeft(call) ? 'client-gone' : 'whole',
});

/** The reply to hand on; `finish` is called once, when the last byte is out or the client has left. */
async function watchReply(
  reply: Reply,
  call: Call,
  recording: RequestRecording,
  finish: (headers: Headers) => void,
): Promise<Reply> {
  const { response, ended } = reply;
  const { status, headers } = response;
  if (!headers.get('content-type')?.startsWith('text/event-stream') || !response.body) {
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!hasLeft(call)) recording.answer.add(bytes);
    // The request's id is put into the headers in between.
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
  // Whoever has left reads no more.
  void ended.then(() => (hasLeft(call) ? undefined : drained.promise)).then(() => finish(headers));
  return { response: new Response(body, { status, headers }), ended };
}
