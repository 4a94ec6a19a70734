// Two people in the middle of a conversation: what a walk about some trouble begins with, and what has
// to be right when it is over.

import assert from 'node:assert/strict';
import { eventually } from './conditions.mjs';
import { allRead, heldExactly, shownExactly, unread } from './whole.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const ROOM = 'General';
/** A machine that does much else. */
const SLOW = 60_000;

/**
 * What the browser keeps until the server has it: `held` for a moment, `rows` of the database. And what is
 * being written, as the database has it: `drafts` that are not empty.
 */
export function kept(person) {
  return person.page.evaluate(async () => {
    const held = Object.keys(localStorage).filter((key) => key.startsWith('hubbub.held/')).map((key) => localStorage[key]);
    const known = await indexedDB.databases();
    if (!known.some(({ name }) => name === 'hubbub')) return { held, rows: [], drafts: [] };
    const database = await new Promise((resolve, reject) => {
      const opening = indexedDB.open('hubbub');
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const all = await new Promise((resolve, reject) => {
      const reading = database.transaction('outbox').objectStore('outbox').getAll();
      reading.onsuccess = () => resolve(reading.result);
      reading.onerror = () => reject(reading.error);
    });
    database.close();
    const isDraft = (text) => text.startsWith('hubbub.draft/');
    const drafts = all.filter(isDraft).map((text) => JSON.parse(text.slice(text.indexOf('\n'))).text);
    return { held, rows: all.filter((text) => !isDraft(text)), drafts: drafts.filter(Boolean) };
  });
}

export class Scene {
  /** What has been said in the room, in its order, and what Ada is writing there. */
  said = [];
  draft = '';

  /**
   * Ada, `a` at her page, and Wen, `w` at his, look at a room. In Plans nothing is new, in Tea something is.
   * @param {{ada?: object, wen?: object, before?: (person: Person, other: Person) => Promise<void>}} how
   *   what kind of browsers they have, and what is done to these first
   */
  static async set(house, { ada = { travels: true }, wen = {}, before = async () => {} } = {}) {
    const scene = new Scene();
    scene.house = house;
    [scene.ada, scene.wen] = await house.settle(ADA, WEN);
    scene.general = await scene.ada.roomNamed(ROOM);
    for (const [at, name] of [['plans', 'Plans'], ['tea', 'Tea']]) {
      scene[at] = await scene.ada.makeRoom(name);
      await scene.ada.add(scene[at], scene.wen);
    }
    await scene.wen.say(scene.tea, 'Whenever there is time');
    scene.a = await house.signedIn(scene.ada, ada);
    scene.w = await house.signedIn(scene.wen, wen);
    await before(scene.a, scene.w);
    for (const person of [scene.a, scene.w]) await person.open(`/r/${scene.general.id}`);
    for (const person of [scene.a, scene.w]) await person.room(ROOM).isOpen();
    return scene;
  }

  /** Somebody says it at their page; `said` has it at its end. */
  async says(person, ...texts) {
    for (const text of texts) await person.room(ROOM).say(text);
    this.said.push(...texts);
  }

  async hears(person, text) {
    await person.room(ROOM).hears(text);
  }

  async drafts(text) {
    this.draft = text;
    await this.a.room(ROOM).composer.fill(text);
  }

  /** Something is new in Plans, and its words are at Ada's page. */
  async waitsInPlans(text) {
    await this.a.desk.openRoom('Plans');
    await this.a.desk.openRoom(ROOM);
    await this.wen.say(this.plans, text);
    await eventually(async () => assert.ok(await this.a.desk.isUnread('Plans')), 'something to read');
  }

  /** Ada reads it out of reach, as far as her browser is concerned, and is back in the room. */
  async readsPlans(text) {
    await this.a.desk.openRoom('Plans');
    await this.a.room('Plans').hears(text);
    await eventually(async () => {
      const { held, rows } = await kept(this.a);
      const items = [...held, ...rows].map((text) => JSON.parse(text));
      assert.ok(items.some(({ room, what }) => room === this.plans.id && what.Read));
    }, 'the browser to know that it is read');
    await this.a.desk.openRoom(ROOM);
    await eventually(async () => assert.ok(!(await this.a.desk.isUnread('Plans'))), 'the list to show it');
  }

  /** All that she has done is in the database, and not only held. */
  async isKept(person = this.a) {
    await eventually(async () => assert.deepEqual((await kept(person)).held, []), 'the database to have it');
  }

  /** What she is writing is where a browser that is killed keeps it. */
  async draftIsKept() {
    await eventually(async () => assert.ok((await kept(this.a)).drafts.includes(this.draft)), 'the draft in the database');
  }

  /**
   * What was to be sent was sent, once; the list has each message once and in its order; the draft is
   * there; and what is read is read, no more and no less: here, after a reload, on another device.
   */
  async isWhole() {
    for (const person of [this.a, this.w]) await shownExactly(person, ROOM, this.said);
    await heldExactly(this.ada, this.general, this.said);
    await allRead(this.ada, this.plans);
    await eventually(async () => {
      const { held, rows } = await kept(this.a);
      assert.deepEqual({ held, rows }, { held: [], rows: [] });
    }, 'nothing that waits', SLOW);
    await this.#agrees(this.a, 'here');
    const other = await this.house.at(this.ada, `/r/${this.general.id}`);
    await this.#agrees(other, 'on another device');
    await other.leave();
    await this.a.page.reload();
    await this.#agrees(this.a, 'after a reload');
    assert.equal(await unread(this.ada, this.tea), 1);
  }

  async #agrees(device, where) {
    await shownExactly(device, ROOM, this.said);
    await eventually(async () => {
      assert.equal(await device.room(ROOM).composer.inputValue(), this.draft);
      assert.ok(!(await device.desk.isUnread('Plans')), 'Plans is read');
      assert.ok(await device.desk.isUnread('Tea'), 'Tea is not');
    }, `the draft and what is read, ${where}`, SLOW);
  }
}
