import { request } from './client';
import { flag, list, nullable, number, record, text, type Decoded } from './decode';

const id = encodeURIComponent;

/** An application to the waitlist, as an operator sees it. */
export const application = record({
  id: text,
  name: text,
  email: text,
  businessType: text,
  adSpendBand: text,
  marketplaces: list(text),
  notes: text,
  status: text,
  appliedAt: nullable(text),
  confirmedAt: nullable(text),
  invitedAt: nullable(text),
  resolvedAt: nullable(text),
  offeredAt: nullable(text),
  news: flag,
  noteCount: number,
  /** States that it may be moved to. */
  next: list(text),
});
export type Application = Decoded<typeof application>;

const capacity = record({ places: number, accounts: number, invited: number, free: number });
export type Capacity = Decoded<typeof capacity>;

export const queuePage = record({ items: list(application), nextCursor: nullable(text), total: number, capacity });
export type QueuePage = Decoded<typeof queuePage>;

const notes = record({ items: list(record({ id: text, author: text, text, at: nullable(text) })) });
export type Notes = Decoded<typeof notes>;

const moved = record({ moved: list(text), refused: list(record({ id: text, why: text })) });
export type Moved = Decoded<typeof moved>;

export interface QueueQuery {
  status: string;
  band: string;
  q: string;
  sort: string;
  cursor: string | null;
}

const base = '/operator/waitlist';

export function queue(query: QueueQuery, signal?: AbortSignal): Promise<QueuePage> {
  return request(base, queuePage, { query: { ...query }, signal });
}

export function move(application_: string, status: string): Promise<Application> {
  return request(`${base}/${id(application_)}`, application, { method: 'PATCH', body: { status } });
}

export function moveAll(ids: string[], status: string): Promise<Moved> {
  return request(`${base}/bulk`, moved, { method: 'POST', body: { ids, status } });
}

/** The one mail that someone who was declined may get later. */
export function offer(application_: string): Promise<Application> {
  return request(`${base}/${id(application_)}/offer`, application, { method: 'POST' });
}

export function notesOf(application_: string, signal?: AbortSignal): Promise<Notes> {
  return request(`${base}/${id(application_)}/notes`, notes, { signal });
}

export function addNote(application_: string, words: string): Promise<Notes> {
  return request(`${base}/${id(application_)}/notes`, notes, { method: 'POST', body: { text: words } });
}

/** How many accounts this installation is to carry; 0 for no limit. */
export function setCapacity(places: number): Promise<Capacity> {
  return request('/operator/capacity', capacity, { method: 'PUT', body: { places } });
}
