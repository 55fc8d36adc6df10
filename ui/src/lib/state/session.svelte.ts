import * as api from '../api/calls';
import { ApiError, onFactorMissing, onSignedOut } from '../api/client';
import type { Account, Session } from '../api/types';
import { Resource } from './resource.svelte';
import { appearance } from './theme.svelte';

/** Who is logged in, and which accounts are open to them. The session itself is a cookie that no script can read. */
class Identity {
  session = $state.raw<Session | null>(null);
  status = $state<'asking' | 'in' | 'out' | 'failed'>('asking');
  error = $state.raw<unknown>(null);
  /** The server wants a second factor before it shows anything. */
  factorMissing = $state(false);
  readonly accounts = new Resource<Account[]>();

  constructor() {
    onSignedOut(() => this.#end());
    onFactorMissing(() => (this.factorMissing = true));
  }

  async ask(): Promise<void> {
    this.status = 'asking';
    try {
      this.#begin(await api.currentSession());
    } catch (error) {
      if (error instanceof ApiError && error.failure === 'signed-out') return this.#end();
      this.error = error;
      this.status = 'failed';
    }
  }

  async logIn(email: string, password: string, otp = ''): Promise<void> {
    this.#begin(await api.logIn(email, password, otp));
  }

  /** Asks again who is logged in and what is open to them, without leaving the page. */
  async refresh(): Promise<void> {
    this.#begin(await api.currentSession());
  }

  async logOut(): Promise<void> {
    await api.logOut();
    this.#end();
  }

  #begin(session: Session): void {
    this.session = session;
    this.factorMissing = session.secondFactorRequired && !session.secondFactor;
    this.status = 'in';
    appearance.adopt(session.theme);
    this.accounts.load(api.accounts);
  }

  #end(): void {
    this.session = null;
    this.factorMissing = false;
    this.status = 'out';
    appearance.adopt('system');
    this.accounts.reset();
  }
}

export const identity = new Identity();
