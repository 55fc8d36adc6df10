import { untrack } from 'svelte';
import * as api from '../api/calls';
import type { TermRow } from '../api/types';

const pageSize = 200;

interface Question {
  account: string;
  marketplace: string;
  week: string;
  q: string;
  sort: string;
}

/** The terms of a week as far as they are loaded; the next page comes when the reader nears the end. */
export class TermList {
  rows = $state.raw<TermRow[]>([]);
  total = $state<number | null>(null);
  currency = $state('');
  error = $state.raw<unknown>(null);
  loading = $state(false);
  /** True until the first page of the present question is there. */
  fresh = $state(true);
  #question: Question | null = null;
  #cursor: string | null = null;
  #abort: AbortController | null = null;

  /** Starts over with another question; the old rows stay in sight until the new ones are there. */
  ask(question: Question): void {
    untrack(() => {
      this.#question = question;
      this.fresh = true;
      void this.#fetch(null);
    });
  }

  get complete(): boolean {
    return !this.fresh && this.#cursor === null;
  }

  /** Loads the next page, unless one is on its way, all are here, or the last one failed. */
  more(): void {
    if (this.loading || this.complete || this.fresh || this.error !== null) return;
    void this.#fetch(this.#cursor);
  }

  retry(): void {
    void this.#fetch(this.fresh ? null : this.#cursor);
  }

  async #fetch(cursor: string | null): Promise<void> {
    const question = this.#question;
    if (!question) return;
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.loading = true;
    this.error = null;
    try {
      const { account, ...query } = question;
      const page = await api.terms(account, { ...query, cursor, limit: pageSize }, abort.signal);
      if (abort.signal.aborted) return;
      this.rows = cursor === null ? page.items : [...this.rows, ...page.items];
      this.#cursor = page.nextCursor;
      this.total = page.total ?? this.total;
      this.currency = page.currency ?? '';
      this.fresh = false;
    } catch (error) {
      if (abort.signal.aborted) return;
      this.error = error;
    }
    this.loading = false;
  }
}
