import { match, type Route } from './routes';

/** The address bar as state: the current route and query, and ways to change them. */
class Router {
  #url = $state.raw(new URL(location.href));
  readonly route: Route = $derived(match(this.#url.pathname));
  readonly path: string = $derived(this.#url.pathname);
  readonly query: URLSearchParams = $derived(this.#url.searchParams);

  constructor() {
    addEventListener('popstate', () => (this.#url = new URL(location.href)));
    document.addEventListener('click', (event) => this.#follow(event));
  }

  /** Path and query, as a place to come back to. */
  get here(): string {
    return this.#url.pathname + this.#url.search;
  }

  go(to: string, { replace = false } = {}): void {
    const target = new URL(to, location.origin);
    if (target.href === this.#url.href) return;
    const samePage = target.pathname === this.#url.pathname;
    history[replace ? 'replaceState' : 'pushState'](null, '', target);
    this.#url = target;
    if (!samePage) scrollTo(0, 0);
  }

  /** Sets query parameters of this page; an empty value removes one. */
  set(changes: Record<string, string>, { replace = true } = {}): void {
    const target = new URL(this.#url);
    for (const [name, value] of Object.entries(changes)) {
      if (value === '') target.searchParams.delete(name);
      else target.searchParams.set(name, value);
    }
    this.go(target.href, { replace });
  }

  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin || link.hash) return;
    event.preventDefault();
    this.go(link.href);
  }
}

export const router = new Router();
