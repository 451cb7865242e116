// @ts-check
// The entry of the Jupyter widget. Photo and answers travel as messages and not as state, so that a notebook saved
// with its widgets holds the prompt and nothing large.

import { Candidates } from './candidates.js';
import { button, h } from './dom.js';
import { Objects } from './objects.js';
import { Stage } from './stage.js';

/** @import { Doc, Photo, PhotoObject, Prompt, Reply } from './types' */

/**
 * The part of anywidget's model that is used here.
 * @typedef {object} WidgetModel
 * @property {(name: string) => any} get
 * @property {(name: string, value: any) => void} set
 * @property {() => void} save_changes
 * @property {(content: object, callbacks?: object, buffers?: ArrayBuffer[]) => void} send
 * @property {(event: string, act: (content: any) => void) => void} on
 * @property {(event: string, act: (content: any) => void) => void} off
 */

const OPACITY = 0.65;  // notebooks are often bright and small
const MOST_BYTES = 40_000_000;
const PART_BYTES = 4_000_000;  // of a file, in one message; Jupyter's connection ends at one above 10 MB

class WidgetView {
  /** @param {WidgetModel} model @param {HTMLElement} parent */
  constructor(model, parent) {
    this.model = model;
    this.texts = model.get('_texts');
    this.id = crypto.getRandomValues(new Uint32Array(2)).join('-');
    /** @type {Map<string, (reply: Reply) => void>} by message id */
    this.waiting = new Map();
    this.sent = 0;
    const holder = h('div', { class: 'es-widget', style: `height:${model.get('height')}px` });
    const row = h('div', { class: 'es-widget-row' });
    holder.append(row);
    parent.append(holder);
    this.holder = holder;
    const { palette, heat } = model.get('_colours');
    this.stage = new Stage(row, {
      texts: this.texts, palette, heat, opacity: OPACITY, ask: (kind, payload) => this.ask(kind, payload),
    });
    this.candidates = new Candidates(this.stage);
    this.objects = new Objects(this.stage);
    /** @type {unknown[]} the state that was drawn last beside the stage */
    this.drawn = [];
    row.append(this.side());
    this.stage.showMessage(this.texts.opening, 'busy');
    this.stage.on((what, detail) => this.handle(what, detail));
    /** @type {[string, (content: any) => void][]} */
    this.listeners = [
      ['msg:custom', content => this.receive(content)],
      ['change:_prompt', () => this.takePrompt()],
      ['change:_objects', () => this.takeObjects()],
      ['change:_active', () => this.takeObjects()],
      ['change:model', () => this.takeModel()],
      ['change:mode', () => this.takeMode()],
      ['change:_photo', () => this.takePhoto()],
    ];
    for (const [name, act] of this.listeners) model.on(name, act);
    this.takePhoto();
  }

  /** The panel beside the canvas: opening a photo, candidates, objects. */
  side() {
    const file = h('input', { type: 'file', accept: 'image/*', hidden: true, onchange: () => {
      if (file.files?.[0]) this.open(file.files[0]);
      file.value = '';
    } });
    const { root } = this.stage;
    root.addEventListener('dragover', event => event.preventDefault());
    root.addEventListener('drop', event => {
      event.preventDefault();
      const dropped = event.dataTransfer?.files[0];
      if (dropped) this.open(dropped);
    });
    return h('aside', { class: 'es-side', 'aria-label': this.texts.panel },
      button({ class: 'es-button es-open', icon: 'upload', onclick: () => file.click() }, this.texts.upload_photo), file,
      this.candidates.el, this.objects.el);
  }

  /** @param {File} file */
  async open(file) {
    if (file.size > MOST_BYTES) { this.stage.showMessage(this.texts.file_too_large, 'error'); return; }
    this.stage.showMessage(this.texts.opening, 'busy');
    const reply = await this.sendFile(file);
    if (reply.error) this.stage.showMessage(reply.error, 'error');
  }

  /** @param {File} file @returns {Promise<Reply>} to its last part, or the first error */
  async sendFile(file) {
    for (let start = 0; ; start += PART_BYTES) {
      const end = start + PART_BYTES, last = end >= file.size;
      const data = await file.slice(start, end).arrayBuffer();
      const reply = await this.ask('open', { name: file.name, start, last }, [data]);
      if (last || reply.error) return reply;
    }
  }

  /** JupyterLab ignores keys only if the focused element itself has this attribute, not its parents. */
  keepKeys() {
    for (const node of this.holder.querySelectorAll('button, input, [tabindex]')) {
      node.setAttribute('data-lm-suppress-shortcuts', 'true');
    }
  }

  destroy() {
    for (const [name, act] of this.listeners) this.model.off(name, act);
    this.stage.destroy();
  }

  /** @param {string} kind @param {object} payload @param {ArrayBuffer[]} [buffers] @returns {Promise<Reply>} */
  ask(kind, payload, buffers) {
    this.sent += 1;
    const id = `${this.id}-${this.sent}`;
    return new Promise(resolve => {
      this.waiting.set(id, resolve);
      this.model.send({ id, kind, payload }, undefined, buffers);
    });
  }

  /** @param {any} content */
  receive(content) {
    if (content.layers) this.stage.setLayers(content.layers);
    this.waiting.get(content.id)?.(content.reply);  // replies to other views are ignored
    this.waiting.delete(content.id);
  }

  /** Whether the photo that is shown is the one that Python has; not so while another one is on its way. */
  get isCurrent() { return this.stage.photo?.token === this.model.get('_photo'); }

  /** The objects as Python reads them, and as another view of this widget shows them. */
  get plain() { return this.stage.doc.objects.map(({ mask, ...plain }) => plain); }

  /**
   * Send the objects and the picked masks to Python when they have changed.
   * @param {string} what
   * @param {any} detail
   */
  handle(what, detail) {
    if (what === 'pick') this.save({ picked: detail });
    if (what !== 'paint' || !this.stage.photo) return;
    this.paintSide();
    if (!this.isCurrent) return;
    const { doc, active } = this.stage;
    const { choice, prompt, steps } = active;
    // In this order: another view must know the selected object before its prompt.
    this.save({ _active: doc.objects.indexOf(active), _objects: this.plain, choice, _prompt: { ...prompt }, _steps: [...steps] });
  }

  /** Buttons that are drawn again while they are pressed lose the click, so this is done for changes only. */
  paintSide() {
    const { stage } = this, answer = stage.answerOf(stage.active);
    const now = [stage.doc, answer, stage.picture, stage.mode, String(stage.doc.objects.map(object => stage.hasMask(object)))];
    if (!now.every((part, i) => part === this.drawn[i])) {
      this.drawn = now;
      this.candidates.el.hidden = !stage.mode.prompts;
      this.candidates.paint(answer);
      this.objects.paint();
    }
    this.keepKeys();
  }

  /** Send what is new of these values to Python, in one message. @param {Record<string, unknown>} values */
  save(values) {
    const fresh = Object.entries(values).filter(([name, value]) => !same(value, this.model.get(name)));
    for (const [name, value] of fresh) this.model.set(name, value);
    if (fresh.length) this.model.save_changes();
  }

  takePrompt() {
    /** @type {Prompt} */
    const prompt = this.model.get('_prompt');
    if (this.isCurrent && !same(prompt, this.stage.active.prompt)) this.stage.history.prompt(prompt);
  }

  /** Show what was done in another view of this widget, or before this view. */
  takeObjects() {
    /** @type {Omit<PhotoObject, 'mask'>[]} */
    const sent = this.model.get('_objects');
    if (!this.isCurrent || !sent.length) return;
    const { history } = this.stage, objects = sent.map(plain => ({ ...plain, mask: null }));
    const active = (objects[this.model.get('_active')] || objects[0]).id;
    if (active === history.doc.active && same(sent, this.plain)) return;
    /** @type {Doc} */
    const doc = { objects, active, made: Math.max(history.doc.made, objects.length) };
    history.restore({ doc, past: [...history.past, history.doc], future: [], ids: Math.max(...objects.map(({ id }) => id)) });
  }

  takeMode() {
    const name = this.model.get('mode');
    this.stage.setMode({ name, prompts: name !== 'pick', hint: this.texts.pick_hint });
  }

  async takeModel() {
    this.stage.showMessage(this.texts.reading, 'busy');
    const reply = await this.ask('model_info', {});
    this.stage.showMessage(reply.error || '', reply.error ? 'error' : 'hint');
    const { model_info: info } = reply;
    if (info) this.stage.setModel(info.name, info.understands_background, info.looks_again);
  }

  async takePhoto() {
    const reply = await this.ask('photo', {});
    if (reply.error) { this.stage.showMessage(reply.error, 'error'); return; }
    await this.stage.setPhoto(/** @type {Photo} */ (/** @type {unknown} */ (reply)));
    this.takeMode();
    this.takeObjects();
    this.takePrompt();
    await this.takeModel();
  }
}

/** @param {unknown} a @param {unknown} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * Called by anywidget for each view; returns the function that removes it.
 * @param {{model: WidgetModel, el: HTMLElement}} view
 */
export function render({ model, el }) {
  const view = new WidgetView(model, el);
  return () => view.destroy();
}
