import { getContext, setContext } from 'svelte';
import * as api from '../api/calls';
import type { Account, Marketplace, Overview } from '../api/types';
import { router } from '../router/router.svelte';
import { href, type AccountPage } from '../router/routes';
import { Resource } from './resource.svelte';

/** What all pages of an account share: the account, and the marketplace and week that the address names. */
export class Scope {
  readonly overview = new Resource<Overview>();
  readonly account: Account;
  /** What was asked for last, so that an answer about another week does not ask again. */
  #asked: string | null = null;
  readonly marketplace: Marketplace | null = $derived.by(() => {
    const wanted = router.query.get('marketplace');
    return this.account.marketplaces.find((one) => one.id === wanted) ?? this.account.marketplaces[0] ?? null;
  });
  /** The overview, if it is the one of this marketplace. */
  readonly current: Overview | null = $derived.by(() => {
    const value = this.overview.value;
    const ofAnother = value?.marketplace && this.marketplace && value.marketplace.id !== this.marketplace.id;
    return ofAnother ? null : value;
  });
  readonly weeks: string[] = $derived(this.current?.weeks ?? []);
  /** The week in the address, else the newest; empty until it is known. */
  readonly week: string = $derived(router.query.get('week') ?? this.current?.week ?? '');
  /** How many alerts of the account are open; the page of alerts knows it best. */
  #openAlerts = $state<number | null>(null);
  readonly currency: string = $derived(this.marketplace?.currency ?? '');

  get openAlerts(): number {
    return this.#openAlerts ?? this.overview.value?.alerts?.open ?? 0;
  }

  set openAlerts(n: number) {
    this.#openAlerts = n;
  }

  constructor(account: Account) {
    this.account = account;
  }

  /** Loads the overview of the address's marketplace and week, unless it is there already. */
  load(): void {
    const marketplace = this.marketplace?.id ?? '';
    const week = router.query.get('week') ?? '';
    const asked = `${marketplace} ${week}`;
    if (asked === this.#asked || (asked === `${marketplace} ${this.current?.week}` && this.overview.error === null)) return;
    this.#asked = asked;
    this.overview.load((signal) => api.overview(this.account.id, marketplace, week, signal));
  }

  /** The address of a page of this account that keeps marketplace and week. */
  link(page: AccountPage, detail = '', query: Record<string, string> = {}): string {
    return href(this.account.id, page, detail, { marketplace: this.marketplace?.id ?? '', week: this.week, ...query });
  }

  /** Goes to the week `by` steps newer (or older, if negative) among the stored ones. */
  step(by: number): void {
    const at = this.weeks.indexOf(this.week);
    const next = this.weeks[at - by];
    if (at >= 0 && next !== undefined) router.set({ week: next }, { replace: false });
  }
}

const key = Symbol('scope');

export function provideScope(scope: Scope): Scope {
  return setContext(key, scope);
}

export function useScope(): Scope {
  return getContext<Scope>(key);
}
