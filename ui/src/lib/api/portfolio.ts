import { command, request } from './client';
import { day, flag, list, nullable, number, record, text, word, type Decoded } from './decode';

const id = encodeURIComponent;
const base = (account: string, rest: string) => `/accounts/${id(account)}${rest}`;

/** One line of the product table. `margin` is a fraction of the price before ads; null: the account's. */
export const product = record({
  id: text,
  marketplace: text,
  asin: text,
  sku: text,
  title: text,
  parent: text,
  brand: text,
  price_micros: nullable(number),
  currency: text,
  margin: nullable(number),
});
export type Product = Decoded<typeof product>;

/** `missing` are the ASINs of the search data that the table lacks; only the first page names them. */
export const productPage = record({
  items: list(product),
  nextCursor: nullable(text),
  total: number,
  default_margin: nullable(number),
  assumed_margin: number,
  missing: list(text),
});
export type ProductPage = Decoded<typeof productPage>;

export function products(account: string, query: { marketplace: string; q: string; cursor: string | null }, signal?: AbortSignal): Promise<ProductPage> {
  return request(base(account, '/products'), productPage, { query, signal });
}

/** Writes a line over that of the same marketplace and ASIN. */
export function saveProduct(account: string, one: Omit<Product, 'id' | 'currency'>): Promise<Product> {
  const { marketplace, asin, sku, title, parent, brand, price_micros, margin } = one;
  return request(base(account, '/products'), product, { method: 'PUT', body: { marketplace, asin, sku, title, parent, brand, price_micros, margin } });
}

export function deleteProduct(account: string, one: string): Promise<void> {
  return command(base(account, `/products/${id(one)}`), { method: 'DELETE' });
}

/** Where the table is downloaded as CSV, with a line for each product that it lacks. */
export function sheetOf(account: string, marketplace: string): string {
  return `/api/halotrack${base(account, '/products.csv')}?marketplace=${id(marketplace)}`;
}

const counts = record({ added: number, changed: number, same: number, wrong: number, kept: number });
const upload = {
  id: text,
  marketplace: text,
  state: word(['pending', 'done', 'undone'] as const, 'undone'),
  file: text,
  counts,
  created: text,
  confirmed: nullable(text),
  undone: nullable(text),
};
export const importOf = record(upload);
export type Import = Decoded<typeof importOf>;

const change = record({ line: nullable(number), before: nullable(product), after: product });
export type Change = Decoded<typeof change>;

export const preview = record({ ...upload, changes: list(change), problems: list(record({ line: number, text })), ignored: list(text) });
export type Preview = Decoded<typeof preview>;

export async function imports(account: string, signal?: AbortSignal): Promise<Import[]> {
  return (await request(base(account, '/imports'), record({ items: list(importOf) }), { signal })).items;
}

/** Uploads a product table; nothing changes before it is confirmed. */
export function uploadTable(account: string, marketplace: string, file: File): Promise<Preview> {
  return request(base(account, '/imports'), preview, { method: 'POST', query: { kind: 'products', marketplace, file: file.name }, file });
}

export function confirmImport(account: string, one: string): Promise<Import> {
  return request(base(account, `/imports/${id(one)}`), importOf, { method: 'POST' });
}

/** Brings back what an import found, or discards one that waits. */
export function undoImport(account: string, one: string): Promise<Import> {
  return request(base(account, `/imports/${id(one)}`), importOf, { method: 'DELETE' });
}

export const words = record({ brandWords: list(text), competitorWords: list(text), default_margin: nullable(number), assumed_margin: number });
export type Words = Decoded<typeof words>;

export function wordsOf(account: string, signal?: AbortSignal): Promise<Words> {
  return request(base(account, '/portfolio'), words, { signal });
}

export function saveWords(account: string, one: Words): Promise<Words> {
  const { brandWords, competitorWords, default_margin } = one;
  return request(base(account, '/portfolio'), words, { method: 'PUT', body: { brandWords, competitorWords, default_margin } });
}

export const suggestion = record({ word: text, source: text, terms: number, why: text });
export type Suggestion = Decoded<typeof suggestion>;

export async function suggestions(account: string, signal?: AbortSignal): Promise<Suggestion[]> {
  return (await request(base(account, '/portfolio/suggestions'), record({ items: list(suggestion) }), { signal })).items;
}

export const choice = record({ class: word(['', 'brand', 'competitor', 'generic'] as const, ''), cluster: text, watched: flag });
export type Choice = Decoded<typeof choice>;

export function choiceOf(account: string, term: string, signal?: AbortSignal): Promise<Choice> {
  return request(base(account, `/terms/${id(term)}/choice`), choice, { signal });
}

export function choose(account: string, term: string, one: Choice): Promise<Choice> {
  return request(base(account, `/terms/${id(term)}/choice`), choice, { method: 'PUT', body: one });
}

export const eventKinds = ['event', 'stock_out', 'in_stock', 'price', 'campaign', 'note'] as const;
export const event = record({ id: text, marketplace: text, kind: word(eventKinds, 'note'), asin: text, from: day, to: day, title: text });
export type CalendarEvent = Decoded<typeof event>;

export async function events(account: string, signal?: AbortSignal): Promise<CalendarEvent[]> {
  return (await request(base(account, '/events'), record({ items: list(event) }), { signal })).items;
}

/** Writes over the entry with its id, or a new one without. */
export function saveEvent(account: string, { id: old, ...one }: CalendarEvent): Promise<CalendarEvent> {
  return request(base(account, old ? `/events/${id(old)}` : '/events'), event, { method: old ? 'PUT' : 'POST', body: one });
}

export function deleteEvent(account: string, one: string): Promise<void> {
  return command(base(account, `/events/${id(one)}`), { method: 'DELETE' });
}

export const metrics = ['impression_share', 'click_share', 'cart_add_share', 'purchase_share', 'acos', 'spend'] as const;
export const threshold = record({ id: text, marketplace: text, metric: word(metrics, 'spend'), direction: word(['above', 'below'] as const, 'above'), value: number, on: flag });
export type Threshold = Decoded<typeof threshold>;

export async function thresholds(account: string, signal?: AbortSignal): Promise<Threshold[]> {
  return (await request(base(account, '/thresholds'), record({ items: list(threshold) }), { signal })).items;
}

/** Writes over the threshold with its id, or a new one without. */
export function saveThreshold(account: string, { id: old, ...one }: Threshold): Promise<Threshold> {
  return request(base(account, old ? `/thresholds/${id(old)}` : '/thresholds'), threshold, { method: old ? 'PUT' : 'POST', body: one });
}

export function deleteThreshold(account: string, one: string): Promise<void> {
  return command(base(account, `/thresholds/${id(one)}`), { method: 'DELETE' });
}

/** An import with what it would do now, or did. */
export function look(account: string, one: string, signal?: AbortSignal): Promise<Preview> {
  return request(base(account, `/imports/${id(one)}`), preview, { signal });
}
