// @ts-check
// Mouse, pen and finger on the photo: clicks, boxes, hovering and picking.

import { clamp, h } from './dom.js';

/** @import { Stage } from './stage.js' */
/** @import { Box, Photo, Point } from './types' */

/**
 * A pressed pointer: position in CSS pixels, pixel of the photo, and the box so far.
 * @typedef {object} Drag
 * @property {number} x
 * @property {number} y
 * @property {Point} from
 * @property {boolean} background
 * @property {boolean} boxes whether it may become a box
 * @property {boolean} shift
 * @property {Box | null} box
 * @property {Point[] | null} stroke of the brush or eraser
 * @property {number | null} handle the point that it takes
 */

/** @type {Record<string, number>} CSS pixels that a click may move before it is a drag */
const SLIP = { mouse: 5, pen: 8, touch: 12 };

export class Pointer {
  /** @param {Stage} stage @param {AbortSignal} signal */
  constructor(stage, signal) {
    this.stage = stage;
    /** @type {Drag | null} */
    this.drag = null;
    /** @type {Point | null} where the brush is, in pixels of the photo */
    this.at = null;
    this.tip = h('div', { class: 'es-tip', hidden: true });
    /** @param {string} name @param {(event: any) => void} act */
    const on = (name, act) => stage.marks.addEventListener(name, act, { signal });
    on('contextmenu', event => { event.preventDefault(); event.stopPropagation(); });
    on('pointerdown', event => this.down(event));
    on('pointermove', event => this.move(event));
    on('pointerup', event => this.up(event));
    on('pointercancel', () => this.drop());
    on('pointerleave', event => { if (event.pointerType !== 'touch') this.leave(event); });
  }

  /** Position of a pointer on the photo, as fractions of its width and height. @param {MouseEvent} event @returns {Point} */
  placeAt(event) {
    const rect = this.stage.frame.el.getBoundingClientRect();
    return [(event.clientX - rect.left) / rect.width, (event.clientY - rect.top) / rect.height];
  }

  /**
   * The pixel of the photo: exact at any scale, zoom or device pixel ratio.
   * @param {MouseEvent} event
   * @returns {Point}
   */
  pixelAt(event) {
    const { width, height } = /** @type {Photo} */ (this.stage.photo), [u, v] = this.placeAt(event);
    return [clamp(Math.floor(u * width), 0, width - 1), clamp(Math.floor(v * height), 0, height - 1)];
  }

  /** The position on the photo, not rounded, for strokes. @param {MouseEvent} event @returns {Point} */
  exactAt(event) {
    const { width, height } = /** @type {Photo} */ (this.stage.photo), [u, v] = this.placeAt(event);
    return [Math.round(u * width * 10) / 10, Math.round(v * height * 10) / 10];
  }

  /** @param {PointerEvent} event */
  down(event) {
    const { stage } = this;
    if (!stage.photo || !event.isPrimary || this.drag) return;
    event.preventDefault();
    stage.el.focus({ preventScroll: true });
    stage.marks.setPointerCapture(event.pointerId);
    stage.keys.cursor = null;
    this.drag = {
      x: event.clientX, y: event.clientY, from: this.pixelAt(event), box: null, shift: event.shiftKey,
      background: event.button === 2 || event.shiftKey || stage.tool === 'background',
      // Fingers slip: on touch screens, only the box tool drags.
      boxes: stage.tool === 'box' || event.pointerType !== 'touch',
      stroke: stage.mode.prompts && stage.paints ? [this.exactAt(event)] : null,
      handle: stage.handles.at(event),
    };
    stage.preview.clear();
    if (this.drag.stroke) { this.at = this.exactAt(event); stage.render(); }
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { drag, stage } = this;
    if (!stage.photo) return;
    if (stage.paints) { this.at = this.exactAt(event); stage.render(); }
    if (!drag) { this.hover(event); return; }
    if (drag.stroke) { drag.stroke.push(this.exactAt(event)); return; }
    const slip = Math.hypot(event.clientX - drag.x, event.clientY - drag.y);
    const isClick = !drag.box && slip <= (SLIP[event.pointerType] || SLIP.mouse);
    if (drag.handle !== null) {
      if (!isClick || stage.handles.dragged) { stage.handles.dragged = { index: drag.handle, to: this.pixelAt(event) }; stage.render(); }
      return;
    }
    if (!stage.mode.prompts || !drag.boxes || isClick) return;
    const [x, y] = this.pixelAt(event), [x0, y0] = drag.from;
    drag.box = [Math.min(x, x0), Math.min(y, y0), Math.max(x, x0) + 1, Math.max(y, y0) + 1];
    stage.render();
  }

  /** @param {PointerEvent} event */
  up(event) {
    const { drag, stage } = this;
    if (!drag) return;
    this.drag = null;
    const { dragged } = stage.handles;
    if (dragged) stage.handles.move(dragged.index, dragged.to);
    else if (drag.handle !== null) stage.handles.select(drag.handle);
    else if (!stage.mode.prompts) this.pick(event, drag.shift);
    else if (drag.stroke) this.stroke(drag.stroke);
    else if (drag.box) stage.box(drag.box);
    else if (stage.tool === 'box') stage.showMessage(stage.texts.drag_a_box, 'note');
    else if (drag.background || !stage.selectAt(...this.placeAt(event))) stage.click(...drag.from, drag.background ? 0 : 1);
  }

  /** End a stroke. @param {Point[]} stroke */
  stroke(stroke) {
    const { stage } = this, erases = stage.tool === 'eraser';
    if (erases && !stage.hasMask(stage.active)) stage.showMessage(stage.texts.nothing_to_change, 'note');
    else stage.history.addStroke(thinned(stroke, stage.radius / 4), stage.radius, erases);
  }

  /** Cancel the drag. */
  drop() {
    this.drag = null;
    this.stage.handles.dragged = null;
    this.stage.render();
  }

  /** @param {PointerEvent} event */
  leave(event) {
    this.stage.pictures.hover = 0;
    this.stage.preview.clear();
    this.at = null;
    this.paintTip(event);
    this.stage.render();
  }

  /** The mask of the label map under the pointer; 0 is none. @param {MouseEvent} event */
  labelAt(event) {
    const [u, v] = this.placeAt(event);
    return this.stage.pictures.labels?.at(u, v) || 0;
  }

  /** @param {MouseEvent} event */
  hover(event) {
    const { stage } = this, takes = event instanceof PointerEvent && stage.handles.at(event) !== null;
    stage.marks.classList.toggle('es-takes', takes);
    if (event instanceof PointerEvent && event.pointerType !== 'touch') {
      const place = this.placeAt(event);
      if (takes || stage.otherAt(...place)) stage.preview.clear(); else stage.preview.hover(this.pixelAt(event), place);
    }
    const { pictures } = stage, id = this.labelAt(event), changed = id !== pictures.hover;
    pictures.hover = id;
    this.paintTip(event);
    if (changed) this.stage.render();
  }

  /**
   * Select the mask under the pointer; Shift or touch adds to the selection.
   * @param {PointerEvent} event
   * @param {boolean} shift
   */
  pick(event, shift) {
    const { pictures } = this.stage, id = this.labelAt(event), touch = event.pointerType === 'touch';
    const adds = shift || (touch && id), ids = new Set(adds ? pictures.picked : []);
    if (adds && ids.has(id)) ids.delete(id); else if (id) ids.add(id);
    if (touch) { pictures.hover = id; this.paintTip(event); }
    pictures.pick([...ids]);
  }

  /** Show a tooltip for the mask under the pointer, within the stage. @param {MouseEvent} event */
  paintTip(event) {
    const { tip } = this, text = this.stage.pictures.tip;
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const rect = this.stage.el.getBoundingClientRect(), { offsetWidth: w, offsetHeight: tall } = tip;
    const x = event.clientX - rect.left, y = event.clientY - rect.top;
    tip.style.left = `${clamp(x + 14, 4, Math.max(4, rect.width - w - 4))}px`;
    tip.style.top = `${y + 18 + tall > rect.height ? y - tall - 10 : y + 18}px`;
  }
}

/** Leave out positions that are nearer than `least` to the last one kept. @param {Point[]} stroke @param {number} least */
function thinned(stroke, least) {
  const kept = [stroke[0]];
  for (const at of stroke) {
    const last = kept[kept.length - 1];
    if (Math.hypot(at[0] - last[0], at[1] - last[1]) >= least) kept.push(at);
  }
  return kept;
}
