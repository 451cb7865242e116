// @ts-check
// The photo and two canvases over the part of it that is seen: one for masks and layers, one for prompts.

import { h } from './dom.js';
import { cornerIn, limited, seenIn, sizeIn } from './view.js';

/** @import { Photo } from './types' */
/** @import { View } from './view.js' */

export class Frame {
  constructor() {
    this.img = h('img', { class: 'es-photo', alt: '', draggable: 'false' });
    this.overlay = h('canvas', { class: 'es-layer' });
    this.marks = h('canvas', { class: 'es-layer es-marks' });
    this.el = h('div', { class: 'es-frame' }, this.img, this.overlay, this.marks);
    /** @type {View} */
    this.view = { room: [1, 1], photo: [1, 1], zoom: 1, x: 0, y: 0 };
  }

  /** Show a photo as large as fits. @param {Photo} photo */
  show(photo) {
    this.img.src = photo.url;
    this.img.alt = photo.name || '';
    this.view = { ...this.view, photo: [photo.width, photo.height], zoom: 1, x: 0, y: 0 };
  }

  /** Use the room of the container, or its first cell. @param {HTMLElement} room @param {[number, number]} grid columns and rows */
  fit(room, [columns, rows]) {
    const [width, height] = this.view.photo;
    room.style.setProperty('--es-aspect', String(width / height));
    this.set({ ...this.view, room: [Math.max(1, room.clientWidth / columns), Math.max(1, room.clientHeight / rows)] });
  }

  /** @param {View} view */
  set(view) {
    this.view = limited(view);
    const [width, height] = sizeIn(this.view), [left, top] = cornerIn(this.view), seen = seenIn(this.view);
    Object.assign(this.el.style, { width: `${width}px`, height: `${height}px`, left: `${left}px`, top: `${top}px` });
    for (const canvas of [this.overlay, this.marks]) {
      Object.assign(canvas.style, {
        left: `${seen.left}px`, top: `${seen.top}px`, width: `${seen.width}px`, height: `${seen.height}px`,
      });
    }
  }
}
