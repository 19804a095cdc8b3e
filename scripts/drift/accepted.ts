/**
 * Differences that were looked at and are intended, by source, each with its reason. Where such a difference of the
 * SDK's disappears, that is drift too: its row must go, or it would hide a later difference. Names are those that `bun
 * run drift` prints.
 */

type Reasons = Readonly<Record<string, string>>;

const because = (reason: string, ...differences: readonly string[]): Reasons =>
  Object.fromEntries(differences.map((difference) => [difference, reason]));

const NOT_ASKED_FOR = because(
  'only comes when asked for, and we never ask',
  'unread Candidate.avgLogprobs',
  'unread Candidate.logprobsResult',
);

const DETAILS = because(
  'splits a count that is read as a whole',
  'unread UsageMetadata.promptTokensDetails',
  'unread UsageMetadata.candidatesTokensDetails',
  'unread UsageMetadata.cacheTokensDetails',
  'unread UsageMetadata.toolUsePromptTokensDetails',
);

const NO_USE = because(
  'says nothing that a client could be told',
  'unread GenerateContentResponse.createTime',
  'unread UsageMetadata.trafficType',
);

const SDK: Reasons = {
  ...NOT_ASKED_FOR,
  ...DETAILS,
  ...NO_USE,
  ...because(
    'made by the SDK, on no wire',
    'unread GenerateContentResponse.sdkHttpResponse',
    'unread GenerateContentResponse.automaticFunctionCallingHistory',
  ),
  ...because(
    'a notice of retirement; told by the list of models as well',
    'unread GenerateContentResponse.modelStatus',
  ),
  ...because(
    'the SDK has another type for what is asked for than for what comes back',
    'SDK lacks CachedContent.contents',
    'SDK lacks CachedContent.systemInstruction',
    'SDK lacks CachedContent.tools',
    'SDK lacks CachedContent.toolConfig',
    'SDK lacks CachedContent.ttl',
  ),
  ...because('repeats candidatesTokenCount', 'unread Candidate.tokenCount'),
  ...because('repeats promptTokenCount', 'unread UsageMetadata.initialPromptTokenCount'),
  ...because(
    'of parts with media, which are left out of an answer as a whole, with a warning',
    'unread Part.mediaResolution',
    'unread Part.audioTranscription',
    'unread Part.videoMetadata',
    'unread Part.mediaProcessing',
    'unread Part.speechMetadata',
  ),
  ...because('what a client wrote into a part comes back; we write nothing', 'unread Part.partMetadata'),
  ...because(
    'not in the API’s own description of 2026-08, which the simulator follows; never sent by us',
    'simulator lacks Part.audioTranscription',
    'simulator lacks Part.speechMetadata',
    'simulator lacks FileData.displayName',
    'simulator lacks FunctionResponsePart.fileData',
    'simulator lacks FunctionResponsePart.mediaProcessing',
    'simulator lacks FunctionResponseBlob.displayName',
    'simulator lacks GenerationConfig.modelSelectionConfig',
    'simulator lacks PartMediaResolution.numTokens',
    'simulator lacks VoiceConfig.replicatedVoiceConfig',
    'simulator lacks VoiceConfig.voice',
    'simulator lacks ImageConfig.personGeneration',
    'simulator lacks ImageConfig.outputMimeType',
    'simulator lacks AudioTranscriptionConfig.sourceText',
    'simulator lacks HarmCategory HARM_CATEGORY_IMAGE_HATE',
    'simulator lacks HarmCategory HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT',
    'simulator lacks HarmCategory HARM_CATEGORY_IMAGE_HARASSMENT',
    'simulator lacks HarmCategory HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT',
  ),
  ...because(
    'in the API’s own description; the SDK puts it elsewhere, or not at all',
    'SDK lacks GenerationConfig.imageConfig',
    'SDK lacks ToolCall.toolName',
  ),
};

const MADE_UP = because(
  'made up, to show what becomes of the unknown',
  'unknown Candidate.finishReason SOMETHING_NEW',
  'unread Part.hologram',
  'unread GenerateContentResponse.error',
);

const CORPUS: Reasons = {
  ...because('of Vertex AI alone', 'unread UsageMetadata.billablePromptUsage'),
  ...because('of models that are gone', 'unread Candidate.score', 'unread GenerateContentResponse.turnToken'),
  ...because('written by hand in a vendor’s sample', 'unknown Candidate.finishReason FAKE_ENUM'),
};

/** Everything that a recorded answer may hold. */
const RECORDED: Reasons = {
  ...NOT_ASKED_FOR,
  ...DETAILS,
  ...NO_USE,
};

export const ACCEPTED: Readonly<Record<string, Reasons>> = {
  'the SDK': SDK,
  'the turns': { ...RECORDED, ...MADE_UP },
  'the recordings of this machine': RECORDED,
  'the corpus': { ...RECORDED, ...CORPUS },
  'the live API': RECORDED,
};
