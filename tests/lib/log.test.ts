import { describe, expect, test } from 'bun:test';
import { createLogger, type LogFormat, type LoggerOptions } from '../../src/lib/log.ts';

async function logged(options: Partial<LoggerOptions>, fields: Record<string, unknown>, message = 'message') {
  let text = '';
  const write = (line: string) => {
    text += line;
  };
  const logger = await createLogger({ level: 'debug', format: 'json', write, ...options });
  logger.info(fields, message);
  return text;
}

const NASTY = 'a\r\nFORGED\u001b[2J\u0007\u009b31m\u2028b';

describe('a line cannot be forged', () => {
  for (const format of ['json', 'pretty'] as const) {
    test(`${format}: controls in values, keys and messages are shown, not sent`, async () => {
      const text = await logged({ format }, { path: NASTY, [NASTY]: 1, deep: [{ x: NASTY }] }, NASTY);
      expect(text.trimEnd().split(/\r|\n|\u2028/)).toHaveLength(1);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(text.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028]/);
      expect(text).toContain('FORGED');
    });

    test(`${format}: a megabyte is cut`, async () => {
      expect((await logged({ format }, { path: 'x'.repeat(1_000_000) })).length).toBeLessThan(3_000);
    });

    test(`${format}: secrets are blotted out wherever they stand`, async () => {
      const error = new Error('refused key canary-1234 twice');
      const fields = { url: 'https://h/?key=canary-1234&x', nested: { list: ['canary-1234'] }, error };
      const text = await logged({ format, secrets: ['canary-1234'] }, fields, 'with canary-1234');
      expect(text).not.toContain('canary-1234');
      expect(text).toContain('***');
    });
  }
});

test('of a URL the query is not shown', async () => {
  const text = await logged(
    { format: 'json' },
    { error: 'could not fetch HTTPS://h.example/a.png?sig=canary&x=1 (twice), "http://h.example?canary"' },
    'see https://h.example/?canary',
  );
  expect(text).not.toContain('canary');
  expect(JSON.parse(text)).toMatchObject({
    error: 'could not fetch HTTPS://h.example/a.png?… (twice), "http://h.example?…"',
    msg: 'see https://h.example/?…',
  });
});

describe('secrets that become known later', () => {
  test('are blotted out from then on, and the old ones as well', async () => {
    let text = '';
    const write = (line: string) => {
      text += line;
    };
    const logger = await createLogger({ level: 'debug', format: 'json', write, secrets: ['old-canary'] });
    logger.hide(['new-canary']);
    logger.info({ both: 'old-canary new-canary' }, 'new-canary');
    expect(text).not.toContain('canary');
  });

  test('one that begins like another is blotted out to its end', async () => {
    const text = await logged({ secrets: ['canary', 'canary-and-more'] }, { key: 'canary-and-more' });
    expect(JSON.parse(text).key).toBe('***');
  });
});

describe('lines', () => {
  test('json: level by name, time, fields, message', async () => {
    const line = JSON.parse(await logged({}, { status: 200, absent: undefined }));
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-/),
      status: 200,
      msg: 'message',
    });
  });

  test('pretty: one line, coloured only on a terminal', async () => {
    const plain = await logged({ format: 'pretty' }, { status: 200 });
    expect(plain).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: message \{"status":200\}\n$/);
    const coloured = await logged({ format: 'pretty', colour: true }, { status: 200 });
    expect(coloured).toContain('\u001b[');
  });

  describe('lines for people', () => {
    const people = async (format: LogFormat, lines: readonly string[]) => {
      let text = '';
      const write = (line: string) => {
        text += line;
      };
      const logger = await createLogger({ level: 'info', format, write, secrets: ['canary-1234'] });
      logger.info({ status: 200 }, 'message', () => lines);
      return text;
    };

    test('stand on a terminal in place of fields and message, one below the other', async () => {
      expect(await people('pretty', ['first', 'second'])).toMatch(/^\[[\d:]+\] INFO: first\n {4}second\n$/);
    });

    test('none show nothing', async () => {
      expect(await people('pretty', [])).toBe('');
    });

    test('are not in JSON', async () => {
      expect(JSON.parse(await people('json', ['first']))).toMatchObject({ status: 200, msg: 'message' });
    });

    test('cannot be forged, and show no secret', async () => {
      const text = await people('pretty', [NASTY, 'canary-1234']);
      expect(text.trimEnd().split(/\r|\n|\u2028/)).toHaveLength(2);
      expect(text).not.toContain('canary-1234');
    });
  });

  test('below the level nothing is written', async () => {
    expect(await logged({ level: 'warning' }, {})).toBe('');
    const quiet = await createLogger({ level: 'critical', format: 'json', write: () => {} });
    expect(quiet.debugging).toBe(false);
  });

  test('an error keeps its name, message and stack', async () => {
    const line = JSON.parse(await logged({}, { error: new TypeError('wrong') }));
    expect(line.error).toMatchObject({
      name: 'TypeError',
      message: 'wrong',
      stack: expect.stringContaining('log.test'),
    });
  });

  test('a circular value does not break the log', async () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(await logged({}, { loop })).toContain('…');
  });
});
