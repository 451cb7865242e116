// @ts-check
// The candidate masks of each prompt. Independent of page and server.

import { hasSteps } from './history.js';

/** @import { Answer, Doc, KeptMask, PhotoObject, Picture } from './types' */

const UNSURE = 0.5;  // predicted IoU
const KEPT = 96;  // answers in memory, so that undo and redo need no server

export class Answers {
  constructor() {
    /** @type {Map<string, Answer>} by key, the oldest first */
    this.answers = new Map();
    /** @type {Map<string, string>} keys of failed requests, with the reason; not sent again until retry() */
    this.failed = new Map();
    /** @type {Map<number, string>} by object: the key of its last answer */
    this.last = new Map();
    /** @type {WeakMap<KeptMask, number>} numbers of masks that steps correct, for keys */
    this.numbers = new WeakMap();
    this.count = 0;
  }

  clear() {
    this.answers.clear();
    this.last.clear();
    this.retry();
  }

  /** Allow failed requests to be sent again. */
  retry() { this.failed.clear(); }

  /** The key of a request: objects with the same key share an answer. @param {PhotoObject} object */
  keyOf({ model, subtract, prompt, steps, cleanup, look, mask }) {
    return JSON.stringify([model, subtract, prompt, steps, cleanup, look, mask && this.numberOf(mask)]);
  }

  /** @param {KeptMask} mask */
  numberOf(mask) {
    if (!this.numbers.has(mask)) this.numbers.set(mask, this.count += 1);
    return this.numbers.get(mask);
  }

  /** @param {PhotoObject} object @param {Answer} answer */
  put(object, answer) {
    const key = this.keyOf(object);
    this.answers.set(key, answer);
    if (this.answers.size > KEPT) this.answers.delete(/** @type {string} */ (this.answers.keys().next().value));
    this.last.set(object.id, key);
  }

  /** @param {PhotoObject} object @param {string} reason */
  fail(object, reason) { this.failed.set(this.keyOf(object), reason); }

  /** Whether Python makes the object's mask: of steps, or by cleaning one. @param {PhotoObject} object */
  hasPrompt(object) { return hasSteps(object) || Boolean(object.mask && isCleaned(object)); }

  /** The visible answer: the object's current one, or its last one while the new one is pending. @param {PhotoObject} object */
  of(object) {
    if (!this.hasPrompt(object)) return null;
    const last = this.last.get(object.id);
    return this.answers.get(this.keyOf(object)) || (last && this.answers.get(last)) || null;
  }

  /** @param {PhotoObject} object @returns {Picture | null} the visible mask */
  maskOf(object) {
    const answer = this.of(object);
    if (answer) return (answer.candidates[object.choice] || answer.candidates[0]).picture;
    return object.mask ? object.mask.picture : null;
  }

  /** The next object without an answer, the selected one first. @param {Doc} doc */
  wanted(doc) {
    const active = doc.objects.filter(object => object.id === doc.active);
    const rest = doc.objects.filter(object => object.id !== doc.active);
    return [...active, ...rest].find(object => {
      const key = this.keyOf(object);
      return this.hasPrompt(object) && !this.answers.has(key) && !this.failed.has(key);
    });
  }
}

/** Whether the model doubts a candidate: it expects to be more wrong than right. @param {{predicted_iou: number}} candidate */
export const isUnsure = ({ predicted_iou }) => predicted_iou < UNSURE;

/** Whether cleaning changes anything. @param {PhotoObject} object */
export const isCleaned = ({ cleanup }) => Object.values(cleanup).some(Boolean);
