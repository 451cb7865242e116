// @ts-check
// The panel's section on how the selected object's mask is changed: what clicks do, the brush, second looks, cleaning.

import { h } from './dom.js';

/** @import { Stage } from './stage.js' */
/** @import { Answer, CleanUp } from './types' */

/** @typedef {'holes' | 'specks' | 'smooth'} Amount a setting of cleaning */

export class Refine {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    const { texts } = stage;
    this.look = this.check(texts.second_look, texts.second_look_help, on => stage.history.setLook(on));
    this.largest = this.check(texts.largest, texts.largest_help, on => this.clean({ largest: on }));
    this.amounts = [
      this.amount('holes', texts.holes, texts.holes_help, 2000, 50),
      this.amount('specks', texts.specks, texts.specks_help, 2000, 50),
      this.amount('smooth', texts.smooth, texts.smooth_help, 12, 0.5),
    ];
    this.preview = this.check(texts.preview, texts.preview_help, on => stage.preview.set(on));
    this.preview.row.hidden = !stage.host.previews;
    this.details = h('details', { class: 'es-details' },
      h('summary', {}, texts.refine_more), this.preview.row, this.look.row, this.largest.row, ...this.amounts.map(({ row }) => row));
    this.el = h('section', { class: 'es-section es-refine' },
      h('div', { class: 'es-row' }, h('h2', {}, texts.refine), stage.bar.how), stage.bar.brush, this.details);
  }

  /** @param {string} label @param {string} help @param {(on: boolean) => void} act */
  check(label, help, act) {
    const box = h('input', { type: 'checkbox', onchange: () => act(box.checked) });
    const words = h('span', {}, label);
    return { box, words, row: h('label', { class: 'es-option', title: help }, box, words) };
  }

  /** @param {Amount} name @param {string} label @param {string} help @param {number} most @param {number} step */
  amount(name, label, help, most, step) {
    const slider = h('input', {
      type: 'range', min: 0, max: most, step, value: 0, 'aria-label': label,
      oninput: () => { value.textContent = this.unit(name, Number(slider.value)); },
      onchange: () => this.clean({ [name]: Number(slider.value) }),
    });
    const value = h('span', { class: 'es-value' }, this.unit(name, 0));
    const row = h('label', { class: 'es-option', title: help }, h('span', {}, label), slider, value);
    return { name, slider, value, row };
  }

  /** @param {string} name @param {number} value */
  unit(name, value) {
    const { texts } = this.stage;
    if (!value) return texts.off;
    return `${value} ${name === 'smooth' ? 'px' : texts.square_pixels}`;
  }

  /** @param {CleanUp} change */
  clean(change) {
    const { history } = this.stage;
    history.setCleanup({ ...history.active.cleanup, ...change });
  }

  /** @param {Answer | null} answer */
  paint(answer) {
    const { stage } = this, { texts } = stage, { look, cleanup } = stage.active;
    this.look.box.checked = look === 'auto' ? stage.looksAgain : look;
    const took = answer?.looked && answer.decode_ms ? ` (${Math.round(answer.decode_ms)} ms)` : '';
    this.look.words.textContent = texts.second_look + took;
    this.preview.box.checked = stage.preview.on && !stage.preview.tooSlow;
    this.preview.box.disabled = stage.preview.tooSlow;
    this.preview.row.title = stage.preview.tooSlow ? texts.preview_slow : texts.preview_help;
    this.largest.box.checked = Boolean(cleanup.largest);
    for (const { name, slider, value } of this.amounts) {
      const amount = cleanup[name] || 0;
      slider.value = String(amount);
      value.textContent = this.unit(name, amount);
    }
  }
}
