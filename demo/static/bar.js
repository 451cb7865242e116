// @ts-check
// The toolbar over the stage: tools, what clicks do, undo, redo, clear, subtract, opacity.

import { h, icon } from './dom.js';

/** @import { Stage } from './stage.js' */
/** @import { How, Tool } from './types' */

/** @type {Tool[]} in the order of the keys 1 to 5 */
export const TOOLS = ['point', 'background', 'box', 'brush', 'eraser'];
/** @type {How[]} with the keys c, a, s */
export const HOWS = ['correct', 'add', 'subtract'];

export class Bar {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    const { texts, history } = stage;
    this.tools = TOOLS.map((tool, i) => (
      this.button(tool, texts[`tool_${tool}`], String(i + 1), () => stage.setTool(tool))));
    this.hows = HOWS.map(how => (
      this.button(`how-${how}`, texts[`how_${how}`], how[0].toUpperCase(), () => stage.setHow(how))));
    this.how = h('div', { class: 'es-group es-segment es-how', role: 'group', 'aria-label': texts.how }, ...this.hows);
    this.size = this.slider(texts.brush_size, 1, 100, 1, stage.radius, value => { stage.radius = value; });
    this.brush = h('label', { class: 'es-group es-brush', title: `${texts.brush_size} ([ ])` }, icon('brush'), this.size);
    this.undo = this.button('undo', texts.undo, 'Ctrl+Z', () => history.undo());
    this.redo = this.button('redo', texts.redo, 'Ctrl+Shift+Z', () => history.redo());
    this.clear = this.button('clear', texts.clear, 'Esc', () => history.clear());
    this.subtract = this.button('subtract', texts.subtract, '', () => history.setSubtract(!history.active.subtract));
    this.subtract.title = texts.subtract_help;
    this.segment = h('div', { class: 'es-group es-segment', role: 'group', 'aria-label': texts.tools }, ...this.tools);
    this.el = h('div', { class: 'es-bar', role: 'toolbar', 'aria-label': texts.toolbar },
      this.segment, this.how, this.brush,
      h('div', { class: 'es-group' }, this.undo, this.redo, this.clear),
      h('div', { class: 'es-group' }, this.subtract),
      h('label', { class: 'es-group es-opacity', title: texts.opacity }, icon('opacity'),
        this.slider(texts.opacity, 0.05, 1, 0.05, stage.opacity, value => { stage.opacity = value; })));
  }

  /** @param {string} name @param {string} label @param {string} keys @param {() => void} act */
  button(name, label, keys, act) {
    const title = keys ? `${label} (${keys})` : label;
    return h('button',
      { type: 'button', class: `es-tool es-tool-${name}`, title, 'aria-label': label, onclick: act },
      icon(name), h('span', { class: 'es-label' }, label));
  }

  /**
   * @param {string} label @param {number} min @param {number} max @param {number} step @param {number} value
   * @param {(value: number) => void} act
   */
  slider(label, min, max, step, value, act) {
    const slider = h('input', {
      type: 'range', min, max, step, value, 'aria-label': label,
      oninput: () => { act(Number(slider.value)); this.stage.render(); },
    });
    return slider;
  }

  paint() {
    const { stage } = this, { history } = stage;
    this.segment.hidden = !stage.mode.prompts;
    this.tools.forEach((tool, i) => tool.setAttribute('aria-pressed', String(TOOLS[i] === stage.tool)));
    this.how.hidden = !stage.mode.prompts;
    this.hows.forEach((button, i) => {
      button.setAttribute('aria-pressed', String(HOWS[i] === stage.how));
      button.disabled = i > 0 && stage.paints;
    });
    this.brush.hidden = !stage.mode.prompts || !stage.paints;
    this.size.value = String(stage.radius);
    this.undo.disabled = !history.past.length;
    this.redo.disabled = !history.future.length;
    this.clear.disabled = history.isClear;
    this.subtract.hidden = stage.understandsBackground;
    this.subtract.setAttribute('aria-pressed', String(history.active.subtract));
  }
}
