import { day, flag, list, nullable, number, record, text, word, type Decoded } from './decode';

/** Age of the ads figures of a week: may still move, settled, final. */
export const state = word(['provisional', 'settled', 'final', 'missing'], 'missing');
export type State = Decoded<typeof state>;

export const session = record({
  user: record({ id: text, email: text, name: nullable(text) }),
  staff: list(text),
  secondFactor: flag,
  secondFactorRequired: flag,
  fresh: flag,
  theme: word(['system', 'light', 'dark'] as const, 'system' as const),
});
export type Session = Decoded<typeof session>;

export const marketplace = record({ id: text, country: text, name: text, currency: text });
export type Marketplace = Decoded<typeof marketplace>;

export const account = record({
  id: text,
  name: text,
  kind: word(['business', 'agency'], 'business'),
  agency: nullable(record({ id: text, name: text })),
  brand: nullable(record({ name: text, colour: text, logo: flag })),
  role: word(['owner', 'analyst', 'viewer'], 'viewer'),
  marketplaces: list(marketplace),
  newestWeek: nullable(day),
});
export type Account = Decoded<typeof account>;

export const accountPage = record({ items: list(account), nextCursor: nullable(text) });

/** A share with the counts it comes from; `share`, `low`, `high`, `before` are fractions. */
export const share = record({
  own: nullable(number),
  market: nullable(number),
  share: nullable(number),
  low: nullable(number),
  high: nullable(number),
  before: nullable(number),
});
export type Share = Decoded<typeof share>;

export const sharePoint = record({ week: day, own: nullable(number), market: nullable(number), share: nullable(number) });
export type SharePoint = Decoded<typeof sharePoint>;

const shareWithSeries = record({
  own: nullable(number),
  market: nullable(number),
  share: nullable(number),
  low: nullable(number),
  high: nullable(number),
  before: nullable(number),
  series: list(sharePoint),
});
export type ShareWithSeries = Decoded<typeof shareWithSeries>;

export const steps = ['impression', 'click', 'cart_add', 'purchase'] as const;
export type Step = (typeof steps)[number];

export const finding = record({
  kind: text,
  weeks: list(day),
  term: nullable(text),
  asin: nullable(text),
  share_before: nullable(number),
  share_now: nullable(number),
  low: nullable(number),
  high: nullable(number),
  n: nullable(number),
  p: nullable(number),
  money_low_micros: nullable(number),
  cause: nullable(text),
  text,
});
export type Finding = Decoded<typeof finding>;

export const hidden = record({ what: text, why: text });
export type Hidden = Decoded<typeof hidden>;

const connection = record({ api: text, region: nullable(text), status: text, message: nullable(text) });
export type Connection = Decoded<typeof connection>;

const noSeries: ShareWithSeries = { own: null, market: null, share: null, low: null, high: null, before: null, series: [] };
const shares = record({
  impression: nullable(shareWithSeries),
  click: nullable(shareWithSeries),
  cart_add: nullable(shareWithSeries),
  purchase: nullable(shareWithSeries),
});

export const overview = record({
  account: record({ id: text, name: text }),
  marketplace: nullable(marketplace),
  week: nullable(day),
  weeks: list(day),
  state: nullable(state),
  shares: nullable(shares),
  spend: nullable(
    record({
      micros: nullable(number),
      before_micros: nullable(number),
      series: list(record({ week: day, micros: nullable(number), state })),
    }),
  ),
  ads: nullable(
    record({
      impressions: nullable(number),
      clicks: nullable(number),
      orders_7d: nullable(number),
      sales_7d_micros: nullable(number),
      sp_spend_micros: nullable(number),
      sp_sales_7d_micros: nullable(number),
    }),
  ),
  organic: nullable(record({ clicks: nullable(number), purchases: nullable(number) })),
  audit: nullable(
    record({ week: day, state: nullable(state), computed: nullable(text), findings: list(finding), hidden: list(hidden) }),
  ),
  alerts: nullable(record({ open: number, critical: number, acknowledged: number, snoozed: number, closed: number })),
  data: nullable(
    record({
      last_sync: nullable(text),
      coverage: nullable(
        record({ stored: nullable(number), empty: nullable(number), truncated: nullable(number), missing: nullable(number) }),
      ),
      connections: list(connection),
    }),
  ),
});
export type Overview = Decoded<typeof overview>;
export type DataStatus = NonNullable<Overview['data']>;

/** The share of one step, empty where the server has none. */
export function shareOf(of: Overview, step: Step): ShareWithSeries {
  return of.shares?.[step] ?? noSeries;
}

/** The columns that a term's row and each week of its history share (contract: data set `joined`). */
const joined = {
  volume: nullable(number),
  n_impressions: nullable(number),
  x_impressions: nullable(number),
  n_clicks: nullable(number),
  x_clicks: nullable(number),
  n_cart_adds: nullable(number),
  x_cart_adds: nullable(number),
  n_purchases: nullable(number),
  x_purchases: nullable(number),
  impression_share: nullable(number),
  click_share: nullable(number),
  cart_add_share: nullable(number),
  purchase_share: nullable(number),
  ad_impressions: nullable(number),
  ad_clicks: nullable(number),
  ad_cost_micros: nullable(number),
  ad_orders_1d_same_sku: nullable(number),
  ad_orders_7d: nullable(number),
  ad_sales_7d_micros: nullable(number),
  organic_clicks: nullable(number),
  organic_purchases: nullable(number),
  split: word(['measured', 'modelled', 'unknown'], 'unknown'),
  state,
};

export const termClass = word(['brand', 'competitor', 'generic'], 'generic');

export const termRow = record({ id: text, term: text, class: termClass, ...joined });
export type TermRow = Decoded<typeof termRow>;

export const termPage = record({
  week: nullable(day),
  currency: nullable(text),
  items: list(termRow),
  nextCursor: nullable(text),
  total: nullable(number),
});
export type TermPage = Decoded<typeof termPage>;

export const termWeek = record({ week: day, ...joined });
export type TermWeek = Decoded<typeof termWeek>;

export const term = record({
  id: text,
  term: text,
  class: termClass,
  marketplace,
  variants: list(text),
  weeks: list(termWeek),
});
export type Term = Decoded<typeof term>;

export const auditPage = record({
  items: list(record({ week: day, state: nullable(state), computed: nullable(text), findings: number })),
  nextCursor: nullable(text),
});
export type AuditPage = Decoded<typeof auditPage>;

const auditShares = record({
  impression: nullable(share),
  click: nullable(share),
  cart_add: nullable(share),
  purchase: nullable(share),
});

/** The contract names the marketplace of an audit's section by its id. */
export const audit = record({
  week: day,
  state: nullable(state),
  marketplaces: list(
    record({
      marketplace: text,
      currency: text,
      verdict: nullable(text), // null in audits of older releases, like the next two
      demand: nullable(record({ now: number, before: number, market: number, share: number, last_year: nullable(number) })),
      decisions: nullable(list(record({ finding: number, do: text }))),
      shares: nullable(auditShares),
      spend_micros: nullable(number),
      findings: list(finding),
      hidden: list(hidden),
    }),
  ),
});
export type Audit = Decoded<typeof audit>;
export type AuditSection = Audit['marketplaces'][number];
