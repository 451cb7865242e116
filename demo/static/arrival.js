// @ts-check
// A photo on its way: the visitor's own file over the stage, how much is sent, and a button that stops it.
// The former photo and its work stay as they are beneath, until the new one has come.

import { button, h, icon } from './dom.js';
import { TYPING } from './keys.js';

/** @import { Texts } from './types' */

const HEAD = 32;  // bytes of a file that are read
const PNG = [0x89, 0x50, 0x4e, 0x47];
const USABLE = `${TYPING}, button, a`;
const PASSING = ['Tab', 'Shift', 'Control', 'Alt', 'Meta'];
const DEPTH = 24;  // where a PNG holds its bits per channel

export class Arrival {
  /**
   * @param {Texts} texts
   * @param {object} act
   * @param {() => void} act.cancel
   * @param {() => void} act.refuse a click or key was meant for the photo that has not come yet
   */
  constructor(texts, act) {
    this.texts = texts;
    this.act = act;
    this.url = '';
    this.picture = h('div', { class: 'es-arrival-picture' });
    this.bar = h('progress', { max: 1, 'aria-label': texts.sending });
    this.words = h('p', {});
    this.name = h('p', { class: 'es-arrival-name' });
    this.el = h('div', { class: 'es-arrival', hidden: true, onpointerdown: () => act.refuse() },
      this.picture,
      h('div', { class: 'es-arrival-box', onpointerdown: (/** @type {Event} */ event) => event.stopPropagation() },
        this.name, this.words, this.bar, button({ class: 'es-button', onclick: () => act.cancel() }, texts.cancel_photo)));
    document.addEventListener('keydown', event => this.keyDown(event), { capture: true });
  }

  get isShown() { return !this.el.hidden; }

  /** @param {File} file */
  async show(file) {
    this.hide();
    this.name.textContent = file.name;
    this.picture.replaceChildren(icon('photo'));
    this.progress(1);
    this.el.hidden = false;
    const url = URL.createObjectURL(file);
    this.url = url;
    const picture = h('img', { src: url, alt: '', draggable: 'false' });  // turned as its EXIF says
    const isShown = !await isDeep(file) && await picture.decode().then(() => true, () => false);
    if (isShown && this.url === url) this.picture.replaceChildren(picture);
  }

  hide() {
    this.el.hidden = true;
    this.picture.replaceChildren();
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = '';
  }

  /** @param {number} share of the file that is sent; 1 before and after, when the server reads it */
  progress(share) {
    if (share < 1) this.bar.value = share; else this.bar.removeAttribute('value');
    this.words.textContent = share < 1 ? `${this.texts.sending} ${Math.floor(100 * share)} %` : this.texts.opening;
  }

  /** Escape stops it; keys for the photo have to wait. @param {KeyboardEvent} event */
  keyDown(event) {
    const { target, key } = event, own = target instanceof Element && target.closest(key === 'Enter' || key === ' ' ? USABLE : TYPING);
    if (!this.isShown || (own && key !== 'Escape') || PASSING.includes(key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (key === 'Escape') this.act.cancel(); else this.act.refuse();
  }
}

/** Whether a file is a PNG of 16 bits, which browsers show in other colours than they are read in. @param {File} file */
async function isDeep(file) {
  const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer().catch(() => new ArrayBuffer(0)));
  return PNG.every((byte, i) => head[i] === byte) && head[DEPTH] > 8;
}
