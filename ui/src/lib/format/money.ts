import { locale, undefinedMark, withMinus } from './locale';

const formats = new Map<string, Intl.NumberFormat>();

function format(currency: string, whole: boolean, short: boolean): Intl.NumberFormat {
  const key = `${currency} ${whole} ${short}`;
  let found = formats.get(key);
  if (!found) {
    const digits = short ? { maximumFractionDigits: 1, notation: 'compact' as const } : whole ? { maximumFractionDigits: 0 } : {};
    found = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', ...digits });
    formats.set(key, found);
  }
  return found;
}

/** Micros of a currency as an amount; from a thousand up without minor units. */
export function money(micros: number | null, currency: string): string {
  if (micros === null || currency === '') return undefinedMark;
  const amount = micros / 1e6;
  return withMinus(format(currency, Math.abs(amount) >= 1000, false).format(amount));
}

/** Micros of a currency in a few characters, for axes. */
export function compactMoney(micros: number, currency: string): string {
  return currency === '' ? undefinedMark : withMinus(format(currency, false, true).format(micros / 1e6));
}
