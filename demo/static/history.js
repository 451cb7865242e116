// @ts-check
// The objects of a photo and their prompts, as a list of frozen documents for undo and redo.
// Independent of page and server: every edit makes a new document and calls `changed`.

/** @import { Box, CleanUp, Doc, How, KeptMask, PhotoObject, Point, Prompt, Step } from './types' */

const STEPS = 200;  // undo steps kept
const NAME_LENGTH = 60;

/** @returns {Prompt} */
export const emptyPrompt = () => ({ point_coords: [], point_labels: [], box_xyxy: null });

/** @param {Prompt} prompt */
export const isEmpty = prompt => !prompt.point_coords.length && !prompt.box_xyxy;

/** Whether clicks, boxes or strokes made the object, or changed its mask. @param {PhotoObject} object */
export const hasSteps = ({ prompt, steps }) => steps.length > 0 || !isEmpty(prompt);

/** Index of the step that made the point of a prompt; -1 if no step did. @param {readonly Step[]} steps @param {number} index */
const stepOfPoint = (steps, index) => {
  const points = steps.flatMap((step, i) => (step.point ? [i] : []));
  return points[index] ?? -1;
};

export class History {
  /** @param {{title: string, palette: string[], changed?: () => void}} options `title` names objects: "title 1" */
  constructor({ title, palette, changed = () => {} }) {
    this.title = title;
    this.palette = palette;
    this.changed = changed;
    /** @type {string | null} the model for new prompts */
    this.model = null;
    this.ids = 0;
    this.doc = this.firstDoc();
    /** @type {Doc[]} */
    this.past = [];
    /** @type {Doc[]} */
    this.future = [];
  }

  /** Remove everything and start with one empty object. */
  restart() {
    this.doc = this.firstDoc();
    this.past = [];
    this.future = [];
  }

  /** Show earlier work, with its undo steps. @param {{doc: Doc, past: Doc[], future: Doc[], ids: number}} work */
  restore({ doc, past, future, ids }) {
    this.ids = Math.max(this.ids, ids);
    this.past = past;
    this.future = future;
    this.replace(doc);
  }

  /** @returns {Doc} */
  firstDoc() {
    const first = this.newObject(1);
    return { objects: [first], active: first.id, made: 1 };
  }

  /** @param {number} number @returns {PhotoObject} */
  newObject(number) {
    this.ids += 1;
    return {
      id: this.ids, name: `${this.title} ${number}`, named: false, colour: this.palette[(number - 1) % this.palette.length],
      hidden: false, prompt: emptyPrompt(), steps: [], cleanup: {}, look: 'auto', choice: 0, model: this.model,
      subtract: false, mask: null,
    };
  }

  /** The selected object. */
  get active() { return this.find(this.doc.active); }

  /** @param {number} id */
  find(id) { return /** @type {PhotoObject} */ (this.doc.objects.find(object => object.id === id)); }

  /** Make a document the current one; the last one becomes an undo step. @param {Doc} doc */
  commit(doc) {
    this.past = [...this.past.slice(1 - STEPS), this.doc];
    this.future = [];
    this.replace(doc);
  }

  /** Show another document without an undo step. @param {Doc} doc */
  replace(doc) {
    this.doc = Object.freeze(doc);
    this.changed();
  }

  undo() { this.step(this.past, this.future); }
  redo() { this.step(this.future, this.past); }

  /** @param {Doc[]} from @param {Doc[]} to */
  step(from, to) {
    const doc = from.pop();
    if (!doc) return;
    to.push(this.doc);
    this.replace(doc);
  }

  /** @param {number} id @param {Partial<PhotoObject>} change */
  edit(id, change) {
    const objects = this.doc.objects.map(object => (object.id === id ? { ...object, ...change } : object));
    this.commit({ ...this.doc, objects });
  }

  /** Replace the selected object's prompt, and with it all steps and a mask. @param {Partial<Prompt>} change */
  prompt(change) {
    const prompt = { ...this.active.prompt, ...change };
    this.edit(this.doc.active, { prompt, steps: [], choice: 0, model: this.model, mask: null, hidden: false });
  }

  /** Add a step; the candidate that is chosen now stays chosen for it. @param {Step} step @param {Partial<Prompt>} [marks] */
  addStep(step, marks = {}) {
    const { prompt, steps, choice } = this.active;
    const before = steps.map((last, i) => (i === steps.length - 1 && choice ? { ...last, choice } : last));
    this.edit(this.doc.active, {
      prompt: { ...prompt, ...marks }, steps: [...before, step], choice: 0, model: this.model, hidden: false,
    });
  }

  /** @param {number} x @param {number} y @param {number} label @param {How} [mode] */
  addPoint(x, y, label, mode = 'correct') {
    const { point_coords, point_labels } = this.active.prompt, point = /** @type {Point} */ ([x, y]);
    const sign = mode === 'correct' ? label : Number(mode === 'add');
    this.addStep({ point, label: mode === 'correct' ? label : 1, mode },
      { point_coords: [...point_coords, point], point_labels: [...point_labels, sign] });
  }

  /** Move a point of the selected object. @param {number} index @param {Point} point */
  movePoint(index, point) {
    const { prompt, steps } = this.active, at = stepOfPoint(steps, index);
    this.edit(this.doc.active, {
      prompt: { ...prompt, point_coords: prompt.point_coords.map((old, i) => (i === index ? point : old)) },
      steps: steps.map((step, i) => (i === at ? { ...step, point } : step)), choice: 0, hidden: false,
    });
  }

  /** Remove a point of the selected object; the steps after it stay. @param {number} index */
  removePoint(index) {
    const { prompt, steps, mask } = this.active, at = stepOfPoint(steps, index);
    const { point_coords, point_labels } = prompt, others = (/** @type {unknown} */ _, /** @type {number} */ i) => i !== index;
    const rest = steps.filter((_, i) => i !== at), first = rest[0];
    // Without a mask before it, a step begins one.
    if (first && first.mode === 'add' && !first.stroke && !mask) rest[0] = { ...first, mode: 'correct' };
    this.edit(this.doc.active, {
      prompt: { ...prompt, point_coords: point_coords.filter(others), point_labels: point_labels.filter(others) },
      steps: rest, choice: 0, hidden: false,
    });
  }

  /** A box that corrects replaces the last one and goes first; clicks and strokes stay. @param {Box} box @param {How} [mode] */
  setBox(box, mode = 'correct') {
    if (mode !== 'correct') { this.addStep({ box_xyxy: box, mode }); return; }
    const { prompt, steps, mask } = this.active, begins = /** @type {Step} */ ({ box_xyxy: box, mode });
    if (mask) { this.addStep(begins, { box_xyxy: box }); return; }
    const rest = steps.filter(step => !(step.box_xyxy && step.mode === 'correct'));
    this.edit(this.doc.active, {
      prompt: { ...prompt, box_xyxy: box }, steps: [begins, ...rest], choice: 0, model: this.model, hidden: false,
    });
  }

  /** Paint or erase. @param {Point[]} stroke @param {number} radius @param {boolean} erases */
  addStroke(stroke, radius, erases) { this.addStep({ stroke, radius, mode: erases ? 'subtract' : 'add' }); }

  /** Whether the selected object has neither prompt nor mask. */
  get isClear() { return !hasSteps(this.active) && !this.active.mask; }

  clear() { if (!this.isClear) this.prompt(emptyPrompt()); }

  /** @param {CleanUp} cleanup */
  setCleanup(cleanup) { this.edit(this.doc.active, { cleanup }); }

  /** Let the selected object's model look again, or not. @param {boolean} look */
  setLook(look) { this.edit(this.doc.active, { look, choice: 0 }); }

  /** Choose a candidate. @param {number} choice */
  pick(choice) { if (choice !== this.active.choice) this.edit(this.doc.active, { choice }); }

  /** @param {number} id @param {string} name */
  rename(id, name) { this.edit(id, { name: name.trim().slice(0, NAME_LENGTH), named: true }); }

  /** Show or hide. @param {number} id */
  toggle(id) { this.edit(id, { hidden: !this.find(id).hidden }); }

  /** @param {boolean} subtract */
  setSubtract(subtract) { this.edit(this.doc.active, { subtract, choice: 0 }); }

  /** @param {number} id */
  select(id) { if (id !== this.doc.active) this.commit({ ...this.doc, active: id }); }

  /** Change the model of the selected and of empty objects; others keep their masks. @param {string} model */
  setModel(model) {
    this.model = model;
    const objects = this.doc.objects.map(object => (
      object.id === this.doc.active || !hasSteps(object) ? { ...object, model } : object));
    this.replace({ ...this.doc, objects });
  }

  /** Start another object and select it. */
  addObject() {
    const made = this.doc.made + 1, object = this.newObject(made);
    this.commit({ objects: [...this.doc.objects, object], active: object.id, made });
  }

  /**
   * Make objects of masks.
   * @param {KeptMask[]} masks
   * @param {(object: PhotoObject) => boolean} keeps which of the existing objects stay
   */
  addMasks(masks, keeps) {
    if (!masks.length) return;
    const { made } = this.doc;
    const added = masks.map((mask, i) => {
      const object = { ...this.newObject(made + i + 1), mask };
      return { ...object, name: mask.name || object.name, named: Boolean(mask.name) };
    });
    const objects = [...this.doc.objects.filter(keeps), ...added];
    this.commit({ objects, active: added[added.length - 1].id, made: made + added.length });
  }

  /** @param {number} id */
  remove(id) {
    let { active, made } = this.doc, objects = this.doc.objects.filter(object => object.id !== id);
    if (!objects.length) { made += 1; objects = [this.newObject(made)]; }
    if (!objects.some(object => object.id === active)) active = objects[objects.length - 1].id;
    this.commit({ objects, active, made });
  }
}
