// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sorted } from '../../demo/static/found.js';

/** @type {import('../../demo/static/types').MaskRow[]} */
const ROWS = [[1, 30, 0.8, 0.5], [2, 10, 0.9, 0.5], [3, 20, 0.8, 0.9]];
const ids = (/** @type {number} */ column, /** @type {boolean} */ falling) => sorted(ROWS, column, falling).map(([id]) => id);

test('rows go by a column, up or down, and equal ones by number', () => {
  assert.deepEqual(ids(1, false), [2, 3, 1]);
  assert.deepEqual(ids(2, true), [2, 1, 3]);
  assert.deepEqual(ids(3, false), [1, 2, 3]);
  assert.deepEqual(ROWS.map(([id]) => id), [1, 2, 3]);
});
