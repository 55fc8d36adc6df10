/** A number as a person types it, with a point or a comma; null where it is none or empty. */
export function typedNumber(text: string): number | null {
  const plain = text.trim().replace(/\s*%$/, '').replace(',', '.');
  return /^\d+(\.\d*)?$|^\.\d+$/.test(plain) ? Number(plain) : null;
}

/** A fraction as the per cent that is typed into a field; empty where there is none. */
export function percentField(fraction: number | null): string {
  return fraction === null ? '' : String(Number((fraction * 100).toFixed(4)));
}

/** Micros as the amount that is typed into a field; empty where there is none. */
export function amountField(micros: number | null): string {
  if (micros === null) return '';
  return micros % 10_000 === 0 ? (micros / 1e6).toFixed(2) : String(micros / 1e6);
}
