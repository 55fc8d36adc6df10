/** Reads a value of unknown shape, or throws a DecodeError that names the place. */
export type Decoder<T> = (value: unknown, path: string) => T;

/** What a decoder yields. */
export type Decoded<D> = D extends Decoder<infer T> ? T : never;

/** The server answered something else than agreed; `path` says where. */
export class DecodeError extends Error {
  constructor(
    readonly path: string,
    expected: string,
  ) {
    super(`${path || 'answer'}: expected ${expected}`);
    this.name = 'DecodeError';
  }
}

export const text: Decoder<string> = (value, path) => {
  if (typeof value !== 'string') throw new DecodeError(path, 'text');
  return value;
};

export const number: Decoder<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new DecodeError(path, 'a number');
  return value;
};

export const flag: Decoder<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw new DecodeError(path, 'true or false');
  return value;
};

/** A Sunday as the API writes it, `2026-11-15`. */
export const day: Decoder<string> = (value, path) => {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) throw new DecodeError(path, 'a date');
  return value;
};

/** Absent and null both mean "not defined" and become null. */
export function nullable<T>(inner: Decoder<T>): Decoder<T | null> {
  return (value, path) => (value == null ? null : inner(value, path));
}

/** An absent or null list is an empty one. */
export function list<T>(inner: Decoder<T>): Decoder<T[]> {
  return (value, path) => {
    if (value == null) return [];
    if (!Array.isArray(value)) throw new DecodeError(path, 'a list');
    return value.map((item, index) => inner(item, `${path}/${index}`));
  };
}

export function record<S extends Record<string, Decoder<unknown>>>(shape: S): Decoder<{ [K in keyof S]: Decoded<S[K]> }> {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new DecodeError(path, 'an object');
    const source = value as Record<string, unknown>;
    const result: Record<string, unknown> = {};
    for (const key in shape) result[key] = shape[key]?.(source[key], `${path}/${key}`);
    return result as { [K in keyof S]: Decoded<S[K]> };
  };
}

/** One of the known words; any other becomes `fallback`, so that a newer server does not break an older page. */
export function word<W extends string>(known: readonly W[], fallback: W): Decoder<W> {
  return (value) => (known as readonly unknown[]).includes(value) ? (value as W) : fallback;
}
