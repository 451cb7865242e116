// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { History, isEmpty } from '../../demo/static/history.js';

/** @import { KeptMask } from '../../demo/static/types' */

const PALETTE = ['#aa0000', '#00bb00'];
const start = (changed = () => {}) => new History({ title: 'Object', palette: PALETTE, changed });
/** A mask whose picture is a stand-in: nothing here looks at pixels. @param {string} name */
const mask = name => /** @type {KeptMask} */ (/** @type {unknown} */ ({ picture: {}, pngs: ['data:'], name }));

test('a history starts with one empty object', () => {
  const { doc, active, isClear } = start();
  assert.equal(doc.objects.length, 1);
  assert.equal(active.name, 'Object 1');
  assert.equal(active.colour, PALETTE[0]);
  assert.ok(isClear && isEmpty(active.prompt));
});

test('points and a box are undone and redone one by one', () => {
  const history = start();
  history.addPoint(3, 4, 1);
  history.addPoint(5, 6, 0);
  history.setBox([0, 0, 9, 9]);
  assert.deepEqual(history.active.prompt, {
    point_coords: [[3, 4], [5, 6]], point_labels: [1, 0], box_xyxy: [0, 0, 9, 9],
  });
  history.undo();
  assert.equal(history.active.prompt.box_xyxy, null);
  history.undo();
  assert.deepEqual(history.active.prompt.point_coords, [[3, 4]]);
  history.redo();
  assert.deepEqual(history.active.prompt.point_labels, [1, 0]);
});

test('an edit after undo forgets what could be redone', () => {
  const history = start();
  history.addPoint(1, 1, 1);
  history.undo();
  history.addPoint(2, 2, 1);
  history.redo();
  assert.deepEqual(history.active.prompt.point_coords, [[2, 2]]);
});

test('undo and redo at the ends do nothing', () => {
  let changes = 0;
  const history = start(() => { changes += 1; }), { doc } = history;
  history.undo();
  history.redo();
  assert.equal(history.doc, doc);
  assert.equal(changes, 0);
});

test('every edit makes a new document and leaves the old one as it was', () => {
  let changes = 0;
  const history = start(() => { changes += 1; }), before = history.doc;
  history.addPoint(1, 2, 1);
  assert.notEqual(history.doc, before);
  assert.ok(isEmpty(before.objects[0].prompt));
  assert.ok(Object.isFrozen(history.doc));
  assert.equal(changes, 1);
});

test('200 steps are kept', () => {
  const history = start();
  for (let i = 0; i < 250; i += 1) history.addPoint(i, 0, 1);
  for (let i = 0; i < 250; i += 1) history.undo();
  assert.equal(history.active.prompt.point_coords.length, 50);
});

test('clearing an empty prompt is not a step', () => {
  const history = start();
  history.clear();
  assert.equal(history.past.length, 0);
  history.addPoint(1, 1, 1);
  history.clear();
  assert.ok(history.isClear);
  assert.equal(history.past.length, 2);
});

test('a new prompt starts with the first candidate and shows a hidden object', () => {
  const history = start();
  history.addPoint(1, 1, 1);
  history.pick(2);
  history.toggle(history.doc.active);
  assert.ok(history.active.hidden);
  history.addPoint(2, 2, 1);
  assert.equal(history.active.choice, 0);
  assert.ok(!history.active.hidden);
});

test('object numbers increase, colours repeat, and removing the last object leaves an empty one', () => {
  const history = start();
  history.addObject();
  history.addObject();
  assert.deepEqual(history.doc.objects.map(object => object.name), ['Object 1', 'Object 2', 'Object 3']);
  assert.equal(history.doc.objects[2].colour, PALETTE[0]);
  for (const { id } of history.doc.objects) history.remove(id);
  assert.deepEqual(history.doc.objects.map(object => object.name), ['Object 4']);
});

test('removing the selected object selects the last one', () => {
  const history = start(), [first] = history.doc.objects;
  history.addObject();
  history.remove(history.doc.active);
  assert.equal(history.doc.active, first.id);
});

test('masks become objects with their names in one step; of the others, those that are kept stay', () => {
  const history = start();
  history.addMasks([mask('bear'), mask('')], () => false);
  assert.deepEqual(history.doc.objects.map(object => object.name), ['bear', 'Object 3']);
  assert.equal(history.active.name, 'Object 3');
  assert.ok(history.doc.objects.every(object => object.mask));
  history.undo();
  assert.deepEqual(history.doc.objects.map(object => object.name), ['Object 1']);
});

test('another model applies to the selected and to empty objects only', () => {
  const history = start();
  history.setModel('small');
  history.addPoint(1, 1, 1);
  history.addObject();
  history.addPoint(2, 2, 1);
  history.addObject();
  history.setModel('large');
  assert.deepEqual(history.doc.objects.map(object => object.model), ['small', 'small', 'large']);
  assert.equal(history.past.length, 4);
});

test('names are trimmed and cut', () => {
  const history = start();
  history.rename(history.doc.active, `  ${'x'.repeat(80)} `);
  assert.equal(history.active.name, 'x'.repeat(60));
});

test('an object knows whether a person named it, also after undo', () => {
  const history = start();
  assert.equal(history.active.named, false);
  history.rename(history.doc.active, 'Object 1');
  assert.equal(history.active.named, true);
  history.undo();
  assert.equal(history.active.named, false);
  history.addMasks([mask('bear'), mask('')], () => false);
  assert.deepEqual(history.doc.objects.map(object => object.named), [true, false]);
});

test('steps keep their order, and the candidate that was picked before the next one', () => {
  const history = start();
  history.addPoint(3, 4, 1);
  history.pick(2);
  history.addPoint(9, 9, 0);
  history.addPoint(5, 5, 1, 'add');
  history.addStroke([[1, 1], [2, 2]], 6, true);
  assert.deepEqual(history.active.steps, [
    { point: [3, 4], label: 1, mode: 'correct', choice: 2 },
    { point: [9, 9], label: 0, mode: 'correct' },
    { point: [5, 5], label: 1, mode: 'add' },
    { stroke: [[1, 1], [2, 2]], radius: 6, mode: 'subtract' },
  ]);
  assert.deepEqual(history.active.prompt.point_labels, [1, 0, 1]);
  assert.equal(history.active.choice, 0);
  history.undo();
  history.undo();
  history.undo();
  assert.deepEqual([history.active.steps.length, history.active.choice], [1, 2]);
});

test('a new box replaces the last one and goes first; an added box does not', () => {
  const history = start();
  history.setBox([0, 0, 9, 9]);
  history.addPoint(3, 4, 1);
  history.setBox([1, 1, 8, 8]);
  history.setBox([20, 20, 30, 30], 'add');
  assert.deepEqual(history.active.steps, [
    { box_xyxy: [1, 1, 8, 8], mode: 'correct' },
    { point: [3, 4], label: 1, mode: 'correct' },
    { box_xyxy: [20, 20, 30, 30], mode: 'add' },
  ]);
  assert.deepEqual(history.active.prompt.box_xyxy, [1, 1, 8, 8]);
});

test('clearing removes steps, and a prompt that is set from outside has none', () => {
  const history = start();
  history.addStroke([[1, 1]], 6, false);
  assert.equal(history.isClear, false);
  history.clear();
  assert.equal(history.isClear, true);
  history.addPoint(3, 4, 1);
  history.prompt({ point_coords: [[5, 5]], point_labels: [1], box_xyxy: null });
  assert.deepEqual(history.active.steps, []);
});
