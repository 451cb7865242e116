// @ts-check
// The points of the selected object as handles: select, drag, move by key, remove.

import { button, clamp, h } from './dom.js';
import { cornerIn, sizeIn } from './view.js';

/** @import { Stage } from './stage.js' */
/** @import { Point } from './types' */

/** @type {Record<string, number>} CSS pixels around a point in which a pointer takes it */
const REACH = { mouse: 9, pen: 11, touch: 15 };
const BESIDE = 14;  // CSS pixels between a point and its button

export class Handles {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {{object: number, index: number} | null} the selected point */
    this.chosen = null;
    /** @type {{index: number, to: Point} | null} a point that is being dragged */
    this.dragged = null;
    this.button = button({ class: 'es-drop-point', icon: 'remove', onclick: () => this.remove() }, stage.texts.remove_point);
    this.el = h('div', { class: 'es-handle', hidden: true }, this.button);
  }

  /** Index of the selected point of the selected object. */
  get index() {
    const { chosen, stage: { active, mode } } = this;
    if (!mode.prompts || active.hidden || chosen?.object !== active.id) return null;
    return chosen.index < active.prompt.point_coords.length ? chosen.index : null;
  }

  /** The points to draw; one of them may be on its way. @returns {Point[]} */
  get points() {
    const { dragged } = this, { point_coords } = this.stage.active.prompt;
    return point_coords.map((point, i) => (dragged?.index === i ? dragged.to : point));
  }

  /** The point under a pointer, the last one first; null is none. @param {PointerEvent} event @returns {number | null} */
  at(event) {
    const { stage } = this, { mode, paints, photo, active } = stage;
    if (!photo || !mode.prompts || paints || active.hidden || event.button || event.shiftKey) return null;
    const rect = stage.frame.el.getBoundingClientRect(), reach = REACH[event.pointerType] || REACH.mouse;
    const found = active.prompt.point_coords.findLastIndex(([x, y]) => Math.hypot(
      rect.left + (x + 0.5) * rect.width / photo.width - event.clientX,
      rect.top + (y + 0.5) * rect.height / photo.height - event.clientY) <= reach);
    return found < 0 ? null : found;
  }

  /** @param {number} index */
  select(index) {
    const { stage } = this, { texts, active } = stage, { point_coords: { length }, point_labels } = active.prompt;
    this.chosen = { object: active.id, index };
    const kind = point_labels[index] ? texts.tool_point : texts.tool_background;
    stage.showMessage(`${kind} ${index + 1} / ${length}. ${texts.point_help}`, 'note');
  }

  /** Select the next or the last one; the first, if none was. @param {number} step 1 or -1 */
  walk(step) {
    const { length } = this.stage.active.prompt.point_coords;
    if (!length || this.stage.active.hidden) return;
    const from = this.index ?? (step > 0 ? -1 : 0), index = (from + step + length) % length;
    this.select(index);
    this.stage.zoom.reveal(this.points[index]);
  }

  /** False if none was selected. */
  leave() {
    const had = this.index !== null;
    this.chosen = null;
    if (had) this.stage.showMessage('');
    return had;
  }

  /** Move the selected point by pixels of the photo. @param {number} dx @param {number} dy */
  nudge(dx, dy) {
    const { index } = this;
    if (index === null) return;
    const [x, y] = this.points[index];
    this.move(index, [x + dx, y + dy]);
  }

  /** @param {number} index @param {Point} to */
  move(index, [x, y]) {
    const { photo, history } = this.stage;
    if (!photo) return;
    this.dragged = null;
    history.movePoint(index, [clamp(x, 0, photo.width - 1), clamp(y, 0, photo.height - 1)]);
    this.select(index);
  }

  remove() {
    const { index, stage } = this;
    if (index === null) return;
    this.chosen = null;
    stage.history.removePoint(index);
    stage.showMessage(stage.texts.point_removed, 'note');
    stage.el.focus({ preventScroll: true });
  }

  /** Place the button beside the selected point, within the stage. */
  paint() {
    const { index, stage, el } = this, { photo, texts } = stage;
    el.hidden = index === null || !photo || Boolean(stage.pointer.drag);
    if (index === null || !photo || el.hidden) return;
    this.button.setAttribute('aria-label', `${texts.remove_point} ${index + 1} / ${this.points.length}`);
    const { view } = stage.frame, [left, top] = cornerIn(view), [width, height] = sizeIn(view), [x, y] = this.points[index];
    const cx = left + (x + 0.5) * width / photo.width, cy = top + (y + 0.5) * height / photo.height;
    const { clientWidth, clientHeight } = stage.el, { offsetWidth, offsetHeight } = el;
    const beyond = cx + BESIDE + offsetWidth > clientWidth;
    el.style.left = `${beyond ? cx - BESIDE - offsetWidth : cx + BESIDE}px`;
    el.style.top = `${clamp(cy - offsetHeight / 2, 4, Math.max(4, clientHeight - offsetHeight - 4))}px`;
  }
}
