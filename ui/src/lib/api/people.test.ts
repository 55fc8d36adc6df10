import { afterEach, describe, expect, test, vi } from 'vitest';
import { en } from '../i18n/en';
import { explain } from '../i18n/explain';
import { logIn } from './calls';
import { ApiError, onFactorMissing, onProofNeeded, onSignedOut } from './client';
import { accept, beginFactor, changeRole, chooseTheme, devices, endDevice, invite, joinAtProvider, look, makeKey, members, pause, prove, setLogo } from './people';

const answers = (...list: [status: number, body: unknown][]) => {
  const fetched = vi.fn();
  for (const [status, body] of list) fetched.mockResolvedValueOnce(new Response(status === 204 ? null : JSON.stringify(body), { status }));
  vi.stubGlobal('fetch', fetched);
  return fetched;
};
const sent = (fetched: ReturnType<typeof answers>) => fetched.mock.calls.map(([path, init]) => [(init as RequestInit).method, path as string, (init as RequestInit).body]);

afterEach(() => {
  vi.unstubAllGlobals();
  onSignedOut(() => undefined);
  onFactorMissing(() => undefined);
  onProofNeeded(() => Promise.resolve(false));
});

describe('a request that needs a fresh proof', () => {
  const refusal: [number, unknown] = [403, { message: 'Enter your password again first.', data: { fresh: 'required' } }];
  const factor: [number, unknown] = [200, { secret: 'S', uri: 'otpauth://x', qr: '<svg/>' }];

  test('is sent again once the person proved it', async () => {
    const asked = vi.fn(() => Promise.resolve(true));
    onProofNeeded(asked);
    const fetched = answers(refusal, factor);
    expect((await beginFactor()).secret).toBe('S');
    expect([asked.mock.calls.length, fetched.mock.calls.length]).toEqual([1, 2]);
  });
  test('fails where they did not', async () => {
    const fetched = answers(refusal);
    await expect(beginFactor()).rejects.toMatchObject({ status: 403, message: 'Enter your password again first.' });
    expect(fetched.mock.calls.length).toBe(1);
  });
  test('is not repeated without end', async () => {
    onProofNeeded(() => Promise.resolve(true));
    const fetched = answers(refusal, refusal);
    await expect(beginFactor()).rejects.toBeInstanceOf(ApiError);
    expect(fetched.mock.calls.length).toBe(2);
  });
});

test('a missing second factor is reported', async () => {
  const missing = vi.fn();
  onFactorMissing(missing);
  answers([403, { data: { secondFactor: 'required' } }]);
  await expect(members('a')).rejects.toBeInstanceOf(ApiError);
  expect(missing).toHaveBeenCalledOnce();
});

describe('an answer 401', () => {
  test.each([
    ['a wrong code', () => logIn('e', 'p', '000000'), { otp: 'wrong' }, 0],
    ['a wrong password at the fresh proof', () => prove('p', ''), {}, 0],
    ['an invitation of somebody who has to log in', () => accept({ token: 't' }), { signIn: 'required' }, 0],
    ['a list', () => devices(), {}, 1],
  ] as [string, () => Promise<unknown>, object, number][])('to %s', async (_, call, data, times) => {
    const ended = vi.fn();
    onSignedOut(ended);
    answers([401, { message: 'no', data }]);
    await expect(call()).rejects.toMatchObject({ failure: 'signed-out', data });
    expect(ended).toHaveBeenCalledTimes(times);
  });
});

describe('requests follow the routes', () => {
  test('of the team', async () => {
    const fetched = answers([201, { id: 'i', email: 'b@x.yy', role: 'viewer', created: '2026-11-18 09:00:00.000Z', expires: '2026-11-25 09:00:00.000Z' }], [204, null], [204, null], [204, null]);
    expect((await invite('a/b', 'b@x.yy', 'viewer')).expires).toBe('2026-11-25T09:00:00.000Z');
    await changeRole('a', 'u', 'analyst');
    await endDevice('s/1');
    const file = new Blob(['x']);
    await setLogo('a', file);
    expect(sent(fetched)).toEqual([
      ['POST', '/api/halotrack/accounts/a%2Fb/members', '{"email":"b@x.yy","role":"viewer"}'],
      ['PATCH', '/api/halotrack/accounts/a/members/u', '{"role":"analyst"}'],
      ['DELETE', '/api/halotrack/me/sessions/s%2F1', undefined],
      ['PUT', '/api/halotrack/accounts/a/logo', file],
    ]);
  });
  test('of invitations and keys', async () => {
    const fetched = answers([200, { email: 'b@x.yy', role: 'owner', kind: 'agency', account: null, inviter: null, known: false, signedIn: false }], [200, { account: 'a' }], [200, { url: 'https://there.example' }], [204, null], [201, { id: 'k', key: 'ht_x' }]);
    expect((await look('t')).account).toBeNull();
    expect(await accept({ token: 't', name: 'B' })).toBe('a');
    expect(await joinAtProvider({ token: 't', name: 'B' })).toBe('https://there.example');
    await chooseTheme('dark');
    expect(await makeKey('a', { name: 'n', scopes: ['read'], days: 30 })).toBe('ht_x');
    expect(sent(fetched).map(([, path, body]) => `${path} ${body}`)).toEqual([
      '/api/halotrack/invitations/look {"token":"t"}',
      '/api/halotrack/invitations/accept {"token":"t","name":"B"}',
      '/api/halotrack/invitations/provider {"token":"t","name":"B"}',
      '/api/halotrack/me/theme {"theme":"dark"}',
      '/api/halotrack/accounts/a/keys {"name":"n","scopes":["read"],"days":30}',
    ]);
  });
});

test('a pause is told in words', () => {
  expect(pause({ seconds: 29.2 })).toBe(30);
  expect(pause({})).toBeNull();
  expect(explain(new ApiError('throttled', 429, 'x', { seconds: 30 }))).toBe(en.wait(30));
  expect(en.wait(240)).toContain('4 minutes');
  expect(explain(new ApiError('invalid', 400, 'Give a name.'))).toBe('Give a name.');
});
