// One's own settings.

export class Settings {
  constructor(person) {
    this.page = person.page;
    this.words = person.words;
  }

  field(name) {
    return this.page.getByLabel(name, { exact: true });
  }

  choice(name) {
    return this.page.getByRole('radio', { name, exact: true });
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: true });
  }

  async at(section = '') {
    await this.page.goto(`/settings${section ? `/${section}` : ''}`);
    await this.page.getByRole('heading', { level: 1 }).waitFor();
  }

  get signOut() {
    return this.button(this.words.signOut);
  }

  get sessions() {
    return this.page.getByRole('main').getByRole('listitem');
  }
}
