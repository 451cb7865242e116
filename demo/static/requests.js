// @ts-check
// Requests masks from Python: one request at a time, always for the newest state. Independent of the page.

import { promptOf } from './kept.js';
import { askAbout } from './reopening.js';

/** @import { Answer, Doc, Photo, PhotoObject, Reply } from './types' */
/** @import { Answers } from './answers.js' */

/**
 * @typedef {object} Surroundings
 * @property {() => Doc} doc
 * @property {() => Photo | null} photo
 * @property {(kind: string, payload: object) => Promise<Reply>} ask never rejects; errors are replies
 * @property {() => Promise<boolean>} reopen send the photo again under a new token; false if that failed
 * @property {(reply: Reply) => Promise<Answer>} read load the pictures of a reply
 * @property {(reply: Reply) => void} answered called after every reply, when its answer or error is stored
 * @property {() => void} changed called when `busy` changes
 */

export class MaskRequests {
  /** @param {Answers} answers @param {Surroundings} around */
  constructor(answers, around) {
    this.answers = answers;
    this.around = around;
    this.busy = false;
    this.rev = 0;
  }

  /** Request missing answers until there are none; do nothing while a request is running. */
  async next() {
    const { around, answers } = this, photo = around.photo();
    const object = photo && !this.busy && answers.wanted(around.doc());
    if (!photo || !object) return;
    this.busy = true;
    around.changed();
    this.rev += 1;
    const reply = await askAbout(around, 'prompt', { ...promptOf(object), rev: this.rev });
    if (this.shows(photo)) await this.receive(object, photo, reply);
    this.busy = false;
    around.changed();
    this.next();
  }

  /** Whether a photo is still on the stage, possibly with a new token. @param {Photo} photo */
  shows(photo) { return this.around.photo()?.url === photo.url; }

  /** @param {PhotoObject} object @param {Photo} photo @param {Reply} reply */
  async receive(object, photo, reply) {
    if (reply.error) this.answers.fail(object, reply.error);
    else {
      const answer = await this.around.read(reply);
      if (!this.shows(photo)) return;
      this.answers.put(object, answer);
    }
    this.around.answered(reply);
  }
}
