import { untrack } from 'svelte';

/** Something loaded from the server: the newest answer, whether another is on its way, and why the last one failed. */
export class Resource<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<unknown>(null);
  loading = $state(false);
  #abort: AbortController | null = null;
  #again: (() => void) | null = null;

  /** Loads, replacing a load under way. The old value stays in sight until the new one is there. */
  load(fetcher: (signal: AbortSignal) => Promise<T>): void {
    untrack(() => {
      this.#abort?.abort();
      const abort = new AbortController();
      this.#abort = abort;
      this.#again = () => this.load(fetcher);
      this.loading = true;
      this.error = null;
      fetcher(abort.signal).then(
        (value) => {
          if (abort.signal.aborted) return;
          this.value = value;
          this.loading = false;
        },
        (error: unknown) => {
          if (abort.signal.aborted) return;
          this.error = error;
          this.loading = false;
        },
      );
    });
  }

  /** Repeats the last load. */
  retry(): void {
    this.#again?.();
  }

  /** Forgets everything, as before the first load. */
  reset(): void {
    this.#abort?.abort();
    this.value = null;
    this.error = null;
    this.loading = false;
  }
}
