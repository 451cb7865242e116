// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { History } from '../../demo/static/history.js';
import { packed, unpacked } from '../../demo/static/work.js';

/** @import { KeptMask } from '../../demo/static/types' */

const start = () => new History({ title: 'Object', palette: ['#aa0000', '#00aa00'] });
/** @param {string} name @returns {KeptMask} */
const mask = name => ({
  picture: /** @type {any} */ ({ name }), pngs: [`data:${name}`], name: '', model: 'mini',
  predicted_iou: 0.9, stability_score: null, score: null,
});
/** @param {any} picture */
const asUrl = picture => `url:${picture.name}`;
/** @param {string} url @returns {Promise<any>} */
const load = async url => ({ name: url.slice(4) });

/** As a database copies it. @param {History} history */
const throughDatabase = async history => {
  const again = start();
  again.restore(await unpacked(structuredClone(packed('photo', history, asUrl)), load));
  return again;
};

test('objects, their order, names, choices and the selected one come back', async () => {
  const history = start();
  history.addPoint(3, 4, 1);
  history.pick(2);
  history.rename(history.doc.active, 'bear');
  history.addObject();
  history.setBox([1, 2, 3, 4]);
  const again = await throughDatabase(history);
  assert.deepEqual(again.doc, history.doc);
  assert.ok(Object.isFrozen(again.doc));
});

test('undo and redo work across it', async () => {
  const history = start();
  history.addPoint(3, 4, 1);
  history.addPoint(5, 6, 0);
  history.undo();
  const again = await throughDatabase(history);
  again.redo();
  assert.equal(again.active.steps.length, 2);
  again.undo();
  again.undo();
  assert.ok(again.isClear);
  again.undo();
  assert.ok(again.isClear);
});

test('masks of modes come back with their pictures, once for all states that share them', async () => {
  const history = start();
  history.addMasks([mask('one'), mask('two')], () => false);
  history.addPoint(1, 1, 1);
  let encoded = 0;
  const work = packed('photo', history, picture => { encoded += 1; return asUrl(picture); });
  assert.equal(encoded, 2);
  const again = start();
  again.restore(await unpacked(structuredClone(work), load));
  const [first, second] = again.doc.objects;
  assert.deepEqual([first.mask?.picture, second.mask?.picture], [{ name: 'one' }, { name: 'two' }]);
  assert.deepEqual(first.mask?.pngs, ['data:one']);
  again.undo();
  assert.equal(again.doc.objects[1].mask, second.mask);
});

test('new objects get numbers of their own', async () => {
  const history = start();
  history.addPoint(3, 4, 1);
  history.addObject();
  const again = await throughDatabase(history);
  again.addObject();
  const ids = again.doc.objects.map(object => object.id);
  assert.equal(new Set(ids).size, 3);
  assert.equal(again.active.name, 'Object 3');
});
