import { locale, undefinedMark, withMinus } from './locale';
import { count, index } from './number';

/** Below this many market events a share is noise and is not printed. */
export const lowN = 20;

const oneDecimal = new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
const twoDecimals = new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: 2, maximumFractionDigits: 2 });
const tick = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 });
const points = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: 'exceptZero' });
const largePoints = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: 'exceptZero' });

/** A fraction as per cent: two decimals below 10 %, one above. */
export function percent(fraction: number | null): string {
  if (fraction === null) return undefinedMark;
  return Math.abs(fraction) < 0.0995 ? twoDecimals.format(fraction) : oneDecimal.format(fraction);
}

/** Two shares that are compared, with the same decimals, as the audit's sentences have them. */
export function percents(before: number, now: number): [string, string] {
  const format = Math.min(before, now) < 0.09995 ? twoDecimals : oneDecimal;
  return [format.format(before), format.format(now)];
}

/** A fraction as per cent without trailing zeros, for axes. */
export function percentTick(fraction: number): string {
  return tick.format(fraction);
}

/** A share as it is shown: `–` undefined, `<20` on too few market events, else per cent. */
export function shareOfMarket(fraction: number | null, market: number | null): string {
  if (fraction === null || market === 0) return undefinedMark;
  return market !== null && market < lowN ? `<${lowN}` : percent(fraction);
}

/** An index as it is shown: `–` undefined, `<20` on too few market events. */
export function indexToMarket(value: number | null, market: number | null): string {
  return value !== null && market !== null && market < lowN ? `<${lowN}` : index(value);
}

/** The counts behind a share, `1,234 of 20,110`. */
export function behindShare(own: number | null, market: number | null): string {
  return `${count(own)} / ${count(market)}`;
}

/** The difference of two fractions in percentage points, with its sign: two decimals below 10 pp, one above. */
export function pointsBetween(now: number | null, before: number | null): string {
  if (now === null || before === null) return undefinedMark;
  const pp = (now - before) * 100;
  return `${withMinus((Math.abs(pp) < 9.995 ? points : largePoints).format(pp))}\u00a0pp`;
}
