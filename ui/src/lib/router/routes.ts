/** Where an address leads. */
export type Route =
  | { name: 'home' }
  | { name: 'login' }
  | { name: 'password' }
  | { name: 'overview'; account: string }
  | { name: 'terms'; account: string }
  | { name: 'term'; account: string; term: string }
  | { name: 'audits'; account: string }
  | { name: 'audit'; account: string; week: string }
  | { name: 'connections'; account: string }
  | { name: 'connection'; account: string; connection: string }
  | { name: 'quarantine'; account: string }
  | { name: 'notFound' };

export type AccountPage = 'overview' | 'terms' | 'audits' | 'connections' | 'quarantine';

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** The route of a path; the query plays no part. */
export function match(path: string): Route {
  const parts = path.split('/').filter(Boolean).map(decoded);
  if (parts.includes(null)) return { name: 'notFound' };
  const [first, account, page, detail, ...rest] = parts as string[];
  if (first === undefined) return { name: 'home' };
  if (account === undefined) return first === 'login' || first === 'password' ? { name: first } : { name: 'notFound' };
  if (first !== 'accounts' || rest.length > 0) return { name: 'notFound' };
  if (detail === undefined) {
    if (page === undefined) return { name: 'overview', account };
    return page === 'overview' || page === 'terms' || page === 'audits' || page === 'connections' || page === 'quarantine' ? { name: page, account } : { name: 'notFound' };
  }
  if (page === 'terms') return { name: 'term', account, term: detail };
  if (page === 'connections') return { name: 'connection', account, connection: detail };
  if (page === 'audits' && /^\d{4}-\d{2}-\d{2}$/.test(detail)) return { name: 'audit', account, week: detail };
  return { name: 'notFound' };
}

/** The address of a page of an account, with the parameters that have a value. */
export function href(account: string, page: AccountPage, detail = '', query: Record<string, string> = {}): string {
  const path = ['', 'accounts', account, page, ...(detail ? [detail] : [])].map(encodeURIComponent).join('/');
  const pairs = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  return pairs.size > 0 ? `${path}?${pairs}` : path;
}

/** A place to go to after logging in: only a path of this site, never another origin. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith('/login') ? next : '/';
}
