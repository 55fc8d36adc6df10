import { t } from '.';
import { ApiError } from '../api/client';
import { pause } from '../api/people';

/** Why something failed, in a sentence: the server's own where it gave one. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return t.problem['server']?.join('. ') ?? '';
  const seconds = pause(error.data);
  if (seconds !== null) return t.wait(seconds);
  return error.message || (t.problem[error.failure]?.join('. ') ?? '');
}
