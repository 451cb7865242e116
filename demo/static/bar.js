// @ts-check
// The toolbar over the stage: tools, undo, redo, clear, subtract, opacity.

import { h, icon } from './dom.js';

/** @import { Stage } from './stage.js' */
/** @import { Tool } from './types' */

/** @type {Tool[]} in the order of the keys 1, 2, 3 */
export const TOOLS = ['point', 'background', 'box'];

export class Bar {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    const { texts, history } = stage;
    this.tools = TOOLS.map((tool, i) => (
      this.button(tool, texts[`tool_${tool}`], String(i + 1), () => stage.setTool(tool))));
    this.undo = this.button('undo', texts.undo, 'Ctrl+Z', () => history.undo());
    this.redo = this.button('redo', texts.redo, 'Ctrl+Shift+Z', () => history.redo());
    this.clear = this.button('clear', texts.clear, 'Esc', () => history.clear());
    this.subtract = this.button('subtract', texts.subtract, '', () => history.setSubtract(!history.active.subtract));
    this.subtract.title = texts.subtract_help;
    this.segment = h('div', { class: 'es-group es-segment', role: 'group', 'aria-label': texts.tools }, ...this.tools);
    this.el = h('div', { class: 'es-bar', role: 'toolbar', 'aria-label': texts.toolbar },
      this.segment,
      h('div', { class: 'es-group' }, this.undo, this.redo, this.clear),
      h('div', { class: 'es-group' }, this.subtract),
      h('label', { class: 'es-group es-opacity', title: texts.opacity }, icon('opacity'), this.slider()));
  }

  /** @param {string} name @param {string} label @param {string} keys @param {() => void} act */
  button(name, label, keys, act) {
    const title = keys ? `${label} (${keys})` : label;
    return h('button',
      { type: 'button', class: `es-tool es-tool-${name}`, title, 'aria-label': label, onclick: act },
      icon(name), h('span', { class: 'es-label' }, label));
  }

  slider() {
    const { stage } = this;
    const slider = h('input', {
      type: 'range', min: 0.05, max: 1, step: 0.05, value: stage.opacity, 'aria-label': stage.texts.opacity,
      oninput: () => { stage.opacity = Number(slider.value); stage.render(); },
    });
    return slider;
  }

  paint() {
    const { stage } = this, { history } = stage;
    this.segment.hidden = !stage.mode.prompts;
    this.tools.forEach((tool, i) => tool.setAttribute('aria-pressed', String(TOOLS[i] === stage.tool)));
    this.undo.disabled = !history.past.length;
    this.redo.disabled = !history.future.length;
    this.clear.disabled = history.isClear;
    this.subtract.hidden = stage.understandsBackground;
    this.subtract.setAttribute('aria-pressed', String(history.active.subtract));
  }
}
