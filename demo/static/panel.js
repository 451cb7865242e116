// @ts-check
// The side of the page: a mode's own panel, candidates, objects, export and a note about the model.

import { Candidates } from './candidates.js';
import { h } from './dom.js';
import { Export } from './export.js';
import { Found } from './found.js';
import { Objects } from './objects.js';
import { Refine } from './refine.js';

/** @import { Stage } from './stage.js' */
/** @import { Mode, PageProps } from './types' */

export class Panel {
  /** @param {Stage} stage @param {PageProps} props @param {HTMLElement} note */
  constructor(stage, props, note) {
    this.stage = stage;
    this.candidates = new Candidates(stage);
    this.refine = new Refine(stage);
    this.found = new Found(stage);
    this.objects = new Objects(stage);
    this.export = new Export(stage, props.exports);
    this.slot = h('div', { class: 'es-mode', hidden: true });
    this.results = h('div', { class: 'es-results' }, this.candidates.el, this.refine.el, this.objects.el);
    this.el = h('aside', { class: 'es-panel', 'aria-label': stage.texts.panel },
      h('div', { class: 'es-scroll' }, this.slot, this.found.el, this.results, note), h('div', { class: 'es-foot' }, this.export.el));
    /** @type {unknown[]} the state that was drawn last */
    this.drawn = [];
  }

  /** @param {Mode} mode @param {boolean} hasControls whether the slot has visible controls */
  setMode(mode, hasControls) {
    this.slot.hidden = !hasControls;
    this.el.classList.toggle('es-with-mode', hasControls);
    // Objects and export belong to every mode; candidates only where clicks are prompts.
    this.candidates.el.hidden = !mode.prompts || Boolean(mode.compares);
    this.refine.el.hidden = this.candidates.el.hidden;
  }

  paint() {
    const { stage } = this, answer = stage.answerOf(stage.active);
    const now = [stage.doc, answer, stage.picture, stage.pictures.labelLayer, [...stage.picked].join(), stage.looksAgain];
    if (this.drawn.length && now.every((part, i) => part === this.drawn[i])) return;
    this.drawn = now;
    this.candidates.paint(answer);
    this.refine.paint(answer);
    this.found.paint();
    this.objects.paint();
    this.export.paint();
  }
}
