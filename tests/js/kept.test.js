// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { payloadOf } from '../../demo/static/kept.js';
import { History } from '../../demo/static/history.js';

/** @import { KeptMask } from '../../demo/static/types' */

const start = () => new History({ title: 'Object', palette: ['#aa0000'] });
/** @type {KeptMask} */
const mask = {
  picture: /** @type {any} */ ({}), pngs: ['data:one', 'data:two'], name: '', model: 'mini',
  predicted_iou: 0.9, stability_score: null, score: 0.4,
};

test('a mask that a mode made goes to a file as Python sent it, with its scores and its own model', () => {
  const history = start();
  history.addMasks([mask], () => false);
  history.setModel('another');
  assert.deepEqual(payloadOf(history.active), {
    name: '', pngs: ['data:one', 'data:two'], model: 'mini', predicted_iou: 0.9, stability_score: null, score: 0.4,
  });
});

test('a prompt goes to a file as a prompt, and only a given name goes with it', () => {
  const history = start();
  history.addPoint(3, 4, 1);
  history.pick(2);
  const { prompt, steps } = history.active;
  assert.deepEqual(payloadOf(history.active), {
    name: '', prompt, steps, choice: 2, model: null, subtract: false, cleanup: {}, look_again: 'auto',
  });
  history.rename(history.doc.active, 'bear');
  assert.equal(payloadOf(history.active).name, 'bear');
});

test('a point on an object that was a mask corrects the mask', () => {
  const history = start();
  history.addMasks([mask], () => false);
  history.addPoint(3, 4, 0);
  const { pngs, steps } = /** @type {any} */ (payloadOf(history.active));
  assert.deepEqual(pngs, mask.pngs);
  assert.deepEqual(steps, [{ point: [3, 4], label: 0, mode: 'correct' }]);
  history.undo();
  assert.ok(!('steps' in payloadOf(history.active)));
});

test('a mask that is cleaned is made by Python, with its settings', () => {
  const history = start();
  history.addMasks([mask], () => false);
  history.setCleanup({ holes: 100 });
  const { pngs, cleanup } = /** @type {any} */ (payloadOf(history.active));
  assert.deepEqual([pngs, cleanup], [mask.pngs, { holes: 100 }]);
});
