import { describe, expect, test } from 'vitest';
import { href, match, safeNext } from './routes';

test.each([
  ['/', { name: 'home' }],
  ['/login', { name: 'login' }],
  ['/password', { name: 'password' }],
  ['/forgot', { name: 'forgot' }],
  ['/email', { name: 'email' }],
  ['/join', { name: 'join' }],
  ['/me', { name: 'me' }],
  ['/me/x', { name: 'notFound' }],
  ['/operator/waitlist', { name: 'operatorWaitlist' }],
  ['/operator/elsewhere', { name: 'notFound' }],
  ['/accounts/a1', { name: 'overview', account: 'a1' }],
  ['/accounts/a1/overview', { name: 'overview', account: 'a1' }],
  ['/accounts/a1/terms', { name: 'terms', account: 'a1' }],
  ['/accounts/a1/terms/x%2Fy', { name: 'term', account: 'a1', term: 'x/y' }],
  ['/accounts/a1/alerts', { name: 'alerts', account: 'a1' }],
  ['/accounts/a1/audits', { name: 'audits', account: 'a1' }],
  ['/accounts/a1/audits/2026-11-15', { name: 'audit', account: 'a1', week: '2026-11-15' }],
  ['/accounts/a1/connections', { name: 'connections', account: 'a1' }],
  ['/accounts/a1/connections/c1', { name: 'connection', account: 'a1', connection: 'c1' }],
  ['/accounts/a1/quarantine', { name: 'quarantine', account: 'a1' }],
  ['/accounts/a1/team', { name: 'team', account: 'a1' }],
  ['/accounts/a1/settings', { name: 'settings', account: 'a1' }],
  ['/accounts/a1/products', { name: 'products', account: 'a1' }],
  ['/accounts/a1/keys', { name: 'keys', account: 'a1' }],
  ['/accounts/a1/team/x', { name: 'notFound' }],
  ['/accounts/a1/quarantine/e1', { name: 'notFound' }],
  ['/accounts/a1/audits/soon', { name: 'notFound' }],
  ['/accounts/a1/terms/x/y', { name: 'notFound' }],
  ['/accounts', { name: 'notFound' }],
  ['/accounts/%E0%A4%A', { name: 'notFound' }],
  ['/elsewhere', { name: 'notFound' }],
])('%s', (path, route) => expect(match(path)).toEqual(route));

test('an address can be read back', () => {
  const address = href('a1', 'terms', 'x/ü', { marketplace: 'M', week: '', q: 'a b' });
  expect(address).toBe('/accounts/a1/terms/x%2F%C3%BC?marketplace=M&q=a+b');
  expect(match(new URL(address, 'http://x').pathname)).toEqual({ name: 'term', account: 'a1', term: 'x/ü' });
});

describe('the way back after logging in', () => {
  test.each([
    [null, '/'],
    ['/accounts/a1/terms?q=x', '/accounts/a1/terms?q=x'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example', '/'],
    ['/login?next=/login', '/'],
  ])('%s leads to %s', (next, to) => expect(safeNext(next)).toBe(to));
});
