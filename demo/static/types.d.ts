// The values that the modules of this folder pass to each other; read by the type checker only.
// Positions are pixels of the original photo: pixel i spans [i, i + 1).

/** x0, y0, x1, y1; the far edges are excluded. */
export type Box = [number, number, number, number];
/** [x, y]. */
export type Point = [number, number];
/** Red, green, blue, 0 to 255. */
export type Rgb = number[];
export type Picture = HTMLImageElement | HTMLCanvasElement;
export type Tool = 'point' | 'background' | 'box' | 'brush' | 'eraser';
/** What a click or box does: correct the shown mask, or add to it or cut from it what it finds alone. */
export type How = 'correct' | 'add' | 'subtract';
export type Tone = 'hint' | 'note' | 'busy' | 'error';
/** Texts by key, from demo/texts/page.py. */
export type Texts = Record<string, string>;

/** A photo as sent by Python; `token` identifies it in requests. */
export interface Photo {
  token: string;
  url: string;
  width: number;
  height: number;
  name?: string;
  /** What reading the file changed, such as the range of a 16-bit picture. */
  note?: string;
}

export interface Prompt {
  point_coords: Point[];
  /** 1 object, 0 background; one per point. */
  point_labels: number[];
  box_xyxy: Box | null;
}

/** One step that made an object, as esam_core.corrections.Step reads it; exactly one of point, box_xyxy and stroke. */
export interface Step {
  point?: Point;
  label?: number;
  box_xyxy?: Box;
  stroke?: Point[];
  radius?: number;
  mode?: How;
  /** The candidate that was picked before the next step. */
  choice?: number;
}

/** How a mask is cleaned, as esam_core.cleanup.CleanUp reads it. */
export interface CleanUp {
  largest?: boolean;
  holes?: number;
  specks?: number;
  smooth?: number;
}

/** A mask of a mode, as Python sends it. */
export interface SentMask {
  /** The picture for the stage. */
  png: string;
  /** The mask in the size of the photo, if `png` is smaller. */
  full?: string;
  name?: string;
  colour?: string;
  model?: string | null;
  predicted_iou?: number | null;
  stability_score?: number | null;
  /** How well it matches its text. */
  score?: number | null;
}

/** A mask that a mode made, as an object has it. Scores are null if unknown. */
export interface KeptMask {
  /** Opaque where the mask is. */
  picture: Picture;
  /** Masks in the size of the photo whose union it is, PNG data URLs; none if only the picture is known. */
  pngs: string[];
  /** The name that a person gave, such as a text; empty without one. */
  name: string;
  model: string | null;
  predicted_iou: number | null;
  stability_score: number | null;
  score: number | null;
}

/** An object of the photo: its prompt, or a mask that was made by a mode. */
export interface PhotoObject {
  id: number;
  name: string;
  /** Whether a person gave the name; otherwise it is a title such as "Object 1". */
  named: boolean;
  colour: string;
  hidden: boolean;
  prompt: Prompt;
  /** The steps in their order; empty where `prompt` says everything. */
  steps: readonly Step[];
  cleanup: CleanUp;
  /** Whether the model takes second looks; 'auto' is its own rule. */
  look: boolean | 'auto';
  /** Index of the chosen candidate. */
  choice: number;
  model: string | null;
  subtract: boolean;
  /** A mask of a mode; steps correct it. */
  mask: KeptMask | null;
}

/** One state of the undo history. */
export interface Doc {
  objects: readonly PhotoObject[];
  /** The id of the selected object. */
  active: number;
  /** Number of objects made so far, to name the next one. */
  made: number;
}

/** A state of the undo history as plain data: pictures are data URLs. */
export interface PlainDoc extends Omit<Doc, 'objects'> {
  objects: any[];
}

/** The work on a photo, as the browser keeps it. */
export interface KeptWork {
  /** Of the photo. */
  key: string;
  doc: PlainDoc;
  past: PlainDoc[];
  future: PlainDoc[];
  /** Number of ids given to objects so far. */
  ids: number;
}

/** A photo as the browser keeps it. */
export interface KeptPhoto {
  key: string;
  name: string;
  /** When it was opened last, in milliseconds. */
  opened: number;
  /** An example of the page, which needs no file. */
  example?: string;
  file?: File;
  /** A small picture, data URL; uploads only. */
  thumb?: string;
}

export interface Candidate {
  predicted_iou: number;
  stability_score: number;
  area: number;
  box_xyxy: Box;
  png: string;
  /** Opaque where the mask is. */
  picture: HTMLImageElement;
}

export interface Answer {
  candidates: Candidate[];
  note: string;
  /** Whether the masks come of a second look, and the milliseconds of the whole click. */
  looked?: boolean;
  decode_ms?: number;
}

/** What can be compared: a model in one of the ways to use it. */
export interface AnswerChoice {
  key: string;
  /** Of the model. */
  title: string;
  label: string;
  present: boolean;
}

/** One answer of a comparison: a mask, or why there is none. */
export interface ComparedAnswer {
  key: string;
  label: string;
  /** Opaque where the mask is. */
  picture?: Picture;
  weights?: string;
  /** Such as that there was no second look. */
  note?: string;
  predicted_iou?: number;
  embed_ms?: number;
  click_ms?: number;
  /** With each answer, null for those that failed. */
  iou?: (number | null)[];
  error?: string;
  /** What downloads the model. */
  command?: string;
}

/** What is drawn on the stage in place of the objects. */
export interface Cover {
  paintOn(sheet: any): void;
}

/** A reply of Python: `error` is a message, `code` a keyword; the rest depends on the kind. */
export interface Reply {
  error?: string;
  code?: string;
  [key: string]: any;
}

/** The host of the canvas: the page in Gradio, or the widget in Jupyter. */
export interface Host {
  texts: Texts;
  /** Colours of objects, '#rrggbb', repeated. */
  palette: string[];
  /** Colours of a heat map from cold to hot, at equal steps. */
  heat: Rgb[];
  /** Send a request to Python. May reject; the error's message is shown. */
  ask(kind: string, payload: object): Promise<Reply>;
  /** Send the photo again after the server has dropped it; null if that failed. */
  reopen?(): Promise<Photo | null>;
  /** Where key events are listened to; the canvas itself by default. */
  keys?: EventTarget;
  /** Whether the wheel alone zooms; otherwise only with Ctrl, and alone it scrolls what is around. */
  wheelZooms?: boolean;
  /** Of masks, at first. */
  opacity?: number;
  /** Whether Python answers `preview`, the mask that a click would give. */
  previews?: boolean;
}

/** The host of the page: it also uploads files and sends events that have no reply. */
export interface PageHost extends Host {
  /** `progress` is told which share of the file is sent; `signal` stops it. */
  upload(file: File, progress?: (share: number) => void, signal?: AbortSignal): Promise<Reply>;
  notify(kind: string, payload: object): void;
  /** What to do when a lost server is back. */
  whenBack(act: () => void): void;
}

/** A tab over the photo; see demo/tabs/__init__.py. */
export interface Mode {
  name: string;
  title?: string;
  /** Clicks and drags are prompts; otherwise they select masks of a label map. */
  prompts: boolean;
  hint?: string;
  hint_touch?: string;
  /** Several answers to the prompt are compared on the stage. */
  compares?: boolean;
}

/** A mask of a label map: id, area in percent of the photo, predicted IoU, stability. */
export type MaskRow = [number, number, number, number];

/** Pictures over the photo, as sent by Python. Layers of other photos are dropped. */
export type Layer = { token: string; mode?: string } & (
  | {
      /** A label map, id = R + 256 G: masks are selected by hover, click and Shift-click. */
      kind: 'labels';
      png: string;
      /** One '#rrggbb' and one text per id, from 1. */
      colours?: string[];
      tips?: string[];
      /** Sent with host.ask('regions', {token, shown, ids, keep}), which replies {masks: [{id, ...SentMask}]}. */
      shown?: string;
      /** The masks as rows of a table. */
      rows?: MaskRow[];
      /** What was found and what to do with it; shown until the map is pointed at. */
      hint?: string;
      hint_touch?: string;
      /** Whether more is being looked for: then its masks cannot be selected. */
      partial?: boolean;
    }
  /** Opaque where the mask is. */
  | { kind: 'masks'; masks: { png: string; colour?: string }[]; outline?: boolean }
  /** A grey picture, white is hot. */
  | { kind: 'heat'; png: string }
  /** Masks that become objects, once. */
  | { kind: 'objects'; masks: SentMask[] }
  /** Prompts for display only: [x, y, label]. */
  | { kind: 'markers'; points?: [number, number, number][]; boxes?: Box[] }
);

/** What can be downloaded: a model, or one that reads texts. */
export interface Downloadable {
  name: string;
  title: string;
  about: string;
  present: boolean;
  download_label?: string;
  /** Fraction downloaded so far, 0 without a download. */
  downloading?: number;
  download_error?: string;
}

/** A model as listed in the menu. */
export interface ModelInfo extends Downloadable {
  understands_background: boolean;
  looks_again?: boolean;
  command?: string;
  note?: string;
  note_command?: string;
  device?: string;
  precision?: string;
  provenance?: string;
}

/** What Gradio passes to a component's script. */
export interface Gradio {
  element: HTMLElement;
  props: any;
  trigger(kind: string, payload: object): void;
  watch(prop: string, changed: () => void): void;
}

/** A part of a menu: its title; of each item its name, its label and what it is. */
export type MenuGroup = [string, [string, string, string][]];

/** The props of the page, set by demo/ui.py. */
export interface PageProps {
  modes: Mode[];
  gallery: { id: string; alt: string; thumb: string }[];
  /** What a first visit shows: an example, and a click on it. */
  welcome: { id: string; point: Point };
  /** Keys and gestures, and what they do. */
  help: [string, string][];
  exports: MenuGroup[];
  max_bytes: number;
  value: object;
}
