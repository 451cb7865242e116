// @ts-check
// The status line over the photo: a message, else a note on the masks, else a hint.

import { isUnsure } from './answers.js';
import { h } from './dom.js';

/** @import { Stage } from './stage.js' */
/** @import { Candidate, Layer, Tone } from './types' */

/** @typedef {{text: string, tone: Tone}} Message */

export class Status {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {Message} */
    this.message = { text: '', tone: 'hint' };
    /** @type {WeakSet<object>} label maps that have been hovered or clicked: they need no hint any more */
    this.pointed = new WeakSet();
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
    return this.aboutLayers();
  }

  /** What is on the screen of a mode that shows masks: how many are selected, else its label map, else its hint. @returns {Message} */
  aboutLayers() {
    const { stage } = this, { labelLayer, hover, picked } = stage.pictures, { texts } = stage;
    if (labelLayer && (hover || picked.size)) this.pointed.add(labelLayer);
    if (picked.size && labelLayer?.rows) {
      return { text: picked.size === 1 ? texts.picked_one : texts.picked.replace('{count}', String(picked.size)), tone: 'note' };
    }
    if (labelLayer?.hint) return { text: this.pointed.has(labelLayer) ? '' : this.hint(labelLayer), tone: 'hint' };
    const isShown = Object.values(stage.layers).some(layer => layer.mode === stage.mode.name && !explained(layer));
    return { text: isShown || (labelLayer && this.pointed.has(labelLayer)) ? '' : this.hint(stage.mode), tone: 'hint' };
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
}

/** Whether a layer is what the hint of its mode explains. @param {Layer} layer */
const explained = layer => layer.kind === 'labels' && !layer.partial;
