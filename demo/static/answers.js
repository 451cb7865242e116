// @ts-check
// The candidate masks that the model gave for each prompt. No page and no server.

import { isEmpty } from './history.js';

/** @import { Answer, Doc, PhotoObject, Picture } from './types' */

const KEPT = 96;  // answers kept, so that undo and redo need no server

export class Answers {
  constructor() {
    /** @type {Map<string, Answer>} by question, the oldest first */
    this.answers = new Map();
    /** @type {Map<string, string>} questions that failed, with the reason; not asked again until retry() */
    this.failed = new Map();
    /** @type {Map<number, string>} by object: the last question that was answered */
    this.last = new Map();
  }

  clear() {
    this.answers.clear();
    this.last.clear();
    this.retry();
  }

  /** Let failed questions be asked again. */
  retry() { this.failed.clear(); }

  /** What an object asks: two objects with the same key share an answer. @param {PhotoObject} object */
  keyOf(object) { return JSON.stringify([object.model, object.subtract, object.prompt]); }

  /** @param {PhotoObject} object @param {Answer} answer */
  put(object, answer) {
    const key = this.keyOf(object);
    this.answers.set(key, answer);
    if (this.answers.size > KEPT) this.answers.delete(/** @type {string} */ (this.answers.keys().next().value));
    this.last.set(object.id, key);
  }

  /** @param {PhotoObject} object @param {string} reason */
  fail(object, reason) { this.failed.set(this.keyOf(object), reason); }

  /** Whether the object's mask comes from a prompt. @param {PhotoObject} object */
  hasPrompt(object) { return !object.mask && !isEmpty(object.prompt); }

  /** The answer on show: the object's own, or its last one while the new one is awaited. @param {PhotoObject} object */
  of(object) {
    if (!this.hasPrompt(object)) return null;
    const last = this.last.get(object.id);
    return this.answers.get(this.keyOf(object)) || (last && this.answers.get(last)) || null;
  }

  /** @param {PhotoObject} object @returns {Picture | null} the mask on show */
  maskOf(object) {
    if (object.mask) return object.mask.picture;
    const answer = this.of(object);
    return answer ? (answer.candidates[object.choice] || answer.candidates[0]).picture : null;
  }

  /** The object to ask about next: the selected one first. @param {Doc} doc */
  wanted(doc) {
    const active = doc.objects.filter(object => object.id === doc.active);
    const rest = doc.objects.filter(object => object.id !== doc.active);
    return [...active, ...rest].find(object => {
      const key = this.keyOf(object);
      return this.hasPrompt(object) && !this.answers.has(key) && !this.failed.has(key);
    });
  }
}
