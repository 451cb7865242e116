// @ts-check
// The photo beside itself: further frames in the view of the stage. What is done on one of them is done on all.

import { Frame } from './frame.js';
import { h } from './dom.js';

/** @import { Stage } from './stage.js' */

const FORWARDED = /** @type {const} */ ([
  'pointerdown', 'pointermove', 'pointerup', 'pointercancel', 'pointerleave', 'contextmenu',
]);

class Twin {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.frame = new Frame();
    this.caption = h('div', { class: 'es-caption' });
    this.el = h('div', { class: 'es-twin' }, this.frame.el, this.caption);
    for (const name of FORWARDED) this.frame.marks.addEventListener(name, event => this.forward(event));
    this.el.addEventListener('wheel', event => this.forward(event), { passive: false });
  }

  /** Let the stage's own frame receive an event at the same place of the photo. @param {MouseEvent} event */
  forward(event) {
    const { marks } = this.stage, own = this.el.getBoundingClientRect(), first = this.stage.el.getBoundingClientRect();
    const Kind = /** @type {any} */ (event.constructor), { clientX, clientY } = event;
    const moved = new Kind(event.type, {
      ...fieldsOf(event), bubbles: event.bubbles, cancelable: true,
      clientX: clientX - own.left + first.left, clientY: clientY - own.top + first.top,
    });
    event.stopPropagation();
    if (!marks.dispatchEvent(moved)) event.preventDefault();
    // The stage takes the pointer for itself; its places would be those of the other frame.
    if (event instanceof PointerEvent && event.type === 'pointerdown') this.frame.marks.setPointerCapture(event.pointerId);
  }

  /** @param {[number, number]} cell its column and row @param {[number, number]} grid */
  place([column, row], [columns, rows]) {
    const { photo, frame } = this.stage;
    Object.assign(this.el.style, {
      left: `${100 * column / columns}%`, top: `${100 * row / rows}%`, width: `${100 / columns}%`, height: `${100 / rows}%`,
    });
    this.el.classList.toggle('es-corner', !row && column === columns - 1);
    if (photo && this.frame.img.src !== photo.url) this.frame.img.src = photo.url;
    this.frame.set(frame.view);
  }
}

export class Twins {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {Twin[]} */
    this.all = [];
  }

  /** Show so many frames beside that of the stage, and cover what is left of the grid. @param {number} count @param {[number, number]} grid */
  show(count, grid) {
    const [columns, rows] = grid, places = count ? columns * rows - 1 : 0;
    while (this.all.length > places) this.all.pop()?.el.remove();
    while (this.all.length < places) {
      const twin = new Twin(this.stage);
      this.all.push(twin);
      this.stage.empty.before(twin.el);
    }
    this.all.forEach((twin, i) => {
      twin.place([(i + 1) % columns, Math.floor((i + 1) / columns)], grid);
      twin.frame.el.hidden = i >= count;
      twin.caption.hidden = i >= count;
    });
  }
}

/** What an event tells besides its place. @param {any} event */
function fieldsOf({ button, buttons, pointerId, pointerType, isPrimary, shiftKey, ctrlKey, metaKey, altKey, deltaX, deltaY, deltaMode }) {
  return { button, buttons, pointerId, pointerType, isPrimary, shiftKey, ctrlKey, metaKey, altKey, deltaX, deltaY, deltaMode };
}
