// @ts-check
// The mask that a click would give, under the resting pointer, where the model is quick enough.

import { recalled, remember } from './memory.js';
import { covers, loadPicture } from './pictures.js';

/** @import { Stage } from './stage.js' */
/** @import { Picture, Point } from './types' */

const REST_MS = 30;    // how long the pointer rests before the model is asked
const QUICK_MS = 60;   // slower models show no preview
const PATIENCE = 3;    // slow answers in a row that end it; the first one may warm the model up
const STORED = 'esam-preview';

export class Preview {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {Picture | null} what is shown */
    this.picture = null;
    /** @type {{pixel: Point, place: Point} | null} where the pointer is, in pixels and fractions of the photo */
    this.at = null;
    this.asking = false;
    this.timer = 0;
    /** @type {Map<string | null, number>} slow answers in a row, by model */
    this.slow = new Map();
    this.on = recalled(STORED, 'browser') !== 'off';
  }

  /** Whether the current model was found to be too slow. */
  get tooSlow() { return (this.slow.get(this.stage.history.model) || 0) >= PATIENCE; }

  /** Whether a click would begin a mask, or add one or cut one away. */
  get isWanted() {
    const { stage } = this, { host, photo, mode, tool, message, busy, history, pointer, handles } = stage;
    return Boolean(host.previews && this.on && photo && mode.prompts && !this.tooSlow && !busy && !pointer.drag
      && (tool === 'point' || tool === 'background') && message.tone !== 'busy' && handles.index === null
      && (history.isClear ? tool === 'point' && stage.how !== 'subtract' : stage.how !== 'correct'));
  }

  /** @param {boolean} on */
  set(on) {
    this.on = on;
    remember(STORED, on ? 'on' : 'off', 'browser');
    this.clear();
  }

  /** The pointer is here. @param {Point} pixel @param {Point} place */
  hover(pixel, place) {
    this.at = { pixel, place };
    if (this.picture && !covers(this.picture, ...place)) this.drop();
    if (!this.isWanted) { this.drop(); return; }
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(), REST_MS);
  }

  /** Forget the pointer, and with it what was asked for it. */
  clear() {
    this.at = null;
    clearTimeout(this.timer);
    this.drop();
  }

  drop() {
    if (!this.picture) return;
    this.picture = null;
    this.stage.render();
  }

  /** Ask for the newest place, one request at a time. */
  async ask() {
    const { stage, at } = this, { photo, history } = stage;
    if (this.asking || !at || !photo || !this.isWanted) return;
    this.asking = true;
    const prompt = { point_coords: [at.pixel], point_labels: [1], box_xyxy: null }, { model } = history;
    const reply = await stage.ask('preview', { token: photo.token, model, prompt });
    const picture = reply.png ? await loadPicture(reply.png) : null;
    this.asking = false;
    if (reply.decode_ms) this.slow.set(model, reply.decode_ms > QUICK_MS ? (this.slow.get(model) || 0) + 1 : 0);
    if (!this.at || photo !== stage.photo || !this.isWanted) return;
    this.picture = picture && covers(picture, ...this.at.place) ? picture : null;
    stage.render();
    if (this.at !== at) this.timer = window.setTimeout(() => this.ask(), REST_MS);
  }
}
