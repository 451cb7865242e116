// @ts-check
// Which part of a photo is seen, and how large. Independent of the page; lengths are CSS pixels.

import { clamp } from './dom.js';

const LARGEST = 24;  // CSS pixels per pixel of the photo
const KEPT = 1e-6;

/**
 * A photo in a room: zoom 1 fits it in. (x, y) moves the photo's middle away from the room's middle.
 * @typedef {{room: [number, number], photo: [number, number], zoom: number, x: number, y: number}} View
 */

/** CSS pixels per pixel of the photo when it fits. @param {View} view */
export const fitting = ({ room, photo }) => Math.max(KEPT, Math.min(room[0] / photo[0], room[1] / photo[1]));

/** CSS pixels per pixel of the photo. @param {View} view */
export const scaleOf = view => fitting(view) * view.zoom;

/** Width and height of the whole photo. @param {View} view @returns {[number, number]} */
export function sizeIn(view) {
  const scale = scaleOf(view);
  return [Math.max(1, Math.round(view.photo[0] * scale)), Math.max(1, Math.round(view.photo[1] * scale))];
}

/** Left and top edge of the photo in the room. @param {View} view @returns {[number, number]} */
export function cornerIn(view) {
  const [width, height] = sizeIn(view);
  return [(view.room[0] - width) / 2 + view.x, (view.room[1] - height) / 2 + view.y];
}

/**
 * The part of the photo that is inside the room, in CSS pixels from the photo's corner.
 * @param {View} view @returns {{left: number, top: number, width: number, height: number}}
 */
export function seenIn(view) {
  const size = sizeIn(view), corner = cornerIn(view);
  const [start, end] = [0, 1].map(i => clamp(Math.floor(-corner[i]), 0, size[i]))
    .reduce((/** @type {number[][]} */ [starts, ends], from, i) => [
      [...starts, from], [...ends, clamp(Math.ceil(view.room[i] - corner[i]), from, size[i])]], [[], []]);
  return { left: start[0], top: start[1], width: Math.max(1, end[0] - start[0]), height: Math.max(1, end[1] - start[1]) };
}

/**
 * The same view within its limits: a photo that fits stays in the middle; of a larger one, some part does.
 * @param {View} view @returns {View}
 */
export function limited(view) {
  const fit = fitting(view), zoom = clamp(view.zoom, Math.min(1, 1 / fit), Math.max(1, LARGEST / fit));
  const within = { ...view, zoom }, size = sizeIn(within);
  const [most, tall] = [0, 1].map(i => (zoom > 1 ? Math.max(size[i], view.room[i]) / 2 : 0));
  return { ...within, x: clamp(view.x, -most, most), y: clamp(view.y, -tall, tall) };
}

/** Zoom so that a place of the room stays where it is. @param {View} view @param {number} zoom @param {[number, number]} [at] the middle by default */
export function zoomed(view, zoom, at = [view.room[0] / 2, view.room[1] / 2]) {
  const next = limited({ ...view, zoom }), growth = next.zoom / view.zoom;
  const [dx, dy] = [0, 1].map(i => at[i] - view.room[i] / 2);
  return limited({ ...next, x: dx + (view.x - dx) * growth, y: dy + (view.y - dy) * growth });
}

/** Move the photo. @param {View} view @param {number} dx @param {number} dy */
export const moved = (view, dx, dy) => limited({ ...view, x: view.x + dx, y: view.y + dy });

/** Move as little as needed to see a place of the photo, in fractions of it. @param {View} view @param {number} u @param {number} v */
export function revealing(view, u, v) {
  const size = sizeIn(view), corner = cornerIn(view), margin = 24;
  const [dx, dy] = [u, v].map((share, i) => {
    const at = corner[i] + share * size[i], low = Math.min(margin, view.room[i] / 2);
    return clamp(at, low, view.room[i] - low) - at;
  });
  return moved(view, dx, dy);
}
