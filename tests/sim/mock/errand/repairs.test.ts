import { describe, expect, test } from 'bun:test';
import { findRepair } from '../../../../src/sim/mock/errand/repairs.ts';

describe('a slip of the pen is found', () => {
  test.each([
    ['def add(a, b):\n    return a - b', '    return a - b', '    return a + b'],
    ['function multiply(a, b) {\n  return a + b;\n}', '  return a + b;', '  return a * b;'],
    ['def add(a, b)\n    return a + b', 'def add(a, b)', 'def add(a, b):'],
    ['if x = 1:\n    pass', 'if x = 1:', 'if x == 1:'],
    ['for n in range(3)\n    print(n)', 'for n in range(3)', 'for n in range(3):'],
    ['print("a"', 'print("a"', 'print("a")'],
    ['console.log("a";', 'console.log("a";', 'console.log("a");'],
    ['def f():\n    retrun 1', '    retrun 1', '    return 1'],
  ])('%j', (code, from, to) => {
    expect(findRepair(code, !code.includes('{') && !code.includes('console'))).toMatchObject({ from, to });
  });

  test.each([
    'def add(a, b):\n    return a + b\nprint(add(1, 2))',
    'x = 1 if y == 2 else 3',
    'while a <= b:\n    a += 1',
    'print("a",\n      "b")',
    'call(\n    if_true,\n)',
  ])('and none where there is none: %j', (code) => {
    expect(findRepair(code, true)).toBeUndefined();
  });
});
