// @ts-check
// The visitor's photos and work, kept in this browser (IndexedDB); nothing of it is on the server.
// Where the browser keeps nothing (private windows), it lasts as long as the page.

/** @import { KeptPhoto, KeptWork } from './types' */

const NAME = 'esam-workspace';
const PHOTOS = 'photos', WORK = 'work';
const MOST = 50;  // photos; the oldest are forgotten

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const ended = request => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    for (const store of [PHOTOS, WORK]) request.result.createObjectStore(store, { keyPath: 'key' });
  };
  return ended(request);
}

export class Store {
  constructor() {
    /** @type {Record<string, Map<string, any>>} what the database would hold, if there is none */
    this.memory = { [PHOTOS]: new Map(), [WORK]: new Map() };
    /** @type {Promise<IDBDatabase | null>} */
    this.database = Promise.resolve().then(openDatabase).catch(() => null);
  }

  /** Do something with a store, or null if there is no database. @template T @param {string} name @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} act */
  async within(name, mode, act) {
    const database = await this.database;
    return database && ended(act(database.transaction(name, mode).objectStore(name)));
  }

  /** @param {string} name @param {{key: string}} record */
  async put(name, record) {
    try {
      if (await this.within(name, 'readwrite', store => store.put(record))) return;
    } catch { /* the disk is full: what follows holds it for as long as the page lives */ }
    this.memory[name].set(record.key, record);
  }

  /** @param {string} name @param {string} key */
  async get(name, key) {
    const kept = this.memory[name].get(key);
    return kept || await this.within(name, 'readonly', store => store.get(key)) || null;
  }

  /** The kept photos, the one opened last first. @returns {Promise<KeptPhoto[]>} */
  async photos() {
    const kept = await this.within(PHOTOS, 'readonly', store => store.getAll()) || [];
    const others = [...this.memory[PHOTOS].values()];
    return [...others, ...kept].sort((one, other) => other.opened - one.opened);
  }

  /** Keep a photo; of more than fifty, the oldest are forgotten. @param {KeptPhoto} photo */
  async keepPhoto(photo) {
    await this.put(PHOTOS, photo);
    for (const { key } of (await this.photos()).slice(MOST)) await this.forget(key);
  }

  /** @param {string} key @returns {Promise<KeptWork | null>} */
  work(key) { return this.get(WORK, key); }

  /** @param {KeptWork} work */
  keepWork(work) { return this.put(WORK, work); }

  /** Forget a photo and the work on it. @param {string} key */
  async forget(key) {
    for (const name of [PHOTOS, WORK]) {
      this.memory[name].delete(key);
      await this.within(name, 'readwrite', store => store.delete(key));
    }
  }
}
