import { afterEach, expect, test, vi } from 'vitest';
import { authorize, connection, connections, disconnect, paste, track } from './connections';

const one = { id: 'c', api: 'ads', region: '', sellerId: '', status: 'active', message: '', mismatch: '', accessLevel: 'edit', grantedAt: null, grantedBy: '', method: 'token', app: '', appVersion: '', lastSuccess: null, endedAt: null, deletesAt: null, deletedAt: null, authorisationEnds: null, authorisationRule: '' };

function answering(body: unknown) {
  const fetched = vi.fn().mockImplementation(() => Promise.resolve(new Response(JSON.stringify(body))));
  vi.stubGlobal('fetch', fetched);
  return () => fetched.mock.calls.map(([path, init]) => [(init as RequestInit).method, path as string, (init as RequestInit).body]);
}

afterEach(() => vi.unstubAllGlobals());

test('absent lists are empty', () => {
  const value = connection(one, '');
  expect([value.marketplaces, value.profiles, value.scopes]).toEqual([[], [], []]);
});

test('requests follow the contract', async () => {
  const calls = answering({ ...one, url: 'https://sellercentral.amazon.com/x', revoke: 'so', items: [], connect: { spapi: { consent: true, app: true }, ads: { consent: false, app: false } }, provider: true });
  expect((await connections('a/b')).connect.spapi.marketplaces).toEqual([]);
  expect(await authorize('a', 'spapi', { marketplace: 'M', draft: true })).toBe('https://sellercentral.amazon.com/x');
  await paste('a', 'ads', { refreshToken: 'T', clientId: '', clientSecret: '' });
  await track('a', 'c', ['M']);
  expect(await disconnect('a', 'c')).toBe('so');
  expect(calls()).toEqual([
    ['GET', '/api/halotrack/accounts/a%2Fb/connections', undefined],
    ['POST', '/api/halotrack/accounts/a/connections/spapi/authorize', '{"marketplace":"M","draft":true}'],
    ['POST', '/api/halotrack/accounts/a/connections/ads', '{"refreshToken":"T","clientId":"","clientSecret":""}'],
    ['PATCH', '/api/halotrack/accounts/a/connections/c', '{"tracked":["M"]}'],
    ['DELETE', '/api/halotrack/accounts/a/connections/c', undefined],
  ]);
});

test('health is read with what is not known left open', () => {
  const queue = { open: 1, planned: 0, asking: 0, atAmazon: 1, ready: 0, oldestSince: '2026-11-18T08:00:00Z', waiting: 0 };
  const health = { state: 'fetching', text: 'On its way.', lastSuccess: null, next: null, queue, searchQuota: { used: 3, limit: 20, haltedUntil: null, resetsAt: '2026-11-19T00:00:00Z' }, progress: null, lastDay: { stored: 1, empty: 0, failed: 0, rows: 9 }, errors: null, ads: null };
  const value = connection({ ...one, health }, '').health;
  expect([value?.queue.atAmazon, value?.searchQuota?.used, value?.errors, value?.progress]).toEqual([1, 3, [], null]);
  expect(connection(one, '').health).toBe(null);
});
