// @ts-check
// The status line over the photo: a message, else a note on the masks, else a hint.

import { isUnsure } from './answers.js';
import { h } from './dom.js';

/** @import { Stage } from './stage.js' */
/** @import { Candidate, Tone } from './types' */

/** @typedef {{text: string, tone: Tone}} Message */

export class Status {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {Message} */
    this.message = { text: '', tone: 'hint' };
    /** @type {Set<string>} modes whose label map has been hovered or clicked: they need no hint any more */
    this.pointed = new Set();
    this.el = h('div', { class: 'es-status', role: 'status', 'aria-live': 'polite' });
  }

  paint() {
    const { text, tone } = this.now();
    if (this.el.textContent !== text) this.el.textContent = text;
    this.el.dataset.tone = tone;
    this.el.hidden = !text;
  }

  /** @returns {Message} */
  now() {
    const { stage } = this;
    if (this.message.text) return this.message;
    if (!stage.photo) return { text: '', tone: 'hint' };
    const note = stage.answerOf(stage.active)?.note;
    if (note) return { text: note, tone: 'note' };
    if (stage.mode.prompts && this.isUnsure()) {
      const { texts } = stage;
      return { text: stage.active.prompt.box_xyxy ? texts.unsure_point : texts.unsure_box, tone: 'note' };
    }
    if (stage.mode.prompts) return { text: stage.history.isClear ? this.hint(stage.mode.hint ? stage.mode : stage.texts) : '', tone: 'hint' };
    return { text: this.needsHint() ? this.hint(stage.mode) : '', tone: 'hint' };
  }

  /** Whether the model itself doubts the chosen candidate. */
  isUnsure() {
    const { active } = this.stage, chosen = this.stage.answerOf(active)?.candidates[active.choice];
    return Boolean(chosen) && isUnsure(/** @type {Candidate} */ (chosen));
  }

  /** Touch screens have no hover and no right click. @param {{hint?: string, hint_touch?: string}} hints */
  hint({ hint = '', hint_touch }) {
    return hint_touch && window.matchMedia('(hover: none)').matches ? hint_touch : hint;
  }

  /** Hide the hint once there are results, except over a label map, which it explains. */
  needsHint() {
    const { layers, mode } = this.stage, { hover, picked } = this.stage.pictures;
    if (hover || picked.size) this.pointed.add(mode.name);
    const shown = Object.values(layers).some(layer => layer.mode === mode.name && layer.kind !== 'labels');
    return !shown && !this.pointed.has(mode.name);
  }
}
