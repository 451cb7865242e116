// @ts-check
// Draws over the photo: layers and masks on one canvas, prompts on another.

import { drawBox, drawCross, drawPoint, drawRing, drawStroke } from './marks.js';
import { pen, rim, sizeOf, tint } from './pictures.js';
import { seenIn, sizeIn } from './view.js';

/** @import { Stage } from './stage.js' */
/** @import { Photo, Picture } from './types' */

/**
 * A canvas over the seen part of the photo: the whole photo is width x height on it, from (left, top).
 * @typedef {{g: CanvasRenderingContext2D, width: number, height: number, left: number, top: number, zoom: number}} Sheet
 */

const MOST_PIXELS = 2048;  // limit for a canvas's longer side
const PICKED = '#ffffff';
const PIXELS = 3;  // canvas pixels per pixel of a mask from which on its pixels are shown as squares

export class Painter {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {WeakMap<Picture, {key: string, filled: HTMLCanvasElement, edge: HTMLCanvasElement}>} */
    this.inked = new WeakMap();
  }

  paint() {
    this.paintOverlay();
    this.paintMarks();
  }

  /** Clear a canvas and give it the resolution of the screen. @param {HTMLCanvasElement} canvas @returns {Sheet} */
  sheet(canvas) {
    const { view } = this.stage.frame, seen = seenIn(view), [fullWidth, fullHeight] = sizeIn(view);
    const zoom = Math.min(window.devicePixelRatio || 1, MOST_PIXELS / Math.max(seen.width, seen.height));
    const width = Math.max(1, Math.round(seen.width * zoom)), height = Math.max(1, Math.round(seen.height * zoom));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const g = pen(canvas), left = -seen.left * zoom, top = -seen.top * zoom;
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, width, height);
    g.setTransform(1, 0, 0, 1, left, top);
    return { g, width: fullWidth * zoom, height: fullHeight * zoom, left, top, zoom };
  }

  /**
   * A mask's tint and outline where it is seen, cached until its colour or the view changes.
   * @param {Picture} mask
   * @param {string} colour
   * @param {Sheet} sheet
   */
  inkOf(mask, colour, { g, width, height, left, top, zoom }) {
    const key = [colour, width, height, left, top, g.canvas.width, g.canvas.height].join(' '), kept = this.inked.get(mask);
    if (kept?.key === key) return kept;
    const filled = tint(mask, colour, g.canvas.width, g.canvas.height, { left, top, width, height, smooth: width < sizeOf(mask)[0] * PIXELS });
    const ink = { key, filled, edge: rim(filled, 1.75 * zoom) };
    this.inked.set(mask, ink);
    return ink;
  }

  /**
   * Draw a mask; at strength 0 only its outline.
   * @param {Sheet} sheet
   * @param {Picture} mask
   * @param {string} colour
   * @param {number} strength
   */
  ink(sheet, mask, colour, strength) {
    const { g, left, top } = sheet, { filled, edge } = this.inkOf(mask, colour, sheet);
    g.globalAlpha = Math.min(1, this.stage.opacity * strength);
    g.drawImage(filled, -left, -top);
    g.globalAlpha = 1;
    g.drawImage(edge, -left, -top);
  }

  paintOverlay() {
    const { stage } = this, { pictures } = stage, sheet = this.sheet(stage.overlay), { g, width, height } = sheet;
    if (stage.cover) { stage.cover.paintOn(sheet); return; }
    const heat = pictures.visible('heat'), masks = pictures.visible('masks');
    for (const { picture } of heat) {
      g.globalAlpha = Math.min(1, stage.opacity * 1.5);
      if (picture) g.drawImage(picture, 0, 0, width, height);
    }
    for (const layer of masks) {
      for (const { picture, colour } of layer.loaded || []) this.ink(sheet, picture, colour, layer.outline ? 0 : 1);
    }
    this.paintLabels(sheet);
    // Where a mode shows its own masks, only the outlines of objects are drawn.
    const outlined = !stage.mode.prompts && (pictures.labels || masks.length || heat.length);
    for (const object of stage.doc.objects) {
      const mask = !object.hidden && stage.drawnMaskOf(object), strength = object.id === stage.doc.active ? 1 : 0.85;
      if (mask) this.ink(sheet, mask, object.colour, outlined ? 0 : strength);
    }
    const { picture } = stage.preview;
    if (picture) this.ink(sheet, picture, stage.howNow === 'subtract' ? PICKED : stage.active.colour, 0.6);
    g.globalAlpha = 1;
  }

  /** @param {Sheet} sheet */
  paintLabels(sheet) {
    const { labels, picked, hover } = this.stage.pictures, { g, width, height } = sheet;
    if (!labels) return;
    g.globalAlpha = this.stage.opacity;
    g.imageSmoothingEnabled = false;
    g.drawImage(labels.all, 0, 0, width, height);
    g.imageSmoothingEnabled = true;
    for (const id of picked) this.ink(sheet, labels.region(id), PICKED, 1.2);
    if (hover && !picked.has(hover)) this.ink(sheet, labels.region(hover), PICKED, 0.6);
  }

  /** @param {HTMLCanvasElement} [canvas] */
  paintMarks(canvas = this.stage.marks) {
    const { stage } = this, photo = /** @type {Photo} */ (stage.photo);
    const { g, width, height, zoom } = this.sheet(canvas);
    const on = { g, zoom, sx: width / photo.width, sy: height / photo.height };
    for (const { boxes = [], points = [] } of stage.pictures.visible('markers')) {
      for (const box of boxes) drawBox(on, box);
      for (const point of points) drawPoint(on, ...point);
    }
    if (!stage.mode.prompts) return;
    const { stroke } = stage.pointer.drag || {}, { at } = stage.pointer;
    if (stroke) drawStroke(on, stroke, stage.radius, stage.tool === 'eraser' ? '#ffffff' : stage.active.colour);
    if (stage.paints && at) drawRing(on, ...at, stage.radius);
    const { prompt, hidden } = stage.active, { drag } = stage.pointer, { cursor } = stage.keys;
    if (hidden && !drag) return;
    const box = drag?.box || prompt.box_xyxy;
    if (box) drawBox(on, box);
    const { points, index } = stage.handles;
    points.forEach(([x, y], i) => drawPoint(on, x, y, prompt.point_labels[i], i === index));
    if (cursor) drawCross(on, ...cursor);
  }
}
