import { compactCount, count } from '../format/number';
import { t } from '../i18n';
import type { Palette } from './palette';
import { columnSeries, valueAxis, weekAxis, weekTip, type Option } from './parts';

export interface AdsAndOrganic {
  weeks: string[];
  organic: (number | null)[];
  ads: (number | null)[];
  provisional: boolean[];
}

/** Own clicks per week as stacked columns: organic below, ads above. */
export function adsAndOrganic(of: AdsAndOrganic, palette: Palette): Option {
  return {
    animation: false,
    grid: { left: 56, right: 12, top: 12, height: 150 },
    xAxis: weekAxis(of.weeks, palette, 0, true),
    yAxis: valueAxis(palette, 0, (value) => compactCount(value), 3),
    tooltip: weekTip(palette, of.weeks, (at) => [
      [t.term.organicClicks, count(of.organic[at] ?? null)],
      [t.term.adClicks, count(of.ads[at] ?? null)],
    ]),
    series: [
      columnSeries({ name: t.term.organicClicks, color: palette.organic, values: of.organic }, of.provisional, 0, 'clicks'),
      columnSeries({ name: t.term.adClicks, color: palette.ads, values: of.ads }, of.provisional, 0, 'clicks'),
    ],
  } as Option;
}
