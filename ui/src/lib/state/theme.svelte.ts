export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const key = 'halotrack.theme';

function stored(): Theme {
  const value = localStorage.getItem(key);
  return value === 'light' || value === 'dark' ? value : 'system';
}

/** Light or dark: the system's choice unless the reader made one, which this browser remembers. */
class Appearance {
  theme = $state<Theme>(stored());
  #systemDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);
  readonly dark: boolean = $derived(this.theme === 'dark' || (this.theme === 'system' && this.#systemDark));

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => (this.#systemDark = event.matches));
    this.#apply();
  }

  choose(theme: Theme): void {
    this.theme = theme;
    if (theme === 'system') localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
    this.#apply();
  }

  #apply(): void {
    if (this.theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = this.theme;
  }
}

export const appearance = new Appearance();
