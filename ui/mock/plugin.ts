import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connect, Plugin } from 'vite';
import { findings, hidden, history, marketplaces, overview, terms, weeks, type Row } from './world.ts';

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const agency = { id: 'ag1', name: 'Polaris Agency' };
const accounts = [
  { id: 'ag1', name: 'Polaris Agency', kind: 'agency', agency: null, role: 'owner', marketplaces: [], newestWeek: null },
  { id: 'ac1', name: 'Northpeak Outdoor', kind: 'business', agency, role: 'owner', marketplaces, newestWeek: weeks[0] },
  { id: 'ac2', name: 'Lumen & Loft', kind: 'business', agency, role: 'owner', marketplaces: marketplaces.slice(0, 1), newestWeek: weeks[1] },
  { id: 'empty', name: 'Fresh Start GmbH', kind: 'business', agency: null, role: 'owner', marketplaces: [], newestWeek: null },
];
const session = { user: { id: 'u1', email: 'demo@halotrack.test', name: 'Demo' }, staff: [] };
let inside = true;

type Answer = [status: number, body?: unknown];

function answer(method: string, path: string, query: URLSearchParams): Answer {
  if (path === '/session') {
    if (method === 'POST') inside = true;
    if (method === 'DELETE') inside = false;
    return method === 'DELETE' ? [204] : inside ? [200, session] : [401, { status: 401, message: '', data: {} }];
  }
  if (path === '/password') return [204];
  if (!inside) return [401, { status: 401, message: '', data: {} }];
  if (path === '/accounts') return [200, { items: accounts, nextCursor: null }];
  const [, , id, page, detail] = path.split('/');
  const account = accounts.find((one) => one.id === id);
  const missing: Answer = [404, { status: 404, message: "The requested resource wasn't found.", data: {} }];
  if (!account) return missing;
  const week = query.get('week') ?? weeks[0] ?? '';
  if (id === 'empty') return page === 'audits' ? [200, { items: [], nextCursor: null }] : [200, { account, marketplace: null, week: null, weeks: [], data: { last_sync: null, connections: [] } }];
  if (page === 'overview') return [200, { account, ...overview(week, query.get('marketplace') ?? '') }];
  if (page === 'terms' && detail) {
    const found = history(detail);
    return found ? [200, found] : missing;
  }
  if (page === 'terms') {
    const sort = query.get('sort') || '-volume';
    const key = sort.replace('-', '') as keyof Row;
    const sign = sort.startsWith('-') ? -1 : 1;
    const rows = terms(week).filter((one) => one.term.includes((query.get('q') ?? '').toLowerCase()));
    rows.sort((a, b) => sign * (key === 'term' ? a.term.localeCompare(b.term) : Number(a[key] ?? -1) - Number(b[key] ?? -1)));
    const from = Number(query.get('cursor') ?? 0);
    const to = from + Number(query.get('limit') ?? 100);
    return [200, { week, currency: 'USD', items: rows.slice(from, to), nextCursor: to < rows.length ? String(to) : null, total: rows.length }];
  }
  if (page === 'audits' && detail) {
    const { shares, spend } = overview(detail, '');
    const section = (marketplace: (typeof marketplaces)[number]) => ({ marketplace: marketplace.id, currency: marketplace.currency, shares, spend_micros: spend.micros, findings, hidden });
    return weeks.includes(detail) ? [200, { account: account.id, week: detail, state: 'provisional', marketplaces: marketplaces.map(section) }] : missing;
  }
  if (page === 'audits') return [200, { items: weeks.slice(0, 9).map((one, at) => ({ week: one, state: at < 2 ? 'provisional' : at < 6 ? 'settled' : 'final', computed: `${one}T05:10:00Z`, findings: (at * 3) % 7 })), nextCursor: null }];
  return missing;
}

const handle: Connect.NextHandleFunction = (request: IncomingMessage, response: ServerResponse, next) => {
  const url = new URL(request.url ?? '/', 'http://mock');
  if (!url.pathname.startsWith('/api/halotrack')) return next();
  const [status, body] = answer(request.method ?? 'GET', url.pathname.slice('/api/halotrack'.length), url.searchParams);
  setTimeout(() => {
    response.statusCode = status;
    response.setHeader('Content-Type', 'application/json');
    response.end(body === undefined ? undefined : JSON.stringify(body));
  }, 60);
};

/** Answers the API from a made-up world; `npm run mock preview` serves the built pages under the product's CSP. */
export function mockApi(): Plugin {
  return {
    name: 'halotrack-mock-api',
    configureServer: (server) => void server.middlewares.use(handle),
    configurePreviewServer: (server) => {
      server.middlewares.use((_request, response, next) => {
        response.setHeader('Content-Security-Policy', policy);
        next();
      });
      server.middlewares.use(handle);
    },
  };
}
