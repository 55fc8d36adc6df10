import { afterEach, describe, expect, test, vi } from 'vitest';
import { accounts } from './calls';
import { ApiError, command, failureOf, onSignedOut, queryString, request } from './client';
import { DecodeError, list, nullable, number, record, text, word } from './decode';
import { audit, finding, overview, shareOf, termPage } from './types';

const answerWith = (...bodies: [status: number, body: unknown][]) => {
  const fetched = vi.fn();
  for (const [status, body] of bodies) fetched.mockResolvedValueOnce(new Response(status === 204 ? null : JSON.stringify(body), { status }));
  vi.stubGlobal('fetch', fetched);
  return fetched;
};

afterEach(() => vi.unstubAllGlobals());

describe('decoding', () => {
  const shape = record({ id: text, n: nullable(number), tags: list(text), kind: word(['a', 'b'], 'a') });

  test('absent, null and unknown values have a meaning', () => {
    expect(shape({ id: '1', kind: 'later', more: true }, '')).toEqual({ id: '1', n: null, tags: [], kind: 'a' });
  });
  test.each([
    [{ id: 1 }, '/id'],
    [{ id: '1', n: '2' }, '/n'],
    [{ id: '1', n: Number.NaN }, '/n'],
    [{ id: '1', tags: ['x', 2] }, '/tags/1'],
    [[], ''],
    [null, ''],
  ])('%j is refused at %s', (value, path) => {
    try {
      shape(value, '');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
      expect((error as DecodeError).path).toBe(path);
    }
  });
});

describe('answers', () => {
  test('an overview without data', () => {
    const value = overview({ account: { id: 'a', name: 'A' }, marketplace: null, week: null, weeks: [] }, '');
    expect([value.week, value.audit, shareOf(value, 'click').share]).toEqual([null, null, null]);
  });
  test('a term row keeps undefined figures undefined', () => {
    const page = termPage({ week: '2026-11-15', currency: 'USD', items: [{ id: 't', term: 'x', class: 'brand', state: 'final', split: 'measured', volume: 0 }], nextCursor: null, total: 1 }, '');
    expect([page.items[0]?.volume, page.items[0]?.ad_clicks]).toEqual([0, null]);
  });
  test('a finding without p stays without p', () => expect(finding({ kind: 'waste', text: 'x' }, '').p).toBeNull());
  test('an audit by contract', () => {
    const value = audit({ account: 'a', week: '2026-11-15', state: 'settled', marketplaces: [{ marketplace: 'ATVPDKIKX0DER', currency: 'USD', shares: { click: { own: 1, market: 30, share: 1 / 30 } }, spend_micros: 5, findings: [], hidden: [{ what: 'a', why: 'b' }] }] }, '');
    expect([value.marketplaces[0]?.shares?.click?.before, value.marketplaces[0]?.shares?.impression]).toEqual([null, null]);
  });
});

describe('requests', () => {
  test('leave out empty parameters', () => expect(queryString({ q: 'a & b', week: '', cursor: null, limit: 10 })).toBe('?q=a+%26+b&limit=10'));
  test.each([
    [401, 'signed-out'],
    [404, 'not-found'],
    [429, 'throttled'],
    [400, 'invalid'],
    [503, 'server'],
  ])('%i is %s', (status, failure) => expect(failureOf(status)).toBe(failure));

  test('an ended session is reported', async () => {
    const ended = vi.fn();
    onSignedOut(ended);
    answerWith([401, { status: 401, message: 'x' }]);
    await expect(request('/accounts', text)).rejects.toMatchObject({ failure: 'signed-out' });
    expect(ended).toHaveBeenCalledOnce();
  });
  test('a wrong password is not an ended session', async () => {
    const ended = vi.fn();
    onSignedOut(ended);
    answerWith([401, {}]);
    await expect(request('/session', text)).rejects.toBeInstanceOf(ApiError);
    expect(ended).not.toHaveBeenCalled();
  });
  test('an unreadable answer says where', async () => {
    answerWith([200, { items: 3 }]);
    await expect(request('/accounts', record({ items: list(text) }))).rejects.toMatchObject({ failure: 'unreadable', message: '/items: expected a list' });
  });
  test('a server that is not there is offline', async () => {
    vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError('failed')));
    await expect(command('/session', { method: 'DELETE' })).rejects.toMatchObject({ failure: 'offline' });
  });
  test('the list of accounts is read to its end', async () => {
    const one = (id: string) => ({ id, name: id, kind: 'business', role: 'owner', marketplaces: [] });
    const fetched = answerWith([200, { items: [one('a')], nextCursor: 'next' }], [200, { items: [one('b')], nextCursor: null }]);
    expect((await accounts()).map((account) => account.id)).toEqual(['a', 'b']);
    expect(fetched.mock.calls[1]?.[0]).toBe('/api/halotrack/accounts?cursor=next');
  });
});
