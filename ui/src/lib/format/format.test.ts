import { describe, expect, test, vi } from 'vitest';

vi.hoisted(() => vi.stubGlobal('navigator', { language: 'en-US' }));

const { change, count, index } = await import('./number');
const { behindShare, indexToMarket, percent, percents, percentTick, pointsBetween, shareOfMarket } = await import('./share');
const { compactMoney, money } = await import('./money');
const { addWeeks, instant, weekName, weeksBetween, weekSpan } = await import('./week');

describe('shares', () => {
  test.each([
    [null, '–'],
    [0, '0.00%'],
    [0.06123, '6.12%'],
    [0.0994, '9.94%'],
    [0.09962, '10.0%'],
    [0.1234, '12.3%'],
    [1, '100.0%'],
  ])('%s is written %s', (fraction, written) => expect(percent(fraction)).toBe(written));

  test.each([
    ['undefined without a market', null, 0, '–'],
    ['undefined where the server says so', null, 300, '–'],
    ['not printed on few events', 0.75, 4, '<20'],
    ['printed from 20 events on', 0.75, 20, '75.0%'],
    ['printed where the market is not told', 0.05, null, '5.00%'],
  ])('a share is %s', (_, fraction, market, written) => expect(shareOfMarket(fraction, market)).toBe(written));

  test.each([
    [0.1828, 0.0615, ['18.28%', '6.15%']],
    [0.1234, 0.2, ['12.3%', '20.0%']],
  ])('%s and %s are compared with the same decimals', (before, now, written) => expect(percents(before, now)).toEqual(written));

  test.each([
    [0.0654, 0.0612, '+0.42\u00a0pp'],
    [0.0612, 0.0654, '−0.42\u00a0pp'],
    [0.06, 0.06, '0.00\u00a0pp'],
    [0.0615, 0.1828, '−12.1\u00a0pp'],
    [0.06, null, '–'],
    [null, 0.06, '–'],
  ])('from %s to %s is %s', (now, before, written) => expect(pointsBetween(now, before)).toBe(written));

  test.each([
    [1.284, 400, '1.28'],
    [1.284, 19, '<20'],
    [null, 19, '–'],
  ])('an index of %s over %s is %s', (value, market, written) => expect(indexToMarket(value, market)).toBe(written));

  test('axes carry no trailing zeros', () => expect([0.15, 0.005].map(percentTick)).toEqual(['15%', '0.5%']));
  test('the counts behind a share', () => expect(behindShare(1234, 20110)).toBe('1,234 / 20,110'));
});

describe('counts', () => {
  test.each([
    [null, '–'],
    [0, '0'],
    [1234567, '1,234,567'],
  ])('%s is written %s', (value, written) => expect(count(value)).toBe(written));

  test.each([
    [120, 100, '+20%'],
    [80, 100, '−20%'],
    [100, 100, '0%'],
    [100, 0, '–'],
    [100, null, '–'],
  ])('from %s against %s is %s', (now, before, written) => expect(change(now, before)).toBe(written));

  test('an index has two decimals', () => expect([index(1), index(null)]).toEqual(['1.00', '–']));
});

describe('money', () => {
  test.each([
    [null, 'USD', '–'],
    [412_340_000, 'USD', '$412.34'],
    [1_234_560_000, 'USD', '$1,235'],
    [980_000_000, 'JPY', '¥980'],
    [-12_500_000, 'EUR', '−€12.50'],
    [5_000_000, '', '–'],
  ])('%s micros of %s are %s', (micros, currency, written) => expect(money(micros, currency)).toBe(written));

  test('axes are short', () => expect(compactMoney(7_120_000_000, 'USD')).toBe('$7.1K'));
});

describe('weeks', () => {
  test('are named by their Sunday wherever the reader is', () => expect([weekName('2026-11-15'), weekName(null)]).toEqual(['Nov 15, 2026', '–']));
  test('run from Sunday to Saturday', () => expect(weekSpan('2026-11-29').replace(/\u2009/g, ' ')).toBe('Nov 29 – Dec 5, 2026'));
  test('count over the change of the clocks', () => expect(addWeeks('2026-10-25', 1)).toBe('2026-11-01'));
  test('fill an unbroken axis', () => expect(weeksBetween('2026-12-20', '2027-01-10')).toEqual(['2026-12-20', '2026-12-27', '2027-01-03', '2027-01-10']));
  test('an instant that is none', () => expect([instant(null), instant('soon')]).toEqual(['–', '–']));
});
