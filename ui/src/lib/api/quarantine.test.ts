import { afterEach, expect, test, vi } from 'vitest';
import { heldPage, heldTerms, release, remove } from './quarantine';

afterEach(() => vi.unstubAllGlobals());

test('a keyword alone has no weeks', () => {
  const page = heldPage({ items: [{ id: 'e', text: 'x@y.zz', kind: 'email', rows: 0, impressions: 0, ad_impressions: 0, firstSeen: '2026-11-15T00:00:00Z' }], nextCursor: null, total: 1 }, '');
  expect([page.items[0]?.from, page.items[0]?.marketplaces]).toEqual([null, []]);
});

test('requests follow the routes', async () => {
  const fetched = vi.fn().mockImplementation((_: string, init: RequestInit) => Promise.resolve(init.method === 'GET' ? new Response('{"items":[],"nextCursor":null,"total":0}') : new Response(null, { status: 204 })));
  vi.stubGlobal('fetch', fetched);
  await heldTerms('a/b', 'c1');
  await release('a', 'e');
  await remove('a', 'e');
  expect(fetched.mock.calls.map(([path, init]) => [(init as RequestInit).method, path as string])).toEqual([
    ['GET', '/api/halotrack/accounts/a%2Fb/quarantine?cursor=c1'],
    ['POST', '/api/halotrack/accounts/a/quarantine/e/release'],
    ['DELETE', '/api/halotrack/accounts/a/quarantine/e'],
  ]);
});
