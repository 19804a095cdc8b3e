/**
 * Records a recording once more, with what today's code sends and answers: each recorded request is sent again, and
 * what upstream said is taken from the recording.
 */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { readEach } from '../sim/cassette/read.ts';
import type { CarriedOver } from '../sim/cassette/types.ts';
import { errorIn, type Received, resend } from './resend.ts';

export type Carried = {
  /** How many requests the new recording has, and of how many of these what is sent upstream has changed. */
  requests: number;
  changed: number;
  /** What has changed, and what could not be carried over, by request. */
  lines: string[];
  lost: number;
};

/** Throws where the new folder is there already, or where the old one holds no recording. */
export async function carryOver(from: string, into: string): Promise<Carried> {
  if (existsSync(into)) throw new Error(`${into} is there already; choose another name, or remove it`);
  const readings = readEach(from);
  const requests = readings.filter((reading) => 'recorded' in reading);
  const answers = new Map<string, Received>();
  await resend(from, requests, ({ name }, received) => void answers.set(name, received), { RECORD: into });
  const carried = carriedIn(into);
  const result: Carried = { requests: carried.size, changed: 0, lines: [], lost: 0 };
  for (const reading of readings) {
    const { name } = reading;
    const found = carried.get(`${basename(from)}/${name}`);
    if (found) tellCarried(found, result);
    else {
      result.lost++;
      const why = 'problem' in reading ? reading.problem : whyLost(answers.get(name));
      result.lines.push(`${name} is not carried over: ${why}`);
    }
  }
  return result;
}

type Found = CarriedOver & { name: string };

/** The requests of the new recording, by what they come from. */
function carriedIn(recording: string): Map<string, Found> {
  const readings = readEach(recording);
  return new Map(
    readings.flatMap((reading) => {
      const carried = 'recorded' in reading ? reading.recorded.carriedOver : undefined;
      return carried ? [[carried.from, { ...carried, name: reading.name }] as const] : [];
    }),
  );
}

function tellCarried({ name, from, differs }: Found, result: Carried): void {
  if (differs.length === 0) return;
  result.changed++;
  result.lines.push(`${name} (from ${from}) is sent otherwise than then:\n  ${differs.join('\n  ')}`);
}

const whyLost = (received: Received | undefined): string =>
  (received && errorIn(received)) ?? 'it was not recorded';
