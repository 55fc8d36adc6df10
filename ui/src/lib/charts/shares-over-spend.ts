import { compactMoney, money } from '../format/money';
import { percentTick, shareOfMarket } from '../format/share';
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

/** Share lines above spend columns, on one axis of weeks; without any spend the lines take the room. */
export function sharesOverSpend(of: SharesOverSpend, palette: Palette): Option {
  const spent = of.spend.some((micros) => micros !== null);
  const [left, right, top] = [56, 12, 12];
  const shares = { left, right, top, height: spent ? 212 : 304 };
  return {
    animation: false,
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    grid: spent ? [shares, { left, right, top: 248, height: 72 }] : [shares],
    xAxis: [weekAxis(of.weeks, palette, 0, !spent), ...(spent ? [weekAxis(of.weeks, palette, 1, true)] : [])],
    yAxis: [valueAxis(palette, 0, percentTick, 4), ...(spent ? [valueAxis(palette, 1, (micros) => compactMoney(micros, of.currency), 2)] : [])],
    tooltip: weekTip(palette, of.weeks, (at) => [
      ...of.lines.map((line): [string, string] => [line.name, shareOfMarket(line.values[at] ?? null, line.market[at] ?? null)]),
      [t.chart.spend, money(of.spend[at] ?? null, of.currency)],
    ]),
    series: [
      ...of.lines.flatMap((line) => lineSeries(line, of.provisional, 0)),
      ...(spent ? [columnSeries({ name: t.chart.spend, color: palette.spend, values: of.spend }, of.provisional, 1)] : []),
    ],
  } as Option;
}
