/** The locale that numbers and dates are written in: the browser's, English where there is no browser. */
export const locale: string = typeof navigator === 'undefined' ? 'en-US' : navigator.language || 'en-US';

const minus = '\u2212';

/** A true minus sign is as wide as the plus sign, so that columns of differences line up. */
export function withMinus(formatted: string): string {
  return formatted.replace(/^([^\d]*)-/, `$1${minus}`);
}

/** What stands where a figure is not defined. */
export const undefinedMark = '–';
