/** Addresses that are not of the public internet are never connected to, however they are written. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { isPublicAddress } from '../../src/lib/public-address.ts';

describe('public', () => {
  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2001:4860:4860::8888',
    '2A00:1450:4001:81B::200E',
  ])('%s', (address) => expect(isPublicAddress(address)).toBe(true));
});

const PRIVATE_V4 = [
  ['this host', '0.0.0.0'],
  ['this network', '0.255.255.255'],
  ['private', '10.0.0.1'],
  ['carriers’ NAT', '100.64.0.1'],
  ['loopback', '127.255.255.254'],
  ['link-local, metadata', '169.254.169.254'],
  ['private', '172.16.0.1'],
  ['private', '172.31.255.255'],
  ['protocol assignments', '192.0.0.8'],
  ['documentation', '192.0.2.1'],
  ['6to4 relays', '192.88.99.1'],
  ['private', '192.168.1.1'],
  ['benchmarks', '198.19.255.255'],
  ['documentation', '198.51.100.1'],
  ['documentation', '203.0.113.1'],
  ['multicast', '224.0.0.1'],
  ['multicast', '239.255.255.250'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
] as const;

describe('not public', () => {
  test.each([
    ...PRIVATE_V4,
    ['any', '::'],
    ['loopback', '::1'],
    ['loopback, in full', '0:0:0:0:0:0:0:1'],
    ['IPv4-compatible', '::8.8.8.8'],
    ['IPv4-mapped', '::ffff:8.8.8.8'],
    ['IPv4-mapped, in hexadecimal', '::ffff:7f00:1'],
    ['IPv4-translated', '::ffff:0:127.0.0.1'],
    ['NAT64', '64:ff9b::127.0.0.1'],
    ['NAT64 of a public address', '64:ff9b::8.8.8.8'],
    ['local NAT64', '64:ff9b:1::1'],
    ['discard', '100::1'],
    ['Teredo', '2001:0:1::1'],
    ['ORCHID', '2001:20::1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['6to4 of loopback', '2002:7f00:1::1'],
    ['6to4 of a public address', '2002:808:808::1'],
    ['segment routing', '5f00::1'],
    ['unique local', 'fc00::1'],
    ['unique local', 'fdff::1'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['a public address with a zone', '2606:4700::1%1'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['no address', 'example.com'],
    ['nothing', ''],
    ['a short address', '127.1'],
    ['an octal address', '010.0.0.1'],
    ['a decimal address', '2130706433'],
    ['brackets', '[2606:4700::1]'],
  ])('%s: %s', (_, address) => expect(isPublicAddress(address)).toBe(false));

  test('no IPv4 address inside of an IPv6 one, in any way of carrying it', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const ways = fc.constantFrom(
      (v4: string) => `::ffff:${v4}`,
      (v4: string) => `::${v4}`,
      (v4: string) => `64:ff9b::${v4}`,
      (v4: string) => `64:ff9b:1::${v4}`,
      (v4: string) => `::ffff:0:${v4}`,
      (v4: string) => {
        const [a = 0, b = 0, c = 0, d = 0] = v4.split('.').map(Number);
        return `2002:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}::1`;
      },
    );
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte, byte), ways, (bytes, way) => {
        expect(isPublicAddress(way(bytes.join('.')))).toBe(false);
      }),
    );
  });
});
