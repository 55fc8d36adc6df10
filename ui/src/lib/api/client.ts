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
    /** What the server said besides its sentence. */
    readonly data: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

type Query = Record<string, string | number | null | undefined>;

interface Options {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Query;
  body?: unknown;
  /** A file to send as it is, in place of a body. */
  file?: Blob;
  signal?: AbortSignal | undefined;
}

let signedOut: () => void = () => undefined;
let factorMissing: () => void = () => undefined;
let proveAnew: () => Promise<boolean> = () => Promise.resolve(false);

/** Names what happens when the server says that the session has ended. */
export function onSignedOut(handler: () => void): void {
  signedOut = handler;
}

/** Names what happens when the server wants a second factor first. */
export function onFactorMissing(handler: () => void): void {
  factorMissing = handler;
}

/** Names what asks a person anew who they are; it tells whether they proved it. The request is then sent again. */
export function onProofNeeded(handler: () => Promise<boolean>): void {
  proveAnew = handler;
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

async function attempt(path: string, { method = 'GET', query, body, file, signal }: Options): Promise<Response> {
  const limit = AbortSignal.timeout(timeout);
  const init: RequestInit = {
    method,
    credentials: 'same-origin',
    redirect: 'error',
    headers: { Accept: 'application/json', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
    ...(file ? { body: file } : body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  try {
    return await fetch(`${prefix}${path}${queryString(query)}`, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(limit.aborted ? 'timeout' : 'offline', 0, '');
  }
}

async function refusal(response: Response): Promise<ApiError> {
  let message = '';
  let data: Record<string, unknown> = {};
  try {
    const body = (await response.json()) as { message?: unknown; data?: unknown };
    if (typeof body.message === 'string') message = body.message;
    if (typeof body.data === 'object' && body.data !== null) data = body.data as Record<string, unknown>;
  } catch {
    // An answer that is no JSON has nothing to say.
  }
  return new ApiError(failureOf(response.status), response.status, message, data);
}

/** Sends a request; one that needs a fresh proof of who asks is sent again after it. */
async function send(path: string, options: Options): Promise<Response> {
  const response = await attempt(path, options);
  if (response.ok) return response;
  const error = await refusal(response);
  if (error.data['fresh'] === 'required' && (await proveAnew())) {
    const again = await attempt(path, options);
    if (again.ok) return again;
    throw await refusal(again);
  }
  if (error.data['secondFactor'] === 'required') factorMissing();
  // What is asked of someone at the log-in says nothing about a session.
  if (error.failure === 'signed-out' && !path.startsWith('/session') && !('otp' in error.data) && !('signIn' in error.data)) signedOut();
  throw error;
}

/** Sends a request whose answer has no body, or none that matters. */
export async function command(path: string, options: Options): Promise<void> {
  await send(path, options);
}

/** Sends a request and reads its answer; an ended session is reported to the handler of `onSignedOut` too. */
export async function request<T>(path: string, decoder: Decoder<T>, options: Options = {}): Promise<T> {
  const response = await send(path, options);
  try {
    return decoder(await response.json(), '');
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError('unreadable', response.status, error instanceof DecodeError ? error.message : '');
  }
}
