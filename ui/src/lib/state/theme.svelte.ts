import { chooseTheme } from '../api/people';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** Light or dark: the system's choice unless the person made one. The server remembers it; nothing of it stays in the browser. */
class Appearance {
  theme = $state<Theme>('system');
  #systemDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);
  readonly dark: boolean = $derived(this.theme === 'dark' || (this.theme === 'system' && this.#systemDark));

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => (this.#systemDark = event.matches));
  }

  /** Shows the pages as the person who is logged in chose. */
  adopt(theme: Theme): void {
    this.theme = theme;
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }

  /** Shows the choice at once, and takes it back if it could not be kept. */
  async choose(theme: Theme): Promise<void> {
    const before = this.theme;
    this.adopt(theme);
    try {
      await chooseTheme(theme);
    } catch {
      if (this.theme === theme) this.adopt(before);
    }
  }
}

export const appearance = new Appearance();
