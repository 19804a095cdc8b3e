/** Each fault is seeded into a sound machine, found, and mended by what the doctor says; then the doctor is content. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { CLIENT_FAULTS } from '../support/doctor/client-faults.ts';
import { applyFix, BAD_KEY, DoctorBench, GOOD_KEY, type Report } from '../support/doctor/doctor.ts';
import { PROXY_FAULTS } from '../support/doctor/faults.ts';

const LONG_MS = 60_000;

let bench: DoctorBench;
beforeEach(() => {
  bench = new DoctorBench();
});
afterEach(() => bench.clear());

const problems = ({ findings }: Report) => findings.filter(({ level }) => level !== 'ok');

describe('a sound machine', () => {
  test('gives the doctor nothing to say', async () => {
    const report = await bench.run();
    expect(problems(report)).toEqual([]);
    expect(report.exitCode).toBe(0);
  });
});

describe('a fault is found, and what the doctor says mends it:', () => {
  test.each([...PROXY_FAULTS, ...CLIENT_FAULTS].map((fault) => [fault.name, fault] as const))(
    '%s',
    async (_, { seed, level, check, says, hands, inProcess }) => {
      const run = () => (inProcess ? bench.runProcess('--json') : bench.run());
      await seed(bench);
      const before = await run();
      const found = problems(before).filter((finding) => finding.check === check && says.test(finding.what));
      expect(found.map((finding) => finding.level)).toEqual([level]);
      expect(before.exitCode).toBe(level === 'stops' ? 1 : 0);
      for (const secret of [GOOD_KEY, BAD_KEY, 'hush-hush', 'sk-ant-secret-of-mine', 'between-us-two'])
        expect(before.out + before.err).not.toContain(secret);
      for (const finding of found)
        if (finding.level !== 'ok') await applyFix(finding.fix, bench, hands?.(bench) ?? {});
      const after = await run();
      expect(problems(after)).toEqual([]);
      expect(after.exitCode).toBe(0);
    },
    LONG_MS,
  );
});
