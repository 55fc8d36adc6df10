import { DecodeError, type Decoder } from './decode';

const prefix = '/api/halotrack';
const timeout = 30_000;

/** Why a request has no answer to show. */
export type Failure = 'offline' | 'timeout' | 'signed-out' | 'not-found' | 'throttled' | 'invalid' | 'server' | 'unreadable';

/** A request that failed, with the server's own sentence where it gave one. */
export class ApiError extends Error {
  constructor(
    readonly failure: Failure,
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

type Query = Record<string, string | number | null | undefined>;

interface Options {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  query?: Query;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

let signedOut: () => void = () => undefined;

/** Names what happens when the server says that the session has ended. */
export function onSignedOut(handler: () => void): void {
  signedOut = handler;
}

/** The query string of the parameters that have a value, with its question mark. */
export function queryString(query: Query = {}): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value != null && value !== '') pairs.set(name, String(value));
  }
  const joined = pairs.toString();
  return joined && `?${joined}`;
}

/** The class of failure that an HTTP status means. */
export function failureOf(status: number): Failure {
  if (status === 401) return 'signed-out';
  if (status === 404) return 'not-found';
  if (status === 429) return 'throttled';
  return status >= 500 ? 'server' : 'invalid';
}

async function send(path: string, { method = 'GET', query, body, signal }: Options): Promise<Response> {
  const limit = AbortSignal.timeout(timeout);
  const init: RequestInit = {
    method,
    credentials: 'same-origin',
    redirect: 'error',
    headers: { Accept: 'application/json', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  try {
    return await fetch(`${prefix}${path}${queryString(query)}`, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(limit.aborted ? 'timeout' : 'offline', 0, '');
  }
}

async function messageOf(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { message?: unknown };
    return typeof body.message === 'string' ? body.message : '';
  } catch {
    return '';
  }
}

/** Sends a request whose answer has no body, or none that matters. */
export async function command(path: string, options: Options): Promise<void> {
  const response = await send(path, options);
  if (response.ok) return;
  throw new ApiError(failureOf(response.status), response.status, await messageOf(response));
}

/** Sends a request and reads its answer; an ended session is reported to the handler of `onSignedOut` too. */
export async function request<T>(path: string, decoder: Decoder<T>, options: Options = {}): Promise<T> {
  const response = await send(path, options);
  if (!response.ok) {
    const failure = failureOf(response.status);
    if (failure === 'signed-out' && path !== '/session') signedOut();
    throw new ApiError(failure, response.status, await messageOf(response));
  }
  try {
    return decoder(await response.json(), '');
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError('unreadable', response.status, error instanceof DecodeError ? error.message : '');
  }
}
