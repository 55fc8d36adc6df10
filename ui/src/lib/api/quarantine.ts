import { command, request } from './client';
import { list, nullable, number, record, text, type Decoded } from './decode';
import { marketplace } from './types';

const id = encodeURIComponent;

/** A search term that is held back because it looks like personal data. */
export const heldTerm = record({
  id: text,
  text,
  kind: text,
  marketplaces: list(marketplace),
  sources: list(text),
  from: nullable(text),
  to: nullable(text),
  rows: number,
  impressions: number,
  ad_impressions: number,
  firstSeen: text,
});
export type HeldTerm = Decoded<typeof heldTerm>;

export const heldPage = record({ items: list(heldTerm), nextCursor: nullable(text), total: number });
export type HeldPage = Decoded<typeof heldPage>;

const base = (account: string, rest = '') => `/accounts/${id(account)}/quarantine${rest}`;

export function heldTerms(account: string, cursor: string | null, signal?: AbortSignal): Promise<HeldPage> {
  return request(base(account), heldPage, { query: { cursor }, signal });
}

/** Moves its rows among the data, and lets later ones pass. */
export function release(account: string, term: string): Promise<void> {
  return command(base(account, `/${id(term)}/release`), { method: 'POST' });
}

/** Destroys its rows; later ones are dropped. */
export function remove(account: string, term: string): Promise<void> {
  return command(base(account, `/${id(term)}`), { method: 'DELETE' });
}
