// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { gridFor, iouWith } from '../../demo/static/cells.js';
import { Comparison, withChoice } from '../../demo/static/compare.js';
import { History } from '../../demo/static/history.js';

/** @import { Photo, Reply } from '../../demo/static/types' */

const GONE = { error: 'forgotten', code: 'photo_gone' };
const CLICK = 1;

/**
 * An open comparison without a page; `reply` gives Python's reply to each request.
 * @param {(payload: any) => Reply | Promise<Reply>} reply
 */
function compared(reply) {
  const requests = /** @type {any[]} */ ([]);
  const it = { requests, photo: /** @type {Photo} */ ({ token: 'a', url: 'photo 1', width: 9, height: 9 }) };
  const history = new History({ title: 'Object', palette: ['#000000'], changed: () => comparison.next() });
  const comparison = new Comparison({
    photo: () => it.photo, object: () => history.active,
    ask: async (_, payload) => { requests.push(payload); return reply(payload); },
    reopen: async () => { it.photo = { ...it.photo, token: `${it.photo.token}+` }; return true; },
    read: async answers => answers, changed: () => {},
  });
  Object.assign(comparison, { keys: ['one', 'two'], open: true });
  return Object.assign(it, { history, comparison });
}

/** @param {any} payload */
const masks = ({ keys, prompt }) => ({ answers: keys.map((/** @type {string} */ key) => ({ key, label: `${prompt.point_coords.length}` })) });
const settled = () => new Promise(resolve => { setTimeout(resolve); });

test('quick clicks send the first and the last prompt, and meanwhile the result is out of date', async () => {
  /** @type {(reply: Reply) => void} */
  let release = () => {};
  const waiting = new Promise(resolve => { release = resolve; });
  const it = compared(payload => (payload.prompt.point_coords.length === 2 ? waiting : masks(payload)));
  it.history.addPoint(1, 1, CLICK);
  await settled();
  assert.equal(it.comparison.result?.answers.length, 2);
  assert.equal(it.comparison.stale, false);
  for (let i = 2; i < 6; i += 1) it.history.addPoint(i, 1, CLICK);
  assert.equal(it.comparison.stale, true);
  assert.equal(it.comparison.busy, true);
  release(masks({ keys: ['one', 'two'], prompt: { point_coords: [1, 2] } }));
  await settled();
  assert.deepEqual(it.requests.map(({ prompt }) => prompt.point_coords.length), [1, 2, 5]);
  assert.equal(it.comparison.result?.answers[0].label, '5');
  assert.equal(it.comparison.stale, false);
});

test('other choices ask again; without a prompt, with one choice, or closed nothing is asked', async () => {
  const it = compared(masks);
  await it.comparison.next();
  it.comparison.open = false;
  it.history.addPoint(1, 1, CLICK);
  assert.equal(it.requests.length, 0);
  it.comparison.open = true;
  await it.comparison.next();
  it.comparison.keys = ['one', 'three'];
  assert.equal(it.comparison.stale, true);
  await it.comparison.next();
  assert.deepEqual(it.requests.map(({ keys }) => keys[1]), ['two', 'three']);
  it.comparison.keys = ['one'];
  await it.comparison.next();
  assert.equal(it.requests.length, 2);
  it.history.clear();
  assert.equal(it.comparison.result, null);
});

test('masks of one photo never lie on another, also those that come late', async () => {
  const it = compared(payload => {
    if (it.requests.length === 2) { it.photo = { ...it.photo, url: 'photo 2' }; it.comparison.open = false; }
    return masks(payload);
  });
  it.history.addPoint(1, 1, CLICK);
  await settled();
  assert.ok(it.comparison.result);
  it.history.addPoint(2, 2, CLICK);
  await settled();
  assert.equal(it.requests.length, 2);
  assert.equal(it.comparison.result, null);
});

test('every choice is asked with the prompt alone: model, second look and clean-up are its own', async () => {
  const it = compared(masks);
  it.history.setModel('mini');
  it.history.setCleanup({ holes: 50 });
  it.history.setLook(false);
  it.history.addPoint(4, 5, CLICK);
  await settled();
  const { model, look_again, cleanup, keys, token, steps } = it.requests[0];
  assert.deepEqual({ model, look_again, cleanup, keys, token }, { model: null, look_again: 'auto', cleanup: {}, keys: ['one', 'two'], token: 'a' });
  assert.deepEqual(steps[0].point, [4, 5]);
});

test('a forgotten photo is sent again; what failed waits for a change or for being asked again', async () => {
  let failing = true;
  const it = compared(({ token }) => (token === 'a' ? GONE : failing ? { error: 'full' } : masks({ keys: ['one', 'two'], prompt: { point_coords: [1] } })));
  it.history.addPoint(1, 1, CLICK);
  await settled();
  await it.comparison.next();
  assert.equal(it.requests.length, 2);
  assert.equal(it.comparison.error, 'full');
  failing = false;
  await it.comparison.again();
  assert.equal(it.comparison.error, '');
  assert.equal(it.comparison.result?.answers.length, 2);
});

test('a cancelled comparison says so and keeps the earlier result', async () => {
  const it = compared(payload => (payload.prompt.point_coords.length > 1 ? { message: 'Cancelled.', code: 'cancelled' } : masks(payload)));
  it.history.addPoint(1, 1, CLICK);
  await settled();
  it.history.addPoint(2, 1, CLICK);
  await settled();
  assert.equal(it.comparison.error, 'Cancelled.');
  assert.equal(it.comparison.stale, true);
});

test('an answer that is chosen elsewhere changes places, so that none is compared with itself', () => {
  assert.deepEqual(withChoice(['a', 'b', 'c'], 0, 'c'), ['c', 'b', 'a']);
  assert.deepEqual(withChoice(['a', 'b'], 1, 'd'), ['a', 'd']);
});

test('photos lie beside each other in the grid that shows them largest', () => {
  assert.deepEqual(gridFor(2, [1000, 600], [400, 600]), [2, 1]);
  assert.deepEqual(gridFor(2, [500, 1000], [640, 480]), [1, 2]);
  assert.deepEqual(gridFor(4, [1000, 700], [640, 480]), [2, 2]);
  assert.deepEqual(gridFor(4, [936, 620], [586, 640]), [2, 2]);
  assert.deepEqual(gridFor(3, [1200, 300], [300, 300]), [3, 1]);
});

test('an IoU has two digits, and a failed answer has none', () => {
  assert.equal(iouWith({ key: '', label: '', iou: [1, 0.8449] }, 1), '0.84');
  assert.equal(iouWith({ key: '', label: '', error: 'absent' }, 0), '–');
});
