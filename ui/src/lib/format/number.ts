import { locale, undefinedMark, withMinus } from './locale';

const integer = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
const twoDecimals = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const signedPercent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0, signDisplay: 'exceptZero' });

/** A count with thousands separators. */
export function count(value: number | null): string {
  return value === null ? undefinedMark : withMinus(integer.format(value));
}

/** A count in a few characters, for axes. */
export function compactCount(value: number | null): string {
  return value === null ? undefinedMark : withMinus(compact.format(value));
}

/** An index against the market, 1.00 = market. */
export function index(value: number | null): string {
  return value === null ? undefinedMark : twoDecimals.format(value);
}

/** The relative change of a count or an amount, in whole per cent with its sign. */
export function change(now: number | null, before: number | null): string {
  if (now === null || before === null || before === 0) return undefinedMark;
  return withMinus(signedPercent.format(now / before - 1));
}
