import { weeksBetween } from '../format/week';

/** One value per week of an unbroken axis; a week that is not stored is null, never zero. */
export interface WeekAxis<T> {
  weeks: string[];
  points: (T | null)[];
}

/** Lays stored weeks on an unbroken axis of Sundays. */
export function onWeekAxis<T extends { week: string }>(stored: readonly T[]): WeekAxis<T> {
  const byWeek = new Map(stored.map((point) => [point.week, point]));
  const known = [...byWeek.keys()].sort();
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return { weeks: [], points: [] };
  const weeks = weeksBetween(first, last);
  return { weeks, points: weeks.map((week) => byWeek.get(week) ?? null) };
}

/** Runs of points that may be joined by a line: a run ends before a null. */
export function runs(values: readonly (number | null)[]): { from: number; values: number[] }[] {
  const result: { from: number; values: number[] }[] = [];
  let open: { from: number; values: number[] } | null = null;
  values.forEach((value, index) => {
    if (value === null) open = null;
    else if (open) open.values.push(value);
    else result.push((open = { from: index, values: [value] }));
  });
  return result;
}

/**
 * Splits a line into what is settled and what may still move. The second begins at the last settled
 * point before it, so that the dashed piece joins the solid one.
 */
export function splitProvisional(values: readonly (number | null)[], provisional: readonly boolean[]): { solid: (number | null)[]; dashed: (number | null)[] } {
  const solid = values.map((value, index) => (provisional[index] ? null : value));
  const dashed = values.map((value, index) => (provisional[index] || provisional[index + 1] ? value : null));
  return { solid, dashed };
}
