import { steps, type Step } from '../api/types';

/** The four counts of a funnel, own and market. */
export interface Funnel {
  n_impressions: number | null;
  x_impressions: number | null;
  n_clicks: number | null;
  x_clicks: number | null;
  n_cart_adds: number | null;
  x_cart_adds: number | null;
  n_purchases: number | null;
  x_purchases: number | null;
}

const columns: Record<Step, { own: keyof Funnel; market: keyof Funnel }> = {
  impression: { own: 'x_impressions', market: 'n_impressions' },
  click: { own: 'x_clicks', market: 'n_clicks' },
  cart_add: { own: 'x_cart_adds', market: 'n_cart_adds' },
  purchase: { own: 'x_purchases', market: 'n_purchases' },
};

/** One value for each of the four steps. */
export function perStep<T>(of: (step: Step) => T): Record<Step, T> {
  return Object.fromEntries(steps.map((step) => [step, of(step)])) as Record<Step, T>;
}

/** Own and market counts of one step. */
export function countsOf(funnel: Funnel, step: Step): { own: number | null; market: number | null } {
  const column = columns[step];
  return { own: funnel[column.own], market: funnel[column.market] };
}

/** Own over market from counts; null without a market. */
export function shareFromCounts(own: number | null, market: number | null): number | null {
  return own === null || market === null || market === 0 ? null : own / market;
}

/** Names of the indexes against the market; each is the ratio of two shares. */
export const indexNames = ['ctr', 'cart', 'close', 'cvr'] as const;
export type IndexName = (typeof indexNames)[number];

/** Which steps each index leads from and to: CTR index = click share / impression share, and so on. */
export const indexSteps: Record<IndexName, { from: Step; to: Step }> = {
  ctr: { from: 'impression', to: 'click' },
  cart: { from: 'click', to: 'cart_add' },
  close: { from: 'cart_add', to: 'purchase' },
  cvr: { from: 'click', to: 'purchase' },
};

/** How well a step converts against the market, 1 = as the market; null where a count is missing or zero. */
export function indexOf(funnel: Funnel, name: IndexName): number | null {
  const { from, to } = indexSteps[name];
  const before = countsOf(funnel, from);
  const after = countsOf(funnel, to);
  const fromShare = shareFromCounts(before.own, before.market);
  const toShare = shareFromCounts(after.own, after.market);
  return fromShare === null || toShare === null || fromShare === 0 ? null : toShare / fromShare;
}

/** The smaller of the two market counts that an index rests on. */
export function indexBasis(funnel: Funnel, name: IndexName): number | null {
  const { from, to } = indexSteps[name];
  const [before, after] = [countsOf(funnel, from).market, countsOf(funnel, to).market];
  return before === null || after === null ? null : Math.min(before, after);
}

/** The position of an index on a log scale from 1/limit to limit, as -1..1 with the market at 0. */
export function onLogScale(index: number, limit: number): number {
  if (index <= 0) return -1;
  return Math.max(-1, Math.min(1, Math.log(index) / Math.log(limit)));
}
