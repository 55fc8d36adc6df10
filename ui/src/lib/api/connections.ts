import { request } from './client';
import { day, flag, list, nullable, number, record, text, word, type Decoded } from './decode';
import { marketplace } from './types';

const id = encodeURIComponent;

const market = record({ id: text, name: text, country: text, participating: flag, suspended: flag, tracked: flag, trackable: flag, problem: text });
export type Market = Decoded<typeof market>;

const profile = record({ id: text, name: text, country: text, type: text, editable: flag, tracked: flag, trackable: flag });
export type Profile = Decoded<typeof profile>;

const queue = record({ open: number, planned: number, asking: number, atAmazon: number, ready: number, oldestSince: nullable(text), waiting: number });
const quota = record({ used: number, limit: number, haltedUntil: nullable(text), resetsAt: text });
const progress = record({ unit: text, done: number, total: number, remaining: number, newestDone: nullable(text), allDone: nullable(text), at: text });
const failure = record({ cause: text, count: number, last: text, text, toDo: text });
const fresh = record({ id: text, name: text, country: text, newest: nullable(day), daysBehind: nullable(number) });

/** How the data of a connection stand: what is there, on its way, waiting, and what went wrong. */
export const health = record({
  state: text,
  text,
  lastSuccess: nullable(text),
  next: nullable(text),
  queue,
  searchQuota: nullable(quota),
  progress: nullable(progress),
  lastDay: record({ stored: number, empty: number, failed: number, rows: number }),
  errors: list(failure),
  ads: nullable(record({ daysBehind: number, nextPull: nullable(text), profiles: list(fresh) })),
});
export type Health = Decoded<typeof health>;

/** One grant to Amazon as people see it. It holds no secret. */
export const connection = record({
  id: text,
  api: word(['spapi', 'ads'], 'spapi'),
  region: text,
  sellerId: text,
  status: text,
  message: text,
  mismatch: text,
  accessLevel: text,
  marketplaces: list(market),
  profiles: list(profile),
  grantedAt: nullable(text),
  grantedBy: text,
  method: text,
  app: text,
  appVersion: text,
  scopes: list(text),
  lastSuccess: nullable(text),
  endedAt: nullable(text),
  health: nullable(health),
  deletesAt: nullable(text),
  deletedAt: nullable(text),
  authorisationEnds: nullable(text),
  authorisationRule: text,
});
export type Connection = Decoded<typeof connection>;

/** How a new connection can be made on this server. */
export const ways = record({
  spapi: record({ consent: flag, app: flag, marketplaces: list(marketplace) }),
  ads: record({ consent: flag, app: flag, regions: list(text) }),
});
export type Ways = Decoded<typeof ways>;

export const connectionPage = record({ items: list(connection), connect: ways, provider: flag });
export type ConnectionPage = Decoded<typeof connectionPage>;

export const evidence = record({
  connection,
  release: text,
  nothingElse: text,
  operations: list(
    record({ operation: text, method: text, path: text, calls: number, failed: number, lastStatus: number, lastAt: nullable(text) }),
  ),
});
export type Evidence = Decoded<typeof evidence>;

const base = (account: string, rest = '') => `/accounts/${id(account)}/connections${rest}`;

export function connections(account: string, signal?: AbortSignal): Promise<ConnectionPage> {
  return request(base(account), connectionPage, { signal });
}

export function connectionEvidence(account: string, one: string, signal?: AbortSignal): Promise<Evidence> {
  return request(base(account, `/${id(one)}/evidence`), evidence, { signal });
}

/** Returns the address of Amazon's consent page; the answer comes back to the server, never to a script. */
export async function authorize(account: string, api: 'spapi' | 'ads', where: { marketplace?: string; draft?: boolean; region?: string }): Promise<string> {
  return (await request(base(account, `/${api}/authorize`), record({ url: text }), { method: 'POST', body: where })).url;
}

export interface PastedToken {
  region?: string;
  sellerId?: string;
  refreshToken: string;
  clientId: string;
  clientSecret: string;
}

export function paste(account: string, api: 'spapi' | 'ads', token: PastedToken): Promise<Connection> {
  return request(base(account, `/${api}`), connection, { method: 'POST', body: token });
}

export function track(account: string, one: string, tracked: string[]): Promise<Connection> {
  return request(base(account, `/${id(one)}`), connection, { method: 'PATCH', body: { tracked } });
}

/** Destroys the credential; returns how to withdraw the grant at Amazon too. */
export async function disconnect(account: string, one: string): Promise<string> {
  return (await request(base(account, `/${id(one)}`), record({ revoke: text }), { method: 'DELETE' })).revoke;
}
