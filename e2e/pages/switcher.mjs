// Ctrl+K: anywhere by a few letters.

export class Switcher {
  constructor(person) {
    this.page = person.page;
    this.words = person.words;
  }

  get dialog() {
    return this.page.getByRole('dialog', { name: this.words.jumpTo });
  }

  get input() {
    return this.page.getByRole('combobox', { name: this.words.jumpTo });
  }

  get options() {
    return this.dialog.getByRole('option');
  }

  get chosen() {
    return this.dialog.getByRole('option', { selected: true });
  }

  async open() {
    await this.page.keyboard.press('Control+k');
    await this.input.and(this.page.locator(':focus')).waitFor();
  }

  async jump(query) {
    await this.open();
    await this.page.keyboard.type(query);
    await this.chosen.filter({ hasText: query }).waitFor();
    await this.page.keyboard.press('Enter');
    await this.dialog.waitFor({ state: 'hidden' });
  }
}
