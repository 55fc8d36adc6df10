import { compactMoney, money } from '../format/money';
import { percent, shareOfMarket } from '../format/share';
import { t } from '../i18n';
import type { Palette } from './palette';
import { columnSeries, lineSeries, valueAxis, weekAxis, weekTip, type Option } from './parts';

export interface ShareLine {
  name: string;
  color: string;
  symbol: string;
  values: (number | null)[];
  /** Market counts behind the values, for the low-n mark. */
  market: (number | null)[];
}

export interface SharesOverSpend {
  weeks: string[];
  lines: ShareLine[];
  spend: (number | null)[];
  provisional: boolean[];
  currency: string;
}

/** Share lines above spend columns, on one axis of weeks. */
export function sharesOverSpend(of: SharesOverSpend, palette: Palette): Option {
  return {
    animation: false,
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    grid: [
      { left: 56, right: 12, top: 12, height: 212 },
      { left: 56, right: 12, top: 248, height: 72 },
    ],
    xAxis: [weekAxis(of.weeks, palette, 0, false), weekAxis(of.weeks, palette, 1, true)],
    yAxis: [valueAxis(palette, 0, (value) => percent(value), 4), valueAxis(palette, 1, (value) => compactMoney(value, of.currency), 2)],
    tooltip: weekTip(palette, of.weeks, (at) => [
      ...of.lines.map((line): [string, string] => [line.name, shareOfMarket(line.values[at] ?? null, line.market[at] ?? null)]),
      [t.chart.spend, money(of.spend[at] ?? null, of.currency)],
    ]),
    series: [
      ...of.lines.flatMap((line) => lineSeries(line, of.provisional, 0)),
      columnSeries({ name: t.chart.spend, color: palette.spend, values: of.spend }, of.provisional, 1),
    ],
  } as Option;
}
