// @ts-check
// Tabs over one photo. A mode's Gradio panel, #es-mode-<name>, is moved beside the stage when opened.

import { h } from './dom.js';

/** @import { Mode, Texts } from './types' */

export class Tabs {
  /**
   * @param {Mode[]} modes
   * @param {Texts} texts
   * @param {HTMLElement} slot where panels move to
   * @param {(mode: Mode, hasControls: boolean) => void} opened
   */
  constructor(modes, texts, slot, opened) {
    this.modes = modes;
    this.slot = slot;
    this.opened = opened;
    this.tabs = modes.map(mode => h('button', {
      type: 'button', role: 'tab', class: 'es-tab', 'data-mode': mode.name, onclick: () => this.open(mode),
    }, mode.title));
    this.el = h('div', {
      class: 'es-group es-tabs', role: 'tablist', 'aria-label': texts.modes, hidden: modes.length < 2,
    }, ...this.tabs);
  }

  /** @param {Mode} mode */
  open(mode) {
    for (const tab of this.tabs) tab.setAttribute('aria-selected', String(tab.dataset.mode === mode.name));
    let hasControls = false;
    for (const other of this.modes) {
      const panel = document.getElementById(`es-mode-${other.name}`);
      if (!panel) continue;
      if (panel.parentElement !== this.slot) this.slot.append(panel);
      panel.style.display = other.name === mode.name ? '' : 'none';
      if (other.name === mode.name) hasControls = panel.childElementCount > 0;
    }
    this.opened(mode, hasControls);
  }
}
