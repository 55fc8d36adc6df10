import { command, request } from './client';
import * as types from './types';

const id = encodeURIComponent;

export function currentSession(signal?: AbortSignal): Promise<types.Session> {
  return request('/session', types.session, { signal });
}

/** `otp` is a code of the second factor, or a recovery code; empty: none. */
export function logIn(email: string, password: string, otp = ''): Promise<types.Session> {
  return request('/session', types.session, { method: 'POST', body: { email, password, ...(otp ? { otp } : {}) } });
}

export function logOut(): Promise<void> {
  return command('/session', { method: 'DELETE' });
}

/** Sets the password of the person whom a one-time link was made for. */
export function setPassword(token: string, password: string): Promise<void> {
  return command('/password', { method: 'POST', body: { token, password } });
}

/** Every account this person may see: all pages of the list. */
export async function accounts(signal?: AbortSignal): Promise<types.Account[]> {
  const all: types.Account[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: types.Account[]; nextCursor: string | null } = await request('/accounts', types.accountPage, { query: { cursor }, signal });
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return all;
}

export function overview(account: string, marketplace: string, week: string, signal?: AbortSignal): Promise<types.Overview> {
  return request(`/accounts/${id(account)}/overview`, types.overview, { query: { marketplace, week }, signal });
}

export interface TermsQuery {
  marketplace: string;
  week: string;
  q: string;
  sort: string;
  cursor: string | null;
  limit: number;
}

export function terms(account: string, query: TermsQuery, signal?: AbortSignal): Promise<types.TermPage> {
  return request(`/accounts/${id(account)}/terms`, types.termPage, { query: { ...query }, signal });
}

export function term(account: string, termId: string, signal?: AbortSignal): Promise<types.Term> {
  return request(`/accounts/${id(account)}/terms/${id(termId)}`, types.term, { signal });
}

export function audits(account: string, cursor: string | null, signal?: AbortSignal): Promise<types.AuditPage> {
  return request(`/accounts/${id(account)}/audits`, types.auditPage, { query: { cursor }, signal });
}

export function audit(account: string, week: string, signal?: AbortSignal): Promise<types.Audit> {
  return request(`/accounts/${id(account)}/audits/${id(week)}`, types.audit, { signal });
}
