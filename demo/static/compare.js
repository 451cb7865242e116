// @ts-check
// Compares several answers to the selected object's prompt: one request at a time, always for the newest state.
// Independent of the page.

import { hasSteps } from './history.js';
import { promptOf } from './kept.js';
import { askAbout } from './reopening.js';

/** @import { ComparedAnswer, Photo, PhotoObject, Reply } from './types' */

/**
 * @typedef {object} Surroundings
 * @property {() => Photo | null} photo
 * @property {() => PhotoObject} object the selected object
 * @property {(kind: string, payload: object) => Promise<Reply>} ask never rejects; errors are replies
 * @property {() => Promise<boolean>} reopen send the photo again under a new token; false if that failed
 * @property {(answers: any[]) => Promise<ComparedAnswer[]>} read load the pictures of a reply
 * @property {() => void} changed called when the answers, their state or `busy` change
 */

/** @typedef {{key: string, url: string, answers: ComparedAnswer[]}} Result of a photo, by its address */

export class Comparison {
  /** @param {Surroundings} around */
  constructor(around) {
    this.around = around;
    /** whether the comparison is on the stage */
    this.open = false;
    this.busy = false;
    /** @type {string[]} the chosen answers */
    this.keys = [];
    /** @type {Result | null} */
    this.last = null;
    /** @type {{key: string, text: string} | null} the request that failed; not sent again until again() */
    this.failed = null;
  }

  /** What should be compared, as a text; null without a prompt or answers to choose from. */
  get wanted() {
    const { photo, object } = this.around, { id, prompt, steps, subtract } = object();
    if (!photo() || !hasSteps(object()) || this.keys.length < 2) return null;
    return JSON.stringify([this.keys, id, prompt, steps, subtract]);
  }

  /** The last result that belongs to this photo; none without a prompt. */
  get result() {
    const { last } = this;
    return last && this.wanted && last.url === this.around.photo()?.url ? last : null;
  }

  /** Whether the result answers another prompt or other choices than the current ones. */
  get stale() { return Boolean(this.result) && this.result?.key !== this.wanted; }

  /** Why there is no newer result; empty if nothing failed. */
  get error() { return this.failed && this.failed.key === this.wanted ? this.failed.text : ''; }

  /** What Python needs for the comparison, or for its picture. */
  payload() {
    const object = this.around.object();
    // Each choice has a model and a rule of its own for second looks; answers are compared as they are.
    return { ...promptOf({ ...object, model: null, look: 'auto', cleanup: {} }), keys: this.keys };
  }

  /** Ask again for what failed or was cancelled. */
  again() {
    this.failed = null;
    this.last = this.last && { ...this.last, key: '' };
    return this.next();
  }

  /** Ask until the result is that of the current state; do nothing while a request is running. @returns {Promise<void>} */
  async next() {
    const { around, wanted } = this, photo = around.photo();
    if (!this.open || this.busy || !photo || !wanted || this.error || this.result?.key === wanted) return;
    this.busy = true;
    around.changed();
    const reply = await askAbout(around, 'compare', this.payload());
    if (around.photo()?.url === photo.url) await this.receive(wanted, photo, reply);
    this.busy = false;
    around.changed();
    await this.next();
  }

  /** Have the comparison drawn. @param {(number | null | undefined)[]} click_ms times of the answers, as they are shown */
  picture(click_ms) { return askAbout(this.around, 'comparison', { ...this.payload(), click_ms }); }

  /** @param {string} key @param {Photo} photo @param {Reply} reply */
  async receive(key, photo, reply) {
    const failed = reply.error || (reply.code && reply.message);
    if (failed) { this.failed = { key, text: failed }; return; }
    const answers = await this.around.read(reply.answers);
    this.last = { key, url: photo.url, answers };
    this.failed = null;
  }
}

/** Choose another answer at a place; one that is chosen elsewhere changes places. @param {string[]} keys @param {number} at @param {string} key */
export function withChoice(keys, at, key) {
  const before = keys[at], other = keys.indexOf(key);
  return keys.map((each, i) => (i === at ? key : i === other ? before : each));
}
