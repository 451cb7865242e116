// @ts-check
// Keeps the work on the open photo in the browser's store, soon after each change.

import { asPng, loadPicture, newCanvas, pen, sizeOf } from './pictures.js';
import { packed, unpacked } from './work.js';

/** @import { Doc, Picture } from './types' */
/** @import { History } from './history.js' */
/** @import { Store } from './store.js' */

const THUMB = 96;  // pixels of a thumbnail's height

export class Keeper {
  /** @param {Store} store @param {History} history */
  constructor(store, history) {
    this.store = store;
    this.history = history;
    /** @type {string | null} the photo whose work the history is */
    this.key = null;
    /** @type {Doc | null} the state that was kept last */
    this.kept = null;
    /** @type {Promise<void>} the end of all that is being written */
    this.written = Promise.resolve();
    /** @type {WeakMap<Picture, string>} pictures never change, and each is encoded once */
    this.urls = new WeakMap();
  }

  /** The work on a photo, or null. @param {string} key */
  async read(key) {
    const work = await this.store.work(key).catch(() => null);
    return work && unpacked(work, loadPicture).catch(() => null);
  }

  /** The history is now that of this photo. @param {string} key */
  begin(key) {
    this.key = key;
    this.kept = this.history.doc;
  }

  /** Keep what has changed. What is kept is taken now; writing it may take longer. */
  keep() {
    const { history, key } = this;
    if (key && history.doc !== this.kept) {
      this.kept = history.doc;
      const work = packed(key, history, picture => this.url(picture));
      this.written = this.written.then(() => this.store.keepWork(work)).catch(() => {});
    }
    return this.written;
  }

  /** @param {Picture} picture */
  url(picture) {
    const url = this.urls.get(picture) || asPng(picture);
    this.urls.set(picture, url);
    return url;
  }
}

/** A small JPEG of a photo, as a data URL. @param {Picture} photo */
export function thumbnail(photo) {
  const [width, height] = sizeOf(photo), out = newCanvas(Math.max(1, Math.round(Math.min(width / height, 3) * THUMB)), THUMB);
  const scale = Math.max(out.width / width, out.height / height);
  pen(out).drawImage(photo, (out.width - width * scale) / 2, (out.height - height * scale) / 2, width * scale, height * scale);
  return out.toDataURL('image/jpeg', 0.8);
}
