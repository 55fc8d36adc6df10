import { expect, test } from 'vitest';
import { amountField, percentField, typedNumber } from './typed';

test('numbers are typed with a point or a comma', () => {
  expect(['19.99', '19,99', ' 35 % ', '35%', '.5', '7.'].map(typedNumber)).toEqual([19.99, 19.99, 35, 35, 0.5, 7]);
  expect(['', 'x', '-1', '1.2.3', '1e3', '1,2,3'].map(typedNumber)).toEqual([null, null, null, null, null, null]);
});

test('fields show what was typed', () => {
  expect([0.35, 0.355, 0.1 + 0.2, null].map(percentField)).toEqual(['35', '35.5', '30', '']);
  expect([19_990_000, 19_900_000, 5_000_000, 1_234_567, null].map(amountField)).toEqual(['19.99', '19.90', '5.00', '1.234567', '']);
});
