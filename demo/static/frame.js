// @ts-check
// The photo and two canvases exactly over it: one for masks and layers, one for prompts.

import { h } from './dom.js';

/** @import { Photo } from './types' */

export class Frame {
  constructor() {
    this.img = h('img', { class: 'es-photo', alt: '', draggable: 'false' });
    this.overlay = h('canvas', { class: 'es-layer' });
    this.marks = h('canvas', { class: 'es-layer es-marks' });
    this.el = h('div', { class: 'es-frame' }, this.img, this.overlay, this.marks);
  }

  /** @param {Photo} photo */
  show(photo) {
    this.img.src = photo.url;
    this.img.alt = photo.name || '';
  }

  /** Make the photo as large as its container allows. @param {Photo} photo @param {HTMLElement} room */
  fit({ width, height }, room) {
    room.style.setProperty('--es-aspect', String(width / height));
    const scale = Math.min(room.clientWidth / width, room.clientHeight / height);
    this.el.style.width = `${Math.round(width * scale)}px`;
    this.el.style.height = `${Math.round(height * scale)}px`;
  }
}
