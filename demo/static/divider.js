// @ts-check
// The line that divides the photo between two answers: dragged by mouse or finger, or moved by keys.

import { clamp, h } from './dom.js';
import { cornerIn, seenIn } from './view.js';

/** @import { Stage } from './stage.js' */

const STEP = 0.02, LEAP = 0.1;
/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -LEAP, PageUp: LEAP };

export class Divider {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.share = 0.5;  // of the seen part of the photo that lies left of the line
    this.el = h('div', {
      class: 'es-divider', role: 'slider', tabindex: '0', hidden: true, 'aria-label': stage.texts.divider,
      'aria-valuemin': '0', 'aria-valuemax': '100',
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.keyDown(event),
      onpointerdown: (/** @type {PointerEvent} */ event) => this.down(event),
      onpointermove: (/** @type {PointerEvent} */ event) => this.move(event),
    }, h('span', { class: 'es-grip', 'aria-hidden': 'true' }));
  }

  /** @param {number} share */
  set(share) {
    this.share = clamp(share, 0, 1);
    this.stage.render();
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    const step = STEPS[event.key], end = { Home: 0, End: 1 }[event.key];
    if (step === undefined && end === undefined) return;
    event.preventDefault();
    this.set(end ?? this.share + step * (event.shiftKey ? LEAP / STEP : 1));
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button) return;
    event.preventDefault();
    this.el.focus({ preventScroll: true });
    this.el.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.el.hasPointerCapture(event.pointerId)) return;
    const { view } = this.stage.frame, seen = seenIn(view);
    const start = this.stage.el.getBoundingClientRect().left + cornerIn(view)[0] + seen.left;
    this.set((event.clientX - start) / seen.width);
  }

  /** @param {boolean} visible @param {string[]} names of the answers left and right */
  paint(visible, [left, right]) {
    this.el.hidden = !visible;
    if (!visible) return;
    const { view } = this.stage.frame, seen = seenIn(view), [x, y] = cornerIn(view);
    const percent = Math.round(this.share * 100);
    Object.assign(this.el.style, {
      left: `${x + seen.left + this.share * seen.width}px`, top: `${y + seen.top}px`, height: `${seen.height}px`,
    });
    this.el.setAttribute('aria-valuenow', String(percent));
    this.el.setAttribute('aria-valuetext', `${percent} % ${left}, ${100 - percent} % ${right}`);
  }
}
