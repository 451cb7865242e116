// @ts-check
// The sheet of keys and gestures, opened by its button or the question mark.

import { button, h } from './dom.js';
import { TYPING } from './keys.js';

/** @import { Texts } from './types' */

export class Help {
  /** @param {Texts} texts @param {[string, string][]} lines keys, and what they do */
  constructor(texts, lines) {
    this.dialog = h('dialog', { class: 'es-help', 'aria-label': texts.help },
      h('h2', {}, texts.help),
      h('dl', {}, ...lines.flatMap(([keys, what]) => [h('dt', {}, keys), h('dd', {}, what)])),
      button({ class: 'es-button', onclick: () => this.dialog.close() }, texts.close));
    this.button = h('button', {
      type: 'button', class: 'es-ask', title: `${texts.help} (?)`, 'aria-label': texts.help, onclick: () => this.open(),
    }, '?');
    document.addEventListener('keydown', event => {
      const typing = event.target instanceof Element && event.target.matches(TYPING);
      if (event.key === '?' && !typing && !event.defaultPrevented) this.open();
    });
  }

  open() { if (!this.dialog.open) this.dialog.showModal(); }
}
