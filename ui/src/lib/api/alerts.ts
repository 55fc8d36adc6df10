import { request } from './client';
import { day, flag, list, nullable, number, record, text, word, type Decoded } from './decode';

const id = encodeURIComponent;
const base = (account: string, rest = '') => `/accounts/${id(account)}/alerts${rest}`;

export const alertStates = ['open', 'acknowledged', 'snoozed', 'closed'] as const;
export type AlertState = (typeof alertStates)[number];

const person = record({ id: text, name: text });
export type AlertPerson = Decoded<typeof person>;

/** Something that needs a person. `protected`: its rate of false alarms is controlled. Money is micros a week. */
export const alert = record({
  id: text,
  kind: text,
  marketplace: nullable(record({ id: text, country: text, name: text })),
  currency: text,
  week: nullable(day),
  term: text,
  text,
  meaning: text,
  toDo: text,
  protected: flag,
  severity: word(['info', 'warning', 'critical'] as const, 'warning'),
  moneyLowMicros: nullable(number),
  state: word(alertStates, 'closed'),
  snoozedUntil: nullable(day),
  assignee: nullable(person),
  opened: nullable(text),
  closed: nullable(text),
  closedBy: nullable(person),
  reason: text,
  reopens: flag,
  notes: list(record({ id: text, author: nullable(person), text, at: text })),
});
export type Alert = Decoded<typeof alert>;

export const alertCounts = record({ open: number, critical: number, acknowledged: number, snoozed: number, closed: number });

/** `people` are those who can look after an alert. */
export const alertPage = record({ items: list(alert), nextCursor: nullable(text), counts: alertCounts, people: list(person) });
export type AlertPage = Decoded<typeof alertPage>;

export interface AlertQuery {
  state: string;
  kind: string;
  marketplace: string;
  cursor: string | null;
}

export function alerts(account: string, query: AlertQuery, signal?: AbortSignal): Promise<AlertPage> {
  return request(base(account), alertPage, { query: { ...query }, signal });
}

/** An empty assignee is nobody. */
export function act(account: string, one: string, what: { state?: AlertState; snoozedUntil?: string; assignee?: string }): Promise<Alert> {
  return request(base(account, `/${id(one)}`), alert, { method: 'PATCH', body: what });
}

export function addNote(account: string, one: string, words: string): Promise<Alert> {
  return request(base(account, `/${id(one)}/notes`), alert, { method: 'POST', body: { text: words } });
}
