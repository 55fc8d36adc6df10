import { describe, expect, test } from 'vitest';
import type { Finding } from '../api/types';
import { byKind, directionOf, isConfirmed } from './finding';
import { indexBasis, indexOf, onLogScale, shareFromCounts, type Funnel } from './funnel';
import { onWeekAxis, runs, splitProvisional } from './series';

const funnel: Funnel = { n_impressions: 20000, x_impressions: 1000, n_clicks: 400, x_clicks: 40, n_cart_adds: 100, x_cart_adds: 8, n_purchases: 50, x_purchases: 6 };

const finding = (more: Partial<Finding>): Finding => ({ kind: 'share_drop', weeks: [], term: null, asin: null, share_before: 0.1, share_now: 0.05, low: null, high: null, n: null, p: null, money_low_micros: null, cause: null, text: '', ...more });

describe('indexes against the market', () => {
  test('are ratios of shares', () => {
    expect(indexOf(funnel, 'ctr')).toBeCloseTo(2);
    expect(indexOf(funnel, 'cart')).toBeCloseTo(0.8);
    expect(indexOf(funnel, 'close')).toBeCloseTo(1.5);
    expect(indexOf(funnel, 'cvr')).toBeCloseTo(1.2);
  });
  test('multiply up to the purchase share', () => {
    const product = (shareFromCounts(1000, 20000) ?? 0) * (indexOf(funnel, 'ctr') ?? 0) * (indexOf(funnel, 'cart') ?? 0) * (indexOf(funnel, 'close') ?? 0);
    expect(product).toBeCloseTo(6 / 50, 12);
  });
  test.each([
    ['own impressions are zero', { x_impressions: 0 }],
    ['the market is empty', { n_clicks: 0 }],
    ['a count is missing', { x_clicks: null }],
  ])('are undefined where %s', (_, change) => expect(indexOf({ ...funnel, ...change }, 'ctr')).toBeNull());
  test('rest on the smaller market count', () => expect([indexBasis(funnel, 'cvr'), indexBasis({ ...funnel, n_clicks: null }, 'cvr')]).toEqual([50, null]));
  test('lie on a log scale with the market in the middle', () => {
    expect([1, 4, 0.25, 100, 0].map((value) => onLogScale(value, 4))).toEqual([0, 1, -1, 1, -1]);
  });
});

describe('findings', () => {
  test('without p are observations and get no direction', () => {
    expect([isConfirmed(finding({})), directionOf(finding({}))]).toEqual([false, null]);
  });
  test('with p are confirmed, also with p = 0', () => {
    expect([isConfirmed(finding({ p: 0 })), directionOf(finding({ p: 0 }))]).toEqual([true, 'down']);
    expect(directionOf(finding({ p: 0.01, share_now: 0.2 }))).toBe('up');
  });
  test('are read by kind, unknown kinds last', () => {
    const kinds = byKind([finding({ kind: 'new_kind' }), finding({ kind: 'waste' }), finding({}), finding({ kind: 'waste' })]).map((group) => `${group.kind} ${group.findings.length}`);
    expect(kinds).toEqual(['share_drop 1', 'waste 2', 'new_kind 1']);
  });
});

describe('weeks on an axis', () => {
  test('a week that is not stored is a gap', () => {
    const axis = onWeekAxis([{ week: '2026-11-15' }, { week: '2026-11-01' }]);
    expect(axis.weeks).toEqual(['2026-11-01', '2026-11-08', '2026-11-15']);
    expect(axis.points[1]).toBeNull();
  });
  test('nothing stored is an empty axis', () => expect(onWeekAxis([])).toEqual({ weeks: [], points: [] }));
  test('lines break at gaps', () => expect(runs([1, null, 2, 3])).toEqual([{ from: 0, values: [1] }, { from: 2, values: [2, 3] }]));
  test('the dashed piece begins at the last settled point', () => {
    expect(splitProvisional([1, 2, 3, 4], [false, false, true, true])).toEqual({ solid: [1, 2, null, null], dashed: [null, 2, 3, 4] });
  });
});
