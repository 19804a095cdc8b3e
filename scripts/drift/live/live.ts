/**
 * The live API: its list of models, a conversation of each family, and every question to which our simulator knows an
 * answer. Nothing that costs is asked before somebody has agreed.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../../src/config/config.ts';
import { BUILT_IN } from '../../../src/gemini/model-rows.ts';
import type { GeminiModel, ModelTable } from '../../../src/gemini/models.ts';
import { type Clock, type Exchange, systemRandom, today } from '../../../src/lib/ports.ts';
import { shownText } from '../../../src/lib/shown-text.ts';
import { ratesOf } from '../../../src/prices/prices.ts';
import { createMockFetch } from '../../../src/sim/mock/index.ts';
import { GOOGLE } from '../../../src/upstream/genai.ts';
import type { Look } from '../look.ts';
import { allowedProbes } from './allowed.ts';
import { holdConversations, type Played } from './conversation.ts';
import { type Asker, Google, NoAnswer, type Reply, Stopped } from './google.ts';
import {
  billedDifferences,
  changedSignature,
  countOfCalls,
  judgeConversations,
  lostSignatures,
} from './judge.ts';
import { createKeeper, type Keeper } from './keep.ts';
import { keptDifferences } from './kept.ts';
import { type Listed, listModels, modelDifferences } from './models.ts';
import { nameProbes } from './names.ts';
import { type Plan, planOf, Spending } from './plan.ts';
import { compareParsers, compareReplies, type Probe, usageIn } from './probe.ts';
import { refusalProbes } from './refusals.ts';
import { thinkingProbes } from './thinking.ts';

export type LiveOptions = {
  /** Without a key nothing is looked at. */
  key: string | undefined;
  baseUrl: string | undefined;
  fetch: typeof globalThis.fetch;
  clock: Clock;
  timeoutMs: number;
  /** The user's patterns of what must not be kept. */
  redact: Config['redact'];
  /** The folder for what Google has said. Without it nothing is kept. */
  keep: string | undefined;
  /** Resolves with the reason why what costs must not be asked; undefined where it may be. */
  refuse(plan: Plan): Promise<string | undefined>;
  /** The most dollars. */
  budget: number | undefined;
  say(line: string): void;
};

const SOURCE = 'the live API';
/** Bytes of a line. */
const MOST_SHOWN = 2_000;

export async function lookAtLive(options: LiveOptions): Promise<Look> {
  const { key } = options;
  if (key === undefined) return { source: SOURCE, looked: false, why: 'no key; set GEMINI_API_KEY' };
  const hide = (text: string) => shownText(text, { secrets: [key], limit: MOST_SHOWN, control: () => ' ' });
  try {
    const { what, differences, unread } = await new LiveLook(options, key).run();
    const told = [...new Set(differences.map(hide))];
    return { source: SOURCE, looked: true, what: hide(what), differences: told, unread: unread.map(hide) };
  } catch (error) {
    const isExpected = error instanceof NoAnswer || error instanceof Stopped;
    if (!isExpected && error instanceof Error) options.say(hide(error.stack ?? ''));
    const why = error instanceof Error ? error.message : String(error);
    return { source: SOURCE, looked: false, why: hide(why) };
  }
}

const EXCHANGE: Exchange = { id: 'drift', labels: { caller: 'main' }, note() {} };

/** What stands in for Google in this repository, asked the same questions. */
function simulator({ clock }: LiveOptions): Asker {
  const mock = createMockFetch({ scenarios: [], random: systemRandom, clock });
  return async ({ method, path, body }) => {
    const init = { method, headers: { 'x-goog-api-key': 'any' }, ...(body === undefined ? {} : { body }) };
    const response = await mock(`${GOOGLE}/v1beta/${path}`, init, EXCHANGE);
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, text: await response.text() };
  };
}

/** The cheapest listed model of each family, the newest family first. */
function familiesOf(models: readonly GeminiModel[], at: string): GeminiModel[] {
  const cheapest = new Map<string, GeminiModel>();
  const priceOf = ({ price }: GeminiModel) => ratesOf(price, { at, promptTokens: 0 })?.output ?? Infinity;
  for (const model of models) {
    const best = cheapest.get(model.family);
    if (!best || priceOf(model) < priceOf(best)) cheapest.set(model.family, model);
  }
  return [...cheapest.values()].sort((a, b) => b.family.localeCompare(a.family));
}

/** The rows of listed models that Google serves, and whose price is known. */
const servedRows = (listed: readonly Listed[], table: ModelTable, at: string): GeminiModel[] =>
  table.rows.filter(
    ({ id, lifecycle, host, price }) =>
      host === undefined &&
      lifecycle.stage !== 'retired' &&
      ratesOf(price, { at, promptTokens: 0 }) !== undefined &&
      listed.some((model) => model.id === id),
  );

/** The questions about caching (seven), and those that follow from a conversation (two). */
const OTHERS_OF_FAMILY = 9;
/** After how many questions a line says how far drift is. */
const TOLD_EACH = 100;
/** Stands for our simulator's answer where there is none to compare. */
const NOTHING: Reply = { status: 0, type: '', text: '' };

type Question = { probe: Probe; ours: Reply; compare: typeof compareReplies };

class LiveLook {
  readonly #options: LiveOptions;
  readonly #key: string;
  readonly #google: Google;
  readonly #ours: Asker;
  readonly #date: string;
  readonly #table: ModelTable;
  readonly #spending: Spending;
  readonly #differences: string[] = [];
  readonly #unread: string[] = [];
  #asked = 0;

  constructor(options: LiveOptions, key: string) {
    const { baseUrl = GOOGLE, clock, say } = options;
    this.#options = options;
    this.#key = key;
    const onWait = (seconds: number) => say(`Google asks for a wait of ${seconds} s`);
    this.#google = new Google({ ...options, key, baseUrl, onWait });
    this.#ours = simulator(options);
    this.#date = today(clock);
    this.#table = BUILT_IN.on(this.#date);
    this.#spending = new Spending(this.#table, this.#date);
  }

  /** Rejects where Google does not even list its models. */
  async run(): Promise<{ what: string; differences: string[]; unread: string[] }> {
    const { listed, differences } = await listModels(this.#google.ask);
    this.#differences.push(...differences, ...modelDifferences(listed, this.#table));
    const rows = servedRows(listed, this.#table, this.#date);
    const families = familiesOf(rows, this.#date);
    const questions = await this.#questions(rows, families);
    const refused = await this.#consent(families, questions);
    if (refused === undefined) await this.#askAll(families, questions);
    else this.#unread.push(`what models answer: ${refused}`);
    const what = `${listed.length} models at ${this.#google.host}, ${this.#asked} questions`;
    const { keep } = this.#options;
    const kept = keep === undefined || this.#asked === 0 ? '' : `, kept in ${keep}`;
    return {
      what: `${what}, $${this.#spending.dollars.toFixed(4)}${kept}`,
      differences: this.#differences,
      unread: this.#unread,
    };
  }

  async #questions(rows: readonly GeminiModel[], families: readonly GeminiModel[]): Promise<Question[]> {
    const [first] = families;
    const names = first ? nameProbes(first) : [];
    const others = [...refusalProbes(families), ...allowedProbes(families), ...thinkingProbes(rows)];
    const questions: Question[] = [];
    for (const probe of names)
      questions.push(await this.#question(probe, (_, ...both) => compareParsers(...both)));
    for (const probe of others) questions.push(await this.#question(probe));
    return questions;
  }

  async #question(probe: Probe, compare: Question['compare'] = compareReplies): Promise<Question> {
    return { probe, ours: await this.#ours(probe.asked), compare };
  }

  #consent(families: readonly GeminiModel[], questions: readonly Question[]): Promise<string | undefined> {
    const kept = families.flatMap((model) =>
      model.caching ? [{ model, tokens: 2 * model.caching.minTokens }] : [],
    );
    const probes = questions.map(({ probe, ours }) => ({ probe, isTaken: ours.status === 200 }));
    const others = families.length * OTHERS_OF_FAMILY;
    const plan = planOf({ families, probes, kept, others }, this.#table, this.#date);
    return this.#options.refuse(plan);
  }

  async #askAll(families: readonly GeminiModel[], questions: readonly Question[]): Promise<void> {
    const { keep } = this.#options;
    const folder = keep ?? mkdtempSync(join(tmpdir(), 'drift-'));
    mkdirSync(folder, { recursive: true });
    try {
      const played = await this.#converse(families, folder);
      const keeper = createKeeper(folder, this.#key, this.#options.redact);
      await this.#followUp(played, families, keeper);
      await this.#askEach(questions, keeper);
      await this.#tryCaching(families, keeper);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      this.#unread.push(`the rest: ${error.message}`);
    } finally {
      if (keep === undefined) rmSync(folder, { recursive: true, force: true });
    }
  }

  async #converse(families: readonly GeminiModel[], folder: string): Promise<Played[]> {
    const { baseUrl = GOOGLE, clock, timeoutMs, redact } = this.#options;
    const { played, stopped } = await holdConversations(families, {
      key: this.#key,
      baseUrl,
      clock,
      timeoutMs,
      folder,
      redact,
      waitOut: (said) => this.#google.waitOut(said),
    });
    const judged = judgeConversations(played);
    this.#asked += played.length;
    this.#differences.push(...judged.differences);
    this.#unread.push(...judged.unread);
    for (const { model, usage } of judged.usage) this.#spending.add(model, usage);
    if (stopped) throw stopped;
    return played;
  }

  /** Signatures that are sent back changed, and counts of what was billed. */
  async #followUp(played: readonly Played[], families: readonly GeminiModel[], keep: Keeper): Promise<void> {
    for (const model of families) {
      this.#differences.push(...lostSignatures(played, model));
      const changed = changedSignature(played, model);
      if (changed) await this.#askEach([await this.#question(changed)], keep);
      const count = countOfCalls(played, model);
      if (count) {
        const compare = (_: Probe, reply: Reply) => billedDifferences(model, reply.text, count.billed);
        await this.#askEach([{ probe: count.probe, ours: NOTHING, compare }], keep);
      }
    }
  }

  async #tryCaching(families: readonly GeminiModel[], keep: Keeper): Promise<void> {
    for (const [index, model] of families.entries()) {
      const other = families.at(index - 1) ?? model;
      const google: Asker = (asked) => this.#ask({ name: 'explicit caching', model: model.id, asked }, keep);
      try {
        this.#differences.push(...(await keptDifferences(model, other, { google, ours: this.#ours })));
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        this.#unread.push(`explicit caching of ${model.id}: ${error.message}`);
      }
    }
  }

  async #askEach(questions: readonly Question[], keep: Keeper): Promise<void> {
    for (const [index, { probe, ours, compare }] of questions.entries()) {
      if (index > 0 && index % TOLD_EACH === 0)
        this.#options.say(`${index} of ${questions.length} questions …`);
      try {
        const reply = await this.#ask(probe, keep);
        this.#differences.push(...compare(probe, reply, ours));
      } catch (error) {
        if (error instanceof Stopped)
          throw new Stopped(`${questions.length - index} questions: ${error.message}`);
        if (!(error instanceof NoAnswer)) throw error;
        this.#unread.push(`what ${probe.model} says to ${probe.name}: ${error.message}`);
      }
    }
  }

  async #ask(probe: Probe, keep: Keeper): Promise<Reply> {
    const { budget = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#spending.dollars > budget) throw new Stopped(`the budget of $${budget} is spent`);
    this.#asked++;
    const reply = await this.#google.ask(probe.asked);
    this.#spending.add(probe.model, usageIn(probe.asked, reply));
    keep(probe, reply);
    return reply;
  }
}
