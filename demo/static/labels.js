// @ts-check
// A label map: the red and green of each pixel are its mask's id, 0 is no mask.

import { clamp } from './dom.js';
import { newCanvas, pen, pixels, rgb } from './pictures.js';

/** @import { Picture } from './types' */

export class LabelMap {
  /**
   * @param {Picture} picture
   * @param {{colours?: string[], palette: string[], partial?: boolean}} look one colour per id from 1, or a palette to
   *   cycle through; `partial` if more masks are on their way: then none can be selected
   */
  constructor(picture, { colours, palette, partial = false }) {
    this.partial = partial;
    const { data, width, height } = pixels(picture);
    this.width = width;
    this.height = height;
    this.ids = new Uint16Array(width * height);
    for (let i = 0; i < this.ids.length; i += 1) this.ids[i] = data[4 * i] + 256 * data[4 * i + 1];
    /** @type {Map<number, Picture>} white pictures of single masks */
    this.regions = new Map();
    /** @type {Set<number>} ids with a picture of the whole mask, not only its visible part in the map */
    this.whole = new Set();
    this.boxes = this.measure();
    const own = colours && colours.map(rgb), cycle = palette.map(rgb);
    this.all = this.paint(id => (own ? own[id - 1] : cycle[(id * 5) % cycle.length]));
  }

  /** The box of each mask, far edges excluded. */
  measure() {
    /** @type {Map<number, number[]>} */
    const boxes = new Map();
    for (let y = 0, i = 0; y < this.height; y += 1) {
      for (let x = 0; x < this.width; x += 1, i += 1) {
        const id = this.ids[i], box = boxes.get(id);
        if (box) { box[0] = Math.min(box[0], x); box[2] = Math.max(box[2], x + 1); box[3] = y + 1; }
        else if (id) boxes.set(id, [x, y, x + 1, y + 1]);
      }
    }
    return boxes;
  }

  /** Every mask in its colour, edges opaque. @param {(id: number) => number[]} colourOf */
  paint(colourOf) {
    const canvas = newCanvas(this.width, this.height), g = pen(canvas);
    const image = g.createImageData(this.width, this.height);
    for (let i = 0; i < this.ids.length; i += 1) {
      const id = this.ids[i];
      if (!id) continue;
      const edge = id !== this.ids[i - 1] || id !== this.ids[i - this.width];
      image.data.set([...colourOf(id), edge ? 255 : 140], 4 * i);
    }
    g.putImageData(image, 0, 0);
    return canvas;
  }

  /** The id at a position of the photo; u and v are in [0, 1). @param {number} u @param {number} v */
  at(u, v) {
    if (this.partial) return 0;
    const x = clamp(Math.floor(u * this.width), 0, this.width - 1);
    const y = clamp(Math.floor(v * this.height), 0, this.height - 1);
    return this.ids[y * this.width + x];
  }

  /** One mask as a white picture. @param {number} id @returns {Picture} */
  region(id) {
    const kept = this.regions.get(id);
    if (kept) return kept;
    const canvas = newCanvas(this.width, this.height), g = pen(canvas);
    const [x0, y0, x1, y1] = this.boxes.get(id) || [0, 0, 1, 1];
    const image = g.createImageData(x1 - x0, y1 - y0), white = new Uint32Array(image.data.buffer);
    for (let y = y0, i = 0; y < y1; y += 1) {
      for (let x = x0; x < x1; x += 1, i += 1) if (this.ids[y * this.width + x] === id) white[i] = 0xffffffff;
    }
    g.putImageData(image, x0, y0);
    this.regions.set(id, canvas);
    return canvas;
  }

  /**
   * Set the picture of a whole mask: in the map, smaller masks cover parts of it.
   * @param {number} id
   * @param {Picture} picture
   */
  setWhole(id, picture) {
    this.regions.set(id, picture);
    this.whole.add(id);
  }
}
