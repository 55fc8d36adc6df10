/** A small made-up world for looking at the pages without a server. Never part of a build. */
const dayMs = 86_400_000;

function random(seed: number) {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let x = Math.imul(s ^ (s >>> 15), s | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

export const weeks = Array.from({ length: 26 }, (_, at) => new Date(Date.parse('2026-11-15') - at * 7 * dayMs).toISOString().slice(0, 10));

export const marketplaces = [
  { id: 'ATVPDKIKX0DER', country: 'US', name: 'Amazon.com', currency: 'USD' },
  { id: 'A1PA6795UKMFR9', country: 'DE', name: 'Amazon.de', currency: 'EUR' },
];

const bases = ['steel water bottle', 'insulated tumbler', 'kids lunch box', 'trinkflasche edelstahl', 'gym shaker', 'coffee thermos', 'bento box adult', 'hydro flask', 'northpeak bottle', 'wide mouth flask'];
const tails = ['', ' 1l', ' 32 oz', ' with straw', ' leakproof', ' black', ' for women', ' bpa free', ' large', ' set of 2', ' dishwasher safe', ' kohlensäure geeignet für unterwegs und büro'];

function row(at: number, week: string) {
  const weekAt = weeks.indexOf(week);
  const base = random(at * 7919 + 11);
  const noise = random(at * 104729 + weekAt * 31 + 5);
  const volume = Math.round(60_000 / (1 + at) ** 0.8 + 3 + base() * 40);
  const wave = (scale: number) => 1 + (noise() - 0.5) * scale + Math.sin((weekAt + at) / 4) * 0.12;
  const n_impressions = Math.round(volume * 26 * wave(0.1));
  const n_clicks = Math.round(n_impressions * 0.021 * wave(0.15));
  const n_cart_adds = Math.round(n_clicks * 0.19 * wave(0.2));
  const n_purchases = Math.round(n_cart_adds * 0.31 * wave(0.2));
  const level = 0.01 + base() * 0.16;
  const x = (n: number, lift: number) => Math.min(n, Math.round(n * level * lift * wave(0.25)));
  const x_impressions = x(n_impressions, 0.8);
  const x_clicks = x(n_clicks, 1);
  const x_purchases = x(n_purchases, 1.3);
  const advertised = at % 4 !== 3;
  const ad_clicks = advertised ? Math.round(x_clicks * (0.15 + base() * 0.4)) : null;
  const unknown = at % 17 === 5;
  return {
    volume,
    n_impressions,
    x_impressions,
    n_clicks,
    x_clicks,
    n_cart_adds,
    x_cart_adds: x(n_cart_adds, 1.15),
    n_purchases,
    x_purchases,
    impression_share: n_impressions ? x_impressions / n_impressions : null,
    click_share: n_clicks ? x_clicks / n_clicks : null,
    cart_add_share: n_cart_adds ? x(n_cart_adds, 1.15) / n_cart_adds : null,
    purchase_share: n_purchases ? x_purchases / n_purchases : null,
    ad_impressions: ad_clicks === null ? null : ad_clicks * 90,
    ad_clicks,
    ad_cost_micros: ad_clicks === null ? null : Math.round(ad_clicks * 830_000 * wave(0.3)),
    ad_orders_1d_same_sku: ad_clicks === null ? null : Math.round(ad_clicks * 0.05),
    ad_orders_7d: ad_clicks === null ? null : Math.round(ad_clicks * 0.09),
    ad_sales_7d_micros: ad_clicks === null ? null : Math.round(ad_clicks * 0.09) * 24_990_000,
    organic_clicks: unknown ? null : x_clicks - (ad_clicks ?? 0),
    organic_purchases: unknown ? null : Math.max(0, x_purchases - Math.round((ad_clicks ?? 0) * 0.05)),
    split: unknown ? 'unknown' : at % 5 === 0 ? 'modelled' : 'measured',
    state: weekAt < 2 ? 'provisional' : weekAt < 6 ? 'settled' : 'final',
  };
}

export type Row = ReturnType<typeof row> & { id: string; term: string; class: string };

const made = new Map<string, Row[]>();

export function terms(week: string): Row[] {
  const rows = made.get(week) ?? makeTerms(week);
  made.set(week, rows);
  return [...rows];
}

function makeTerms(week: string): Row[] {
  return Array.from({ length: 2400 }, (_, at) => {
    const term = `${bases[at % bases.length]}${tails[Math.floor(at / bases.length) % tails.length]}${at >= 120 ? ` ${Math.floor(at / 120)}` : ''}`;
    return { id: `t${at}`, term, class: term.startsWith('northpeak') ? 'brand' : term.startsWith('hydro') ? 'competitor' : 'generic', ...row(at, week) };
  });
}

export function history(id: string) {
  const at = Number(id.slice(1));
  const one = terms(weeks[0] ?? '')[at];
  if (!one) return null;
  const stored = [...weeks].reverse().filter((_, index) => at % 3 !== 0 || (index !== 9 && index !== 10 && index !== 17));
  return { id, term: one.term, class: one.class, marketplace: marketplaces[0], variants: [one.term, one.term.replace(' ', '-')], weeks: stored.map((week) => ({ week, ...row(at, week) })) };
}

const finding = (kind: string, text: string, more: object = {}) => ({ kind, text, ...more });
export const findings = [
  finding('share_drop', 'Your click share on “insulated tumbler” fell from 9.1% to 3.2%: 41 of 1,281 clicks, where the 13 weeks before would have given about 117.', { term: 'insulated tumbler', share_before: 0.091, share_now: 0.032, low: 0.021, high: 0.046, n: 1281, p: 0.0004, money_low_micros: 412_000_000 }),
  finding('share_drop', 'Your click share on “kids lunch box” went from 6.4% to 5.1%.', { term: 'kids lunch box', share_before: 0.064, share_now: 0.051, n: 934 }),
  finding('share_gain', 'Your click share on “gym shaker” rose from 2.2% to 5.9%: 88 of 1,490 clicks.', { term: 'gym shaker', share_before: 0.022, share_now: 0.059, low: 0.047, high: 0.073, n: 1490, p: 0.002 }),
  finding('waste', '“coffee thermos 32 oz” cost $86.20 for 74 clicks over six settled weeks and brought no order.', { term: 'coffee thermos 32 oz', n: 74, weeks: ['2026-09-27', '2026-11-01'] }),
  finding('waste', '“bento box adult set of 2” cost $51.75 for 49 clicks over six settled weeks and brought no order.', { term: 'bento box adult set of 2', n: 49, weeks: ['2026-09-27', '2026-11-01'] }),
];
export const hidden = [
  { what: '212 terms', why: 'fewer than 20 market clicks in this week' },
  { what: 'Spend of the last two weeks', why: 'ads figures are still provisional' },
];

const sum = (rows: Row[], key: keyof Row) => rows.reduce((total, one) => total + Number(one[key] ?? 0), 0);

function shares(week: string) {
  const rows = terms(week).slice(0, 300);
  const of = (own: keyof Row, market: keyof Row) => ({ own: sum(rows, own), market: sum(rows, market), share: sum(rows, own) / sum(rows, market) });
  return { impression: of('x_impressions', 'n_impressions'), click: of('x_clicks', 'n_clicks'), cart_add: of('x_cart_adds', 'n_cart_adds'), purchase: of('x_purchases', 'n_purchases'), rows };
}

export function overview(week: string, marketplace: string) {
  const at = Math.max(0, weeks.indexOf(week));
  const shown = weeks.slice(at, at + 26).filter((one) => one !== weeks[12]).reverse();
  const all = shown.map((one) => ({ week: one, ...shares(one) }));
  const now = all.at(-1);
  const step = (name: 'impression' | 'click' | 'cart_add' | 'purchase') => ({ ...now?.[name], low: null, high: null, before: all.length > 1 ? (all.at(-4)?.[name].share ?? 0) * 0.97 : null, series: all.map((one) => ({ week: one.week, ...one[name] })) });
  return {
    marketplace: marketplaces.find((one) => one.id === marketplace) ?? marketplaces[0],
    week: weeks[at],
    weeks,
    state: row(0, weeks[at] ?? '').state,
    shares: { impression: step('impression'), click: step('click'), cart_add: step('cart_add'), purchase: step('purchase') },
    spend: { micros: sum(now?.rows ?? [], 'ad_cost_micros'), before_micros: 7_120_400_000, series: all.map((one) => ({ week: one.week, micros: sum(one.rows, 'ad_cost_micros'), state: row(0, one.week).state })) },
    ads: { impressions: sum(now?.rows ?? [], 'ad_impressions'), clicks: sum(now?.rows ?? [], 'ad_clicks'), orders_7d: sum(now?.rows ?? [], 'ad_orders_7d'), sales_7d_micros: sum(now?.rows ?? [], 'ad_sales_7d_micros') },
    organic: { clicks: sum(now?.rows ?? [], 'organic_clicks'), purchases: sum(now?.rows ?? [], 'organic_purchases') },
    audit: { week: weeks[at], state: 'provisional', computed: '2026-11-24T05:10:00Z', findings, hidden },
    data: {
      last_sync: '2026-11-24T05:02:11Z',
      coverage: { stored: 968, empty: 41, truncated: 22, missing: 9 },
      connections: [
        { api: 'spapi', region: 'na', status: 'active', message: null },
        { api: 'ads', region: 'na', status: 'revoked', message: 'Amazon says the grant was withdrawn. Stored history stays; connect again to go on.' },
      ],
    },
  };
}
