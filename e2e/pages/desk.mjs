// What surrounds every page of somebody signed in: the list of rooms and people, the line about the
// connection, notices and short messages.

export class Desk {
  constructor(person) {
    this.person = person;
    this.page = person.page;
    this.words = person.words;
  }

  get sidebar() {
    return this.page.getByRole('navigation', { name: this.words.roomsAndPeople, exact: true });
  }

  /** The link of a room, or of a person one talks with. */
  link(name) {
    return this.sidebar.getByRole('link', { name, exact: true });
  }

  get jump() {
    return this.sidebar.getByRole('button', { name: this.words.jumpOrSearch, exact: true });
  }

  get connection() {
    return this.page.getByRole('status', { name: this.words.connection, exact: true });
  }

  get notice() {
    return this.page.getByRole('status', { name: 'Notice', exact: true });
  }

  /** A short message, and what it offers. */
  toast(text) {
    return this.page.locator('.toast').filter({ hasText: text });
  }

  get dialog() {
    return this.page.getByRole('dialog');
  }

  async isReady() {
    await this.sidebar.waitFor();
  }

  async openRoom(name) {
    await this.link(name).click();
    const room = this.person.room(name);
    await room.isOpen();
    return room;
  }

  /** What a link says beside its name: unread, counts, presence. */
  async says(name) {
    const described = await this.link(name).getAttribute('aria-describedby');
    if (!described) return '';
    return (await this.page.locator(`[id="${described}"]`).textContent()) ?? '';
  }

  /** What the link says of messages not read. */
  async isUnread(name) {
    return /unread|mention|new message/.test(await this.says(name));
  }

  /** How a room that waits looks; the current one always looks so. */
  async isBold(name) {
    const weight = await this.link(name).locator('.row__name').evaluate((element) => getComputedStyle(element).fontWeight);
    return Number(weight) >= 600;
  }

  /** The number beside a name, as text or drawn from an attribute; empty when there is none. */
  async badge(name) {
    const row = this.sidebar.getByRole('listitem').filter({ has: this.page.getByRole('link', { name, exact: true }) });
    const badges = row.locator('.badge');
    // At once: it may go between two looks.
    return badges.evaluateAll(([badge]) => (badge ? badge.textContent.trim() || Object.values(badge.dataset).join('') : ''));
  }

  async makeRoom({ name, topic, kind }) {
    await this.sidebar.getByRole('button', { name: this.words.newRoom, exact: true }).click();
    await this.dialog.getByLabel(this.words.roomName, { exact: true }).fill(name);
    if (topic) await this.dialog.getByLabel(this.words.topic, { exact: true }).fill(topic);
    await this.dialog.getByRole('radio', { name: kind === 'closed' ? this.words.closed : this.words.open, exact: true }).check();
    await this.dialog.getByRole('button', { name: this.words.createRoom, exact: true }).click();
    const room = this.person.room(name);
    await room.isOpen();
    return room;
  }

  /** Opens a direct room with people found by their names. */
  async talkTo(...names) {
    await this.sidebar.getByRole('button', { name: this.words.newDirect, exact: true }).click();
    const find = this.dialog.getByRole('combobox', { name: this.words.findPeople, exact: true });
    for (const name of names) {
      await find.fill(name);
      await this.dialog.getByRole('option', { name }).click();
    }
    await this.dialog.getByRole('button', { name: this.words.startTalking, exact: true }).click();
    const room = this.person.room(names.join(', '));
    if (names.length === 1) await room.isOpen();
    return room;
  }
}
