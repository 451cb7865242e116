// @ts-check
// Drawing of prompts: points, boxes, strokes, and the crosshair of the keyboard.

/** @import { Box } from './types' */

/**
 * A 2d context, and canvas pixels per pixel of the photo (sx, sy) and per CSS pixel (zoom).
 * @typedef {{g: CanvasRenderingContext2D, sx: number, sy: number, zoom: number}} Pen
 */
const OBJECT = '#12a150', BACKGROUND = '#d92d4b', WHITE = '#fff', SHADE = 'rgba(10, 12, 20, .45)';

/** @param {Pen} pen @param {Box} box */
export function drawBox({ g, sx, sy, zoom }, [x0, y0, x1, y1]) {
  for (const [wide, colour] of /** @type {[number, string][]} */ ([[3.5, SHADE], [1.75, WHITE]])) {
    g.lineWidth = wide * zoom;
    g.strokeStyle = colour;
    g.strokeRect(x0 * sx, y0 * sy, (x1 - x0) * sx, (y1 - y0) * sy);
  }
}

/** @param {Pen} pen @param {number} x @param {number} y @param {number} label @param {boolean} [chosen] with a ring */
export function drawPoint({ g, sx, sy, zoom }, x, y, label, chosen = false) {
  const cx = (x + 0.5) * sx, cy = (y + 0.5) * sy;
  if (chosen) {
    g.beginPath();
    g.arc(cx, cy, 12 * zoom, 0, 2 * Math.PI);
    g.fillStyle = SHADE;
    g.fill();
  }
  g.beginPath();
  g.arc(cx, cy, 7.5 * zoom, 0, 2 * Math.PI);
  g.fillStyle = label ? OBJECT : BACKGROUND;
  g.fill();
  g.lineWidth = 2 * zoom;
  g.strokeStyle = WHITE;
  g.stroke();
  // The labels differ by sign too, not only by colour.
  sign(g, cx, cy, 3.5 * zoom, Boolean(label));
}

/** @param {Pen} pen @param {number} x @param {number} y */
export function drawCross({ g, sx, sy, zoom }, x, y) {
  for (const [wide, colour] of /** @type {[number, string][]} */ ([[4, SHADE], [1.75, WHITE]])) {
    g.lineWidth = wide * zoom;
    g.strokeStyle = colour;
    sign(g, (x + 0.5) * sx, (y + 0.5) * sy, 14 * zoom, true);
  }
}

/**
 * Stroke a plus or a minus.
 * @param {CanvasRenderingContext2D} g @param {number} cx @param {number} cy @param {number} arm @param {boolean} plus
 */
function sign(g, cx, cy, arm, plus) {
  g.beginPath();
  g.moveTo(cx - arm, cy);
  g.lineTo(cx + arm, cy);
  if (plus) { g.moveTo(cx, cy - arm); g.lineTo(cx, cy + arm); }
  g.stroke();
}

/** The circle of the brush. @param {Pen} pen @param {number} x @param {number} y @param {number} radius in pixels of the photo */
export function drawRing({ g, sx, sy, zoom }, x, y, radius) {
  for (const [wide, colour] of /** @type {[number, string][]} */ ([[3, SHADE], [1.5, WHITE]])) {
    g.lineWidth = wide * zoom;
    g.strokeStyle = colour;
    g.beginPath();
    g.ellipse(x * sx, y * sy, radius * sx, radius * sy, 0, 0, 2 * Math.PI);
    g.stroke();
  }
}

/** A stroke that is being drawn. @param {Pen} pen @param {[number, number][]} stroke @param {number} radius @param {string} colour */
export function drawStroke({ g, sx, sy }, stroke, radius, colour) {
  g.save();
  g.globalAlpha = 0.6;
  g.lineWidth = 2 * radius * Math.sqrt(sx * sy);
  g.lineCap = g.lineJoin = 'round';
  g.strokeStyle = colour;
  g.beginPath();
  for (const [x, y] of [stroke[0], ...stroke]) g.lineTo(x * sx, y * sy);
  g.stroke();
  g.restore();
}
