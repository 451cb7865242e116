// @ts-check
// The panel's candidates: the masks a model offers for the selected object, to choose from.

import { isUnsure } from './answers.js';
import { clamp, h } from './dom.js';
import { newCanvas, pen, sizeOf, tint } from './pictures.js';

/** @import { Stage } from './stage.js' */
/** @import { Answer, Candidate, Picture } from './types' */

const WIDTH = 176, HEIGHT = 132;  // of a thumbnail
const PLACES = 3;
const MARGIN = 1.3, LEAST = 0.06;  // of a thumbnail's part of the photo: times the mask's box, and share of the photo
/** @type {Record<string, number>} */
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export class Candidates {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.list = h('div', {
      class: 'es-candidates', role: 'radiogroup', 'aria-label': stage.texts.candidates, onpointerleave: () => stage.tryCandidate(null),
    });
    this.el = h('section', { class: 'es-section' }, h('h2', {}, stage.texts.candidates), this.list);
  }

  /** @param {Answer | null} answer */
  paint(answer) {
    if (!answer) {
      this.list.replaceChildren(...Array.from({ length: PLACES }, () => h('div', { class: 'es-candidate es-blank' },
        h('span', { class: 'es-pic' }), h('span', { class: 'es-score' }, '–'))));
      return;
    }
    const focused = this.list.contains(document.activeElement);
    this.list.replaceChildren(...answer.candidates.map((candidate, i) => this.button(candidate, i)));
    const chosen = this.list.children[this.stage.active.choice];
    if (focused && chosen instanceof HTMLElement) chosen.focus();
  }

  get photo() { return /** @type {Picture} */ (this.stage.picture); }

  /** Pixels of the shown photo per pixel of the original. */
  get scale() { return sizeOf(this.photo)[0] / /** @type {{width: number}} */ (this.stage.photo).width; }

  /** @param {Candidate} candidate @param {number} i */
  button(candidate, i) {
    const { stage } = this, { texts, history, active } = stage;
    const view = viewOf(candidate, this.photo, this.scale);
    const score = candidate.predicted_iou.toFixed(2), chosen = i === active.choice;
    return h('button', {
      type: 'button', class: 'es-candidate', role: 'radio',
      'aria-checked': String(chosen), tabindex: chosen ? '0' : '-1',
      'aria-label': `${texts.candidate} ${i + 1}, ${texts.score} ${score}`, title: texts.score_help,
      onpointerenter: () => stage.tryCandidate(i),
      onclick: () => history.pick(i), onkeydown: (/** @type {KeyboardEvent} */ event) => this.keyDown(event, i),
    }, this.smallPicture(candidate.picture, active.colour, view),
    h('span', { class: 'es-score', 'data-unsure': String(isUnsure(candidate)) }, isUnsure(candidate) ? `${score} ?` : score));
  }

  /** Arrows wrap around, as in radio groups. @param {KeyboardEvent} event @param {number} i */
  keyDown(event, i) {
    const step = STEPS[event.key], { length } = this.list.children;
    if (!step) return;
    event.preventDefault();
    this.stage.history.pick((i + step + length) % length);
  }

  /** @param {Picture} mask @param {string} colour @param {number[]} view x, y, width, height */
  smallPicture(mask, colour, [x, y, width, height]) {
    const out = newCanvas(WIDTH, HEIGHT), g = pen(out), filled = tint(mask, colour, ...sizeOf(mask));
    g.globalAlpha = 0.6;
    g.drawImage(this.photo, x, y, width, height, 0, 0, WIDTH, HEIGHT);
    g.globalAlpha = 0.75;
    g.drawImage(filled, x, y, width, height, 0, 0, WIDTH, HEIGHT);
    out.className = 'es-pic';
    return out;
  }
}

/**
 * The part of the photo around a candidate, with a margin, at aspect ratio 4:3.
 * @param {Candidate} candidate
 * @param {Picture} photo as displayed
 * @param {number} scale its pixels per pixel of the original
 * @returns {number[]} x, y, width, height in pixels of the shown photo
 */
function viewOf({ area, box_xyxy }, photo, scale) {
  const [fullWidth, fullHeight] = sizeOf(photo);
  if (!area) return [0, 0, fullWidth, fullHeight];
  const [x0, y0, x1, y1] = box_xyxy.map(value => value * scale);
  let width = Math.max((x1 - x0) * MARGIN, fullWidth * LEAST), height = Math.max((y1 - y0) * MARGIN, fullHeight * LEAST);
  if (width * 3 > height * 4) height = width * 3 / 4; else width = height * 4 / 3;
  const shrink = Math.min(1, Math.max(fullWidth / width, fullHeight / height));  // stay within the photo
  width *= shrink;
  height *= shrink;
  /** @param {number} middle @param {number} size @param {number} full */
  const place = (middle, size, full) => (size >= full ? (full - size) / 2 : clamp(middle - size / 2, 0, full - size));
  return [place((x0 + x1) / 2, width, fullWidth), place((y0 + y1) / 2, height, fullHeight), width, height];
}
