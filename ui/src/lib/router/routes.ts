/** Where an address leads. */
export type Route =
  | { name: 'home' }
  | { name: 'login' }
  | { name: 'password' }
  | { name: 'forgot' }
  | { name: 'email' }
  | { name: 'join' }
  | { name: 'me' }
  | { name: 'operatorWaitlist' }
  | { name: 'overview'; account: string }
  | { name: 'terms'; account: string }
  | { name: 'term'; account: string; term: string }
  | { name: 'audits'; account: string }
  | { name: 'audit'; account: string; week: string }
  | { name: 'alerts'; account: string }
  | { name: 'connections'; account: string }
  | { name: 'connection'; account: string; connection: string }
  | { name: 'quarantine'; account: string }
  | { name: 'team'; account: string }
  | { name: 'products'; account: string }
  | { name: 'settings'; account: string }
  | { name: 'keys'; account: string }
  | { name: 'notFound' };

/** Pages that belong to no account. */
const plain = ['login', 'password', 'forgot', 'email', 'join', 'me'] as const;
/** Pages of an account that have no further part. */
const ofAccount = ['overview', 'terms', 'audits', 'alerts', 'connections', 'quarantine', 'team', 'products', 'settings', 'keys'] as const;

export type AccountPage = (typeof ofAccount)[number];

const among = <T extends string>(words: readonly T[], word: string): T | undefined => words.find((one) => one === word);

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
  if (account === undefined) {
    const page = among(plain, first);
    return page ? { name: page } : { name: 'notFound' };
  }
  if (first === 'operator' && account === 'waitlist' && page === undefined) return { name: 'operatorWaitlist' };
  if (first !== 'accounts' || rest.length > 0) return { name: 'notFound' };
  if (detail === undefined) {
    if (page === undefined) return { name: 'overview', account };
    const name = among(ofAccount, page);
    return name ? { name, account } : { name: 'notFound' };
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
