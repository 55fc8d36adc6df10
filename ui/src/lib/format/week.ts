import { locale, undefinedMark } from './locale';

const dayMs = 86_400_000;
const long = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
const short = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const instantFormat = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

function utc(week: string): number {
  return Date.parse(`${week}T00:00:00Z`);
}

/** The week `by` weeks after this one, named by its Sunday. */
export function addWeeks(week: string, by: number): string {
  return new Date(utc(week) + by * 7 * dayMs).toISOString().slice(0, 10);
}

/** Every Sunday from the first week to the last, both included: the axis on which a missing week is a gap. */
export function weeksBetween(first: string, last: string): string[] {
  const weeks: string[] = [];
  for (let at = utc(first); at <= utc(last); at += 7 * dayMs) weeks.push(new Date(at).toISOString().slice(0, 10));
  return weeks;
}

/** A week by its Sunday, with the year. */
export function weekName(week: string | null): string {
  return week === null ? undefinedMark : long.format(utc(week));
}

/** A week by its Sunday, without the year: for axes and narrow places. */
export function weekShort(week: string): string {
  return short.format(utc(week));
}

/** Sunday to Saturday, in the fewest words of the locale. */
export function weekSpan(week: string): string {
  return long.formatRange(utc(week), utc(week) + 6 * dayMs);
}

/** An instant in the reader's own zone. */
export function instant(rfc3339: string | null): string {
  const at = rfc3339 === null ? Number.NaN : Date.parse(rfc3339);
  return Number.isNaN(at) ? undefinedMark : instantFormat.format(at);
}
