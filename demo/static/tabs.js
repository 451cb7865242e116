// @ts-check
// Tabs over one photo. A mode's Gradio panel, #es-mode-<name>, is moved beside the stage when opened.

import { h } from './dom.js';
import { recalled, remember } from './memory.js';

/** @import { Mode, Texts } from './types' */

const STORED = 'esam-tab';

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
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.keyDown(event),
    }, ...this.tabs);
  }

  /** Arrows go around, Home and End to the ends, as in all tab lists. @param {KeyboardEvent} event */
  keyDown(event) {
    const { length } = this.tabs, at = this.tabs.findIndex(tab => tab === document.activeElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1 + length, Home: 0, End: length - 1 }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    this.tabs[next % length].focus();
    this.open(this.modes[next % length]);
  }

  /** Open the tab of the last visit, where the browser window has one, else the first. */
  resume() {
    const name = recalled(STORED, 'window');
    this.open(this.modes.find(mode => mode.name === name) || this.modes[0]);
  }

  /** @param {Mode} mode */
  open(mode) {
    remember(STORED, mode.name, 'window');
    for (const tab of this.tabs) {
      const open = tab.dataset.mode === mode.name;
      tab.setAttribute('aria-selected', String(open));
      tab.tabIndex = open ? 0 : -1;
    }
    let hasControls = false;
    for (const other of this.modes) {
      const panel = document.getElementById(`es-mode-${other.name}`);
      if (!panel) continue;
      for (const line of panel.querySelectorAll('.es-message')) line.setAttribute('aria-live', 'polite');
      if (panel.parentElement !== this.slot) this.slot.append(panel);
      panel.style.display = other.name === mode.name ? '' : 'none';
      if (other.name === mode.name) hasControls = panel.childElementCount > 0;
    }
    this.opened(mode, hasControls);
  }
}
