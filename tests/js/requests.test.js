// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Answers } from '../../demo/static/answers.js';
import { MaskRequests } from '../../demo/static/requests.js';
import { History } from '../../demo/static/history.js';

/** @import { Photo, Reply } from '../../demo/static/types' */

const GONE = { error: 'forgotten', code: 'photo_gone' };

/**
 * A stage without a page; `reply` gives Python's reply to each request.
 * @param {(payload: any) => Reply | Promise<Reply>} reply
 */
function stage(reply) {
  const answers = new Answers(), requests = /** @type {any[]} */ ([]), replies = /** @type {Reply[]} */ ([]);
  const photo = /** @type {Photo} */ ({ token: 'a', url: 'photo 1', width: 9, height: 9 });
  const it = { answers, requests, replies, photo, reopened: 0, canReopen: true };
  const changed = () => { answers.retry(); maskRequests.next(); };
  const history = new History({ title: 'Object', palette: ['#000000'], changed });
  const maskRequests = new MaskRequests(answers, {
    doc: () => history.doc,
    photo: () => it.photo,
    ask: async (_, payload) => { requests.push(payload); return reply(payload); },
    reopen: async () => {
      it.reopened += 1;
      it.photo = { ...it.photo, token: `${it.photo.token}+` };
      return it.canReopen;
    },
    read: async ({ candidates, note }) => ({ candidates, note }),
    answered: each => replies.push(each),
    changed: () => {},
  });
  return Object.assign(it, { history, maskRequests });
}

const masks = () => ({ candidates: [{ picture: 'mask' }], note: '' });
const settled = () => new Promise(resolve => { setTimeout(resolve); });

test('quick clicks send one request for the first and one for the last state', async () => {
  /** @type {(reply: Reply) => void} */
  let release = () => {};
  const first = new Promise(resolve => { release = resolve; });
  const { history, maskRequests, requests } = stage(({ rev }) => (rev === 1 ? first : masks()));
  for (let i = 0; i < 6; i += 1) history.addPoint(i, 0, 1);
  assert.ok(maskRequests.busy);
  release(masks());
  await settled();
  assert.deepEqual(requests.map(({ prompt }) => prompt.point_coords.length), [1, 6]);
  assert.deepEqual(requests.map(({ rev }) => rev), [1, 2]);
  assert.ok(!maskRequests.busy);
});

test('an answer about another photo is dropped, and one for the new photo is requested', async () => {
  const it = stage(({ rev }) => {
    it.photo = { ...it.photo, url: 'photo 2' };
    return { candidates: [{ picture: `answer ${rev}` }], note: '' };
  });
  it.history.addPoint(1, 1, 1);
  await settled();
  assert.equal(it.answers.maskOf(it.history.active), 'answer 2');
  assert.equal(it.replies.length, 1);
});

test('a forgotten photo is sent again together with the request', async () => {
  const it = stage(({ token }) => (token === 'a' ? GONE : masks()));
  it.history.addPoint(1, 1, 1);
  await settled();
  assert.equal(it.reopened, 1);
  assert.deepEqual(it.requests.map(({ token }) => token), ['a', 'a+']);
  assert.equal(it.answers.maskOf(it.history.active), 'mask');
});

test('a photo that is forgotten every time is sent three times at most', async () => {
  const it = stage(() => GONE);
  it.history.addPoint(1, 1, 1);
  await settled();
  assert.equal(it.reopened, 3);
  assert.equal(it.requests.length, 4);
  assert.deepEqual(it.replies, [GONE]);
});

test('a photo that cannot be sent again ends the request with its error', async () => {
  const it = stage(() => GONE);
  it.canReopen = false;
  it.history.addPoint(1, 1, 1);
  await settled();
  assert.equal(it.requests.length, 1);
  assert.deepEqual(it.replies, [GONE]);
});

test('a failed request is not sent again until the next edit', async () => {
  let full = true;
  const it = stage(() => (full ? { error: 'full' } : masks()));
  it.history.addPoint(1, 1, 1);
  await settled();
  assert.equal(it.requests.length, 1);
  full = false;
  it.history.undo();
  it.history.redo();
  await settled();
  assert.equal(it.requests.length, 2);
  assert.equal(it.answers.maskOf(it.history.active), 'mask');
});
