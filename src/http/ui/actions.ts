/** What a person can have done with a request: keep it, make a test of it, copy it, send it again. */

import { firstModel } from '../../answer/fallback-model.ts';
import { MessagesError } from '../../anthropic/errors.ts';
import { againQuestion, requestAgain } from '../../inspector/actions/again.ts';
import { curlOf } from '../../inspector/actions/curl.ts';
import type { KeptRequest } from '../../inspector/kept-request.ts';
import type { ActionAnswer, AdoptQuestion } from '../../inspector/shapes.ts';
import { isObject, tryParseJson } from '../../lib/json.ts';
import { ANSWERED_CALLERS } from '../../translate/caller.ts';
import type { ClientRequest } from '../client-request.ts';
import type { Handler } from '../handle-request.ts';
import { inspected, type Looking, ofRequest, shownJson } from './api.ts';

const HEADER = 'x-inspector';
const MOST_BYTES = 10_000;

/**
 * Browsers send a header of its own only for a page that may send it: for a page of another site they ask first, and are
 * refused.
 */
function checkHeader(client: ClientRequest): void {
  if (client.headers.get(HEADER) === '1') return;
  throw new MessagesError('permission_error', `This needs the header ${HEADER}: 1`, { shouldRetry: false });
}

export const action = (act: (looking: Looking) => Promise<ActionAnswer>): Handler =>
  inspected(async (looking) => {
    checkHeader(looking.client);
    return shownJson(await act(looking));
  });

const letGo = () =>
  new MessagesError(
    'invalid_request_error',
    'The texts of this request were let go, or it has not ended yet; INSPECTOR_MEMORY says how much is kept',
  );

const notAsked = () =>
  new MessagesError(
    'invalid_request_error',
    'Nothing was asked of Gemini for this request, so there is nothing to copy; Raw has what the client sent',
  );

/** The JSON object in the body; an empty one where there is none. */
export async function fieldsIn({ client }: Looking): Promise<Record<string, unknown>> {
  if (Number(client.headers.get('content-length') ?? 0) > MOST_BYTES)
    throw new MessagesError('request_too_large', `The body may have ${MOST_BYTES} bytes at most`);
  const value = tryParseJson(await client.request.text());
  return isObject(value) ? value : {};
}

/** An action on one request. */
const actionOn = (act: (looking: Looking, request: KeptRequest) => Promise<ActionAnswer>): Handler => {
  const answer = ofRequest(async (looking, request) => shownJson(await act(looking, request)));
  return (client, deps) => {
    checkHeader(client);
    return answer(client, deps);
  };
};

const notUnderstood = () =>
  new MessagesError(
    'invalid_request_error',
    'This request was refused before it was understood, so no recording could answer it again; Raw has what the client sent',
  );

function checkSavable(request: KeptRequest): void {
  if (!request.isEnded || !request.hasTexts || !request.clientBytes()) throw letGo();
  if (!request.events.some(({ type }) => type === 'asked')) throw notUnderstood();
}

async function saved(looking: Looking, request: KeptRequest) {
  checkSavable(request);
  return looking.deps.inspecting.save(request);
}

export const saveRequest = actionOn(async (looking, request) => {
  const { name, folder, replayCommand } = await saved(looking, request);
  return {
    said: `Saved as the recording ${name} in ${folder}, with its secrets blotted out. This command answers the request from it:`,
    command: replayCommand,
  };
});

/** Says what adopting writes, and which command does the rest, before anything is written. */
export const askAdopt: Handler = ofRequest((looking, request) => {
  checkSavable(request);
  const { name, folder, adoptCommand } = looking.deps.inspecting.wouldSave(request);
  return shownJson<AdoptQuestion>({ name, folder, command: adoptCommand });
});

export const adoptRequest = actionOn(async (looking, request) => {
  const { name, folder, adoptCommand } = await saved(looking, request);
  return {
    said: `Saved as the recording ${name} in ${folder}. In a clone of the proxy this command makes a test of it, under the name at its end:`,
    command: adoptCommand,
  };
});

export const copyAsCurl = actionOn(async ({ inspector }, request) => {
  const command = curlOf(await inspector.opened(request).load({ sent: 'all' }));
  if (command === undefined) throw request.exchanges.length === 0 && request.isEnded ? notAsked() : letGo();
  return {
    said: 'The last request to Gemini, with its secrets blotted out. The key is in $GEMINI_API_KEY.',
    command,
  };
});

const isGoogles = ({ deps }: Looking): boolean => ['gemini', 'vertex'].includes(deps.keys.kind);

/** The model that is asked first where the request is sent again now. */
function modelFor({ deps }: Looking, { events }: KeptRequest) {
  const asked = events.find((event) => event.type === 'asked');
  const caller = ANSWERED_CALLERS.find((one) => asked?.type === 'asked' && asked.caller === one);
  if (asked?.type !== 'asked' || caller === undefined) return undefined;
  return firstModel({ requested: asked.model, caller, isTakenBy: () => true }, deps);
}

export const askAgain: Handler = ofRequest((looking, request) => {
  const { deps, inspector } = looking;
  return shownJson(
    againQuestion(request, inspector.row(request), {
      model: modelFor(looking, request),
      at: deps.clock.wall().toISOString(),
      toGemini: isGoogles(looking),
    }),
  );
});

export const sendAgain = actionOn(async (looking, kept) => {
  const { deps, inspector } = looking;
  const { to } = await fieldsIn(looking);
  if (to !== 'gemini' && to !== 'mock')
    throw new MessagesError('invalid_request_error', 'to: expected gemini or mock');
  if (to === 'gemini' && !isGoogles(looking))
    throw new MessagesError(
      'invalid_request_error',
      `to: Gemini is not asked here, as the ${deps.keys.kind} answers; expected mock`,
    );
  const request = requestAgain(kept);
  if (!request) throw letGo();
  inspector.resends(request, { of: kept.id, to });
  const known = inspector.idOf(request);
  const answered = deps.inspecting.answerAgain(request, to);
  // Nobody else reads the answer; it is kept as it comes.
  const drained = answered.then((response) => response.arrayBuffer());
  const id = await Promise.race([known, drained.then(() => undefined)]);
  const whom = to === 'gemini' ? 'Gemini' : 'the mock';
  return { said: `Sent to ${whom} again.`, ...(id === undefined ? {} : { id }) };
});
