// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Answers } from '../../demo/static/answers.js';
import { History } from '../../demo/static/history.js';

/** @import { Answer } from '../../demo/static/types' */

const start = () => new History({ title: 'Object', palette: ['#000000'] });

/** An answer whose pictures are words. @param {...string} pictures @returns {Answer} */
const answer = (...pictures) => /** @type {any} */ ({ candidates: pictures.map(picture => ({ picture })), note: '' });

test('an object without a prompt needs no answer', () => {
  const history = start(), answers = new Answers();
  assert.equal(answers.wanted(history.doc), undefined);
  history.addPoint(1, 1, 1);
  assert.equal(answers.wanted(history.doc), history.active);
});

test('the mask on show is the chosen candidate', () => {
  const history = start(), answers = new Answers();
  history.addPoint(1, 1, 1);
  answers.put(history.active, answer('best', 'part', 'whole'));
  assert.equal(answers.maskOf(history.active), 'best');
  history.pick(2);
  assert.equal(answers.maskOf(history.active), 'whole');
  assert.equal(answers.wanted(history.doc), undefined, 'picking requests nothing');
});

test('a stale answer is shown until the new one is there', () => {
  const history = start(), answers = new Answers();
  history.addPoint(1, 1, 1);
  answers.put(history.active, answer('old'));
  history.addPoint(2, 2, 1);
  assert.equal(answers.maskOf(history.active), 'old');
  assert.equal(answers.wanted(history.doc), history.active);
  answers.put(history.active, answer('new'));
  assert.equal(answers.maskOf(history.active), 'new');
});

test('undo finds its answer without another request', () => {
  const history = start(), answers = new Answers();
  history.addPoint(1, 1, 1);
  answers.put(history.active, answer('one'));
  history.addPoint(2, 2, 1);
  answers.put(history.active, answer('two'));
  history.undo();
  assert.equal(answers.maskOf(history.active), 'one');
  assert.equal(answers.wanted(history.doc), undefined);
});

test('a cleared prompt shows no mask, not the last one', () => {
  const history = start(), answers = new Answers();
  history.addPoint(1, 1, 1);
  answers.put(history.active, answer('one'));
  history.clear();
  assert.equal(answers.maskOf(history.active), null);
});

test('a failed request is sent again only after retry', () => {
  const history = start(), answers = new Answers();
  history.addPoint(1, 1, 1);
  answers.fail(history.active, 'the queue is full');
  assert.equal(answers.wanted(history.doc), undefined);
  answers.retry();
  assert.equal(answers.wanted(history.doc), history.active);
});

test('the selected object comes first', () => {
  const history = start(), answers = new Answers();
  history.addPoint(1, 1, 1);
  history.addObject();
  history.addPoint(2, 2, 1);
  assert.equal(answers.wanted(history.doc), history.active);
  answers.put(history.active, answer('mask'));
  assert.equal(answers.wanted(history.doc), history.doc.objects[0]);
});

test('the model and subtraction are part of the request', () => {
  const history = start(), answers = new Answers();
  history.addPoint(1, 1, 1);
  answers.put(history.active, answer('mask'));
  history.setSubtract(true);
  assert.equal(answers.wanted(history.doc), history.active);
  answers.put(history.active, answer('cut'));
  history.setModel('another');
  assert.equal(answers.wanted(history.doc), history.active);
});

test('an object that is a mask shows it and requests nothing', () => {
  const history = start(), answers = new Answers();
  history.addMasks([/** @type {any} */ ({ picture: 'given' })], () => false);
  assert.equal(answers.maskOf(history.active), 'given');
  assert.equal(answers.wanted(history.doc), undefined);
});

test('the oldest answers are forgotten first', () => {
  const history = start(), answers = new Answers();
  for (let i = 0; i < 100; i += 1) {
    history.addPoint(i, 0, 1);
    answers.put(history.active, answer(`mask ${i}`));
  }
  assert.equal(answers.answers.size, 96);
  assert.equal(answers.maskOf(history.active), 'mask 99');
});
