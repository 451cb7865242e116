// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cornerIn, limited, moved, revealing, scaleOf, seenIn, sizeIn, zoomed } from '../../demo/static/view.js';

/** @import { View } from '../../demo/static/view.js' */

/** @param {Partial<View>} change @returns {View} */
const view = change => ({ room: [800, 600], photo: [1600, 600], zoom: 1, x: 0, y: 0, ...change });
/** The place of the photo, in its pixels, that lies at a place of the room. @param {View} seen @param {[number, number]} at */
const under = (seen, at) => cornerIn(seen).map((start, i) => (at[i] - start) / scaleOf(seen));

test('zoom 1 shows the whole photo in the middle', () => {
  assert.deepEqual(sizeIn(view({})), [800, 300]);
  assert.deepEqual(cornerIn(view({})), [0, 150]);
  assert.deepEqual(seenIn(view({})), { left: 0, top: 0, width: 800, height: 300 });
});

test('what lies under the pointer stays there', () => {
  let seen = zoomed(view({}), 3, [600, 320]);
  const before = under(seen, [600, 320]);
  for (const zoom of [5, 1.5, 8, 2]) {
    seen = zoomed(seen, zoom, [600, 320]);
    under(seen, [600, 320]).forEach((at, i) => assert.ok(Math.abs(at - before[i]) < 2, `${at} for ${before[i]}`));
  }
});

test('only the part inside the room is drawn, and zooming out fits again', () => {
  const seen = zoomed(view({}), 4);
  assert.deepEqual(seenIn(seen), { left: 1200, top: 300, width: 800, height: 600 });
  assert.deepEqual(zoomed(moved(seen, 500, 90), 1), view({}));
});

test('a photo is never moved out of sight, and one that fits stays in the middle', () => {
  const far = moved(zoomed(view({}), 2), 9000, -9000);
  assert.equal(cornerIn(far)[0], 400);
  assert.equal(cornerIn(far)[1] + sizeIn(far)[1], 300);
  assert.deepEqual(moved(view({}), 50, 50), view({}));
});

test('a panorama can be seen pixel by pixel, a small photo in its own size', () => {
  const panorama = view({ photo: [10000, 200] });
  assert.equal(scaleOf(limited({ ...panorama, zoom: 1e9 })), 24);
  assert.deepEqual(sizeIn(limited({ ...panorama, zoom: 1e-9 })), [800, 16]);
  const small = limited({ ...view({ photo: [100, 100] }), zoom: 1e-9 });
  assert.deepEqual(sizeIn(small), [100, 100]);
});

test('a place out of sight is moved into it, as little as needed', () => {
  const seen = zoomed(view({}), 4);
  const shown = revealing(seen, 0, 0.5);
  assert.ok(cornerIn(shown)[0] >= 0 && cornerIn(shown)[0] <= 24);
  assert.deepEqual(revealing(seen, 0.5, 0.5), seen);
});
