import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts';
import type { GridComponentOption, TooltipComponentOption } from 'echarts/components';
import type { ComposeOption } from 'echarts/core';
import { weekShort, weekSpan } from '../format/week';
import { splitProvisional } from '../metrics/series';
import type { Palette } from './palette';

export type Option = ComposeOption<BarSeriesOption | LineSeriesOption | GridComponentOption | TooltipComponentOption>;

/** One named line over the weeks. */
export interface Line {
  name: string;
  color: string;
  symbol: string;
  values: (number | null)[];
}

/** A line as two series: solid, and dashed where the week is provisional. */
export function lineSeries(line: Line, provisional: readonly boolean[], axis: number): LineSeriesOption[] {
  const { solid, dashed } = splitProvisional(line.values, provisional);
  const common = {
    type: 'line' as const,
    xAxisIndex: axis,
    yAxisIndex: axis,
    symbol: line.symbol,
    symbolSize: line.values.length > 40 ? 0 : 5,
    connectNulls: false,
    animation: false,
    itemStyle: { color: line.color },
    emphasis: { disabled: true },
  };
  return [
    { ...common, name: line.name, data: solid, lineStyle: { width: 2, color: line.color } },
    { ...common, name: line.name, data: dashed, lineStyle: { width: 2, color: line.color, type: [3, 4] }, z: 1 },
  ];
}

/** A hatch of a colour, for columns that may still move. */
export function hatch(color: string): { image: HTMLCanvasElement; repeat: 'repeat' } {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 6;
  const pen = tile.getContext('2d');
  if (pen) {
    pen.strokeStyle = color;
    pen.lineWidth = 2;
    for (const shift of [-6, 0, 6]) {
      pen.moveTo(shift, 6);
      pen.lineTo(shift + 6, 0);
    }
    pen.stroke();
  }
  return { image: tile, repeat: 'repeat' };
}

/** Columns over the weeks, hatched where the week is provisional. */
export function columnSeries(column: Omit<Line, 'symbol'>, provisional: readonly boolean[], axis: number, stack?: string): BarSeriesOption {
  const hatched = hatch(column.color);
  return {
    type: 'bar',
    name: column.name,
    xAxisIndex: axis,
    yAxisIndex: axis,
    barMaxWidth: 18,
    barCategoryGap: '30%',
    animation: false,
    ...(stack ? { stack } : {}),
    itemStyle: { color: column.color },
    emphasis: { disabled: true },
    data: column.values.map((value, at) => (provisional[at] && value ? { value, itemStyle: { color: hatched, borderColor: column.color, borderWidth: 1 } } : value)),
  };
}

/** The axis of Sundays; the year is written where it begins. */
export function weekAxis(weeks: readonly string[], palette: Palette, grid: number, labels: boolean) {
  return {
    type: 'category' as const,
    gridIndex: grid,
    data: [...weeks],
    axisTick: { show: false },
    axisLine: { lineStyle: { color: palette.line } },
    axisLabel: {
      show: labels,
      color: palette.muted,
      fontSize: 11,
      margin: 12,
      lineHeight: 14,
      hideOverlap: true,
      formatter: (week: string, at: number) => (at === 0 || week.slice(5, 7) + week.slice(8) <= '0107' ? `${weekShort(week)}\n${week.slice(0, 4)}` : weekShort(week)),
    },
    axisPointer: { lineStyle: { color: palette.muted, type: 'solid' as const, width: 1 } },
  };
}

export function valueAxis(palette: Palette, grid: number, format: (value: number) => string, splitNumber: number) {
  return {
    type: 'value' as const,
    gridIndex: grid,
    min: 0,
    splitNumber,
    axisLabel: { color: palette.muted, fontSize: 11, formatter: format },
    splitLine: { lineStyle: { color: palette.line } },
  };
}

/** What a reader sees when pointing at a week: rows of name and figure, built as elements because the CSP drops inline styles. */
export function weekTip(palette: Palette, weeks: readonly string[], rows: (at: number) => [string, string][]): TooltipComponentOption {
  return {
    trigger: 'axis',
    confine: true,
    transitionDuration: 0,
    className: 'chart-tip',
    backgroundColor: palette.raised,
    borderColor: palette.line,
    textStyle: { color: palette.ink },
    formatter: (params) => {
      const first = Array.isArray(params) ? params[0] : params;
      const at = first?.dataIndex ?? 0;
      const tip = document.createElement('div');
      const title = document.createElement('div');
      title.className = 'chart-tip-title';
      title.textContent = weekSpan(weeks[at] ?? '1970-01-04');
      tip.append(title);
      for (const [name, value] of rows(at)) {
        const row = document.createElement('div');
        row.className = 'chart-tip-row';
        const [label, figure] = [document.createElement('span'), document.createElement('span')];
        label.textContent = name;
        figure.textContent = value;
        row.append(label, figure);
        tip.append(row);
      }
      return tip;
    },
  };
}
