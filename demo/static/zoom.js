// @ts-check
// Zoom and pan: the wheel, two fingers, dragging with the space bar or the middle button, keys and buttons.

import { h, icon } from './dom.js';
import { fitting, moved, revealing, scaleOf, zoomed } from './view.js';

/** @import { Stage } from './stage.js' */
/** @import { Point } from './types' */
/** @import { View } from './view.js' */

const STEP = 1.4;        // of a key or a button
const WHEEL = 0.0016;    // logarithm of the zoom per pixel of the wheel
const LINE = 16;         // pixels per line, where the wheel counts lines
const TAP_MS = 320, TAP_SLIP = 30, TAP_ZOOM = 2.5;

export class Zoom {
  /** @param {Stage} stage @param {EventTarget} keys where key events are listened to @param {AbortSignal} signal */
  constructor(stage, keys, signal) {
    this.stage = stage;
    /** whether the space bar is held */
    this.space = false;
    /** @type {Map<number, Point>} positions of pressed fingers, or of the pointer that pans */
    this.pressed = new Map();
    this.tap = { time: 0, at: /** @type {Point} */ ([0, 0]) };
    const { texts } = stage;
    this.level = h('button', { type: 'button', class: 'es-zoom-level', onclick: () => this.toggle() });
    this.el = h('div', { class: 'es-zoom', role: 'group', 'aria-label': texts.zoom },
      this.button('minus', texts.zoom_out, '-', () => this.out()), this.level,
      this.button('add', texts.zoom_in, '+', () => this.in()));
    const { marks } = stage;
    stage.el.addEventListener('wheel', event => this.wheel(event), { signal, passive: false });
    marks.addEventListener('pointerdown', event => this.down(event), { signal, capture: true });
    marks.addEventListener('pointermove', event => this.move(event), { signal, capture: true });
    for (const name of /** @type {const} */ (['pointerup', 'pointercancel'])) {
      marks.addEventListener(name, event => this.up(event), { signal, capture: true });
    }
    keys.addEventListener('keyup', event => { if (/** @type {KeyboardEvent} */ (event).key === ' ') this.hold(false); }, { signal });
    window.addEventListener('blur', () => this.hold(false), { signal });
  }

  /** @param {string} name @param {string} label @param {string} key @param {() => void} onclick */
  button(name, label, key, onclick) {
    return h('button', { type: 'button', title: `${label} (${key})`, 'aria-label': label, onclick }, icon(name));
  }

  get frame() { return this.stage.frame; }

  /** @param {View} view */
  show(view) {
    this.frame.set(view);
    this.stage.render();
  }

  /** Zoom about the middle, or a place of the stage. @param {number} factor @param {Point} [at] */
  by(factor, at) { this.show(zoomed(this.frame.view, this.frame.view.zoom * factor, at)); }

  in() { this.by(STEP); }
  out() { this.by(1 / STEP); }

  fit() { this.show({ ...this.frame.view, zoom: 1, x: 0, y: 0 }); }

  /** One pixel of the screen per pixel of the photo. */
  full() { this.show(zoomed(this.frame.view, 1 / fitting(this.frame.view))); }

  toggle() { if (Math.abs(this.frame.view.zoom - 1) < 0.01) this.full(); else this.fit(); }

  /** Move the photo so that a pixel of it is seen. @param {Point} pixel */
  reveal([x, y]) {
    const { view } = this.frame, [width, height] = view.photo;
    this.show(revealing(view, (x + 0.5) / width, (y + 0.5) / height));
  }

  /** @param {boolean} down whether the space bar is held */
  hold(down) {
    this.space = down;
    this.stage.el.classList.toggle('es-pans', down);
  }

  /** @param {MouseEvent} event @returns {Point} position on the stage */
  placeOf(event) {
    const rect = this.stage.el.getBoundingClientRect();
    return [event.clientX - rect.left, event.clientY - rect.top];
  }

  /** In a notebook the wheel alone scrolls; two fingers on a touchpad are a wheel with Ctrl. @param {WheelEvent} event */
  wheel(event) {
    if (!this.stage.photo || !(event.ctrlKey || event.metaKey || this.stage.host.wheelZooms)) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode ? LINE : 1), quick = event.ctrlKey ? 4 : 1;
    this.by(Math.exp(-pixels * WHEEL * quick), this.placeOf(event));
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (!this.stage.photo) return;
    const touch = event.pointerType === 'touch';
    if (!touch && !this.space && event.button !== 1) return;
    this.pressed.set(event.pointerId, this.placeOf(event));
    if (touch && this.pressed.size < 2) { this.tapped(event); return; }
    // A second finger, or a drag that pans: no click, no box.
    event.preventDefault();
    event.stopImmediatePropagation();
    this.stage.pointer.drop();
    this.stage.marks.setPointerCapture(event.pointerId);
  }

  /** Tapping twice zooms in, or out again; the first tap's click is taken back. @param {PointerEvent} event */
  tapped(event) {
    const at = this.placeOf(event), { time, at: last } = this.tap, near = Math.hypot(at[0] - last[0], at[1] - last[1]) < TAP_SLIP;
    const twice = near && event.timeStamp - time < TAP_MS;
    this.tap = { time: twice ? 0 : event.timeStamp, at };
    if (!twice || !this.stage.mode.prompts) return;  // elsewhere two taps select two masks
    event.preventDefault();
    event.stopImmediatePropagation();
    if (this.stage.tool !== 'box') this.stage.history.undo();
    if (this.frame.view.zoom > 1.01) this.fit(); else this.by(TAP_ZOOM, at);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const before = this.pressed.get(event.pointerId), { pressed } = this;
    if (!before) return;
    const now = this.placeOf(event), others = [...pressed].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    pressed.set(event.pointerId, now);
    if (event.pointerType === 'touch' && !others.length) return;  // one finger clicks or draws
    event.stopImmediatePropagation();
    if (!others.length) { this.show(moved(this.frame.view, now[0] - before[0], now[1] - before[1])); return; }
    const [other] = others, spread = (/** @type {Point} */ at) => Math.max(1, Math.hypot(at[0] - other[0], at[1] - other[1]));
    const grown = zoomed(this.frame.view, this.frame.view.zoom * spread(now) / spread(before), [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
    this.show(moved(grown, (now[0] - before[0]) / 2, (now[1] - before[1]) / 2));
  }

  /** @param {PointerEvent} event */
  up(event) { this.pressed.delete(event.pointerId); }

  paint() {
    const { texts } = this.stage, { view } = this.frame, percent = Math.round(scaleOf(view) * 100);
    this.el.hidden = !this.stage.photo;
    const fits = Math.abs(view.zoom - 1) < 0.01;
    this.level.textContent = `${percent} %`;
    this.level.title = fits ? `${texts.zoom_full} (9)` : `${texts.zoom_fit} (0)`;
    this.level.setAttribute('aria-label', `${percent} %, ${fits ? texts.zoom_full : texts.zoom_fit}`);
  }
}
